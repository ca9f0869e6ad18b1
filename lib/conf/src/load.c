/*
 * Reading a configuration in any form. See conf/conf.h.
 */
#include <stdarg.h>
#include <string.h>

#include "canonical.h"
#include "conf/conf.h"
#include "load_private.h"
#include "pasted.h"

bool
conf_format_parse(const char *word, enum conf_format *format)
{
	static const struct {
		const char *word;
		enum conf_format format;
	} words[] = {
	    {"auto", CONF_FORMAT_AUTO},
	    {"set", CONF_FORMAT_SET},
	    {"text", CONF_FORMAT_TEXT},
	    {"json", CONF_FORMAT_JSON},
	    {"xml", CONF_FORMAT_XML},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, word) == 0) {
			*format = words[i].format;
			return true;
		}
	}
	return false;
}

/* Does one of the command words of set lines stand here, perhaps behind a prompt? */
static bool
looks_like_command(const char *line, size_t length)
{
	static const char *const commands[] = {"set ", "delete ", "deactivate ", "activate ", "insert ", "edit ", "top"};

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
			const size_t size = strlen(commands[i]);

			if (length >= size && memcmp(line, commands[i], size) == 0) {
				return true;
			}
		}
		size_t at = 0;
		bool prompt = false;

		while (at < length && line[at] != ' ') {
			prompt = prompt || line[at] == '@';
			at++;
		}
		while (at < length && (line[at] == ' ' || line[at] == '#' || line[at] == '>')) {
			at++;
		}
		if (!prompt) {
			return false;
		}
		line += at;
		length -= at;
	}
	return false;
}

/* Editors of other systems begin a file with a byte order mark: how many octets of it there are. */
static size_t
mark_length(const char *bytes, size_t length)
{
	static const char mark[] = {'\xef', '\xbb', '\xbf'};

	return length >= sizeof(mark) && memcmp(bytes, mark, sizeof(mark)) == 0 ? sizeof(mark) : 0;
}

enum conf_format
conf_format_guess(const char *bytes, size_t length)
{
	size_t at = mark_length(bytes, length);

	while (at < length) {
		const char *rest = bytes + at;

		if (*rest == ' ' || *rest == '\t' || *rest == '\r' || *rest == '\n') {
			at++;
			continue;
		}
		const char *end = memchr(rest, '\n', length - at);
		const size_t line = end == NULL ? length - at : (size_t)(end - rest);

		if (*rest == '#' || (line >= 2 && memcmp(rest, "/*", 2) == 0)) {
			const char *close = *rest == '#' ? end : memmem(rest, length - at, "*/", 2);

			at = close == NULL ? length : (size_t)(close - bytes) + (*rest == '#' ? 1 : 2);
			continue;
		}
		if (pasted_is_banner(rest, line)) {
			at += line;
			continue;
		}
		if (*rest == '<') {
			return CONF_FORMAT_XML;
		}
		if (*rest == '{') {
			return CONF_FORMAT_JSON;
		}
		return looks_like_command(rest, line) ? CONF_FORMAT_SET : CONF_FORMAT_TEXT;
	}
	return CONF_FORMAT_TEXT;
}

void
load_tell(const struct load *load, enum diagnostic_severity severity, struct load_place place, const char *format, ...)
{
	struct text path = TEXT_EMPTY;
	char empty[1] = "";
	struct text message = TEXT_EMPTY;
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&message, format, arguments);
	va_end(arguments);
	if (place.level != NULL) {
		conf_path(place.level, &path);
	}
	const struct diagnostic what = {
	    .severity = severity,
	    .line = place.line,
	    .file = (char *)(uintptr_t)load->file,
	    .path = place.level == NULL ? NULL : path.bytes == NULL ? empty : path.bytes,
	    .statement = (char *)(uintptr_t)place.statement,
	    .message = message.bytes,
	};

	if (text_failed(&message)) {
		diagnostics_no_memory(load->list);
	} else {
		diagnostics_add(load->list, &what);
	}
	text_release(&message);
	text_release(&path);
}

bool
conf_load(struct conf_tree *tree, enum conf_format format, const char *file, const char *bytes, size_t length,
    struct diagnostics *list)
{
	const size_t errors = list->errors;
	const size_t mark = mark_length(bytes, length);
	const struct load load = {.tree = tree, .file = file, .bytes = bytes + mark, .length = length - mark, .list = list};

	if (format == CONF_FORMAT_AUTO) {
		format = conf_format_guess(bytes, length);
	}
	switch (format) {
	case CONF_FORMAT_SET:
		load_set(&load);
		break;
	case CONF_FORMAT_AUTO:
	case CONF_FORMAT_TEXT:
		load_text(&load);
		break;
	case CONF_FORMAT_JSON:
		load_json(&load);
		break;
	case CONF_FORMAT_XML:
		load_xml(&load);
		break;
	}
	conf_canonicalize(tree, list);
	diagnostics_name_file(list, file);
	return list->errors == errors;
}
