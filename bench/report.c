/*
 * The report: reads a run's JSON or makes a run, and writes one page. See report.h.
 */
#include "report.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_engine.h"
#include "report_chart.h"
#include "report_parts.h"
#include "report_target.h"
#include "result.h"

struct options {
	const char *html;
	const char *run;
	const char *beside;
	enum bench_size size;
};

static const char style[] =
    "<style>\n"
    ":root{--paper:#fff;--ink:#1c2430;--dim:#5d6b7c;--line:#dfe4ea;--band:#f5f7f9;--s1:#1f6feb;--s2:#0d9488;--s3:#a9b4c2;"
    "--s4:#6e7b8b;--mark:#d9480f;--met:#15803d;--missed:#b42318}\n"
    "@media (prefers-color-scheme:dark){:root{--paper:#12161c;--ink:#e6eaf0;--dim:#97a3b3;--line:#2b333e;--band:#191f27;"
    "--s1:#5b9dff;--s2:#2dd4bf;--s3:#566273;--s4:#8794a5;--mark:#ff9248;--met:#4ade80;--missed:#ff8a80}}\n"
    "@media print{:root{--paper:#fff;--ink:#000;--dim:#444;--line:#bbb;--band:#fff;--s1:#1f6feb;--s2:#0d9488;--s3:#a9b4c2;"
    "--s4:#6e7b8b;--mark:#d9480f;--met:#15803d;--missed:#b42318}figure,tr{break-inside:avoid}body{margin:0;font-size:9.5pt}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:2rem auto;padding:0 1.2rem;max-width:62rem;background:var(--paper);color:var(--ink);"
    "font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}\n"
    "h1{font-size:1.7rem;margin:0 0 .2rem}h2{font-size:1.15rem;margin:2.2rem 0 .6rem}p{max-width:46rem}small,.dim{color:var(--dim)}\n"
    "table{border-collapse:collapse;width:100%;font-size:.88rem}th,td{padding:.32rem .6rem;border-bottom:1px solid var(--line);"
    "text-align:left;vertical-align:top}th{color:var(--dim);font-weight:600}tbody tr:nth-child(even){background:var(--band)}"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    ".met{color:var(--met);white-space:nowrap}.missed{color:var(--missed);white-space:nowrap;font-weight:600}.none{color:var(--dim)}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.2rem;margin:.6rem 0}dt{color:var(--dim)}dd{margin:0}\n"
    "figure{margin:1.2rem 0}figcaption{font-weight:600;margin-bottom:.3rem}svg{width:100%;height:auto;display:block}\n"
    "svg text{fill:var(--ink);font-size:12px}svg .end{text-anchor:end}svg .middle{text-anchor:middle}"
    "svg .value{text-anchor:middle;font-size:11px;fill:var(--dim);stroke:var(--paper);stroke-width:3px;paint-order:stroke}\n"
    ".grid{stroke:var(--line)}.target{stroke:var(--mark);stroke-width:2;stroke-dasharray:5 3}"
    ".s1{fill:var(--s1)}.s2{fill:var(--s2)}.s3{fill:var(--s3)}.s4{fill:var(--s4)}\n"
    ".wide{overflow-x:auto}\n"
    "</style>\n";

static double
cycles_of(const json_t *run, const char *name, const char *kind, uint32_t sessions, uint32_t policies)
{
	const struct report_case which = {name, kind, sessions, sessions == 0 ? 0 : 32, policies};

	return report_figure(report_find(run, &which), "cycles");
}

