/*
 * set, and the one statement of it that asks: plain-text-password. The front end asks for the password without showing it and
 * sends it ahead of the same line; it is never part of a line, so neither a history nor a log can keep it.
 */
#include <ctype.h>
#include <string.h>

#include "command.h"
#include "conf/passwords.h"

enum { PASSWORD_LEAST = 6 }; /* characters, as JUNOS asks for */

static const char asks[] = "plain-text-password";

/* Does the text end in the container of a user's proofs? */
static bool
ends_in_proofs(const char *text, size_t length)
{
	static const char container[] = "authentication";
	const size_t own = strlen(container);

	while (length > 0 && isspace((unsigned char)text[length - 1])) {
		length--;
	}
	return length >= own && strncmp(text + length - own, container, own) == 0;
}

/* The statement's last word is the one that asks: where it begins, else NULL. */
static const char *
asking_word(const struct session *session, const char *words)
{
	size_t end = strlen(words);
	size_t begin;

	while (end > 0 && isspace((unsigned char)words[end - 1])) {
		end--;
	}
	begin = end;
	while (begin > 0 && !isspace((unsigned char)words[begin - 1])) {
		begin--;
	}
	if (end - begin != strlen(asks) || strncmp(words + begin, asks, strlen(asks)) != 0) {
		return NULL;
	}
	return begin == 0 ? (ends_in_proofs(text_string(&session->level), session->level.length) ? words : NULL) :
	    ends_in_proofs(words, begin)  ? words + begin : NULL;
}

/* One kind of character alone is too easily guessed. */
static bool
is_mixed(const char *password)
{
	bool kinds[4] = {false};

	for (; *password != '\0'; password++) {
		const unsigned char c = (unsigned char)*password;

		kinds[islower(c) ? 0 : isupper(c) ? 1 : isdigit(c) ? 2 : 3] = true;
	}
	return kinds[0] + kinds[1] + kinds[2] + kinds[3] > 1;
}

static bool
is_good(struct session *session, const char *password)
{
	for (const char *at = password; *at != '\0'; at++) {
		if ((unsigned char)*at < ' ' || *at == '\x7f') {
			session_failf(session, "error: a password has no control characters\n");
			return false;
		}
	}
	if (strlen(password) < PASSWORD_LEAST) {
		session_failf(session, "error: minimum password length is %d\n", PASSWORD_LEAST);
		return false;
	}
	if (!is_mixed(password)) {
		session_failf(session, "error: require change of case, digits or punctuation\n");
		return false;
	}
	return true;
}

/* The statement that sets it, for the parser of statements. */
static void
write_statement(const char *words, const char *asking, const char *password, struct text *out)
{
	text_append_bytes(out, words, (size_t)(asking - words));
	text_printf(out, "%s-value \"", asks);
	for (; *password != '\0'; password++) {
		if (*password == '"' || *password == '\\') {
			text_append_char(out, '\\');
		}
		text_append_char(out, *password);
	}
	text_append_char(out, '"');
}

static void
forget(struct text *text)
{
	if (text->bytes != NULL) {
		explicit_bzero(text->bytes, text->length);
	}
	text_release(text);
}

static enum command_outcome
set_password(struct session *session, const struct op_command *command, const char *words, const char *asking)
{
	struct op_command changed = *command;
	struct text statement = TEXT_EMPTY;
	enum command_outcome outcome = COMMAND_WRONG;

	if (session->content.length == 0) {
		return COMMAND_SECRET;
	}
	if (!is_good(session, text_string(&session->content))) {
		return COMMAND_WRONG;
	}
	write_statement(words, asking, text_string(&session->content), &statement);
	op_tree_start(&changed.request, command->rpc->name);
	(void)op_add(&changed.request, changed.request.root, "statement", text_string(&statement));
	if (text_failed(&statement) || changed.request.failed) {
		session_failf(session, "error: out of memory\n");
	} else {
		outcome = command_change(session, &changed, CONF_EDIT_SET);
	}
	op_tree_release(&changed.request);
	forget(&statement);
	return outcome;
}

enum command_outcome
command_set(struct session *session, const struct op_command *command)
{
	const char *words = op_value(command->request.root, "statement");
	const char *asking = words == NULL ? NULL : asking_word(session, words);

	return asking == NULL ? command_change(session, command, CONF_EDIT_SET) :
				set_password(session, command, words, asking);
}
