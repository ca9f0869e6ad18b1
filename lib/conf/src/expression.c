/*
 * Expressions of login classes. See conf/expression.h.
 *
 * The C library copies what is repeated by +, so what is repeated within each other multiplies:
 * hence the bounds.
 */
#include "conf/expression.h"

#include <string.h>

enum {
	LENGTH_MOST = 255,
	GROUPS_MOST = 4, /* within each other */
};

/* Behind a bracket expression; `at` stands on its '['. At the end of the pattern when it is not
 * closed. */
static const char *
bracket_end(const char *at)
{
	at++;
	at += *at == '^' ? 1 : 0;
	at += *at == ']' ? 1 : 0;
	while (*at != '\0' && *at != ']') {
		if (*at == '[' && (at[1] == ':' || at[1] == '.' || at[1] == '=')) {
			const char kind = at[1];

			at += 2;
			while (*at != '\0' && (*at != kind || at[1] != ']')) {
				at++;
			}
			at += *at == '\0' ? 0 : 1;
		}
		at += *at == '\0' ? 0 : 1;
	}
	return *at == '\0' ? at : at + 1;
}

/* Why the pattern is refused; NULL: it is not. */
static const char *
refused(const char *pattern)
{
	unsigned groups = 0;
	bool repeated = false;

	if (strlen(pattern) > LENGTH_MOST) {
		return "an expression has at most 255 characters";
	}
	for (const char *at = pattern; *at != '\0';) {
		const bool repeats = strchr("*+?", *at) != NULL;

		if (*at == '{') {
			return "an expression cannot have counts in braces";
		}
		if (*at == '\\' && at[1] >= '1' && at[1] <= '9') {
			return "an expression cannot refer back to a group";
		}
		if (repeats && repeated) {
			return "what is repeated cannot be repeated again";
		}
		if (*at == '(' && ++groups > GROUPS_MOST) {
			return "an expression may have four groups within each other";
		}
		groups -= *at == ')' && groups > 0 ? 1 : 0;
		repeated = repeats;
		if (*at == '[') {
			at = bracket_end(at);
		} else {
			at += *at == '\\' && at[1] != '\0' ? 2 : 1;
		}
	}
	return NULL;
}

bool
conf_expression_compile(struct conf_expression *expression, const char *pattern, struct text *error)
{
	const char *problem = refused(pattern);
	struct text whole = TEXT_EMPTY;
	char sentence[128];
	int status;

	*expression = CONF_EXPRESSION_EMPTY;
	if (problem != NULL) {
		text_append(error, problem);
		return false;
	}
	/* By itself first: "a)(b" would be sound inside a group of ours. */
	status = regcomp(&expression->compiled, pattern, REG_EXTENDED);
	if (status == 0) {
		regfree(&expression->compiled);
		text_printf(&whole, "^(%s)", pattern);
		status = text_failed(&whole)
			     ? REG_ESPACE
			     : regcomp(&expression->compiled, text_string(&whole), REG_EXTENDED);
	}
	text_release(&whole);
	if (status != 0) {
		(void)regerror(status, NULL, sentence, sizeof(sentence));
		text_printf(error, "not a regular expression: %s", sentence);
		return false;
	}
	expression->present = true;
	return true;
}

void
conf_expression_release(struct conf_expression *expression)
{
	if (expression->present) {
		regfree(&expression->compiled);
	}
	*expression = CONF_EXPRESSION_EMPTY;
}

/* Does it take exactly the first `length` characters? */
static bool
takes(const struct conf_expression *expression, const char *words, size_t length)
{
	regmatch_t match[1] = {{.rm_so = 0, .rm_eo = (regoff_t)length}};
	const int flags = REG_STARTEND | (words[length] == '\0' ? 0 : REG_NOTEOL);

	return regexec(&expression->compiled, words, 1, match, flags) == 0 && match[0].rm_so == 0 &&
	       match[0].rm_eo == (regoff_t)length;
}

size_t
conf_expression_match(const struct conf_expression *expression, const char *words)
{
	size_t length = 0;

	/* What does not match in front of the whole matches in front of no part. */
	if (!expression->present || regexec(&expression->compiled, words, 0, NULL, 0) != 0) {
		return 0;
	}
	while (words[length] != '\0') {
		length += words[length] == ' ' ? 1 : 0;
		length += strcspn(words + length, " ");
		if (takes(expression, words, length)) {
			return length;
		}
	}
	return 0;
}
