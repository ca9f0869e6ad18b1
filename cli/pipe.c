/*
 * Filters on text. See pipe.h.
 *
 * Patterns are POSIX extended regular expressions without regard to case, as JUNOS has them, and bounded: no back
 * references, no repetition of a repetition, one small repetition count, groups four deep, so that none costs more than
 * lines are worth.
 */
#include "pipe.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	PIPE_COUNT_MOST = 255,
	PIPE_GROUPS = 4,
	PIPE_ERROR_LENGTH = 128,
};

/* What a row does. */
enum pipe_what {
	PIPE_OTHERS, /* mgd's business */
	PIPE_FILTER,
	PIPE_NO_MORE,
	PIPE_HOLD,
	PIPE_REFRESH,
};

struct pipe_row {
	const char *name;
	enum pipe_what what;
	enum cli_filter_kind kind; /* of a filter */
	bool takes_value;
};

/* All that may stand behind a pipe, ours or not: a prefix must be unique among all of them. */
static const struct pipe_row pipe_rows[] = {
    {"append", PIPE_FILTER, CLI_FILTER_SAVE, true},
    {"compare", PIPE_OTHERS, CLI_FILTER_COUNT, false},
    {"count", PIPE_FILTER, CLI_FILTER_COUNT, false},
    {"display", PIPE_OTHERS, CLI_FILTER_COUNT, false},
    {"except", PIPE_FILTER, CLI_FILTER_EXCEPT, true},
    {"find", PIPE_FILTER, CLI_FILTER_FIND, true},
    {"hold", PIPE_HOLD, CLI_FILTER_COUNT, false},
    {"last", PIPE_FILTER, CLI_FILTER_LAST, true},
    {"match", PIPE_FILTER, CLI_FILTER_MATCH, true},
    {"no-more", PIPE_NO_MORE, CLI_FILTER_COUNT, false},
    {"refresh", PIPE_REFRESH, CLI_FILTER_COUNT, true},
    {"save", PIPE_FILTER, CLI_FILTER_SAVE, true},
    {"tee", PIPE_FILTER, CLI_FILTER_TEE, true},
    {"trim", PIPE_FILTER, CLI_FILTER_TRIM, true},
};

enum {
	PIPE_ROWS = sizeof(pipe_rows) / sizeof(pipe_rows[0]),
};

/* The end of a segment: the next `|` outside quotes, or the end of the line. */
static const char *
pipe_segment_end(const char *at)
{
	bool quoted = false;

	for (; *at != '\0'; at++) {
		if (*at == '\\' && quoted && at[1] != '\0') {
			at++;
		} else if (*at == '"') {
			quoted = !quoted;
		} else if (*at == '|' && !quoted) {
			break;
		}
	}
	return at;
}

static const char *
pipe_skip_blanks(const char *at, const char *end)
{
	while (at < end && isspace((unsigned char)*at)) {
		at++;
	}
	return at;
}

static void
pipe_trim(struct text *command)
{
	while (command->length > 0 && isspace((unsigned char)command->bytes[command->length - 1])) {
		command->bytes[--command->length] = '\0';
	}
}

/* A row of ours that the word means, NULL: mgd's business. */
static const struct pipe_row *
pipe_find(const char *word, size_t length)
{
	const struct pipe_row *found = NULL;

	for (size_t i = 0; i < PIPE_ROWS; i++) {
		if (length > 0 && strncmp(pipe_rows[i].name, word, length) == 0) {
			if (found != NULL) {
				return NULL;
			}
			found = &pipe_rows[i];
		}
	}
	return found != NULL && found->what != PIPE_OTHERS ? found : NULL;
}

/* A value without its quotes; \" inside them is a quote, other backslashes belong to the pattern. */
static void
pipe_value(const char *at, const char *end, struct text *value)
{
	while (end > at && isspace((unsigned char)end[-1])) {
		end--;
	}
	const bool quoted = end - at >= 2 && *at == '"' && end[-1] == '"';

	if (quoted) {
		at++;
		end--;
	}
	for (; at < end; at++) {
		if (quoted && *at == '\\' && at + 1 < end && at[1] == '"') {
			at++;
		}
		text_append_char(value, *at);
	}
}

/* The ] of the bracket expression that begins at `at`, or the end of a pattern that the C library will refuse. */
static const char *
pipe_bracket_end(const char *at)
{
	at += at[1] == '^' ? 2 : 1;
	at += *at == ']' ? 1 : 0;
	while (*at != '\0' && *at != ']') {
		if (*at == '[' && (at[1] == ':' || at[1] == '.' || at[1] == '=')) {
			const char end[3] = {at[1], ']', '\0'};
			const char *found = strstr(at + 2, end);

			at = found == NULL ? at + strlen(at) : found + 2;
		} else {
			at++;
		}
	}
	return at;
}

