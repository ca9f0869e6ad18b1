/*
 * From the arguments of a command to a question, and back to words.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain_private.h"
#include "wire/bytes.h"
#include "wire/icmp.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"

static const struct {
	const char *name;
	uint8_t number;
	bool ports;
} protocols[] = {
    {"ah", 51, false},
    {"egp", 8, false},
    {"esp", 50, false},
    {"gre", 47, false},
    {"icmp", 1, false},
    {"icmp6", 58, false},
    {"igmp", 2, false},
    {"ipip", 4, false},
    {"ospf", 89, false},
    {"pim", 103, false},
    {"rsvp", 46, false},
    {"sctp", 132, true},
    {"tcp", 6, true},
    {"udp", 17, true},
    {"udp-lite", 136, true},
};

enum {
	PROTOCOLS = sizeof(protocols) / sizeof(protocols[0]),
};

void
explain_add_protocol(struct op_tree *tree, struct op_node *parent, uint8_t protocol)
{
	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (protocols[i].number == protocol) {
			(void)op_add(tree, parent, "protocol", protocols[i].name);
			return;
		}
	}
	(void)op_add_number(tree, parent, "protocol", protocol);
}

/* The command's own check has seen to names and range: what is not a name is a number. */
static bool
read_protocol(const char *word, struct explain_question *question, bool *ports)
{
	char *end = NULL;

	*ports = false;
	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (strcmp(protocols[i].name, word) == 0) {
			question->protocol = protocols[i].number;
			*ports = protocols[i].ports;
			return true;
		}
	}
	const unsigned long number = strtoul(word, &end, 10);

	question->protocol = (uint8_t)number;
	for (size_t i = 0; i < PROTOCOLS; i++) {
		*ports = *ports || (protocols[i].number == number && protocols[i].ports);
	}
	return end != word && *end == '\0' && number <= UINT8_MAX;
}

bool
explain_has_type(const struct explain_question *question)
{
	return question->protocol == (question->inet6 ? IPV6_NEXT_ICMP : IPV4_PROTOCOL_ICMP);
}

static bool
read_address(const struct op_node *request, const char *name, struct ipv6_address *address, struct text *error)
{
	const char *word = op_value(request, name);
	uint8_t octets[IPV6_ADDRESS];

	if (word == NULL) {
		text_printf(error, "%s is missing", name);
		return false;
	}
	if (inet_pton(AF_INET, word, octets) == 1) {
		*address = ipv6_mapped(bytes_load_32(octets));
	} else if (inet_pton(AF_INET6, word, octets) == 1) {
		*address = ipv6_address_load(octets);
	} else {
		text_printf(error, "%s: '%s' is no IP address", name, word);
		return false;
	}
	return true;
}

static bool
read_addresses(const struct op_node *request, struct explain_question *question, struct text *error)
{
	if (!read_address(request, "source-ip", &question->source, error) ||
	    !read_address(request, "destination-ip", &question->destination, error)) {
		return false;
	}
	question->inet6 = !ipv6_is_mapped(question->source);
	if (question->inet6 == ipv6_is_mapped(question->destination)) {
		text_append(error, "source-ip and destination-ip are of different families");
		return false;
	}
	return true;
}

static bool
read_name(const struct op_node *request, const char *name, char *to, struct text *error)
{
	const char *word = op_value(request, name);

	if (word != NULL && strlen(word) >= EXPLAIN_NAME) {
		text_printf(error, "%s: '%s' is not configured", name, word);
		return false;
	}
	(void)snprintf(to, EXPLAIN_NAME, "%s", word == NULL ? "" : word);
	return true;
}

static bool
read_number(const struct op_node *request, const char *name, uint64_t most, uint64_t *number, struct text *error)
{
	*number = op_number(request, name, *number);
	if (*number > most) {
		text_printf(error, "%s: at most %llu", name, (unsigned long long)most);
		return false;
	}
	return true;
}

/* Ports where the protocol has some, and there both; ICMP has its type and code. */
static bool
read_ports(const struct op_node *request, struct explain_question *question, bool ports, struct text *error)
{
	const bool given = op_value(request, "source-port") != NULL || op_value(request, "destination-port") != NULL;
	const bool both = op_value(request, "source-port") != NULL && op_value(request, "destination-port") != NULL;
	uint64_t source = 0;
	uint64_t destination = 0;
	uint64_t type = question->inet6 ? ICMP6_ECHO : ICMP_ECHO;
	uint64_t code = 0;

	if (ports && !both) {
		text_append(error, "source-port and destination-port are needed for this protocol");
		return false;
	}
	if (!ports && given) {
		text_append(error, "this protocol has no ports");
		return false;
	}
	if (!read_number(request, "source-port", UINT16_MAX, &source, error) ||
	    !read_number(request, "destination-port", UINT16_MAX, &destination, error) ||
	    !read_number(request, "icmp-type", UINT8_MAX, &type, error) ||
	    !read_number(request, "icmp-code", UINT8_MAX, &code, error)) {
		return false;
	}
	question->source_port = (uint16_t)source;
	question->destination_port = (uint16_t)destination;
	if (explain_has_type(question)) {
		question->icmp_type = (uint8_t)type;
		question->icmp_code = (uint8_t)code;
	}
	return true;
}

bool
explain_question_read(const struct op_node *request, struct explain_question *question, struct text *error)
{
	const char *protocol = op_value(request, "protocol");
	uint64_t results = 1;
	bool ports = false;

	*question = (struct explain_question){.results = 1};
	if (!read_name(request, "interface", question->interface, error) ||
	    !read_name(request, "from-zone", question->from_zone, error) ||
	    !read_name(request, "to-zone", question->to_zone, error) ||
	    !read_addresses(request, question, error)) {
		return false;
	}
	if (protocol == NULL || !read_protocol(protocol, question, &ports)) {
		text_printf(error, "protocol is %s", protocol == NULL ? "missing" : "no protocol's name or number");
		return false;
	}
	if (!read_ports(request, question, ports, error) ||
	    !read_number(request, "result-count", EXPLAIN_RESULTS_MOST, &results, error)) {
		return false;
	}
	question->results = results == 0 ? 1 : (uint32_t)results;
	return true;
}
