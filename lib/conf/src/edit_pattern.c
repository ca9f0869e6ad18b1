/*
 * Many statements at a time: replace pattern and wildcard delete. See conf/verbs.h.
 *
 * Each works on a copy that takes the tree's place when all of it was good.
 */
#include <regex.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/verbs.h"
#include "edit.h"
#include "schema_private.h"
#include "statement_read.h"
#include "tree_private.h"
#include "wildcard.h"

enum {
	PATTERN_MOST = 256,    /* octets */
	VALUE_MOST = 4096,     /* octets that a value may grow to */
};

bool
edit_tell(struct diagnostics *list, const struct conf_node *node, const char *format, ...)
{
	struct text path = TEXT_EMPTY;
	struct text words = TEXT_EMPTY;
	struct text message = TEXT_EMPTY;
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&message, format, arguments);
	va_end(arguments);
	if (node != NULL) {
		conf_path(node->parent, &path);
		conf_statement(node, &words);
	}
	diagnostics_addf(list, DIAGNOSTIC_ERROR, node == NULL ? NULL : text_string(&path),
	    node == NULL ? NULL : text_string(&words), 0, "%s", text_string(&message));
	text_release(&path);
	text_release(&words);
	text_release(&message);
	return false;
}

bool
edit_list_no_memory(struct diagnostics *list)
{
	diagnostics_no_memory(list);
	return false;
}

/* --- replace pattern --------------------------------------------------------------------------------------------- */

struct replacing {
	struct conf_tree *tree;
	regex_t *pattern;
	const struct conf_replacement *order;
	struct diagnostics *list;
	struct text value;
	struct text canonical;
	struct text problem;
	uint32_t count;
};

static void
append_replacement(struct text *out, const char *with, const char *match, size_t length)
{
	for (const char *c = with; *c != '\0'; c++) {
		if (*c == '&') {
			text_append_bytes(out, match, length);
		} else {
			c += *c == '\\' && c[1] != '\0';
			text_append_char(out, *c);
		}
	}
}

/* The value with all that matches replaced; false when nothing does. */
static bool
replace_all(struct replacing *replacing, const char *value)
{
	struct text *out = &replacing->value;
	regmatch_t match;
	bool any = false;
	int flags = 0;

	text_clear(out);
	while (out->length < VALUE_MOST && regexec(replacing->pattern, value, 1, &match, flags) == 0) {
		any = true;
		text_append_bytes(out, value, (size_t)match.rm_so);
		append_replacement(out, replacing->order->with, value + match.rm_so,
		    (size_t)(match.rm_eo - match.rm_so));
		if (match.rm_eo == match.rm_so) {
			if (value[match.rm_eo] == '\0') {
				return true;
			}
			text_append_char(out, value[match.rm_eo]);
			match.rm_eo++;
		}
		value += match.rm_eo;
		flags = REG_NOTBOL;
	}
	text_append(out, value);
	return any;
}

/* The new spelling of a key or value in replacing->canonical. False: nothing to do, or (with `good` false) told. */
static bool
new_value(struct replacing *replacing, const struct conf_node *node, const struct schema_node *typed,
    const char *value, bool *good)
{
	if (value == NULL || typed == NULL || typed->secret || !replace_all(replacing, value)) {
		return false;
	}
	text_clear(&replacing->canonical);
	text_clear(&replacing->problem);
	if (text_failed(&replacing->value)) {
		*good = edit_list_no_memory(replacing->list);
		return false;
	}
	if (replacing->value.length > VALUE_MOST ||
	    !schema_check_value(replacing->tree->schema, typed, text_string(&replacing->value), &replacing->canonical,
	        &replacing->problem)) {
		*good = edit_tell(replacing->list, node, "with the replacement this is not possible here: %s",
		    replacing->problem.length == 0 ? "it is too long" : text_string(&replacing->problem));
		return false;
	}
	if (text_failed(&replacing->canonical)) {
		*good = edit_list_no_memory(replacing->list);
		return false;
	}
	return strcmp(text_string(&replacing->canonical), value) != 0;
}

static bool
is_guarded(const struct conf_node *node)
{
	while (node != NULL && !node->guarded) {
		node = node->parent;
	}
	return node != NULL;
}

