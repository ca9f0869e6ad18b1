/*
 * Finding commands and statements by a word, and pages about statements. See command_help.h.
 */
#include "command_help.h"

#include <string.h>

#include "conf/reference.h"

enum {
	PAGES_MOST = 4,       /* of help reference; more are listed */
	STATEMENTS_MOST = 64, /* that are listed */
	INDENT = 6,
	INDENT_MORE = 4,
};

enum command_outcome
command_apropos(struct session *session, const struct op_command *command)
{
	const char *word = op_value(command->request.root, "word");
	struct text out = TEXT_EMPTY;

	if (op_apropos(session->mgd->commands, command->rpc->mode, word == NULL ? "" : word, &out) == 0) {
		text_printf(&out, "nothing is about '%s'\n", word == NULL ? "" : word);
	}
	session_print(session, &out);
	text_release(&out);
	return COMMAND_DONE;
}

/* A word and its help below it. */
static void
add_entry(const char *words, const char *help, size_t indent, struct text *out)
{
	text_append_repeated(out, ' ', indent);
	text_printf(out, "%s\n", words);
	text_append_repeated(out, ' ', indent + INDENT_MORE);
	text_printf(out, "%s\n", help);
}

static void
add_statement(const struct schema_node *node, struct text *out)
{
	struct text path = TEXT_EMPTY;

	reference_path(node, &path);
	add_entry(text_string(&path), node->help, INDENT, out);
	out->failed = out->failed || text_failed(&path);
	text_release(&path);
}

/* "security -- To view this in the configuration." for each bit. */
static void
add_permissions(uint32_t permissions, const char *what, struct text *out)
{
	for (size_t i = 0; permission_name(i) != NULL; i++) {
		if ((permissions & permission_of(permission_name(i))) != 0) {
			text_append_repeated(out, ' ', INDENT);
			text_printf(out, "%s: to %s this in the configuration\n", permission_name(i), what);
		}
	}
}

static void
add_page(const struct schema_node *node, struct text *out)
{
	uint32_t see;
	uint32_t change;

	reference_render(node, out);
	reference_heading("Required Privilege Level", out);
	permission_needed(node, &see, &change);
	add_permissions(see, "view", out);
	add_permissions(change | (node->secret ? (uint32_t)PERMISSION_SECRET_CONTROL : 0), "change", out);
}

/* What the words mean; 0: nothing, which the session was told. */
static size_t
find_statements(struct session *session, const struct op_command *command, const struct schema_node **found)
{
	const char *words = op_value(command->request.root, "statement");
	const size_t count = reference_find(session->mgd->schema, words == NULL ? "" : words, found, STATEMENTS_MOST);

	if (count == 0) {
		session_failf(session, "error: no statement is called '%s'; help apropos finds what is about a word\n",
		    words == NULL ? "" : words);
	}
	return count;
}

static void
add_count(size_t count, const char *words, struct text *out)
{
	text_printf(out, "%zu statements are called '%s'%s; words of the hierarchy in front of it choose among them\n\n", count,
	    words, count > STATEMENTS_MOST ? ", the first ones are" : "");
}

enum command_outcome
command_reference(struct session *session, const struct op_command *command)
{
	const struct schema_node *found[STATEMENTS_MOST];
	const size_t count = find_statements(session, command, found);
	struct text out = TEXT_EMPTY;

	if (count == 0) {
		return COMMAND_WRONG;
	}
	if (count > PAGES_MOST) {
		add_count(count, op_value(command->request.root, "statement"), &out);
	}
	for (size_t i = 0; i < count && i < STATEMENTS_MOST; i++) {
		if (count > PAGES_MOST) {
			add_statement(found[i], &out);
		} else {
			text_append(&out, i > 0 ? "\n" : "");
			add_page(found[i], &out);
		}
	}
	session_print(session, &out);
	text_release(&out);
	return COMMAND_DONE;
}

/* What stands in a statement, in words. */
static void
add_children(const struct schema_node *node, struct text *out)
{
	for (size_t i = 0; i < node->child_count; i++) {
		const struct schema_node *child = node->children[i];

		if (!child->hidden) {
			add_entry(child->keyword_less && child->key != NULL ? child->key : child->name, child->help,
			    INDENT + INDENT_MORE, out);
		}
	}
}

/* Each line of `lines` as far in as statements are. */
static void
add_indented(const char *lines, struct text *out)
{
	while (*lines != '\0') {
		const size_t length = strcspn(lines, "\n") + 1;

		text_append_repeated(out, ' ', INDENT);
		text_append_bytes(out, lines, length);
		lines += length;
	}
}

enum command_outcome
command_topic(struct session *session, const struct op_command *command)
{
	const struct schema_node *found[STATEMENTS_MOST];
	const char *words = op_value(command->request.root, "statement");
	const char *last = words == NULL ? NULL : strrchr(words, ' ');
	const size_t count =
	    reference_find(session->mgd->schema, words == NULL ? "" : words, found, STATEMENTS_MOST);
	struct text out = TEXT_EMPTY;
	struct text commands = TEXT_EMPTY;

	last = last == NULL ? words : last + 1;
	if (op_apropos(session->mgd->commands, OP_MODE_OPERATIONAL, last == NULL ? "" : last, &commands) == 0 && count == 0) {
		text_release(&commands);
		session_failf(session, "error: nothing is called '%s'; help apropos finds what is about a word\n",
		    words == NULL ? "" : words);
		return COMMAND_WRONG;
	}
	text_printf(&out, "%s\n", words);
	if (count > 0) {
		reference_heading("Statements", &out);
	}
	for (size_t i = 0; i < count && i < STATEMENTS_MOST; i++) {
		add_statement(found[i], &out);
		if (count <= PAGES_MOST) {
			add_children(found[i], &out);
		}
	}
	if (commands.length > 0) {
		reference_heading("Commands", &out);
		add_indented(text_string(&commands), &out);
	}
	out.failed = out.failed || text_failed(&commands);
	session_print(session, &out);
	text_release(&commands);
	text_release(&out);
	return COMMAND_DONE;
}
