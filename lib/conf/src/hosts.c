/*
 * Static host names. See conf/hosts.h.
 */
#include "conf/hosts.h"

#include <strings.h>

const struct conf_node *
conf_static_host(const struct conf_node *top, const char *name)
{
	const struct conf_node *host = conf_first(conf_walk(top, "system", "static-host-mapping", NULL), "host");

	while (host != NULL && strcasecmp(host->value, name) != 0) {
		host = conf_next(host);
	}
	return host;
}
