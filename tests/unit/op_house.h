/*
 * The schema and the table of operational commands, for tests of what commands say. Setup and teardown functions of cmocka's
 * groups.
 */
#ifndef TESTS_OP_HOUSE_H
#define TESTS_OP_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/op.h"

struct house {
	struct schema *schema;
	struct op_table *table;
};

static int
build(void **state)
{
	struct house *house = calloc(1, sizeof(*house));
	struct text error = TEXT_EMPTY;

	assert_non_null(house);
	house->schema = schema_create(&error);
	assert_non_null(house->schema);
	house->table = op_table_create(house->schema);
	assert_non_null(house->table);
	text_release(&error);
	*state = house;
	return 0;
}

static int
tear_down(void **state)
{
	struct house *house = *state;

	op_table_destroy(house->table);
	schema_destroy(house->schema);
	free(house);
	return 0;
}

#endif
