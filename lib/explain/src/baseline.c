/*
 * Rates and tables of a baseline. See explain/baseline.h.
 *
 * A user is an address that began sessions. Bandwidth is what comes in, counted once; session count is the mean over all
 * seconds of the most sessions at a time in each.
 */
#include "baseline_private.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "wire/address_text.h"
#include "wire/ipv4.h"

enum {
	BITS = 8,
	PERCENT = 100,
	TENTHS = 10,
	MINUTE = 60,
	HOUR = 3600,
	DAY = 86400,
};

#define SECOND_NS UINT64_C(1000000000)

static const char *const scopes[] = {
    [BASELINE_SCOPE_ZONE] = "zone",
    [BASELINE_SCOPE_SOURCE] = "source",
    [BASELINE_SCOPE_DESTINATION] = "destination",
    [BASELINE_SCOPE_SERVICE] = "destination and port",
};

void
explain_baseline_moment(const struct explain_baseline *what, uint64_t after, struct text *out)
{
	char word[sizeof("-2147483648-01-01 00:00:00 UTC")];
	const time_t time = (time_t)(what->began + (int64_t)(after / SECOND_NS));
	struct tm parts;

	if (gmtime_r(&time, &parts) != NULL && strftime(word, sizeof(word), "%Y-%m-%d %H:%M:%S UTC", &parts) > 0) {
		text_append(out, word);
	}
}

void
explain_baseline_peak(const struct baseline_figures *figures, enum baseline_scope scope, struct text *out)
{
	char address[ADDRESS_TEXT];

	if (scope == BASELINE_SCOPE_ZONE) {
		return;
	}
	text_append(out, address_text(address, figures->peak_address));
	if (scope == BASELINE_SCOPE_SERVICE) {
		text_printf(out, " port %u", figures->peak_port);
	}
}

/* With one decimal, rounded; "-" when there is nothing to divide by. */
static void
append_ratio(struct text *out, double value, double by)
{
	if (by > 0) {
		text_printf(out, "%.1f", value / by);
	} else {
		text_append_char(out, '-');
	}
}

static void
append_duration(struct text *out, uint64_t seconds)
{
	if (seconds >= DAY) {
		text_printf(out, "%" PRIu64 " d ", seconds / DAY);
	}
	if (seconds >= HOUR) {
		text_printf(out, "%" PRIu64 " h ", seconds % DAY / HOUR);
	}
	if (seconds >= MINUTE) {
		text_printf(out, "%" PRIu64 " min ", seconds % HOUR / MINUTE);
	}
	text_printf(out, "%" PRIu64 " s", seconds % MINUTE);
}

static void
add_rate(const struct explain_baseline *what, struct op_tree *tree, struct op_node *zone, const struct baseline_figures *figures,
    enum baseline_measure measure)
{
	struct op_node *row = op_add(tree, zone, "baseline-rate", NULL);
	struct text text = TEXT_EMPTY;

	(void)op_add(tree, row, "rate-name", baseline_name(measure));
	(void)op_add(tree, row, "rate-scope", scopes[baseline_scope(measure)]);
	(void)op_add_number(tree, row, "rate-samples", figures->samples);
	if (figures->samples > 0) {
		append_ratio(&text, (double)figures->sum, (double)figures->samples);
		(void)op_add(tree, row, "rate-average", text_string(&text));
		(void)op_add_number(tree, row, "rate-percentile-95", figures->percentile_950);
		(void)op_add_number(tree, row, "rate-percentile-99-9", figures->percentile_999);
		(void)op_add_number(tree, row, "rate-peak", figures->peak);
	}
	if (figures->peak > 0) {
		text_clear(&text);
		explain_baseline_moment(what, figures->peak_time, &text);
		(void)op_add(tree, row, "rate-peak-time", text_string(&text));
		text_clear(&text);
		explain_baseline_peak(figures, baseline_scope(measure), &text);
		if (text.length > 0) {
			(void)op_add(tree, row, "rate-peak-of", text_string(&text));
		}
	}
	text_release(&text);
}