struct pipe_scan {
	const char *at;
	unsigned counts;
	unsigned groups; /* that are open */
	bool repeated;   /* what stands before is a repetition */
};

/* Takes a repetition; NULL or why not. */
static const char *
pipe_scan_repetition(struct pipe_scan *scan)
{
	if (scan->repeated) {
		return "a pattern cannot repeat a repetition";
	}
	scan->repeated = true;
	if (*scan->at++ != '{') {
		return NULL;
	}
	char *end = NULL;
	const unsigned long low = strtoul(scan->at, &end, 10);
	const unsigned long high = *end == ',' ? strtoul(end + 1, &end, 10) : low;

	scan->at = end + (*end == '}' ? 1 : 0);
	if (++scan->counts > 1 || low > PIPE_COUNT_MOST || high > PIPE_COUNT_MOST) {
		return "a pattern may have one repetition count, up to 255";
	}
	return NULL;
}

/* Takes anything else; NULL or why not. */
static const char *
pipe_scan_other(struct pipe_scan *scan)
{
	scan->repeated = false;
	switch (*scan->at) {
	case '\\':
		scan->at += scan->at[1] == '\0' ? 0 : 1;
		if (*scan->at >= '1' && *scan->at <= '9') {
			return "a pattern cannot refer back to a group";
		}
		break;
	case '[':
		scan->at = pipe_bracket_end(scan->at);
		break;
	case '(':
		if (++scan->groups > PIPE_GROUPS) {
			return "a pattern may have four groups within each other";
		}
		break;
	case ')':
		scan->groups -= scan->groups > 0 ? 1 : 0;
		break;
	default:
		break;
	}
	scan->at += *scan->at == '\0' ? 0 : 1;
	return NULL;
}

/* Why the pattern would be too dear, NULL: it is not. The C library copies what is repeated, so nesting multiplies. */
static const char *
pipe_pattern_refused(const char *pattern)
{
	struct pipe_scan scan = {.at = pattern};
	const char *refused = NULL;

	if (*pattern == '\0') {
		return "a pattern must follow";
	}
	if (strlen(pattern) > CLI_PATTERN_LENGTH) {
		return "the pattern is longer than 255 characters";
	}
	while (refused == NULL && *scan.at != '\0') {
		refused = strchr("*+?{", *scan.at) != NULL ? pipe_scan_repetition(&scan) : pipe_scan_other(&scan);
	}
	return refused;
}

bool
cli_pattern_compile(regex_t *compiled, const char *pattern, struct text *error)
{
	const char *refused = pipe_pattern_refused(pattern);

	if (refused != NULL) {
		text_append(error, refused);
		return false;
	}
	const int status = regcomp(compiled, pattern, REG_EXTENDED | REG_NOSUB | REG_ICASE);

	if (status != 0) {
		char message[PIPE_ERROR_LENGTH];

		(void)regerror(status, compiled, message, sizeof(message));
		text_printf(error, "the pattern '%s' is no regular expression: %s", pattern, message);
		return false;
	}
	return true;
}

/* "NAME takes a number of THINGS in 1..MOST" */
struct pipe_number {
	const char *name;
	const char *things;
	unsigned long most;
};

static bool
pipe_read_number(const struct pipe_number *about, const char *value, size_t *number, struct text *error)
{
	char *end = NULL;
	const unsigned long wanted = isdigit((unsigned char)*value) ? strtoul(value, &end, 10) : 0;

	if (wanted == 0 || wanted > about->most || *end != '\0') {
		text_printf(error, "%s takes a number of %s in 1..%lu", about->name, about->things, about->most);
		return false;
	}
	*number = wanted;
	return true;
}

static bool
pipe_prepare_last(struct cli_filter *filter, const char *value, struct text *error)
{
	static const struct pipe_number lines = {"last", "lines", CLI_LAST_LINES};

	if (!pipe_read_number(&lines, value, &filter->count, error)) {
		return false;
	}
	filter->lines = calloc(filter->count, sizeof(*filter->lines));
	if (filter->lines == NULL) {
		text_append(error, "out of memory");
		return false;
	}
	return true;
}

