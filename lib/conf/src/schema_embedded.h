/*
 * The YANG modules inside the program: written by schema/embed.py at build.
 */
#ifndef SCHEMA_EMBEDDED_H
#define SCHEMA_EMBEDDED_H

#include <stddef.h>

struct schema_module {
	const char *name;         /* NULL ends the table */
	const char *const *lines; /* each with its newline; NULL ends them */
};

extern const struct schema_module schema_modules[];

#endif
