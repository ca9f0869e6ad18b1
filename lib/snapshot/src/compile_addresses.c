/*
 * Address lists of policies: any, names of the zone's book or the global one, sets of sets, literal prefixes (E-076). A
 * list may hold prefixes of both families, and `any` stands for all addresses of both.
 *
 * Sets may contain sets: an explicit stack bounds the nesting. A dns-name stands for the addresses that DNS has given for
 * it (compile_names.c). One name alone gives the same array each time, so that the classifier compiles it once.
 */
#include <string.h>

#include "compile.h"
#include "conf/books.h"
#include "conf/hosts.h"
#include "conf/sets.h"

struct collector {
	struct compilation *compilation;
	struct snapshot_address *addresses;
	struct snapshot_address6 *addresses6;
	uint32_t count;
	uint32_t count6;
	uint32_t capacity;
	uint32_t capacity6;
	bool partial;
};

static bool
push(struct collector *collector, uint32_t address, uint8_t length)
{
	struct snapshot_address *moved = arena_grow(&collector->compilation->scratch, collector->addresses,
	    collector->count, &collector->capacity, sizeof(*moved));

	if (moved == NULL) {
		return false;
	}
	collector->addresses = moved;
	moved[collector->count++] = (struct snapshot_address){.address = address, .length = length};
	return true;
}

static bool
push6(struct collector *collector, struct ipv6_address address, uint8_t length)
{
	struct snapshot_address6 *moved = arena_grow(&collector->compilation->scratch, collector->addresses6,
	    collector->count6, &collector->capacity6, sizeof(*moved));

	if (moved == NULL) {
		return false;
	}
	collector->addresses6 = moved;
	moved[collector->count6++] = (struct snapshot_address6){.address = address, .length = length};
	return true;
}

/* A prefix of either family; anything else is a name that stands for nothing that is known. */
static bool
push_prefix(struct collector *collector, const char *prefix)
{
	struct ipv6_address address6 = {.high = 0};
	uint32_t address = 0;
	uint8_t length = 0;

	if (prefix != NULL && parse_prefix(prefix, &address, &length)) {
		return push(collector, address, length);
	}
	if (prefix != NULL && parse_prefix6(prefix, &address6, &length)) {
		return push6(collector, address6, length);
	}
	collector->partial = true;
	return true;
}

/* What the configuration itself says of the name. */
static bool
push_static_host(struct collector *collector, const struct conf_node *host)
{
	bool good = true;

	for (const struct conf_node *one = conf_first(host, "inet"); good && one != NULL; one = conf_next(one)) {
		good = push_prefix(collector, one->value);
	}
	for (const struct conf_node *one = conf_first(host, "inet6"); good && one != NULL; one = conf_next(one)) {
		good = push_prefix(collector, one->value);
	}
	return good;
}

/* What DNS says now; the next answer may say something else, so nobody may conclude from it what a policy covers. */
static bool
push_dns_name(struct collector *collector, const char *name)
{
	const struct snapshot_names *names = collector->compilation->options->names;
	struct snapshot_name_address found[SNAPSHOT_NAME_ADDRESSES_MOST];
	const struct conf_node *host = conf_static_host(collector->compilation->top, name);

	if (host != NULL) {
		return push_static_host(collector, host);
	}
	const uint32_t count =
	    names == NULL ? 0 : names->find(names->context, name, collector->compilation->refusal, found);

	collector->partial = true;
	for (uint32_t i = 0; i < count; i++) {
		const struct ipv6_address address = ipv6_address_load(found[i].octets);
		const bool pushed = found[i].family == 4 ? push(collector, (uint32_t)(address.high >> 32), 32) :
		                                           push6(collector, address, 128);

		if (!pushed) {
			return false;
		}
	}
	return true;
}

static bool
push_entry(struct collector *collector, const struct conf_node *entry)
{
	const char *dns_name = conf_value(entry, "dns-name");

	return dns_name != NULL ? push_dns_name(collector, dns_name) : push_prefix(collector, conf_value(entry, "ip-prefix"));
}

/* conf_check() tells of circles; without those it is just too deep. */
static void
report_depth(struct compilation *compilation, const struct conf_node *member)
{
	if (compilation->list->errors == compilation->errors) {
		compile_error(compilation, member, "address sets are nested more than %d deep", CONF_SETS_DEEP);
	}
}