static const char *
zone_name(const struct explain_baseline *what, uint32_t place)
{
	const char *name = snapshot_zone_name(what->registry, what->report->zones[place].zone);

	return name == NULL ? "" : name;
}

/* What all zones have together. */
struct sums {
	struct baseline_counts counts;
	double seconds; /* of the measurement, whole ones */
	double sessions; /* at a time, on average */
	uint64_t users;
};

static struct sums
sums_of(const struct baseline_report *report)
{
	struct sums sums = {.seconds = (double)report->totals.duration / (double)SECOND_NS};

	for (uint32_t i = 0; i < report->totals.zones; i++) {
		const struct baseline_counts *counts = &report->zones[i].counts;
		const struct baseline_figures *level = &report->zones[i].figures[BASELINE_SESSIONS];

		sums.counts.packets += counts->packets;
		sums.counts.octets += counts->octets;
		sums.counts.errors += counts->errors;
		sums.counts.fragments += counts->fragments;
		sums.counts.syn += counts->syn;
		sums.counts.close += counts->close;
		sums.counts.icmp += counts->icmp;
		sums.counts.tcp += counts->tcp;
		sums.counts.udp += counts->udp;
		sums.counts.sessions += counts->sessions;
		sums.counts.sessions_tcp += counts->sessions_tcp;
		sums.counts.sessions_udp += counts->sessions_udp;
		sums.counts.sessions_icmp += counts->sessions_icmp;
		sums.users += counts->known[BASELINE_KNOWN_SOURCES];
		sums.sessions += level->samples == 0 ? 0 : (double)level->sum / (double)level->samples;
	}
	return sums;
}

/* One line of a table, built up in place. */
struct item {
	struct op_tree *tree;
	const char *table;
	struct text value;
};

static void
item_end(struct item *item, const char *group, const char *name)
{
	struct op_node *row = op_add(item->tree, item->tree->root, "baseline-item", NULL);

	(void)op_add(item->tree, row, "item-table", item->table);
	(void)op_add(item->tree, row, "item-group", group);
	(void)op_add(item->tree, row, "item-name", name);
	(void)op_add(item->tree, row, "item-value", text_string(&item->value));
	text_clear(&item->value);
}

static void
put_percent(struct item *item, uint64_t part, uint64_t whole, const char *what)
{
	if (whole == 0) {
		text_append_char(&item->value, '-');
		return;
	}
	text_printf(&item->value, "%.2f%% %s", (double)part * PERCENT / (double)whole, what);
}

/* Bits a second, in the unit that leaves a few digits. */
static void
put_bandwidth(struct item *item, double octets, double by)
{
	static const char *const units[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"};
	double value = by > 0 ? octets * BITS / by : 0;
	size_t unit = 0;

	if (!(by > 0)) {
		text_append_char(&item->value, '-');
		return;
	}
	for (; value >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++) {
		value /= 1000;
	}
	text_printf(&item->value, "%.*f %s", unit == 0 ? 0 : 2, value, units[unit]);
}

static void
put_ratio(struct item *item, double value, double by, const char *unit)
{
	append_ratio(&item->value, value, by);
	if (by > 0 && *unit != '\0') {
		text_printf(&item->value, " %s", unit);
	}
}

static void
add_services(const struct baseline_report *report, const struct sums *sums, struct item *item)
{
	for (uint32_t i = 0; i < report->service_count; i++) {
		const struct baseline_service *service = &report->services[i];

		text_printf(&item->value, "%s%s %u (%.1f%%)", i == 0 ? "" : ", ",
		    service->protocol == IPV4_PROTOCOL_TCP ? "tcp" : "udp", service->port,
		    (double)service->sessions * PERCENT / (double)sums->counts.sessions);
	}
	if (report->service_count == 0) {
		text_append_char(&item->value, '-');
	}
	item_end(item, "aggregate", "Most used applications, by sessions");
}

static void
add_aggregate(const struct baseline_report *report, const struct sums *sums, struct item *item)
{
	const struct baseline_counts *counts = &sums->counts;
	const struct {
		uint64_t sessions;
		const char *name;
	} kinds[] = {
	    {counts->sessions_tcp, "TCP"},
	    {counts->sessions_udp, "UDP"},
	    {counts->sessions_icmp, "ICMP"},
	    {counts->sessions - counts->sessions_tcp - counts->sessions_udp - counts->sessions_icmp, "other"},
	};

	text_printf(&item->value, "%" PRIu64, sums->users);
	item_end(item, "aggregate", "Users: addresses that began sessions");
	text_printf(&item->value, "%u: %u TCP, %u UDP", report->totals.tcp_ports + report->totals.udp_ports,
	    report->totals.tcp_ports, report->totals.udp_ports);
	item_end(item, "aggregate", "Applications: destination ports of sessions");
	add_services(report, sums, item);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		text_append(&item->value, i == 0 ? "" : ", ");
		put_percent(item, kinds[i].sessions, counts->sessions, kinds[i].name);
	}
	item_end(item, "aggregate", "Sessions by protocol");
}

