/*
 * What a user is told about a configuration: errors and warnings, each with its place.
 *
 * All of them at once: nothing stops at the first. A diagnostic renders as
 *   FILE:LINE: [edit security zones security-zone trust] 'interfaces ge-0/0/9.0': message     (offline)
 *   [edit security zones security-zone trust] / 'interfaces ge-0/0/9.0' / message             (in the CLI, three lines)
 * Strings are copied in and freed with the list. A failed allocation sets `failed`; callers then report being out of memory.
 */
#ifndef CONF_DIAGNOSTIC_H
#define CONF_DIAGNOSTIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum diagnostic_severity {
	DIAGNOSTIC_WARNING,
	DIAGNOSTIC_ERROR,
};

struct diagnostic {
	enum diagnostic_severity severity;
	uint32_t line;   /* 0: none */
	char *file;      /* NULL: none */
	char *path;      /* "security zones security-zone trust"; "" is the top; NULL: none */
	char *statement; /* what stands there, "interfaces ge-0/0/9.0"; NULL: none */
	char *message;   /* a sentence without full stop; lenient readings begin "E-nnn " */
};

struct diagnostics {
	struct diagnostic *items;
	size_t count;
	size_t capacity;
	size_t errors;
	bool failed;
};

#define DIAGNOSTICS_EMPTY ((struct diagnostics){.items = NULL})

void diagnostics_release(struct diagnostics *list);
/* => the strings may be NULL where the struct says so */
void diagnostics_add(struct diagnostics *list, const struct diagnostic *what);
/* Memory was short: what is told is not all, and it counts as an error. */
void diagnostics_no_memory(struct diagnostics *list);
void diagnostics_addf(struct diagnostics *list, enum diagnostic_severity severity, const char *path,
    const char *statement, uint32_t line, const char *format, ...) __attribute__((format(printf, 6, 7)));
/*
 * Appends words of configuration text as somebody may see them: from a secret on, SECRET-DATA stands in their place. Diagnostics do it by
 * themselves.
 */
void diagnostics_append_shown(const char *words, struct text *out);
/*
 * A copy, the caller's, of what may quote anything and goes to a terminal: control characters and what is no UTF-8 become '?', and what is
 * longer than `most` octets is cut. NULL when `string` is, or when memory is short: then also *failed.
 */
char *diagnostics_copy_shown(const char *string, size_t most, bool *failed);
/* The same of a statement, without its secrets, as long as diagnostics quote it. */
char *diagnostics_copy_statement(const char *statement, bool *failed);
/* Names the file in all diagnostics that name none; NULL does nothing. For checks, which know lines only. */
void diagnostics_name_file(struct diagnostics *list, const char *file);
/* Sorted by file, line, path; equal ones folded. */
void diagnostics_sort(struct diagnostics *list);
/* One line each, "error: " or "warning: " before the message of a warning only: product.md's form. */
void diagnostics_render_lines(const struct diagnostics *list, struct text *out);
/* As the JUNOS CLI prints them. */
void diagnostics_render_cli(const struct diagnostics *list, struct text *out);

#endif
