/*
 * A statement that is read, and what is told about it. See statement.h; statement_read.c reads it, statement_apply.c does the
 * tree's part.
 */
#include "statement.h"

#include <stdarg.h>
#include <stdlib.h>

#include "tree_private.h"

void
statement_release(struct statement *statement)
{
	tokens_release(&statement->tokens);
	free(statement->steps);
	text_release(&statement->values);
	text_release(&statement->scratch);
	text_release(&statement->problem);
	text_release(&statement->notice);
	*statement = (struct statement){.tree = NULL};
}

/* "security zones security-zone trust": the level and the containers read so far. */
static void
append_scope(const struct statement *statement, struct text *out)
{
	ptrdiff_t chain[64] = {0};
	size_t depth = 0;

	conf_path(statement->level, out);
	for (ptrdiff_t step = statement->at_step; step != STEP_LEVEL && depth < 64; step = statement->steps[step].parent) {
		chain[depth++] = step;
	}
	while (depth-- > 0) {
		const struct step *step = &statement->steps[chain[depth]];

		if (out->length > 0) {
			text_append_char(out, ' ');
		}
		if (!step->schema->keyword_less) {
			text_append(out, step->schema->name);
		}
		if (step->value != NO_VALUE) {
			text_append(out, step->schema->keyword_less ? "" : " ");
			tree_append_word(out, statement_value(statement, step->value));
		}
		if (step->value2 != NO_VALUE) {
			text_printf(out, " %s ", step->schema->second_key);
			tree_append_word(out, statement_value(statement, step->value2));
		}
	}
}

void
statement_tell(struct statement *statement, enum diagnostic_severity severity, const char *format, ...)
{
	struct text path = TEXT_EMPTY;
	struct text words = TEXT_EMPTY;
	struct text message = TEXT_EMPTY;
	va_list arguments;

	if (statement->quiet) {
		return;
	}
	append_scope(statement, &path);
	tokens_append_text(&statement->tokens, statement->scope, &words);
	va_start(arguments, format);
	text_vprintf(&message, format, arguments);
	va_end(arguments);
	if (text_failed(&path) || text_failed(&words) || text_failed(&message)) {
		diagnostics_no_memory(statement->list);
	} else {
		char empty[1] = "";
		const struct diagnostic what = {
		    .severity = severity,
		    .line = statement->line,
		    .file = (char *)(uintptr_t)statement->file,
		    .path = path.bytes == NULL ? empty : path.bytes,
		    .statement = words.bytes,
		    .message = message.bytes,
		};

		diagnostics_add(statement->list, &what);
	}
	text_release(&path);
	text_release(&words);
	text_release(&message);
}