static void
add_charts(struct text *page, const json_t *run)
{
	static const uint32_t sessions[] = {1000, 100000, 1000000, 4000000};
	static const uint32_t policies[] = {10, 10000, 100000};
	struct chart established = {.title = "Packets of established sessions",
	    .unit = "cycles a packet, least of 15 repeats; 32 at a time; other gateway: VPP 26.06",
	    .category_count = 4,
	    .series_count = 4,
	    .categories = {"1,000 sessions", "100,000", "1 million", "4 million"},
	    .series = {"filter", "filter and NAT", "VPP filter", "VPP filter and NAT"},
	    .values = {{0}, {0}, {98, 181, 213, -1}, {213, 766, 963, -1}},
	    .targets = {100, 120, 150, 180}};
	struct chart fresh = {.title = "New sessions",
	    .unit = "cycles each, flows of all policies in turn; target: with NAT",
	    .category_count = 3,
	    .series_count = 2,
	    .categories = {"10 policies", "10,000", "100,000"},
	    .series = {"filter", "filter and NAT"},
	    .targets = {700, 900, 1100}};
	const struct chart kinds = {.title = "What a packet costs by what becomes of it",
	    .unit = "cycles",
	    .category_count = 8,
	    .series_count = 1,
	    .categories = {"bare look-up", "established", "under all screens", "established, IPv6", "land, dropped", "UDP flood, dropped",
		"echo flood, dropped", "denied by policy"},
	    .series = {""},
	    .values = {{cycles_of(run, "lookup", NULL, 1000, 0), cycles_of(run, "established", NULL, 1000, 0),
		cycles_of(run, "screens-on", "packet", 0, 0), cycles_of(run, "established-inet6", NULL, 1000, 0),
		cycles_of(run, "screens-drop", "land", 0, 0), cycles_of(run, "screens-drop", "udp", 0, 0),
		cycles_of(run, "screens-drop", "echo", 0, 0), cycles_of(run, "denied", NULL, 1000, 0)}},
	    .targets = {0, 100, 108, 0, 150, 150, 150, 250}};

	for (unsigned i = 0; i < 4; i++) {
		established.values[0][i] = cycles_of(run, "established", NULL, sessions[i], 0);
		established.values[1][i] = cycles_of(run, "established-nat", NULL, sessions[i], 0);
	}
	for (unsigned i = 0; i < 3; i++) {
		fresh.values[0][i] = cycles_of(run, "new-session", NULL, 0, policies[i]);
		fresh.values[1][i] = cycles_of(run, "new-session-nat", NULL, 0, policies[i]);
	}
	chart_columns(page, &established);
	chart_columns(page, &fresh);
	chart_bars(page, &kinds);
}

/* Plain forwarding and what the firewall adds to it, of both, for loads of one number of flows. */
static void
add_beside_chart(struct text *page, const json_t *beside)
{
	struct text labels[CHART_CATEGORIES];
	struct chart chart = {.title = "Beside nftables on the same machine",
	    .unit = "processor nanoseconds a packet, median of slices; the function by paired differences; paced UDP over veth",
	    .series_count = 2,
	    .series = {"plain forwarding", "firewall and NAT"}};
	const json_t *rows = json_object_get(beside, "rows");
	size_t i;
	const json_t *row;

	json_array_foreach(rows, i, row) {
		static const char *const systems[2][2] = {{"gateway", "gateway-plain"}, {"nftables", "kernel-plain"}};

		const char *comparison = json_string_value(json_object_get(row, "comparison"));

		if (report_figure(row, "flows") != 1000 || chart.category_count + 2 > CHART_CATEGORIES ||
		    (comparison != NULL && strcmp(comparison, "nat") != 0)) {
			continue;
		}
		for (unsigned s = 0; s < 2; s++) {
			const json_t *all = json_object_get(row, "systems");
			const double whole =
			    report_figure(json_object_get(json_object_get(all, systems[s][0]), "ns"), "median");
			/* By neighbours in time, which the medians of all slices are not. */
			const double function = report_figure(
			    json_object_get(json_object_get(row, "function"), systems[s][0]), "median");
			const double plain =
			    function >= 0 ? whole - function
					  : report_figure(json_object_get(json_object_get(all, systems[s][1]), "ns"), "median");
			const unsigned c = chart.category_count++;
			const char *ports = json_string_value(json_object_get(row, "ports"));

			labels[c] = TEXT_EMPTY;
			text_printf(&labels[c], "%s%s, %.0f octets", s == 0 ? "Sallyport by " : "nftables",
			    s == 0 && ports != NULL ? ports : "", report_figure(row, "size"));
			chart.categories[c] = text_string(&labels[c]);
			chart.values[0][c] = plain < whole ? plain : whole;
			chart.values[1][c] = whole > plain ? whole - plain : 0;
		}
	}
	chart_bars(page, &chart);
	for (unsigned c = 0; c < chart.category_count; c++) {
		text_release(&labels[c]);
	}
}

static void
add_machine(struct text *page, const json_t *run)
{
	static const char *const rows[][2] = {{"date", "Date"}, {"version", "Sallyport"}, {"processor", "Processor"}, {"family", "Its family"},
	    {"processors", "Processors online"}, {"memory_mib", "Memory, MiB"}, {"kernel", "Kernel"}, {"compiler", "Compiler"},
	    {"load_average", "Load average at the start"}};
	const json_t *machine = json_object_get(run, "machine");

	text_append(page, "<dl>\n");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const json_t *value = json_object_get(machine, rows[i][0]);

		if (value != NULL) {
			text_printf(page, "<dt>%s</dt><dd>", rows[i][1]);
			if (json_is_string(value)) {
				report_escape(page, json_string_value(value));
			} else {
				text_printf(page, "%.6g", json_number_value(value));
			}
			text_append(page, "</dd>\n");
		}
	}
	if (json_is_true(json_object_get(machine, "virtual"))) {
		text_append(page, "<dt>Virtual machine</dt><dd>yes</dd>\n");
	}
	text_printf(page, "<dt>Cycles</dt><dd>of the time stamp counter, %.3f a nanosecond</dd>\n<dt>Pages</dt><dd>",
	    report_figure(run, "cycles_a_ns"));
	const char *pages = json_string_value(json_object_get(run, "pages"));

	report_escape(page, pages == NULL ? "not said" : pages);
	text_printf(page, "; %.0f %% of the engine's memory lay in huge ones</dd>\n</dl>\n", report_figure(run, "huge_percent"));
}

