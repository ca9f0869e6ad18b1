/*
 * Loading what conf_compare() wrote.
 *
 * A patch is read line by line into two texts, line by line the same as the patch: what goes and what comes. What is no
 * text (an entry's place, what is switched, protected or noted) becomes an order, and these are followed in the end, on a
 * tree of their own, so that a patch counts as a whole or not at all.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "edit.h"
#include "load_private.h"
#include "merge.h"
#include "tree_private.h"

enum { LEVELS_MOST = 4096 };

/* A place in the strings of a patch. */
#define NO_STRING SIZE_MAX

enum order_kind {
	ORDER_PLACE, /* between its neighbours */
	ORDER_VERB,
};

struct patch_order {
	enum order_kind kind;
	enum conf_edit_verb verb; /* ORDER_VERB */
	bool moved;               /* ORDER_PLACE: it was there, so it must have a place */
	uint32_t line;
	size_t level; /* strings */
	size_t words;
	size_t before; /* the line before it, and the one behind that stays; NO_STRING: none */
	size_t behind;
	size_t note; /* of annotate */
};

struct patch {
	const struct load *load;
	struct text minus;
	struct text plus;
	struct text strings; /* NUL-terminated one behind the other */
	struct patch_order *orders;
	size_t order_count;
	size_t order_capacity;
	size_t levels[LEVELS_MOST]; /* of the sections but the top */
	size_t level_count;
	size_t level; /* of the section at hand; NO_STRING: none yet */
	size_t last;  /* the section's line before */
	size_t open_places; /* the first order that waits for a line behind it */
	size_t note;        /* a comment that waits for its statement: its text, as it is kept */
	char note_sign;     /* ' ': none */
	unsigned depth;     /* of what comes or goes */
	bool failed;        /* out of memory */
};

static const char *
string_of(const struct patch *patch, size_t offset)
{
	return text_string(&patch->strings) + offset;
}

static size_t
keep_string(struct patch *patch, const char *bytes, size_t length)
{
	const size_t offset = patch->strings.length;

	text_append_bytes(&patch->strings, bytes, length);
	text_append_char(&patch->strings, '\0');
	return offset;
}

static bool
refuse(const struct patch *patch, uint32_t line, const char *message)
{
	load_tell(patch->load, DIAGNOSTIC_ERROR, (struct load_place){.line = line}, "%s", message);
	return false;
}

static struct patch_order *
add_order(struct patch *patch, enum order_kind kind, size_t words, uint32_t line)
{
	struct patch_order *orders =
	    array_grow(patch->orders, patch->order_count, &patch->order_capacity, sizeof(*orders));

	if (orders == NULL) {
		patch->failed = true;
		return NULL;
	}
	patch->orders = orders;
	struct patch_order *order = &orders[patch->order_count++];

	*order = (struct patch_order){.kind = kind,
	    .line = line,
	    .level = patch->level,
	    .words = words,
	    .before = patch->last,
	    .behind = NO_STRING,
	    .note = NO_STRING};
	return order;
}

/* --- lines ------------------------------------------------------------------------------------------------------- */

static void
close_section(struct patch *patch)
{
	const bool open = patch->level != NO_STRING && *string_of(patch, patch->level) != '\0';

	text_append(&patch->minus, open ? "} " : "");
	text_append(&patch->plus, open ? "} " : "");
	patch->last = NO_STRING;
	patch->open_places = patch->order_count;
	patch->note_sign = ' ';
	patch->depth = 0;
}

/* "[edit security zones]" */
static bool
read_section(struct patch *patch, const char *line, size_t length)
{
	static const char head[] = "[edit";
	const size_t start = sizeof(head) - 1;

	if (length < start + 1 || memcmp(line, head, start) != 0 || line[length - 1] != ']' ||
	    patch->level_count == LEVELS_MOST) {
		return false;
	}
	close_section(patch);
	const char *words = line + start + 1;
	const size_t size = length > start + 2 ? length - start - 2 : 0;

	patch->level = keep_string(patch, words, size);
	if (size > 0) {
		patch->levels[patch->level_count++] = patch->level;
		text_append_bytes(&patch->minus, words, size);
		text_append(&patch->minus, " {");
		text_append_bytes(&patch->plus, words, size);
		text_append(&patch->plus, " {");
	}
	return true;
}

struct line {
	char sign;
	const char *bytes; /* behind the sign, without blanks around it */
	size_t length;
	uint32_t number;
};

static bool
ends_in(const struct line *line, const char *end)
{
	const size_t length = strlen(end);

	return line->length >= length && memcmp(line->bytes + line->length - length, end, length) == 0;
}