static bool
replace_keys(struct replacing *replacing, struct conf_node *node)
{
	const struct schema_node *schema = node->schema;
	const bool list = schema->kind == SCHEMA_LIST;
	bool good = true;
	char *first = NULL;
	char *second = NULL;

	if (new_value(replacing, node, list ? schema->key_node : schema, node->value, &good)) {
		first = text_take(&replacing->canonical);
	}
	if (good && list && new_value(replacing, node, schema->second_key_node, node->value2, &good)) {
		second = text_take(&replacing->canonical);
	}
	if (good && (first != NULL || second != NULL)) {
		const char *value = first == NULL ? node->value : first;
		const char *value2 = second == NULL ? node->value2 : second;

		replacing->count++;
		if (is_guarded(node)) {
			good = edit_tell(replacing->list, node, "this is protected");
		} else if (schema->kind == SCHEMA_LEAF) {
			good = tree_set_value(node, value) || edit_list_no_memory(replacing->list);
		} else if (tree_find(node->parent, schema, value, value2) != NULL) {
			good = edit_tell(replacing->list, node, "'%s' is there already", value);
		} else {
			good = tree_rename(replacing->tree, node, value, value2) || edit_list_no_memory(replacing->list);
		}
	}
	free(first);
	free(second);
	return good;
}

/* The siblings of a sorted list change places when they are renamed: what is next is looked up before. */
static bool
replace_below(struct replacing *replacing, struct conf_node *root)
{
	const uint32_t most = replacing->order->most;
	struct conf_node *node = root->first;
	size_t errors = 0;

	while (node != NULL) {
		struct conf_node *next = node->first;

		for (struct conf_node *at = node; next == NULL && at != root; at = at->parent) {
			next = at->next;
		}
		if (node->value != NULL && (most == 0 || replacing->count < most)) {
			errors += !replace_keys(replacing, node);
		}
		if (replacing->list->failed) {
			return false;
		}
		node = next;
	}
	return errors == 0;
}

/* Counts and back references would let a short pattern take all memory or time. */
static const char *
pattern_problem(const char *pattern)
{
	if (*pattern == '\0' || strlen(pattern) > PATTERN_MOST) {
		return "a pattern has 1 to 256 characters";
	}
	for (const char *c = pattern; *c != '\0'; c++) {
		if (*c == '{') {
			return "a pattern has no counts {}";
		}
		if (*c == '\\') {
			c++;
			if (*c == '\0' || (*c >= '0' && *c <= '9')) {
				return "a pattern has no back references";
			}
		}
	}
	return NULL;
}

struct conf_tree *
edit_copy_tree(const struct conf_editor *editor, struct diagnostics *list)
{
	struct conf_tree *copy = conf_tree_copy(editor->tree);

	if (copy == NULL) {
		(void)edit_list_no_memory(list);
	}
	return copy;
}

static bool
replace_in_copy(struct conf_editor *editor, struct replacing *replacing)
{
	struct conf_editor inner = {.tree = edit_copy_tree(editor, replacing->list), .level = editor->level};
	const struct conf_node *level =
	    inner.tree == NULL ? NULL : conf_edit_find(&inner, "", replacing->list);

	replacing->tree = inner.tree;
	const bool good = level != NULL && replace_below(replacing, (struct conf_node *)(uintptr_t)level);

	if (good && replacing->count > 0) {
		tree_exchange(editor->tree, inner.tree);
	}
	conf_tree_destroy(inner.tree);
	return good;
}

bool
conf_edit_replace(struct conf_editor *editor, const struct conf_replacement *replacement, uint32_t *count,
    struct diagnostics *list)
{
	const char *problem = pattern_problem(replacement->pattern);
	regex_t pattern;

	*count = 0;
	if (problem != NULL) {
		return edit_tell(list, NULL, "%s", problem);
	}
	const int wrong = regcomp(&pattern, replacement->pattern, REG_EXTENDED);

	if (wrong != 0) {
		char why[128];

		(void)regerror(wrong, &pattern, why, sizeof(why));
		return edit_tell(list, NULL, "this is no pattern: %s", why);
	}
	struct replacing replacing = {.pattern = &pattern, .order = replacement, .list = list};
	const bool good = replace_in_copy(editor, &replacing);

	*count = good ? replacing.count : 0;
	text_release(&replacing.value);
	text_release(&replacing.canonical);
	text_release(&replacing.problem);
	regfree(&pattern);
	return good;
}

/* --- wildcard delete --------------------------------------------------------------------------------------------- */

struct fitting {
	const struct conf_wildcard *order;
	struct conf_node *parent;
	const struct conf_node *seen;   /* the parent in the tree that is seen; NULL: all is */
	const struct schema_node *only; /* NULL: lists of any kind, by their keyword */
	const char *pattern;
};

static bool
child_fits(const struct fitting *fitting, const struct conf_node *node)
{
	const struct schema_node *only = fitting->only;

	if (only != NULL ? node->schema != only : node->schema->kind == SCHEMA_LIST && !node->schema->keyword_less) {
		return false;
	}
	const char *name = only != NULL || node->schema->keyword_less ? node->value : node->schema->name;

	return name != NULL && wildcard_fits(fitting->pattern, strlen(fitting->pattern), name) &&
	    (fitting->seen == NULL || tree_find(fitting->seen, node->schema, node->value, node->value2) != NULL);
}

