/*
 * cs11336: what stands in a table stands below its heading, however long the names before it are. cs11617: and no layout writes
 * lines with nothing in them where nothing is to be separated.
 */
#include "op_house.h"

enum {
	COLUMNS_MOST = 16,
	CELL_MOST = 128,
};

static char *
render(const struct op_rpc *rpc, struct op_tree *tree)
{
	struct op_renderer renderer;
	struct text out = TEXT_EMPTY;

	op_renderer_start(&renderer, rpc, NULL, OP_FORMAT_TEXT, &out);
	op_renderer_add(&renderer, tree, &out);
	op_renderer_end(&renderer, &out);
	op_tree_release(tree);
	assert_false(text_failed(&out));
	char *copy = strdup(text_string(&out));

	assert_non_null(copy);
	text_release(&out);
	return copy;
}

static void
add_neighbour(struct op_tree *tree, const char *address, const char *interface)
{
	struct op_node *entry = op_add(tree, tree->root, "arp-table-entry", NULL);

	op_add(tree, entry, "mac-address", "02:00:00:00:00:05");
	op_add(tree, entry, "ip-address", address);
	op_add(tree, entry, "interface-name", interface);
	op_add(tree, entry, "arp-table-entry-flags", "none");
}

/* By hand: the columns begin at 0, 18, 34 and 58; a name of 23 octets fits, one of 24 does not. */
static void
test_long_names(void **state)
{
	const struct house *house = *state;
	struct op_tree tree;

	op_tree_start(&tree, "arp-table-information");
	add_neighbour(&tree, "10.0.0.5", "abcdefghijklmnopqrstuvw");
	add_neighbour(&tree, "10.0.0.6", "abcdefghijklmnopqrstuvwx");
	add_neighbour(&tree, "host-of-a-long-name.example.net", "ge-0/0/1.2");
	char *out = render(op_table_find(house->table, "get-arp-table-information"), &tree);

	assert_string_equal(out, "MAC Address       Address         Interface               Flags\n"
				 "02:00:00:00:00:05 10.0.0.5        abcdefghijklmnopqrstuvw none\n"
				 "02:00:00:00:00:05 10.0.0.6        abcdefghijklmnopqrstuvwx\n"
				 "                                                          none\n"
				 "02:00:00:00:00:05 host-of-a-long-name.example.net\n"
				 "                                  ge-0/0/1.2              none\n");
	free(out);
}

/* A cell of `length` octets that no other column has. */
static void
fill_cell(char *cell, size_t column, size_t length)
{
	memset(cell, (int)('a' + column), length);
	cell[length] = '\0';
}

/* Where in its line something stands. */
static size_t
place_in_line(const char *out, const char *what)
{
	const char *at = strstr(out, what);
	const char *line = at;

	assert_non_null(at);
	while (line > out && line[-1] != '\n') {
		line--;
	}
	return (size_t)(at - line);
}

static void
check_table(const struct op_rpc *rpc, const size_t *lengths)
{
	struct op_tree tree;
	char cells[COLUMNS_MOST][CELL_MOST + 1];
	size_t start = 0;

	assert_in_range(rpc->column_count, 1, COLUMNS_MOST);
	op_tree_start(&tree, rpc->root);
	struct op_node *row = op_add(&tree, tree.root, rpc->row, NULL);

	for (size_t i = 0; i < rpc->column_count; i++) {
		fill_cell(cells[i], i, lengths[i]);
		op_add(&tree, row, rpc->columns[i].name, cells[i]);
	}
	char *out = render(rpc, &tree);
	const char *heading = strstr(out, rpc->columns[0].heading);
	const char *rows = heading == NULL ? NULL : strchr(heading, '\n');

	assert_non_null(rows);
	for (size_t i = 0; i < rpc->column_count; i++) {
		const struct op_column *column = &rpc->columns[i];
		const bool pushed = column->right && lengths[i] < column->width;
		const size_t wanted = pushed ? start + column->width - lengths[i] : start;

		assert_int_equal(place_in_line(rows + 1, cells[i]), wanted);
		start += column->width + 1;
	}
	free(out);
}

/* Every table there is, each of its columns in turn shorter than, as long as, and longer than its width. */
static void
test_every_table(void **state)
{
	const struct house *house = *state;
	size_t count = 0;
	size_t tables = 0;
	const struct op_rpc *rpcs = op_table_rpcs(house->table, &count);

	for (size_t r = 0; r < count; r++) {
		if (rpcs[r].row == NULL || rpcs[r].column_count == 0) {
			continue;
		}
		tables++;
		for (size_t c = 0; c < rpcs[r].column_count; c++) {
			const size_t width = rpcs[r].columns[c].width;
			const size_t tries[] = {1, width > 1 ? width - 1 : 1, width > 0 ? width : 1, width + 1, width + 40};

			for (size_t t = 0; t < sizeof(tries) / sizeof(tries[0]); t++) {
				size_t lengths[COLUMNS_MOST];

				for (size_t i = 0; i < rpcs[r].column_count; i++) {
					lengths[i] = i == c ? tries[t] : 2;
				}
				check_table(&rpcs[r], lengths);
			}
		}
	}
	assert_true(tables >= 15);
}

/* A table without rows, and one with rows whose cells are all absent, are no empty lines at the ends. */
static void
test_no_blank_ends(void **state)
{
	const struct house *house = *state;
	size_t count = 0;
	const struct op_rpc *rpcs = op_table_rpcs(house->table, &count);

	for (size_t r = 0; r < count; r++) {
		struct op_tree tree;

		if (rpcs[r].root == NULL) {
			continue;
		}
		op_tree_start(&tree, rpcs[r].root);
		char *out = render(&rpcs[r], &tree);

		assert_true(out[0] != '\n');
		assert_null(strstr(out, "\n\n\n"));
		free(out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_long_names),
	    cmocka_unit_test(test_every_table),
	    cmocka_unit_test(test_no_blank_ends),
	};

	return cmocka_run_group_tests(tests, build, tear_down);
}