static bool
begins_with(const struct line *line, const char *begin)
{
	const size_t length = strlen(begin);

	return line->length >= length && memcmp(line->bytes, begin, length) == 0;
}

/* The statement's own words: "policy p" of "inactive: policy p { ... }". */
static size_t
keep_head(struct patch *patch, const struct line *line)
{
	static const char *const marks[] = {"inactive: ", "active: ", "protect: ", "unprotect: "};
	static const char *const ends[] = {" { ... }", " {", ";"};
	struct line head = *line;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (begins_with(&head, marks[i])) {
			head.bytes += strlen(marks[i]);
			head.length -= strlen(marks[i]);
			i = SIZE_MAX; /* there may be two */
		}
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (ends_in(&head, ends[i])) {
			head.length -= strlen(ends[i]);
			break;
		}
	}
	return keep_string(patch, head.bytes, head.length);
}

/* A line of the section that stays where it is: what waits for its neighbour has it. */
static void
give_neighbour(struct patch *patch, size_t words)
{
	for (; patch->open_places < patch->order_count; patch->open_places++) {
		patch->orders[patch->open_places].behind = words;
	}
}

static void
order_verb(struct patch *patch, enum conf_edit_verb verb, size_t words, uint32_t line)
{
	struct patch_order *order = add_order(patch, ORDER_VERB, words, line);

	if (order != NULL && verb == CONF_EDIT_ANNOTATE) {
		order->note = patch->note;
	}
	if (order != NULL) {
		order->verb = verb;
	}
}

/* "!     inactive: policy p { ... }", or moved when there is no word */
static void
read_switch(struct patch *patch, const struct line *line, size_t words)
{
	static const struct {
		const char *mark;
		enum conf_edit_verb verb;
	} verbs[] = {
	    {"inactive: ", CONF_EDIT_DEACTIVATE},
	    {"active: ", CONF_EDIT_ACTIVATE},
	    {"protect: ", CONF_EDIT_PROTECT},
	    {"unprotect: ", CONF_EDIT_UNPROTECT},
	};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (begins_with(line, verbs[i].mark)) {
			order_verb(patch, verbs[i].verb, words, line->number);
			return;
		}
	}
	struct patch_order *order = add_order(patch, ORDER_PLACE, words, line->number);

	if (order != NULL) {
		order->moved = true;
	}
}

/* A comment is of the statement behind it, wherever that belongs. */
static void
settle_note(struct patch *patch, const struct line *line, size_t words)
{
	const char sign = patch->note_sign;

	patch->note_sign = ' ';
	if (sign == ' ') {
		return;
	}
	if (line->sign == ' ' || line->sign == '!') {
		if (sign == '-') {
			patch->note = keep_string(patch, "", 0);
		}
		order_verb(patch, CONF_EDIT_ANNOTATE, words, line->number);
		return;
	}
	text_printf(line->sign == '+' ? &patch->plus : &patch->minus, "/* %s */ ", string_of(patch, patch->note));
}

static bool
read_comment(struct patch *patch, const struct line *line)
{
	static const char open[] = "/* ";
	static const char close[] = " */";

	if (!begins_with(line, open) || !ends_in(line, close) || line->length < sizeof(open) + sizeof(close) - 2) {
		return false;
	}
	/* Of the two of a change the new one counts. */
	if (patch->note_sign != '+') {
		patch->note = keep_string(patch, line->bytes + sizeof(open) - 1, line->length - sizeof(open) - sizeof(close) + 2);
		patch->note_sign = line->sign;
	}
	return true;
}

/* A line directly at the section's level. */
static bool
read_outer(struct patch *patch, const struct line *line)
{
	if ((line->sign == '+' || line->sign == '-') && read_comment(patch, line)) {
		return true;
	}
	if (line->sign == ' ' && ends_in(line, "{")) {
		return refuse(patch, line->number, "a line that stays opens a level: name the level in its [edit ...] line");
	}
	if (line->sign == ' ' && !ends_in(line, "{ ... }") && !ends_in(line, ";")) {
		return true; /* none of the patch's */
	}
	const size_t words = keep_head(patch, line);

	settle_note(patch, line, words);
	switch (line->sign) {
	case '+':
		(void)add_order(patch, ORDER_PLACE, words, line->number);
		break;
	case '!':
		read_switch(patch, line, words);
		break;
	case ' ':
		give_neighbour(patch, words);
		break;
	default: /* '-': what goes is nobody's neighbour */
		return true;
	}
	patch->last = words;
	return true;
}

