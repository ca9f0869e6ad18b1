/*
 * get-local-source: which of our addresses a probe leaves from, for probed. The one that was asked for, if it is ours; else the first
 * of the unit that the route leads out by (its instance's, when the unit has none).
 */
#include <string.h>

#include "answer.h"
#include "engine/fib.h"
#include "wire/address_text.h"

struct source_question {
	struct ipv6_address destination; /* IPv4 as ::ffff:a.b.c.d */
	struct ipv6_address source;
	const char *words; /* the destination as it was asked for */
	bool has_source;
	bool inet6;
	bool any_instance;
	uint16_t instance;
};

static bool
read_address(const char *word, struct ipv6_address *address)
{
	struct answer_prefix prefix;

	if (word == NULL || strchr(word, '/') != NULL || !answer_prefix_parse(word, &prefix)) {
		return false;
	}
	*address = prefix.prefix;
	return true;
}

static bool
read_question(const struct op_node *request, const struct snapshot *snapshot, struct source_question *question,
    struct text *error)
{
	const char *instance = op_value(request, "routing-instance");
	const char *source = op_value(request, "source");

	*question = (struct source_question){.words = op_value(request, "destination")};
	question->any_instance = instance == NULL;
	question->has_source = source != NULL;
	if (!read_address(question->words, &question->destination) ||
	    (source != NULL && !read_address(source, &question->source))) {
		text_append(error, "malformed request");
		return false;
	}
	question->inet6 = !ipv6_is_mapped(question->destination);
	question->instance = instance == NULL || strcmp(instance, "default") == 0 ? SNAPSHOT_INSTANCE_DEFAULT :
										    snapshot_find_instance(snapshot, instance);
	if (question->instance == SNAPSHOT_NONE) {
		text_printf(error, "routing instance '%s' is not configured", instance);
		return false;
	}
	return true;
}

/* An address of the unit in the question's family; with `wanted` that very one. */
static bool
unit_address(const struct snapshot_unit *unit, const struct source_question *question, const struct ipv6_address *wanted,
    struct ipv6_address *found)
{
	const uint16_t count = question->inet6 ? unit->address6_count : unit->address_count;

	for (uint16_t i = 0; i < count; i++) {
		*found = question->inet6 ? unit->addresses6[i].address : ipv6_mapped(unit->addresses[i].address);
		if (wanted == NULL ? !ipv6_is_link_local(*found) : ipv6_equal(*found, *wanted)) {
			return true;
		}
	}
	return false;
}

static bool
instance_address(const struct snapshot *snapshot, const struct source_question *question, const struct ipv6_address *wanted,
    struct ipv6_address *found)
{
	for (uint16_t i = 0; i < snapshot->unit_count; i++) {
		const struct snapshot_unit *unit = &snapshot->units[i];

		if (unit->present && unit->enabled &&
		    (unit->instance == question->instance || (wanted != NULL && question->any_instance)) &&
		    unit_address(unit, question, wanted, found)) {
			return true;
		}
	}
	return false;
}

static bool
source_by_route(const struct answer_sources *sources, const struct source_question *question, struct ipv6_address *found,
    struct text *error)
{
	const struct snapshot *snapshot = sources->configuration->snapshot;
	const struct fib *fib = sources->configuration->fib;
	const struct fib_hop *hop = question->inet6 ? fib_lookup6(fib, question->instance, question->destination) :
	                                              fib_lookup(fib, question->instance, (uint32_t)question->destination.low);

	switch ((enum fib_kind)hop->kind) {
	case FIB_NO_ROUTE:
	case FIB_TABLE:
		text_printf(error, "there is no route to %s", question->words);
		return false;
	case FIB_DISCARD:
		text_printf(error, "the route to %s discards", question->words);
		return false;
	case FIB_REJECT:
		text_printf(error, "the route to %s rejects", question->words);
		return false;
	case FIB_LOCAL:
		*found = question->destination;
		return true;
	case FIB_DIRECT:
	case FIB_GATEWAY:
		break;
	}
	if ((hop->unit < snapshot->unit_count && unit_address(&snapshot->units[hop->unit], question, NULL, found)) ||
	    instance_address(snapshot, question, NULL, found)) {
		return true;
	}
	text_printf(error, "no interface has an address to ask %s from", question->words);
	return false;
}

enum answer_progress
show_source(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const struct op_node *request = answer->request.root;
	struct source_question question;
	struct ipv6_address found;
	bool good;

	if (sources->configuration == NULL) {
		text_append(error, "there is no configuration yet");
		return ANSWER_FAILED;
	}
	if (!read_question(request, sources->configuration->snapshot, &question, error)) {
		return ANSWER_FAILED;
	}
	if (question.has_source) {
		good = instance_address(sources->configuration->snapshot, &question, &question.source, &found);
		if (!good) {
			text_printf(error, "%s is no address of this gateway%s", op_value(request, "source"),
			    question.any_instance ? "" : " in that routing instance");
		}
	} else {
		good = source_by_route(sources, &question, &found, error);
	}
	if (!good) {
		return ANSWER_FAILED;
	}
	answer_add_address(tree, tree->root, "source-address", found);
	return ANSWER_END;
}