static bool
pipe_prepare(struct cli_filter *filter, const struct pipe_row *row, const char *value, struct text *error)
{
	static const struct pipe_number columns = {"trim", "columns", CLI_TRIM_COLUMNS};

	*filter = (struct cli_filter){.kind = row->kind};
	switch (row->kind) {
	case CLI_FILTER_MATCH:
	case CLI_FILTER_EXCEPT:
	case CLI_FILTER_FIND:
		return cli_pattern_compile(&filter->pattern, value, error);
	case CLI_FILTER_LAST:
		return pipe_prepare_last(filter, value, error);
	case CLI_FILTER_TRIM:
		return pipe_read_number(&columns, value, &filter->count, error);
	case CLI_FILTER_SAVE:
	case CLI_FILTER_TEE:
		if (!cli_pipe_file_start(&filter->file, value, error)) {
			return false;
		}
		filter->file.append = strcmp(row->name, "append") == 0;
		return true;
	case CLI_FILTER_COUNT:
		return true;
	}
	return true;
}

/* Adds the filter of one segment (behind its `|`). */
static bool
pipe_add(struct cli_pipeline *pipeline, const struct pipe_row *row, const char *value, struct text *error)
{
	static const struct pipe_number seconds = {"refresh", "seconds", CLI_REFRESH_SECONDS};
	size_t interval = 0;

	if (!row->takes_value && *value != '\0') {
		text_printf(error, "%s takes nothing behind it", row->name);
		return false;
	}
	switch (row->what) {
	case PIPE_NO_MORE:
		pipeline->no_more = true;
		return true;
	case PIPE_HOLD:
		pipeline->hold = true;
		return true;
	case PIPE_REFRESH:
		if (!pipe_read_number(&seconds, value, &interval, error)) {
			return false;
		}
		pipeline->refresh = (unsigned)interval;
		return true;
	case PIPE_FILTER:
	case PIPE_OTHERS:
		break;
	}
	if (pipeline->filter_count == CLI_FILTERS) {
		text_printf(error, "more than %d filters", CLI_FILTERS);
		return false;
	}
	if (!pipe_prepare(&pipeline->filters[pipeline->filter_count], row, value, error)) {
		return false;
	}
	pipeline->filter_count++;
	return true;
}

bool
cli_pipeline_parse(struct cli_pipeline *pipeline, const char *line, size_t *column, struct text *error)
{
	const char *end = pipe_segment_end(line);

	*pipeline = (struct cli_pipeline){.command = TEXT_EMPTY, .partial = TEXT_EMPTY};
	text_append_bytes(&pipeline->command, line, (size_t)(end - line));
	while (*end == '|') {
		const char *segment = end + 1;

		end = pipe_segment_end(segment);
		const char *word = pipe_skip_blanks(segment, end);
		const char *word_end = word;

		while (word_end < end && !isspace((unsigned char)*word_end)) {
			word_end++;
		}
		const struct pipe_row *row = pipe_find(word, (size_t)(word_end - word));

		if (row == NULL) {
			text_append_bytes(&pipeline->command, segment - 1, (size_t)(end - segment) + 1);
			continue;
		}
		struct text value = TEXT_EMPTY;
		const char *start = pipe_skip_blanks(word_end, end);

		pipe_value(start, end, &value);
		const bool added = pipe_add(pipeline, row, text_string(&value), error);

		text_release(&value);
		if (!added) {
			*column = (size_t)(start - line);
			cli_pipeline_release(pipeline);
			return false;
		}
		/* Blanks take its place: the gateway's carets go by columns of the line that was typed. */
		text_append_repeated(&pipeline->command, ' ', (size_t)(end - segment) + 1);
	}
	pipe_trim(&pipeline->command);
	return true;
}

static void
pipe_keep(struct cli_pipeline *pipeline, struct cli_filter *filter, const char *line)
{
	char *copy = strdup(line);

	if (copy == NULL) {
		pipeline->failed = true;
		return;
	}
	char **slot = &filter->lines[filter->next];

	free(*slot);
	*slot = copy;
	filter->next = filter->next + 1 == filter->count ? 0 : filter->next + 1;
}

/* The line without its first columns; UTF-8's continuation octets take none. */
static const char *
pipe_trimmed(const char *line, size_t columns)
{
	while (*line != '\0' && (columns > 0 || ((unsigned char)*line & 0xc0) == 0x80)) {
		columns -= ((unsigned char)*line & 0xc0) != 0x80;
		line++;
	}
	return line;
}