static void
add_figures(struct text *page, const json_t *row)
{
	static const char *const columns[] = {
	    "name", "kind", "sessions", "batch", "policies", "prefixes", "cycles", "median", "ns", "mpps", "ratio"};
	const char *key;
	json_t *value;
	bool first = true;

	/* jansson walks over what it could change too: it does not. */
	json_object_foreach((json_t *)(uintptr_t)row, key, value) {
		bool column = false;

		for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
			column = column || strcmp(key, columns[i]) == 0;
		}
		if (!column && json_is_number(value)) {
			text_append(page, first ? "" : ", ");
			report_escape(page, key);
			text_printf(page, " %.6g", json_number_value(value));
			first = false;
		}
	}
}

static void
add_cases(struct text *page, const json_t *run)
{
	static const struct {
		const char *name;
		int digits;
	} numbers[] = {{"sessions", 0}, {"batch", 0}, {"policies", 0}, {"prefixes", 0}, {"cycles", 1}, {"median", 1}, {"ns", 1},
	    {"mpps", 2}, {"ratio", 2}};
	const json_t *cases = json_object_get(run, "cases");
	size_t i;
	const json_t *row;

	text_append(page, "<div class=\"wide\"><table><thead><tr><th>Case</th><th class=\"n\">Sessions</th><th class=\"n\">Batch</th>"
			  "<th class=\"n\">Policies</th><th class=\"n\">Prefixes</th><th class=\"n\">Least</th><th class=\"n\">Median</th>"
			  "<th class=\"n\">ns</th><th class=\"n\">Mpps</th><th class=\"n\">To look-up</th><th>More</th></tr></thead><tbody>\n");
	json_array_foreach(cases, i, row) {
		const char *name = json_string_value(json_object_get(row, "name"));
		const char *kind = json_string_value(json_object_get(row, "kind"));

		text_append(page, "<tr><td>");
		report_escape(page, name == NULL ? "?" : name);
		if (kind != NULL) {
			text_append(page, " <span class=\"dim\">");
			report_escape(page, kind);
			text_append(page, "</span>");
		}
		text_append(page, "</td>");
		for (size_t j = 0; j < sizeof numbers / sizeof numbers[0]; j++) {
			const double value = report_figure(row, numbers[j].name);

			text_append(page, "<td class=\"n\">");
			if (value >= 0) {
				text_printf(page, "%.*f", numbers[j].digits, value);
			}
			text_append(page, "</td>");
		}
		text_append(page, "<td>");
		add_figures(page, row);
		text_append(page, "</td></tr>\n");
	}
	text_append(page, "</tbody></table></div>\n");
}