/* The guide's Table 8, in its order. */
static void
add_table_8(const struct baseline_report *report, const struct sums *sums, struct item *item)
{
	const struct baseline_counts *counts = &sums->counts;
	const double users = (double)sums->users;

	item->table = "8";
	add_aggregate(report, sums, item);
	put_bandwidth(item, (double)counts->octets, sums->seconds * users);
	item_end(item, "individual", "Average bandwidth per user");
	put_ratio(item, sums->sessions, users, "");
	item_end(item, "individual", "Average number of sessions per user");
	put_ratio(item, (double)counts->sessions, sums->seconds * users, "/s");
	item_end(item, "individual", "Average session rate per user");
	put_ratio(item, (double)counts->octets, (double)(counts->packets - counts->errors), "octets");
	item_end(item, "layer 2 and 3", "Average packet size");
	put_percent(item, counts->errors, counts->packets, "of all packets");
	item_end(item, "layer 2 and 3", "Error rate");
	put_percent(item, counts->fragments, counts->packets, "of all packets");
	item_end(item, "layer 2 and 3", "Fragmentation rate");
	put_percent(item, counts->syn, counts->packets, "SYN, ");
	put_percent(item, counts->close, counts->packets, "FIN or RST of all packets");
	item_end(item, "layer 2 and 3", "TCP control packets");
	put_bandwidth(item, (double)counts->octets, sums->seconds);
	item_end(item, "measured", "Bandwidth");
	text_printf(&item->value, "%.1f", sums->sessions);
	item_end(item, "measured", "Session count");
	put_ratio(item, (double)counts->sessions, sums->seconds, "/s");
	item_end(item, "measured", "Session rate");
	text_printf(&item->value, "%" PRIu64, sums->users);
	item_end(item, "measured", "User count");
}

static void
add_active(const struct explain_baseline *what, struct item *item)
{
	static const struct {
		enum baseline_known role;
		const char *name;
	} questions[] = {
	    {BASELINE_KNOWN_SOURCES, "Active source addresses"},
	    {BASELINE_KNOWN_REACHED, "Destination addresses that its users communicate with"},
	    {BASELINE_KNOWN_CALLERS, "Source addresses that communicate with it"},
	    {BASELINE_KNOWN_SERVERS, "Active destination addresses in it"},
	};
	struct text group = TEXT_EMPTY;

	for (uint32_t i = 0; i < what->report->totals.zones; i++) {
		text_clear(&group);
		text_printf(&group, "active sessions of zone %s", zone_name(what, i));
		for (size_t q = 0; q < sizeof(questions) / sizeof(questions[0]); q++) {
			text_printf(&item->value, "%s%u", what->report->totals.strangers > 0 ? "at least " : "",
			    what->report->zones[i].counts.known[questions[q].role]);
			item_end(item, text_string(&group), questions[q].name);
		}
	}
	text_release(&group);
}

