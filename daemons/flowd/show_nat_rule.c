/*
 * show security nat source rule, destination rule, static rule: rules as they are written, with what became of them. Static
 * mappings of interfaces, the other form of the configuration, are shown as rules of their interface.
 */
#include <string.h>

#include "answer.h"

struct rule_job {
	uint16_t rule;
	struct engine_nat_rule_counters counters;
};

static void
read_job(const struct worker_hands *hands, void *argument)
{
	struct rule_job *job = argument;

	const struct engine_nat_rule_counters more = engine_nat_rule_counters(hands->engine, job->rule);

	job->counters.hits += more.hits;
	job->counters.failures += more.failures;
	job->counters.sessions += more.sessions;
}

struct rule_kind {
	const char *rpc;
	const char *holder; /* below security nat */
	const char *entry;
	const char *action; /* below then */
	enum nat_rule_kind kind;
};

static const struct rule_kind kinds[] = {
    {"retrieve-source-nat-rule-set-information", "source", "source-nat-rule-entry", "source-nat", NAT_RULE_SOURCE},
    {"retrieve-destination-nat-rule-set-information", "destination", "destination-nat-rule-entry", "destination-nat",
        NAT_RULE_DESTINATION},
    {"retrieve-static-nat-rule-set-information", "static", "static-nat-rule-entry", "static-nat", NAT_RULE_STATIC},
};

/* "zone trust, dmz" */
static void
add_context(struct op_tree *tree, struct op_node *entry, const char *name, const struct conf_node *side)
{
	static const char *const leaves[] = {"interface", "zone", "routing-instance"};

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		struct text names = TEXT_EMPTY;

		for (const struct conf_node *value = conf_first(side, leaves[i]); value != NULL; value = conf_next(value)) {
			text_printf(&names, "%s%s", names.length == 0 ? "" : ", ", value->value);
		}
		if (names.length > 0) {
			(void)op_addf(tree, entry, name, "%s %s", leaves[i], text_string(&names));
		}
		text_release(&names);
	}
}

static void
put_words(const struct conf_node *node, struct text *words)
{
	for (const struct conf_node *child = node->first; child != NULL; child = child->next) {
		if (child->inactive) {
			continue;
		}
		text_append_char(words, ' ');
		if (!child->schema->keyword_less) {
			text_append(words, child->schema->name);
		}
		if (child->value != NULL) {
			text_printf(words, "%s%s", child->schema->keyword_less ? "" : " ", child->value);
		}
		put_words(child, words); /* as deep as the schema */
	}
}

/* Each statement of a block on a line of its own. */
static void
add_statements(struct op_tree *tree, struct op_node *entry, const char *name, const struct conf_node *block)
{
	for (const struct conf_node *child = block == NULL ? NULL : block->first; child != NULL; child = child->next) {
		struct text words = TEXT_EMPTY;

		if (child->inactive) {
			continue;
		}
		text_append(&words, child->schema->name);
		if (child->value != NULL) {
			text_printf(&words, " %s", child->value);
		}
		put_words(child, &words);
		(void)op_add(tree, entry, name, text_string(&words));
		text_release(&words);
	}
}

/* The rule's identity, by its names: SNAPSHOT_NAT_NONE, when it is not there. */
static uint16_t
find_identity(const struct snapshot_nat *nat, const struct rule_kind *kind, const struct conf_node *rule)
{
	for (uint16_t i = 0; i < nat->rule_count; i++) {
		const struct snapshot_nat_rule *row = &nat->rules[i];

		if (row->present && row->kind == kind->kind && strcmp(row->name, rule->value) == 0 &&
		    strcmp(row->set, rule->parent->value) == 0) {
			return i;
		}
	}
	return SNAPSHOT_NAT_NONE;
}