static void
write_page(struct text *page, const json_t *run, const json_t *beside)
{
	text_append(page, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
			  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Sallyport: speed and cost</title>\n");
	text_append(page, style);
	text_append(page, "</head><body>\n<h1>Sallyport: speed and cost</h1>\n"
			  "<p class=\"dim\">Zones, policies, TCP window check, screens and address translation on one core, packets of "
			  "64 octets made in memory: no card, no kernel.</p>\n");
	add_machine(page, run);
	text_append(page, "<h2>Targets</h2>\n");
	report_targets(page, run, beside);
	text_append(page, "<h2>Charts</h2>\n");
	add_charts(page, run);
	if (beside != NULL) {
		add_beside_chart(page, beside);
	}
	text_append(page, "<h2>All cases</h2>\n");
	add_cases(page, run);
	text_append(page, "<h2>How it was measured</h2>\n<p>Each case runs 15 times; the least is what the code takes when nobody "
			  "else wants the machine, the median what it took this time. The ratio is to a bare, prefetched look-up of the "
			  "same sessions in the same run: it can be compared between machines, cycles cannot. What others reach was "
			  "measured on another machine (two cores of Zen 4, 2.596 GHz) and shows the order. <code>sallyport bench "
			  "engine</code> prints the figures, <code>bench/side-by-side</code> those beside nftables.</p>\n"
			  "<p>Beside nftables: a router with its function and without it take turns in short slices of the same load, "
			  "in the order A B B A by chance; each block of four gives one difference. What stands behind a figure in "
			  "brackets is the interval in which its median lies with 95 % (sign test; of ratios: bootstrap). A target "
			  "within the interval is neither met nor missed.</p>\n"
			  "</body></html>\n");
}

/* An object with an array `of`; NULL when it was said what is wrong. */
static json_t *
load_json(const char *path, const char *of, const char *writer)
{
	json_error_t error;
	json_t *json = json_load_file(path, 0, &error);

	if (json != NULL && !json_is_array(json_object_get(json, of))) {
		fprintf(stderr, "sallyport bench report: %s is not what %s\n", path, writer);
		json_decref(json);
		return NULL;
	}
	if (json == NULL && error.line < 1) {
		fprintf(stderr, "sallyport bench report: %s\n", error.text); /* names the file */
	} else if (json == NULL) {
		fprintf(stderr, "sallyport bench report: %s:%d: %s\n", path, error.line, error.text);
	}
	return json;
}

static json_t *
make_run(const struct options *options)
{
	struct bench bench = {.json = true, .size = options->size, .repeats = BENCH_REPEATS};

	fprintf(stderr, "sallyport bench report: measuring takes some %s\n", options->size == BENCH_QUICK ? "seconds" : "minutes");
	bench_engine_run(&bench);
	json_t *run = bench.failed ? NULL : bench_json(&bench);

	free(bench.results);
	return run;
}

/* Before minutes of measuring: what is in the file stays there until the page is whole. */
static FILE *
open_file(const char *path)
{
	FILE *file = fopen(path, "ae");

	if (file == NULL) {
		fprintf(stderr, "sallyport bench report: %s: %s\n", path, strerror(errno));
	}
	return file;
}

static bool
write_file(FILE *file, const char *path, const struct text *page)
{
	/* What cannot be cut, such as a pipe, has nothing to be cut off. */
	const bool cut = ftruncate(fileno(file), 0) == 0 || errno == EINVAL;
	const bool good = cut && fwrite(text_string(page), 1, page->length, file) == page->length && fflush(file) == 0;

	if (!good) {
		fprintf(stderr, "sallyport bench report: %s: %s\n", path, strerror(errno));
	}
	return good;
}

static bool
read_options(struct options *options, int argc, char **argv)
{
	static const struct option words[] = {
	    {"html", required_argument, NULL, 'h'},
	    {"run", required_argument, NULL, 'r'},
	    {"side-by-side", required_argument, NULL, 's'},
	    {"quick", no_argument, NULL, 'q'},
	    {"long", no_argument, NULL, 'l'},
	    {NULL, 0, NULL, 0},
	};
	bool good = true;
	int word;

	opterr = 0;
	while ((word = getopt_long(argc, argv, "", words, NULL)) != -1) {
		switch (word) {
		case 'h':
			options->html = optarg;
			break;
		case 'r':
			options->run = optarg;
			break;
		case 's':
			options->beside = optarg;
			break;
		case 'q':
			options->size = BENCH_QUICK;
			break;
		case 'l':
			options->size = BENCH_LONG;
			break;
		default:
			good = false;
		}
	}
	if (!good || options->html == NULL || optind != argc) {
		fputs("usage: sallyport bench report --html FILE [--run RUN.json | --quick | --long] [--side-by-side FILE.json]\n", stderr);
		return false;
	}
	return true;
}

int
bench_report_main(int argc, char **argv)
{
	struct options options = {.size = BENCH_NORMAL};
	struct text page = TEXT_EMPTY;
	bool good = false;

	if (!read_options(&options, argc, argv)) {
		return 2;
	}
	json_t *beside = options.beside == NULL ? NULL : load_json(options.beside, "rows", "bench/side-by-side writes");
	json_t *run = options.run == NULL ? NULL : load_json(options.run, "cases", "`bench engine --json` prints");
	const bool read = (options.beside == NULL) == (beside == NULL) && (options.run == NULL) == (run == NULL);
	FILE *file = read ? open_file(options.html) : NULL;

	if (file != NULL && run == NULL) {
		run = make_run(&options);
	}
	if (file != NULL && run != NULL) {
		write_page(&page, run, beside);
		good = !text_failed(&page) && write_file(file, options.html, &page);
	}
	text_release(&page);
	json_decref(run);
	json_decref(beside);
	if (file != NULL) {
		fclose(file);
	}
	return good ? 0 : 2;
}
