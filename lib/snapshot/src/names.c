/*
 * Names: natural order of interfaces, and tables of names within a compilation.
 */
#include <string.h>

#include "base/hash.h"
#include "compile.h"

enum {
	FIRST_TABLE = 64,
};

struct name_row {
	const char *name;
	uint32_t number;
};

struct name_table {
	struct arena *arena;
	struct name_row *rows; /* open addressing; name NULL is empty */
	uint32_t size;
	uint32_t count;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Two runs of digits as numbers of any size: the longer one without leading zeros is the greater. */
static int
compare_runs(const char **left, const char **right)
{
	const char *a = *left;
	const char *b = *right;

	while (*a == '0') {
		a++;
	}
	while (*b == '0') {
		b++;
	}
	const size_t a_length = strspn(a, "0123456789");
	const size_t b_length = strspn(b, "0123456789");
	*left = a + a_length;
	*right = b + b_length;
	if (a_length != b_length) {
		return a_length < b_length ? -1 : 1;
	}
	return memcmp(a, b, a_length);
}

int
snapshot_compare_interfaces(const char *left, const char *right)
{
	const char *a = left;
	const char *b = right;

	while (*a != '\0' && *b != '\0') {
		if (is_digit(*a) && is_digit(*b)) {
			const int order = compare_runs(&a, &b);
			if (order != 0) {
				return order;
			}
			continue;
		}
		if (*a != *b) {
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		}
		a++;
		b++;
	}
	if (*a == *b) {
		return strcmp(left, right); /* 01 and 1 are different names all the same */
	}
	return *a == '\0' ? -1 : 1;
}

struct name_table *
name_table_create(struct arena *arena)
{
	struct name_table *table = arena_take(arena, 1, sizeof(*table));

	if (table == NULL) {
		return NULL;
	}
	table->arena = arena;
	table->size = FIRST_TABLE;
	table->rows = arena_take(arena, table->size, sizeof(*table->rows));
	return table->rows == NULL ? NULL : table;
}

static struct name_row *
row_of(const struct name_table *table, const char *name)
{
	const struct hash_key key = {.low = 3, .high = 4};
	uint32_t place = (uint32_t)hash_bytes(&key, name, strlen(name)) & (table->size - 1);

	while (table->rows[place].name != NULL && strcmp(table->rows[place].name, name) != 0) {
		place = (place + 1) & (table->size - 1);
	}
	return &table->rows[place];
}

uint32_t
name_table_find(const struct name_table *table, const char *name)
{
	const struct name_row *row = row_of(table, name);

	return row->name == NULL ? 0 : row->number;
}

static bool
grow_table(struct name_table *table)
{
	const struct name_row *former = table->rows;
	const uint32_t former_size = table->size;
	struct name_row *rows = arena_take(table->arena, (size_t)former_size * 2, sizeof(*rows));

	if (rows == NULL) {
		return false;
	}
	table->rows = rows;
	table->size = former_size * 2;
	for (uint32_t i = 0; i < former_size; i++) {
		if (former[i].name != NULL) {
			*row_of(table, former[i].name) = former[i];
		}
	}
	return true;
}

bool
name_table_set(struct name_table *table, const char *name, uint32_t number)
{
	if ((table->count + 1) * 2 > table->size && !grow_table(table)) {
		return false;
	}
	struct name_row *row = row_of(table, name);
	if (row->name == NULL) {
		row->name = name;
		table->count++;
	}
	row->number = number;
	return true;
}
