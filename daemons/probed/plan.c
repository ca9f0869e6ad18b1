/*
 * Arguments of probes. See plan.h.
 */
#include "plan.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
	RAPID_COUNT = 5,
	NUMBER_MOST = 2000000000,
	NAME_MOST = 254, /* octets of a name with its end */
	LABEL_MOST = 63,
};

/* Arguments of the request that become an option with a number. */
struct option {
	const char *leaf;
	const char *ping;       /* NULL: not an argument of it */
	const char *traceroute;
};

static const struct option options[] = {
    {"count", "-c", NULL},
    {"interval", "-i", NULL},
    {"size", "-s", NULL},
    {"ttl", "-t", "-m"},
    {"wait", "-W", "-w"},
};

bool
plan_address(const char *word, char out[INET6_ADDRSTRLEN], struct text *error)
{
	struct in6_addr octets;
	const int family = word != NULL && strchr(word, ':') != NULL ? AF_INET6 : AF_INET;

	if (word == NULL || inet_pton(family, word, &octets) != 1 || inet_ntop(family, &octets, out, INET6_ADDRSTRLEN) == NULL) {
		text_printf(error, "'%s' is not an IP address", word == NULL ? "" : word);
		return false;
	}
	if (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&octets)) {
		text_printf(error, "%s is of a link: show ipv6 neighbors tells who is there", out);
		return false;
	}
	return true;
}

bool
plan_is_name(const char *word)
{
	struct in6_addr octets;
	size_t label = 0;
	bool digits = true; /* the last label has nothing else */

	if (word == NULL || strlen(word) >= NAME_MOST || inet_pton(AF_INET, word, &octets) == 1) {
		return false;
	}
	for (const char *c = word; *c != '\0'; c++) {
		const bool alphanumeric = isalnum((unsigned char)*c) != 0 || *c == '_';

		if (*c == '.' ? label == 0 : (!alphanumeric && (*c != '-' || label == 0)) || label == LABEL_MOST) {
			return false;
		}
		if (*c == '.' && c[1] == '\0') {
			break;
		}
		label = *c == '.' ? 0 : label + 1;
		digits = *c == '.' || (digits && isdigit((unsigned char)*c) != 0);
	}
	return label > 0 && !digits;
}

static void
add(struct plan *plan, const char *word)
{
	assert(plan->count + 1 < PLAN_ARGUMENTS && strlen(word) < PLAN_WORD);
	(void)snprintf(plan->words[plan->count++], PLAN_WORD, "%s", word);
}

static void
add_number(struct plan *plan, const char *option, uint64_t number)
{
	char digits[PLAN_WORD];

	(void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	add(plan, option);
	add(plan, digits);
}

static bool
add_options(const struct op_node *request, bool ping, struct plan *plan, struct text *error)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const char *option = ping ? options[i].ping : options[i].traceroute;
		const uint64_t number = op_number(request, options[i].leaf, UINT64_MAX);

		if (op_find(request, options[i].leaf) == NULL) {
			continue;
		}
		if (option == NULL || number > NUMBER_MOST) {
			text_printf(error, "%s has no such %s", request->name, options[i].leaf);
			return false;
		}
		add_number(plan, option, number);
	}
	return true;
}

bool
plan_probe(const struct op_node *request, const struct plan_ends *ends, struct plan *plan, struct text *error)
{
	const bool ping = strcmp(request->name, "ping") == 0;
	const char *destination = ends->destination;
	const char *source = ends->source;

	assert(ping || strcmp(request->name, "traceroute") == 0);
	plan->count = 0;
	if ((strchr(destination, ':') == NULL) != (strchr(source, ':') == NULL)) {
		text_printf(error, "%s cannot ask %s: they are of different families", source, destination);
		return false;
	}
	add(plan, request->name);
	add(plan, strchr(destination, ':') != NULL ? "-6" : "-4");
	add(plan, "-n");
	if (!add_options(request, ping, plan, error)) {
		return false;
	}
	if (ping && op_find(request, "rapid") != NULL) {
		add(plan, "-i");
		add(plan, "0.01");
		if (op_find(request, "count") == NULL) {
			add_number(plan, "-c", RAPID_COUNT);
		}
	}
	if (ping && op_find(request, "do-not-fragment") != NULL) {
		add(plan, "-M");
		add(plan, "do");
	}
	add(plan, ping ? "-I" : "-s");
	add(plan, source);
	add(plan, "--");
	add(plan, destination);
	return true;
}