static bool
read_signed(struct patch *patch, const struct line *line)
{
	if (patch->depth == 0 && !read_outer(patch, line)) {
		return false;
	}
	if (line->sign != '+' && line->sign != '-') {
		return true;
	}
	/* A comment of the level's own waits for its statement. */
	if (patch->depth > 0 || patch->note_sign == ' ') {
		text_append_bytes(line->sign == '+' ? &patch->plus : &patch->minus, line->bytes, line->length);
	}
	if (ends_in(line, "{")) {
		patch->depth++;
	} else if (patch->depth > 0 && line->length == 1 && line->bytes[0] == '}') {
		patch->depth--;
	}
	return true;
}

/* False when a line is none of a patch; it was told. */
static bool
read_line(struct patch *patch, const char *bytes, size_t length, uint32_t number)
{
	static const char blanks[] = " \t\r";
	static const char secret[] = " ## SECRET-DATA";

	while (length > 0 && strchr(blanks, bytes[length - 1]) != NULL) {
		length--;
	}
	struct line line = {.sign = length == 0 ? ' ' : *bytes, .bytes = bytes + 1, .number = number};

	if (length == 0 || (line.sign == '[' && read_section(patch, bytes, length))) {
		return true;
	}
	if (strchr("+-! ", line.sign) == NULL || (line.sign != ' ' && patch->level == NO_STRING)) {
		return refuse(patch, number, "this is no line of a patch: [edit ...], +, - or ! is expected");
	}
	if (length > sizeof(secret) && memcmp(bytes + length - sizeof(secret) + 1, secret, sizeof(secret) - 1) == 0) {
		length -= sizeof(secret) - 1;
	}
	for (line.length = length - 1; line.length > 0 && strchr(blanks, *line.bytes) != NULL; line.length--) {
		line.bytes++;
	}
	return line.length == 0 || patch->level == NO_STRING || read_signed(patch, &line);
}

static bool
read_patch(struct patch *patch, const struct conf_load_order *order, struct diagnostics *list)
{
	const char *at = order->bytes;
	size_t left = order->length;

	for (uint32_t number = 1; left > 0; number++) {
		const char *end = memchr(at, '\n', left);
		const size_t length = end == NULL ? left : (size_t)(end - at);

		if (memchr(at, '\0', length) != NULL) {
			return refuse(patch, number, "this is no line of a patch: it has a NUL octet");
		}
		if (!read_line(patch, at, length, number)) {
			return false;
		}
		text_append_char(&patch->plus, '\n');
		text_append_char(&patch->minus, '\n');
		at += length + (end == NULL ? 0 : 1);
		left -= length + (end == NULL ? 0 : 1);
	}
	close_section(patch);
	return (!patch->failed && !text_failed(&patch->plus) && !text_failed(&patch->minus) &&
	           !text_failed(&patch->strings)) ||
	    edit_list_no_memory(list);
}

/* --- doing it ---------------------------------------------------------------------------------------------------- */

/* The sections' levels are where something happens, and nothing that goes. */
static bool
mark_levels(struct conf_tree *tree, const struct patch *patch, struct diagnostics *list)
{
	for (size_t i = 0; i < patch->level_count; i++) {
		const struct conf_editor editor = {.tree = tree};
		const struct conf_node *found = conf_edit_find(&editor, string_of(patch, patch->levels[i]), list);

		for (struct conf_node *node = (struct conf_node *)(uintptr_t)found; node != NULL; node = node->parent) {
			node->replaces = true;
		}
		if (found == NULL) {
			return false;
		}
	}
	return true;
}

/* The statement at the order's level; NULL: there is none. */
static struct conf_node *
find(const struct conf_editor *editor, const struct patch *patch, size_t words)
{
	struct diagnostics silent = DIAGNOSTICS_EMPTY;
	const struct conf_node *found =
	    words == NO_STRING ? NULL : conf_edit_find(editor, string_of(patch, words), &silent);

	diagnostics_release(&silent);
	return (struct conf_node *)(uintptr_t)found;
}

static bool
is_beside(const struct conf_node *node, const struct conf_node *other)
{
	return other != NULL && other != node && other->parent == node->parent && other->schema == node->schema;
}

/*
 * Between its neighbours; what had none behind it goes to the end, behind what came there meanwhile. A neighbour that is
 * gone is no place, unless the other one is there: then nobody knows what is meant.
 */
