/*
 * What an application's name means: own applications and sets, predefined ones (conf/applications.def), any.
 *
 * Look-up order (E-080, REQ-POL-031): configured application or set, predefined name, bare name "http" -> junos-http.
 */
#ifndef CONF_APPLICATIONS_H
#define CONF_APPLICATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/tree.h"

enum conf_application_kind {
	CONF_APPLICATION_NONE, /* nobody knows the name */
	CONF_APPLICATION_ANY,
	CONF_APPLICATION_OWN,
	CONF_APPLICATION_SET,
	CONF_APPLICATION_PREDEFINED,
};

/* `node` is the configured application or set, NULL for others. `canonical`: the predefined application's name, else `name`. */
struct conf_application {
	enum conf_application_kind kind;
	const struct conf_node *node;
	const char *canonical;
};

struct conf_application conf_application_find(const struct conf_tree *tree, const char *name);

/* One protocol with its ports; an application has one or several. */
struct conf_application_term {
	const char *application; /* whose it is: a configured or a predefined name */
	uint16_t protocol;       /* 256: any */
	uint16_t source_low;
	uint16_t source_high;
	uint16_t destination_low;
	uint16_t destination_high;
	int16_t icmp_type; /* -1: any; of ICMP only */
	int16_t icmp_code;
	uint32_t timeout; /* seconds; 0: the protocol's own */
};

enum { CONF_PROTOCOL_ANY = 256 };

/*
 * Calls `each` for every term that the name stands for, members of sets included, in the order of configuration.
 * False when the name or a member is unknown, or sets are nested in a circle; terms may have been told before.
 */
bool conf_application_resolve(const struct conf_tree *tree, const char *name,
    void (*each)(void *context, const struct conf_application_term *term), void *context);

/* The number of a protocol in canonical spelling (tcp, 6); NULL: CONF_PROTOCOL_ANY. */
uint16_t conf_protocol_number(const char *name);

/* The predefined names in their order, each once; NULL behind the last. */
const char *conf_application_predefined(size_t index);

#endif
