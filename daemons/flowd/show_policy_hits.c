/*
 * show security policies hit-count, clear security policies hit-count.
 *
 * Sorted ones need all policies at once: their rows are gathered page by page first. Should the configuration change
 * meanwhile, the answer ends with a sentence, because its rows are gone.
 */
#include <stdlib.h>
#include <string.h>

#include "explain/policy_element.h"
#include "policy_walk.h"

static void
add_hits(const struct policy_row *row, uint32_t number, struct op_tree *tree)
{
	struct op_node *entry = op_add(tree, tree->root, "policy-hit-count-entry", NULL);

	(void)op_add_number(tree, entry, "logical-index", number);
	(void)op_add(tree, entry, "policy-hit-count-from-zone", explain_from_zone(row->context));
	(void)op_add(tree, entry, "policy-hit-count-to-zone", explain_to_zone(row->context));
	(void)op_add(tree, entry, "policy-hit-count-policy-name", row->policy->value);
	(void)op_add_number(tree, entry, "policy-hit-count-count", row->counters.hits);
	if (row->counters.hits > 0) {
		policy_add_time(tree, entry, "policy-hit-count-first", row->counters.first_hit);
		policy_add_time(tree, entry, "policy-hit-count-last", row->counters.last_hit);
	}
}

/* The rows of all pages; the answer's state takes them over from the walk. */
struct hit_table {
	uint64_t serial; /* of the configuration */
	uint32_t count;
	struct policy_row rows[];
};

static int
compare_hits(const void *left, const void *right)
{
	const struct policy_row *l = left;
	const struct policy_row *r = right;

	if (l->counters.hits != r->counters.hits) {
		return l->counters.hits < r->counters.hits ? -1 : 1;
	}
	/* Equal ones stay in the order of the search. */
	return (l->identity > r->identity) - (l->identity < r->identity);
}

static int
compare_hits_down(const void *left, const void *right)
{
	const struct policy_row *l = left;
	const struct policy_row *r = right;

	if (l->counters.hits != r->counters.hits) {
		return l->counters.hits > r->counters.hits ? -1 : 1;
	}
	return (l->identity > r->identity) - (l->identity < r->identity);
}

/* All pages in one table, or NULL with a sentence. */
static struct hit_table *
gather(struct answer *answer, const struct answer_sources *sources, struct text *error)
{
	struct hit_table *table = calloc(1, sizeof(*table));
	bool more = table != NULL;

	while (more) {
		struct policy_page *page = policy_page_read(answer, sources, error);
		struct hit_table *grown = page == NULL ? NULL :
		    realloc(table, sizeof(*table) + (table->count + page->count) * sizeof(table->rows[0]));

		if (grown == NULL) {
			free(page);
			free(table);
			table = NULL;
			break;
		}
		table = grown;
		memcpy(&table->rows[table->count], page->rows, page->count * sizeof(page->rows[0]));
		table->count += page->count;
		answer->cursor += page->count;
		more = page->more;
		free(page);
	}
	if (table == NULL && error->length == 0) {
		text_append(error, "out of memory");
	}
	return table;
}

/* The first step: the whole table, in order. False with a sentence. */
static bool
start_sorted(struct answer *answer, const struct answer_sources *sources, struct text *error)
{
	struct hit_table *table = gather(answer, sources, error);
	const bool down = op_find(answer->request.root, "descending") != NULL;

	if (table == NULL) {
		return false;
	}
	if (table->count > 1) {
		qsort(table->rows, table->count, sizeof(table->rows[0]), down ? compare_hits_down : compare_hits);
	}
	table->serial = sources->configuration->serial;
	free(answer->state); /* the walk has been to the end */
	answer->state = table;
	answer->total = 1;
	answer->cursor = 0;
	return true;
}

static enum answer_progress
show_sorted(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const struct hit_table *table;

	if (answer->total == 0 && !start_sorted(answer, sources, error)) {
		return ANSWER_FAILED;
	}
	table = answer->state;
	if (table->serial != sources->configuration->serial) {
		text_append(error, "the configuration has changed meanwhile: ask again");
		return ANSWER_FAILED;
	}
	while (answer->cursor < table->count && tree->size < ANSWER_CHUNK) {
		add_hits(&table->rows[answer->cursor], answer->cursor + 1, tree);
		answer->cursor++;
	}
	if (answer->cursor < table->count) {
		return ANSWER_MORE;
	}
	(void)op_add_number(tree, tree->root, "policy-hit-count-number", table->count);
	return ANSWER_END;
}

enum answer_progress
show_hit_counts(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	const struct op_node *request = answer->request.root;
	struct policy_page *page;

	if (sources->configuration == NULL) {
		return ANSWER_END;
	}
	if (op_find(request, "ascending") != NULL || op_find(request, "descending") != NULL) {
		return show_sorted(answer, sources, tree, error);
	}
	page = policy_page_read(answer, sources, error);
	if (page == NULL) {
		return ANSWER_FAILED;
	}
	for (uint32_t i = 0; i < page->count; i++) {
		add_hits(&page->rows[i], answer->cursor + i + 1, tree);
	}
	answer->cursor += page->count;
	const bool more = page->more;

	free(page);
	if (!more) {
		(void)op_add_number(tree, tree->root, "policy-hit-count-number", answer->cursor);
	}
	return more ? ANSWER_MORE : ANSWER_END;
}

static void
clear_job(const struct worker_hands *hands, void *argument)
{
	const struct policy_page *page = argument;

	for (uint32_t i = 0; i < page->count; i++) {
		engine_clear_policy_hits(hands->engine, page->rows[i].identity);
	}
}

enum answer_progress
clear_hit_counts(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct policy_page *page;

	if (sources->configuration == NULL) {
		return ANSWER_END;
	}
	page = policy_page_read(answer, sources, error);
	if (page == NULL) {
		return ANSWER_FAILED;
	}
	worker_run(sources->worker, clear_job, page);
	answer->cursor += page->count;
	const bool more = page->more;

	free(page);
	if (!more) {
		(void)op_add_number(tree, tree->root, "cleared-count", answer->cursor);
	}
	return more ? ANSWER_MORE : ANSWER_END;
}