/* One line, without its newline, through the filters from `first` on. */
static bool
pipe_line(struct cli_pipeline *pipeline, size_t first, const char *line, cli_sink sink, void *context)
{
	for (size_t i = first; i < pipeline->filter_count; i++) {
		struct cli_filter *filter = &pipeline->filters[i];

		switch (filter->kind) {
		case CLI_FILTER_MATCH:
			if (regexec(&filter->pattern, line, 0, NULL, 0) != 0) {
				return true;
			}
			break;
		case CLI_FILTER_EXCEPT:
			if (regexec(&filter->pattern, line, 0, NULL, 0) == 0) {
				return true;
			}
			break;
		case CLI_FILTER_FIND:
			filter->found = filter->found || regexec(&filter->pattern, line, 0, NULL, 0) == 0;
			if (!filter->found) {
				return true;
			}
			break;
		case CLI_FILTER_LAST:
			pipe_keep(pipeline, filter, line);
			return true;
		case CLI_FILTER_COUNT:
			filter->count++;
			return true;
		case CLI_FILTER_TRIM:
			line = pipe_trimmed(line, filter->count);
			break;
		case CLI_FILTER_SAVE:
			return cli_pipe_file_line(&filter->file, line);
		case CLI_FILTER_TEE:
			(void)cli_pipe_file_line(&filter->file, line);
			break;
		}
	}
	return sink(context, line, strlen(line)) && sink(context, "\n", 1);
}

bool
cli_pipeline_feed(struct cli_pipeline *pipeline, const char *bytes, size_t length, cli_sink sink, void *context)
{
	const char *at = bytes;
	const char *end = bytes + length;

	if (pipeline->filter_count == 0) {
		return sink(context, bytes, length);
	}
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		text_append_bytes(&pipeline->partial, at, (size_t)((newline == NULL ? end : newline) - at));
		if (newline == NULL) {
			break;
		}
		const bool more = pipe_line(pipeline, 0, text_string(&pipeline->partial), sink, context);

		pipeline->failed = pipeline->failed || text_failed(&pipeline->partial);
		text_clear(&pipeline->partial);
		if (!more) {
			return false;
		}
		at = newline + 1;
	}
	return true;
}

/* What a filter holds until the output ends, through those behind it. */
static bool
pipe_end(struct cli_pipeline *pipeline, size_t at, cli_sink sink, void *context)
{
	struct cli_filter *filter = &pipeline->filters[at];
	struct text line = TEXT_EMPTY;
	bool more = true;

	if (filter->kind == CLI_FILTER_COUNT) {
		text_printf(&line, "Count: %zu lines", filter->count);
		more = pipe_line(pipeline, at + 1, text_string(&line), sink, context);
	}
	for (size_t n = 0; filter->kind == CLI_FILTER_LAST && n < filter->count && more; n++) {
		const char *kept = filter->lines[(filter->next + n) % filter->count];

		more = kept == NULL || pipe_line(pipeline, at + 1, kept, sink, context);
	}
	text_release(&line);
	return more;
}

/* Files last: filters before them may hold lines until the end. */
static void
pipe_end_files(struct cli_pipeline *pipeline, cli_sink sink, void *context)
{
	for (size_t i = 0; i < pipeline->filter_count; i++) {
		struct cli_filter *filter = &pipeline->filters[i];
		struct text line = TEXT_EMPTY;

		if (filter->file.path == NULL || (pipeline->refused && filter->file.file == NULL)) {
			continue;
		}
		const bool written = cli_pipe_file_end(&filter->file, &line);

		text_append_char(&line, '\n');
		if (!written) {
			text_append(&pipeline->problem, text_string(&line));
		} else if (filter->kind == CLI_FILTER_SAVE) {
			(void)sink(context, text_string(&line), line.length);
		}
		text_release(&line);
	}
}

void
cli_pipeline_end(struct cli_pipeline *pipeline, cli_sink sink, void *context)
{
	bool more = true;

	if (pipeline->partial.length > 0) {
		more = pipe_line(pipeline, 0, text_string(&pipeline->partial), sink, context);
	}
	for (size_t i = 0; i < pipeline->filter_count && more; i++) {
		more = pipe_end(pipeline, i, sink, context);
	}
	pipe_end_files(pipeline, sink, context);
}

void
cli_pipeline_release(struct cli_pipeline *pipeline)
{
	for (size_t i = 0; i < pipeline->filter_count; i++) {
		struct cli_filter *filter = &pipeline->filters[i];

		switch (filter->kind) {
		case CLI_FILTER_MATCH:
		case CLI_FILTER_EXCEPT:
		case CLI_FILTER_FIND:
			regfree(&filter->pattern);
			break;
		case CLI_FILTER_LAST:
			for (size_t n = 0; n < filter->count; n++) {
				free(filter->lines[n]);
			}
			free(filter->lines);
			break;
		case CLI_FILTER_SAVE:
		case CLI_FILTER_TEE:
			cli_pipe_file_release(&filter->file);
			break;
		case CLI_FILTER_COUNT:
		case CLI_FILTER_TRIM:
			break;
		}
	}
	text_release(&pipeline->command);
	text_release(&pipeline->partial);
	text_release(&pipeline->problem);
	pipeline->filter_count = 0;
}