static void
add_rule(struct op_tree *tree, const struct answer_sources *sources, const struct rule_kind *kind,
    const struct conf_node *rule, uint32_t position)
{
	struct rule_job job = {.rule = find_identity(&sources->configuration->snapshot->nat, kind, rule)};
	struct op_node *entry = op_add(tree, tree->root, kind->entry, NULL);

	worker_run(sources->worker, read_job, &job);
	(void)op_add(tree, entry, "rule-name", rule->value);
	(void)op_add(tree, entry, "rule-set-name", rule->parent->value);
	(void)op_add_number(tree, entry, "rule-id", job.rule);
	(void)op_add_number(tree, entry, "rule-matching-position", position);
	add_context(tree, entry, "rule-from-context", conf_child(rule->parent, "from"));
	add_context(tree, entry, "rule-to-context", conf_child(rule->parent, "to"));
	add_statements(tree, entry, "rule-match", conf_child(rule, "match"));
	add_statements(tree, entry, "rule-action", conf_walk(rule, "then", kind->action, NULL));
	(void)op_add_number(tree, entry, "rule-translation-hits", job.counters.hits);
	(void)op_add_number(tree, entry, "failed-hits", job.counters.failures);
	(void)op_add_number(tree, entry, "concurrent-hits", job.counters.sessions);
}

static void
add_mapping(struct op_tree *tree, const struct conf_node *mapping)
{
	struct op_node *entry = op_add(tree, tree->root, "static-nat-rule-entry", NULL);
	const char *instance = conf_value(mapping, "virtual-router");

	(void)op_add(tree, entry, "rule-name", mapping->value);
	(void)op_addf(tree, entry, "rule-from-context", "interface %s", mapping->parent->value);
	(void)op_addf(tree, entry, "rule-action", "host %s%s%s", conf_value(mapping, "host"),
	    instance == NULL ? "" : " virtual-router ", instance == NULL ? "" : instance);
}

struct walk {
	struct op_tree *tree; /* NULL: counts only */
	const struct answer_sources *sources;
	const struct rule_kind *kind;
	const char *name; /* NULL: all */
	uint32_t from;    /* the first that is wanted */
	uint32_t seen;
};

static bool
is_wanted(struct walk *walk, const char *name)
{
	if (walk->name != NULL && strcmp(walk->name, name) != 0) {
		return false;
	}
	walk->seen++;
	return walk->tree != NULL && walk->seen > walk->from && walk->tree->size < ANSWER_CHUNK;
}

/* Rules in their order, then mappings. Ends behind the last that was added: walk->from is where to go on. */
static void
walk_rules(struct walk *walk)
{
	const struct conf_node *nat =
	    conf_walk(conf_tree_top(walk->sources->configuration->tree), "security", "nat", NULL);
	const struct conf_node *set = conf_first(conf_child(nat, walk->kind->holder), "rule-set");
	uint32_t added = walk->from;

	for (; set != NULL; set = conf_next(set)) {
		uint32_t position = 0;

		for (const struct conf_node *rule = conf_first(set, "rule"); rule != NULL; rule = conf_next(rule)) {
			position++;
			if (is_wanted(walk, rule->value)) {
				add_rule(walk->tree, walk->sources, walk->kind, rule, position);
				added = walk->seen;
			}
		}
	}
	for (const struct conf_node *unit = walk->kind->kind == NAT_RULE_STATIC ? conf_first(nat, "interface") : NULL;
	     unit != NULL; unit = conf_next(unit)) {
		for (const struct conf_node *mapping = conf_first(unit, "static-nat"); mapping != NULL;
		     mapping = conf_next(mapping)) {
			if (is_wanted(walk, mapping->value)) {
				add_mapping(walk->tree, mapping);
				added = walk->seen;
			}
		}
	}
	walk->from = added;
}

enum answer_progress
show_nat_rules(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const char *name = op_value(answer->request.root, "rule-name");
	struct walk walk = {.sources = sources, .kind = &kinds[0]};

	(void)error;
	if (sources->configuration == NULL) {
		return ANSWER_END;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		walk.kind = strcmp(answer->row->rpc, kinds[i].rpc) == 0 ? &kinds[i] : walk.kind;
	}
	walk.name = name == NULL || strcmp(name, "all") == 0 ? NULL : name;
	if (answer->cursor == 0) {
		struct walk count = walk;

		walk_rules(&count);
		(void)op_add_number(tree, tree->root, "total-rules", count.seen);
	}
	walk.tree = tree;
	walk.from = answer->cursor;
	walk_rules(&walk);
	answer->cursor = walk.from;
	return walk.from < walk.seen ? ANSWER_MORE : ANSWER_END;
}
