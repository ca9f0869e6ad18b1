/*
 * What ping(8) and traceroute(8) are called with for a request. Only numbers, addresses in the form that inet_ntop(3) gives
 * them, and words of ours become arguments.
 */
#ifndef PROBED_PLAN_H
#define PROBED_PLAN_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/text.h"
#include "conf/op.h"

enum {
	PLAN_ARGUMENTS = 24,
	PLAN_WORD = 48, /* octets of an argument with its end */
};

struct plan {
	char words[PLAN_ARGUMENTS][PLAN_WORD]; /* the program first */
	size_t count;
};

/* The request's address in its one form; false with a sentence when it is none, or one that no probe can go to. */
bool plan_address(const char *word, char out[INET6_ADDRSTRLEN], struct text *error) __attribute__((warn_unused_result));
/* Is it the name of a host, and no address? Labels of letters, digits, - and _, which do not begin with a -. */
bool plan_is_name(const char *word) __attribute__((warn_unused_result));

struct plan_ends {
	const char *source; /* both in the form of plan_address() */
	const char *destination;
};
/* False with a sentence. */
bool plan_probe(const struct op_node *request, const struct plan_ends *ends, struct plan *plan, struct text *error)
    __attribute__((warn_unused_result));

#endif
