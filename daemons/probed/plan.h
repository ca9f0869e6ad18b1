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
/* `source`: where it leaves from, in the form of plan_address(). False with a sentence. */
bool plan_probe(const struct op_node *request, const char *source, struct plan *plan, struct text *error)
    __attribute__((warn_unused_result));

#endif
