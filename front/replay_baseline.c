/*
 * sallyport replay --baseline: what is normal in the captures, as `request security screen baseline show` says it of live traffic.
 *
 * Measured by the engine of the replay from the first frame to the last one. Printed as text; with --out also as
 * baseline.json, and the statements alone as baseline.set, ready to be loaded.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "conf/op.h"
#include "engine/baseline.h"
#include "explain/baseline.h"
#include "replay.h"

#define BASELINE_RPC "get-screen-baseline"

struct baseline *
replay_baseline_start(struct gateway *gateway, uint64_t seed)
{
	struct random_source random = random_seeded(seed);
	void *memory = calloc(1, baseline_size());
	struct baseline *baseline;

	if (memory == NULL) {
		fputs("sallyport replay: out of memory for the baseline\n", stderr);
		return NULL;
	}
	baseline = baseline_init(memory, &random);
	engine_baseline_start(gateway_engine(gateway), baseline);
	while (engine_baseline_prepare(gateway_engine(gateway))) {
	}
	return baseline;
}

static bool
write_file(const char *directory, const char *name, const struct text *content)
{
	struct text path = TEXT_EMPTY;
	FILE *file;
	bool good;

	text_printf(&path, "%s/%s", directory, name);
	file = text_failed(&path) ? NULL : fopen(text_string(&path), "wbe");
	good = file != NULL && !text_failed(content) && fwrite(text_string(content), 1, content->length, file) == content->length;
	good = file != NULL && fclose(file) == 0 && good;
	if (!good) {
		fprintf(stderr, "sallyport replay: %s: %s\n", text_string(&path), strerror(errno));
	}
	text_release(&path);
	return good;
}

static void
render(const struct op_rpc *rpc, const struct op_tree *tree, enum op_format format, struct text *out)
{
	struct op_renderer renderer;

	text_clear(out);
	op_renderer_start(&renderer, rpc, NULL, format, out);
	op_renderer_add(&renderer, tree, out);
	op_renderer_end(&renderer, out);
}

static bool
print(const struct explain_baseline *what, const struct op_rpc *rpc, const char *directory)
{
	struct op_tree tree;
	struct text out = TEXT_EMPTY;
	bool good;

	op_tree_start(&tree, rpc->root);
	explain_add_baseline(what, &tree);
	render(rpc, &tree, OP_FORMAT_TEXT, &out);
	good = !tree.failed && !text_failed(&out) && fputs(text_string(&out), stdout) != EOF && fflush(stdout) == 0;
	if (!good) {
		fputs("sallyport replay: the baseline could not be printed\n", stderr);
	}
	if (good && directory != NULL) {
		render(rpc, &tree, OP_FORMAT_JSON, &out);
		good = write_file(directory, "baseline.json", &out);
		text_clear(&out);
		explain_baseline_statements(what, &out);
		good = write_file(directory, "baseline.set", &out) && good;
	}
	text_release(&out);
	op_tree_release(&tree);
	return good;
}

bool
replay_baseline_end(struct gateway *gateway, const struct schema *schema, int64_t began, const char *directory)
{
	struct baseline *baseline = engine_baseline_stop(gateway_engine(gateway));
	struct baseline_report *report = calloc(1, sizeof(*report));
	struct op_table *table = op_table_create(schema);
	const struct explain_baseline what = {.report = report, .registry = gateway_registry(gateway), .began = began};
	const struct op_rpc *rpc = table == NULL ? NULL : op_table_find(table, BASELINE_RPC);
	bool good = report != NULL && rpc != NULL;

	if (good) {
		baseline_end(baseline, gateway_now(gateway));
		baseline_report_totals(baseline, gateway_now(gateway), report);
		for (uint32_t i = 0; i < report->totals.zones; i++) {
			baseline_report_zone(baseline, i, report);
		}
		good = print(&what, rpc, directory);
	} else {
		fputs("sallyport replay: out of memory for the baseline\n", stderr);
	}
	op_table_destroy(table);
	free(report);
	free(baseline);
	return good;
}
