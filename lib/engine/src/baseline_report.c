/*
 * Figures read off the samples of a baseline, and those of several engines put together. See baseline.h.
 */
#include "baseline_private.h"

#include <assert.h>

#include "wire/ipv4.h"

enum {
	PERMILLE = 1000,
};

/* The highest value that counts there. */
static uint32_t
bucket_top(uint32_t bucket)
{
	if (bucket < BASELINE_EXACT) {
		return bucket;
	}
	const uint32_t shift = (bucket - BASELINE_EXACT) / BASELINE_PARTS + 1;
	const uint32_t part = (bucket - BASELINE_EXACT) % BASELINE_PARTS + BASELINE_PARTS;

	return ((part + 1) << shift) - 1;
}

/* The least value that so many of a thousand samples are not above. */
static uint32_t
percentile(const struct baseline_samples *samples, uint64_t permille)
{
	const uint64_t rank = (samples->count * permille + PERMILLE - 1) / PERMILLE;
	uint64_t seen = 0;

	for (uint32_t i = 0; i < BASELINE_BUCKETS; i++) {
		seen += samples->buckets[i];
		if (seen >= rank && seen > 0) {
			return bucket_top(i) < samples->peak ? bucket_top(i) : samples->peak;
		}
	}
	return 0;
}

void
baseline_report_zone(const struct baseline *baseline, uint32_t place, struct baseline_report *report)
{
	struct baseline_zone *zone = &report->zones[place];

	assert(place < baseline->totals.zones);
	zone->zone = baseline->zones[place];
	zone->counts = baseline->states[place].counts;
	for (unsigned i = 0; i < BASELINE_COUNT; i++) {
		const struct baseline_samples *samples = &baseline->states[place].of[i];

		zone->figures[i] = (struct baseline_figures){
		    .samples = samples->count,
		    .sum = samples->sum,
		    .percentile_950 = percentile(samples, 950),
		    .percentile_999 = percentile(samples, 999),
		    .peak = samples->peak,
		    .peak_port = samples->peak_port,
		    .peak_address = samples->peak_address,
		    .peak_time = samples->peak_time,
		};
	}
}

/* Among those so far, if it belongs there; the last one may fall out. */
static void
rank_service(struct baseline_report *report, const struct baseline_service *service)
{
	uint32_t at = report->service_count;

	if (at == BASELINE_SERVICES) {
		at--;
		if (report->services[at].sessions >= service->sessions) {
			return;
		}
	} else {
		report->service_count++;
	}
	for (; at > 0 && report->services[at - 1].sessions < service->sessions; at--) {
		report->services[at] = report->services[at - 1];
	}
	report->services[at] = *service;
}

void
baseline_report_totals(const struct baseline *baseline, uint64_t now, struct baseline_report *report)
{
	static const uint8_t protocols[] = {IPV4_PROTOCOL_TCP, IPV4_PROTOCOL_UDP};

	report->totals = baseline->totals;
	report->totals.parts = 1;
	if (!baseline->ended && baseline->going && now > baseline->began) {
		report->totals.duration = now - baseline->began;
	}
	report->service_count = 0;
	for (uint32_t i = 0; i < sizeof protocols; i++) {
		for (uint32_t port = 0; port < BASELINE_PORTS; port++) {
			const struct baseline_service service = {
			    .sessions = baseline->ports[i][port],
			    .port = (uint16_t)port,
			    .protocol = protocols[i],
			};

			if (service.sessions > 0) {
				rank_service(report, &service);
			}
		}
	}
}

/* The zone's place there; it gets one if there is room. */
static struct baseline_zone *
zone_in(struct baseline_report *report, uint16_t zone)
{
	for (uint32_t i = 0; i < report->totals.zones; i++) {
		if (report->zones[i].zone == zone) {
			return &report->zones[i];
		}
	}
	if (report->totals.zones == BASELINE_ZONES) {
		return NULL;
	}
	report->zones[report->totals.zones] = (struct baseline_zone){.zone = zone};
	return &report->zones[report->totals.zones++];
}

static uint32_t
higher(uint32_t left, uint32_t right)
{
	return left > right ? left : right;
}

static void
add_figures(struct baseline_figures *figures, const struct baseline_figures *other, enum baseline_scope scope)
{
	const struct baseline_figures before = *figures;

	*figures = other->peak > before.peak ? *other : before;
	figures->sum = before.sum + other->sum;
	if (scope == BASELINE_SCOPE_ZONE) {
		/* The same seconds. */
		figures->samples = before.samples > other->samples ? before.samples : other->samples;
		figures->percentile_950 = before.percentile_950 + other->percentile_950;
		figures->percentile_999 = before.percentile_999 + other->percentile_999;
		figures->peak = before.peak + other->peak;
	} else {
		figures->samples = before.samples + other->samples;
		figures->percentile_950 = higher(before.percentile_950, other->percentile_950);
		figures->percentile_999 = higher(before.percentile_999, other->percentile_999);
	}
}

static void
add_counts(struct baseline_counts *counts, const struct baseline_counts *other)
{
	counts->packets += other->packets;
	counts->octets += other->octets;
	counts->errors += other->errors;
	counts->fragments += other->fragments;
	counts->tcp += other->tcp;
	counts->syn += other->syn;
	counts->close += other->close;
	counts->icmp += other->icmp;
	counts->echo += other->echo;
	counts->udp += other->udp;
	counts->sessions += other->sessions;
	counts->sessions_tcp += other->sessions_tcp;
	counts->sessions_udp += other->sessions_udp;
	counts->sessions_icmp += other->sessions_icmp;
	for (unsigned i = 0; i < BASELINE_KNOWN_COUNT; i++) {
		counts->known[i] = higher(counts->known[i], other->known[i]);
	}
}

static void
add_service(struct baseline_report *report, struct baseline_service service)
{
	for (uint32_t i = 0; i < report->service_count; i++) {
		const struct baseline_service *known = &report->services[i];

		if (known->port == service.port && known->protocol == service.protocol) {
			service.sessions += known->sessions;
			for (uint32_t behind = i + 1; behind < report->service_count; behind++) {
				report->services[behind - 1] = report->services[behind];
			}
			report->service_count--;
			break;
		}
	}
	rank_service(report, &service);
}

void
baseline_report_add(struct baseline_report *report, const struct baseline_report *other)
{
	struct baseline_totals *totals = &report->totals;

	for (uint32_t i = 0; i < other->totals.zones; i++) {
		struct baseline_zone *zone = zone_in(report, other->zones[i].zone);

		if (zone == NULL) {
			totals->unmeasured += other->zones[i].counts.packets;
			continue;
		}
		add_counts(&zone->counts, &other->zones[i].counts);
		for (unsigned m = 0; m < BASELINE_COUNT; m++) {
			add_figures(&zone->figures[m], &other->zones[i].figures[m], baseline_scope((enum baseline_measure)m));
		}
	}
	for (uint32_t i = 0; i < other->service_count; i++) {
		add_service(report, other->services[i]);
	}
	totals->duration = totals->duration > other->totals.duration ? totals->duration : other->totals.duration;
	totals->parts += other->totals.parts;
	totals->unmeasured += other->totals.unmeasured;
	totals->crowded += other->totals.crowded;
	totals->strangers += other->totals.strangers;
	totals->tcp_ports = higher(totals->tcp_ports, other->totals.tcp_ports);
	totals->udp_ports = higher(totals->udp_ports, other->totals.udp_ports);
}