static bool
place(const struct conf_editor *editor, const struct patch *patch, const struct patch_order *order,
    struct diagnostics *list)
{
	struct conf_node *node = find(editor, patch, order->words);
	struct conf_node *before = find(editor, patch, order->before);
	struct conf_node *behind = find(editor, patch, order->behind);

	if (node == NULL || !node->schema->user_ordered) {
		return !order->moved || refuse(patch, order->line, "there is nothing of this name that can be moved");
	}
	for (const struct conf_node *at = node; order->moved && at != NULL; at = at->parent) {
		if (at->guarded) {
			return edit_tell(list, at, "this is protected: unprotect it first");
		}
	}
	const bool follows = is_beside(node, before);
	const bool precedes = is_beside(node, behind);
	const bool behind_gone = order->behind != NO_STRING && behind == NULL;

	if (!precedes && !follows && (order->moved || behind_gone || (order->before != NO_STRING && before == NULL))) {
		return refuse(patch, order->line, "the place is not known: there is no neighbour that is named");
	}
	struct conf_node *parent = node->parent;

	tree_unlink(node);
	tree_link(editor->tree, parent, node, precedes ? behind : behind_gone && follows ? before->next : NULL);
	return true;
}

/* A patch is about what is there: what is absent is an error in it. */
static bool
do_verb(struct conf_editor *editor, enum conf_edit_verb verb, const char *words, struct diagnostics *list)
{
	const size_t before = list->count;

	if (!conf_edit(editor, verb, words, list)) {
		return false;
	}
	if (list->count == before || strcmp(list->items[before].message, CONF_NO_SUCH_STATEMENT) != 0) {
		return true;
	}
	list->items[before].severity = DIAGNOSTIC_ERROR;
	list->errors++;
	return false;
}

static bool
follow(struct conf_tree *tree, const struct patch *patch, struct diagnostics *list)
{
	bool good = true;

	for (size_t i = 0; i < patch->order_count && good; i++) {
		const struct patch_order *order = &patch->orders[i];
		struct conf_editor editor = {.tree = tree};
		struct text words = TEXT_EMPTY;

		text_append(&editor.level, string_of(patch, order->level));
		text_append(&words, string_of(patch, order->words));
		if (order->note != NO_STRING) {
			text_append_char(&words, ' ');
			tree_append_quoted(&words, string_of(patch, order->note));
		}
		if (text_failed(&editor.level) || text_failed(&words)) {
			good = edit_list_no_memory(list);
		} else if (order->kind == ORDER_PLACE) {
			good = place(&editor, patch, order, list);
		} else {
			good = do_verb(&editor, order->verb, text_string(&words), list);
		}
		text_release(&editor.level);
		text_release(&words);
	}
	return good;
}

static bool
apply(struct conf_tree *tree, const struct patch *patch, const struct conf_load_order *order, struct diagnostics *list)
{
	struct conf_tree *minus = conf_tree_create(tree->schema);
	struct conf_tree *plus = conf_tree_create(tree->schema);
	bool good = (minus != NULL && plus != NULL) || edit_list_no_memory(list);

	good = good && conf_load(minus, CONF_FORMAT_TEXT, order->file, text_string(&patch->minus), patch->minus.length, list);
	good = good && conf_load(plus, CONF_FORMAT_TEXT, order->file, text_string(&patch->plus), patch->plus.length, list);
	good = good && mark_levels(minus, patch, list) && merge_subtract(tree, minus, list);
	if (good) {
		load_clear_marks(plus);
		good = merge_tree(tree, plus) || edit_list_no_memory(list);
	}
	conf_tree_destroy(minus);
	conf_tree_destroy(plus);
	return good && follow(tree, patch, list);
}

struct conf_tree *
load_patched(const struct conf_editor *editor, const struct conf_load_order *order, struct diagnostics *list)
{
	const struct load load = {.file = order->file, .list = list};
	struct patch *patch = calloc(1, sizeof(*patch));
	struct conf_tree *tree = NULL;

	if (patch == NULL) {
		(void)edit_list_no_memory(list);
		return NULL;
	}
	patch->load = &load;
	patch->level = NO_STRING;
	patch->last = NO_STRING;
	patch->note_sign = ' ';
	if (read_patch(patch, order, list)) {
		tree = edit_copy_tree(editor, list);
	}
	if (tree != NULL && !apply(tree, patch, order, list)) {
		conf_tree_destroy(tree);
		tree = NULL;
	}
	text_release(&patch->minus);
	text_release(&patch->plus);
	text_release(&patch->strings);
	free(patch->orders);
	free(patch);
	return tree;
}