/* The guide's Table 9: its formulas, put together as it says. */
static void
add_table_9(const struct explain_baseline *what, const struct sums *sums, struct item *item)
{
	const struct baseline_counts *counts = &sums->counts;
	const double users = (double)sums->users;
	const double begun = (double)counts->sessions;

	item->table = "9";
	put_ratio(item, sums->sessions * sums->seconds, begun, "s");
	item_end(item, "aggregate model", "Session time = session count / session rate");
	put_bandwidth(item, (double)counts->octets, sums->seconds * sums->sessions);
	item_end(item, "aggregate model", "Bandwidth per session = bandwidth per user / sessions per user");
	put_ratio(item, (double)counts->octets, begun, "octets");
	item_end(item, "aggregate model", "Data per session = bandwidth per session x session time");
	put_ratio(item, begun, sums->seconds * users, "/s");
	item_end(item, "individual model", "Session rate per user = session rate / user count");
	put_bandwidth(item, (double)counts->octets, sums->seconds * users);
	item_end(item, "individual model", "Bandwidth per user = bandwidth / user count");
	put_ratio(item, sums->sessions, users, "");
	item_end(item, "individual model", "Sessions per user = session count / user count");
	add_active(what, item);
}

static void
add_notes(const struct baseline_report *report, struct op_tree *tree)
{
	const struct {
		uint64_t count;
		const char *sentence;
	} notes[] = {
	    {report->totals.crowded, "seconds of addresses were cut short, for there were too many at a time: figures by address are low"},
	    {report->totals.strangers, "addresses could not be told apart, for there were too many: numbers of addresses are low"},
	    {report->totals.unmeasured, "packets came from zones that are not measured: there are too many"},
	};

	if (report->totals.parts > 1) {
		(void)op_addf(tree, tree->root, "baseline-note",
		    "%u workers measured, each its share of the sessions: figures by address, and numbers of addresses and ports, may be low",
		    report->totals.parts);
	}
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		if (notes[i].count > 0) {
			(void)op_addf(tree, tree->root, "baseline-note", "%" PRIu64 " %s", notes[i].count, notes[i].sentence);
		}
	}
}

void
explain_add_baseline(const struct explain_baseline *what, struct op_tree *tree)
{
	const struct baseline_report *report = what->report;
	const struct sums sums = sums_of(report);
	struct item item = {.tree = tree, .value = TEXT_EMPTY};

	/* Before the measurement begins the sessions that there are, are counted. */
	(void)op_add(tree, tree->root, "baseline-state",
	    !what->running ? "finished" : report->totals.duration == 0 ? "starting" : "running");
	explain_baseline_moment(what, 0, &item.value);
	(void)op_add(tree, tree->root, "baseline-start-time", text_string(&item.value));
	text_clear(&item.value);
	append_duration(&item.value, report->totals.duration / SECOND_NS);
	(void)op_add(tree, tree->root, "baseline-duration", text_string(&item.value));
	text_clear(&item.value);
	add_notes(report, tree);
	for (uint32_t i = 0; i < report->totals.zones; i++) {
		const struct baseline_counts *counts = &report->zones[i].counts;
		struct op_node *zone;

		/* What only answers has no rates of its own. */
		if (counts->packets == 0 && report->zones[i].figures[BASELINE_SESSIONS].peak == 0) {
			continue;
		}
		zone = op_add(tree, tree->root, "baseline-zone", NULL);
		(void)op_add(tree, zone, "zone-name", zone_name(what, i));
		for (unsigned m = 0; m < BASELINE_COUNT; m++) {
			add_rate(what, tree, zone, &report->zones[i].figures[m], (enum baseline_measure)m);
		}
	}
	add_table_8(report, &sums, &item);
	add_table_9(what, &sums, &item);
	text_release(&item.value);
	explain_add_proposal(what, tree);
}
