/*
 * The tree's part of a statement: finding and making what its steps say, all or nothing. See statement.h.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "route_backup.h"
#include "statement.h"
#include "tree_private.h"

/* One change, so that it can be taken back. */
struct change {
	struct conf_node *node;
	struct conf_node *parent; /* REMOVED: where it was */
	struct conf_node *next;
	char *value; /* VALUE: the old one */
	enum { CHANGE_ADDED, CHANGE_VALUE, CHANGE_REMOVED } kind;
};

struct journal {
	struct change *changes;
	size_t count;
	size_t capacity;
};

static bool
journal_reserve(struct journal *journal)
{
	struct change *changes = array_grow(journal->changes, journal->count, &journal->capacity, sizeof(*changes));

	journal->changes = changes != NULL ? changes : journal->changes;
	return changes != NULL;
}

static void
journal_undo(struct journal *journal, struct conf_tree *tree)
{
	while (journal->count > 0) {
		const struct change *change = &journal->changes[--journal->count];

		switch (change->kind) {
		case CHANGE_ADDED:
			tree_remove(change->node);
			break;
		case CHANGE_VALUE:
			free(change->node->value);
			change->node->value = change->value;
			break;
		case CHANGE_REMOVED:
			tree_link(tree, change->parent, change->node, change->next);
			break;
		}
	}
}

static void
journal_finish(struct journal *journal)
{
	for (size_t i = 0; i < journal->count; i++) {
		if (journal->changes[i].kind == CHANGE_VALUE) {
			free(journal->changes[i].value);
		} else if (journal->changes[i].kind == CHANGE_REMOVED) {
			tree_destroy_node(journal->changes[i].node);
		}
	}
	free(journal->changes);
	*journal = (struct journal){.changes = NULL};
}

static bool
apply_value(struct journal *journal, struct conf_node *leaf, const char *value, uint32_t line)
{
	if (strcmp(leaf->value, value) == 0) {
		return true;
	}
	char *copy = journal_reserve(journal) ? strdup(value) : NULL;

	if (copy == NULL) {
		return false;
	}
	journal->changes[journal->count++] =
	    (struct change){.kind = CHANGE_VALUE, .node = leaf, .value = leaf->value};
	leaf->value = copy;
	leaf->line = line;
	return true;
}

/* Takes out what the choice excludes. */
static bool
apply_choice(struct journal *journal, struct conf_node *parent, const struct schema_node *schema)
{
	struct conf_node *node = parent->first;

	while (node != NULL) {
		struct conf_node *next = node->next;
		const struct schema_node *other = node->schema;

		if (other->choice != NULL && strcmp(other->choice, schema->choice) == 0 &&
		    strcmp(other->choice_case, schema->choice_case) != 0) {
			if (!journal_reserve(journal)) {
				return false;
			}
			tree_unlink(node);
			journal->changes[journal->count++] =
			    (struct change){.kind = CHANGE_REMOVED, .node = node, .parent = parent, .next = next};
		}
		node = next;
	}
	return true;
}

static bool
apply_step(struct statement *statement, struct journal *journal, struct step *step)
{
	struct conf_node *parent =
	    step->parent == STEP_LEVEL ? statement->level : statement->steps[step->parent].node;
	const char *value = statement_value(statement, step->value);
	const char *value2 = statement_value(statement, step->value2);
	struct conf_node *node = tree_find(parent, step->schema, value, value2);

	if (node != NULL) {
		step->node = node;
		return step->schema->kind != SCHEMA_LEAF || apply_value(journal, node, value, statement->line);
	}
	if (!journal_reserve(journal)) {
		return false;
	}
	const bool replaces = statement->replace_choice || (statement->set_line && step->schema->choice_later_wins);

	if (replaces && step->schema->choice != NULL &&
	    !apply_choice(journal, parent, step->schema)) {
		return false;
	}
	node = journal_reserve(journal) ? tree_add(statement->tree, parent, step->schema, value, value2) : NULL;
	if (node == NULL) {
		return false;
	}
	node->line = statement->line;
	journal->changes[journal->count++] = (struct change){.kind = CHANGE_ADDED, .node = node};
	step->node = node;
	return true;
}

bool
statement_apply(struct statement *statement)
{
	struct journal journal = {.changes = NULL};
	bool good = route_backup(statement);

	for (size_t i = 0; good && i < statement->step_count; i++) {
		good = apply_step(statement, &journal, &statement->steps[i]);
	}
	if (!good) {
		journal_undo(&journal, statement->tree);
		diagnostics_no_memory(statement->list);
	} else {
		for (size_t i = 0; i < 2; i++) {
			if (statement->erase[i] != NULL) {
				tree_remove(statement->erase[i]);
				statement->erase[i] = NULL;
			}
		}
		route_mark(statement);
	}
	journal_finish(&journal);
	return good;
}

bool
statement_find(struct statement *statement, size_t *missing)
{
	for (size_t i = 0; i < statement->step_count; i++) {
		struct step *step = &statement->steps[i];
		struct conf_node *parent =
		    step->parent == STEP_LEVEL ? statement->level : statement->steps[step->parent].node;
		const char *value = statement_value(statement, step->value);

		step->node = tree_find(parent, step->schema, value, statement_value(statement, step->value2));
		if (step->node == NULL ||
		    (step->schema->kind == SCHEMA_LEAF && strcmp(step->node->value, value) != 0)) {
			*missing = i;
			return false;
		}
	}
	return true;
}

struct conf_node *
statement_node(const struct statement *statement)
{
	return statement->at_step == STEP_LEVEL ? statement->level : statement->steps[statement->at_step].node;
}