static void
tell_fitting(const struct fitting *fitting, const struct conf_node *node)
{
	struct text name = TEXT_EMPTY;

	if (fitting->order->each == NULL) {
		return;
	}
	if (fitting->only != NULL && node->value2 == NULL) {
		tree_append_word(&name, node->value);
	} else {
		tree_append_words(&name, node);
	}
	fitting->order->each(fitting->order->context, text_string(&name));
	text_release(&name);
}

/* Tells the children that fit, and deletes them unless they are only looked at. => nothing of them is protected */
static uint32_t
delete_fitting(const struct fitting *fitting)
{
	uint32_t count = 0;
	struct conf_node *node = fitting->parent->first;

	while (node != NULL) {
		struct conf_node *next = node->next;

		if (child_fits(fitting, node)) {
			tell_fitting(fitting, node);
			if (!fitting->order->look) {
				tree_remove(node);
			}
			count++;
		}
		node = next;
	}
	return count;
}

/* Nothing shows that nothing stands in. */
static void
remove_shells(struct conf_node *node)
{
	while (node->parent != NULL && node->schema->kind == SCHEMA_CONTAINER && node->first == NULL) {
		struct conf_node *parent = node->parent;

		tree_remove(node);
		node = parent;
	}
}

static bool
fitting_allowed(struct statement *statement, const struct fitting *fitting)
{
	for (const struct conf_node *node = fitting->parent->first; node != NULL; node = node->next) {
		if (child_fits(fitting, node) && !edit_allowed(statement, node, true)) {
			return false;
		}
	}
	return true;
}

/* The place that the words name, of whose children some fit. NULL: it was told. */
static struct conf_node *
find_parent(struct statement *statement)
{
	size_t missing;

	statement->allow_pending = true;
	if (!statement_read(statement, 0)) {
		return NULL;
	}
	if (!statement_find(statement, &missing)) {
		(void)edit_missing(statement);
		return NULL;
	}
	return statement_node(statement);
}

static bool
delete_words(struct statement *statement, struct fitting *fitting, uint32_t *count)
{
	fitting->parent = find_parent(statement);
	if (fitting->parent == NULL) {
		return false;
	}
	fitting->only = statement->pending;
	if (!fitting_allowed(statement, fitting)) {
		return false;
	}
	*count = delete_fitting(fitting);
	if (*count == 0) {
		statement_tell(statement, DIAGNOSTIC_ERROR, "nothing fits the pattern '%.60s'", fitting->pattern);
		return false;
	}
	remove_shells(fitting->parent);
	return true;
}

/* What is seen is looked for first: the place itself may be hidden. */
static bool
delete_before(struct conf_editor *editor, struct fitting *fitting, const char *before, uint32_t *count, struct diagnostics *list)
{
	const struct conf_editor seen = {.tree = fitting->order->seen, .level = editor->level};
	struct statement statement;
	bool good = true;

	if (seen.tree != NULL) {
		good = edit_prepare(&statement, &seen, before, list);
		fitting->seen = good ? find_parent(&statement) : NULL;
		good = fitting->seen != NULL;
		statement_release(&statement);
	}
	if (good) {
		good = edit_prepare(&statement, editor, before, list) && delete_words(&statement, fitting, count);
		statement_release(&statement);
	}
	return good;
}

bool
conf_edit_wildcard_delete(struct conf_editor *editor, const char *words, uint32_t *count, struct diagnostics *list)
{
	return conf_edit_wildcard(editor, &(struct conf_wildcard){.words = words}, count, list);
}

bool
conf_edit_wildcard(struct conf_editor *editor, const struct conf_wildcard *order, uint32_t *count, struct diagnostics *list)
{
	const char *words = order->words;
	struct text pattern = TEXT_EMPTY;
	bool good = false;

	*count = 0;
	/* The lexer knows [ as a sign; the pattern is the line's last word whatever stands in it. */
	size_t end = strlen(words);

	while (end > 0 && words[end - 1] == ' ') {
		end--;
	}
	size_t start = end;

	while (start > 0 && words[start - 1] != ' ') {
		start--;
	}
	if (start == end) {
		return edit_tell(list, NULL, "a pattern of names is missing");
	}
	text_append_bytes(&pattern, words + start, end - start);
	struct text before = TEXT_EMPTY;

	text_append_bytes(&before, words, start);
	if (text_failed(&pattern) || text_failed(&before)) {
		(void)edit_list_no_memory(list);
	} else {
		struct fitting fitting = {.order = order, .pattern = text_string(&pattern)};

		good = delete_before(editor, &fitting, text_string(&before), count, list);
	}
	text_release(&before);
	text_release(&pattern);
	return good;
}