static bool
push_set(struct collector *collector, const struct conf_node *book, const struct conf_node *set)
{
	const struct conf_node *stack[CONF_SETS_DEEP];
	uint32_t depth = 0;

	stack[depth++] = conf_set_first(set);
	while (depth > 0) {
		const struct conf_node *member = stack[depth - 1];
		if (member == NULL) {
			depth--;
			continue;
		}
		stack[depth - 1] = conf_set_next(member);
		if (!conf_set_is_nested(member)) {
			if (!push_entry(collector, conf_entry(book, "address", member->value, NULL))) {
				return false;
			}
			continue;
		}
		const struct conf_node *inner = conf_entry(book, "address-set", member->value, NULL);
		if (inner == NULL) {
			continue;
		}
		if (depth == CONF_SETS_DEEP) {
			report_depth(collector->compilation, member);
			return true;
		}
		stack[depth++] = conf_set_first(inner);
	}
	return true;
}

/* static_nat_A.B.C.D_LEN: the public side of a static mapping, to-zone junos-global. */
static bool
push_static_nat(struct collector *collector, const char *value)
{
	static const char first[] = "static_nat_";
	char prefix[sizeof("255.255.255.255/32")];
	const char *sign = strrchr(value, '_');

	if (strncmp(value, first, sizeof(first) - 1) != 0) {
		return push_prefix(collector, value);
	}
	value += sizeof(first) - 1;
	if (sign < value || strlen(value) >= sizeof(prefix)) {
		return push_prefix(collector, value);
	}
	memcpy(prefix, value, strlen(value) + 1);
	prefix[sign - value] = '/';
	return push_prefix(collector, prefix);
}

/* One value of a list. An entry called `any` or `all` wins over the keyword (E-077). */
static bool
push_value(struct collector *collector, const struct conf_node *own, const char *value)
{
	const struct conf_node *book = conf_book_of(collector->compilation->top, own, value);
	const struct conf_node *entry = conf_entry(book, "address", value, NULL);
	const struct conf_node *set = conf_entry(book, "address-set", value, NULL);

	if (entry != NULL) {
		return push_entry(collector, entry);
	}
	if (set != NULL) {
		return push_set(collector, book, set);
	}
	if (strcmp(value, "any") == 0 || strcmp(value, "all") == 0) {
		return push(collector, 0, 0) && push6(collector, (struct ipv6_address){.high = 0}, 0);
	}
	if (strcmp(value, "any-ipv4") == 0) {
		return push(collector, 0, 0);
	}
	if (strcmp(value, "any-ipv6") == 0) {
		return push6(collector, (struct ipv6_address){.high = 0}, 0);
	}
	return push_static_nat(collector, value); /* unknown: conf_check() has said so */
}

/* A list of one value is remembered by zone and value, and by what it is for: names differ there. */
static const char *
list_key(struct compilation *compilation, const struct conf_node *zone, const char *value)
{
	const char *const words[] = {zone == NULL ? "" : zone->value, value, compilation->refusal ? "refusal" : ""};

	return arena_join(&compilation->scratch, words, 3);
}

static bool
remember(struct compilation *compilation, const char *key, const struct address_list *list)
{
	struct address_list *moved = arena_grow(&compilation->scratch, compilation->lists, compilation->list_count,
	    &compilation->list_capacity, sizeof(*moved));

	if (moved == NULL) {
		return false;
	}
	compilation->lists = moved;
	moved[compilation->list_count++] = *list;
	return name_table_set(compilation->list_names, key, compilation->list_count);
}

bool
compile_addresses(struct compilation *compilation, const struct conf_node *zone, const struct conf_node *first,
    struct address_list *list)
{
	const struct conf_node *book = conf_child(zone, "address-book");
	struct collector collector = {.compilation = compilation};
	const char *key = NULL;

	*list = (struct address_list){.count = 0};
	if (first == NULL) {
		return true;
	}
	if (conf_next(first) == NULL) {
		key = list_key(compilation, zone, first->value);
		if (key == NULL) {
			return false;
		}
		const uint32_t known = name_table_find(compilation->list_names, key);
		if (known != 0) {
			*list = compilation->lists[known - 1];
			return true;
		}
	}
	for (const struct conf_node *value = first; value != NULL; value = conf_next(value)) {
		if (!push_value(&collector, book, value->value)) {
			return false;
		}
	}
	*list = (struct address_list){
	    .count = collector.count,
	    .count6 = collector.count6,
	    .addresses = collector.addresses,
	    .addresses6 = collector.addresses6,
	    .partial = collector.partial,
	};
	return key == NULL || remember(compilation, key, list);
}
