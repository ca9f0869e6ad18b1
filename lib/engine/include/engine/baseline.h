/*
 * Baseline: what is normal for a network, measured so that thresholds of screens can be chosen (the guide's Tables 8 and 9).
 *
 * While a baseline is measured the engine counts what comes in from each zone: sessions, and SYNs, echo requests and datagrams a
 * second, of all and of each address. A sample of an address is what it did in a second that began with its first packet,
 * as a screen counts it: a threshold that is not less than the peak would have dropped nothing of it. Seconds in which an address
 * did nothing are no samples. A sample of a zone is what came in of it in a second of the measurement, idle ones too.
 *
 * Memory is fixed, whoever sends: samples are kept as counts of values (exact below 256, else at most 1/128 too high),
 * addresses have BASELINE_WINDOWS places for their seconds that are under way (in a crowd who counted least goes, with a sample
 * that is too low: `crowded`), BASELINE_KNOWN_MOST different ones are told apart (`strangers`), and BASELINE_ZONES zones measured.
 *
 * Life cycle: baseline_init() in memory of baseline_size() octets -> engine_baseline_start() -> { engine_baseline_settle(), look }
 * -> engine_baseline_stop() -> baseline_end() -> look. The memory is the caller's.
 *
 * Threads: the engine's, from start to stop; then whoever has it. Times are monotonic nanoseconds.
 */
#ifndef ENGINE_BASELINE_H
#define ENGINE_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "wire/ipv6.h"

enum {
	BASELINE_ZONES = 64,
	BASELINE_WINDOWS = 65536,
	BASELINE_KNOWN_MOST = 98304,
	BASELINE_PORTS = 65536,
	BASELINE_SERVICES = 10,
};

enum baseline_measure {
#define BASELINE(symbol, name, scope) BASELINE_##symbol,
#include "engine/baseline.def"
#undef BASELINE
	BASELINE_COUNT
};

enum baseline_scope {
	BASELINE_SCOPE_ZONE,
	BASELINE_SCOPE_SOURCE,
	BASELINE_SCOPE_DESTINATION,
	BASELINE_SCOPE_SERVICE,
};

/* => measure < BASELINE_COUNT */
const char *baseline_name(enum baseline_measure measure);
enum baseline_scope baseline_scope(enum baseline_measure measure);

/* Of one measure in one zone. Percentiles by nearest rank: so many of a thousand samples are not more. */
struct baseline_figures {
	uint64_t samples; /* 0: all else is 0 too */
	uint64_t sum;
	uint32_t percentile_950;
	uint32_t percentile_999;
	uint32_t peak;
	uint16_t peak_port;                /* SERVICE */
	struct ipv6_address peak_address;  /* whose it was; IPv4 as ::ffff:a.b.c.d; not of a ZONE */
	uint64_t peak_time;                /* since the start, ns */
};

/* Different addresses of sessions, by the zone that they come from (sources of it, destinations that these reach) and by the one
 * that they go to (sources that reach it, destinations in it). */
enum baseline_known {
	BASELINE_KNOWN_SOURCES,
	BASELINE_KNOWN_REACHED,
	BASELINE_KNOWN_CALLERS,
	BASELINE_KNOWN_SERVERS,
	BASELINE_KNOWN_COUNT
};

/* What came in from a zone. */
struct baseline_counts {
	uint64_t packets;   /* IP */
	uint64_t octets;    /* of them */
	uint64_t errors;    /* packets that cannot be right: lengths, checksums */
	uint64_t fragments;
	uint64_t tcp;
	uint64_t syn;       /* without ACK */
	uint64_t close;     /* FIN or RST */
	uint64_t icmp;
	uint64_t echo;      /* requests */
	uint64_t udp;
	uint64_t sessions;  /* that began, of these by protocol: */
	uint64_t sessions_tcp;
	uint64_t sessions_udp;
	uint64_t sessions_icmp;
	uint32_t known[BASELINE_KNOWN_COUNT];
};

/* Of all zones. */
struct baseline_totals {
	uint64_t duration;  /* ns; 0: it has not begun */
	uint32_t zones;     /* measured */
	uint32_t parts;     /* 1, or how many measured side by side: baseline_report_add() */
	uint64_t unmeasured; /* packets from zones beyond BASELINE_ZONES */
	uint64_t crowded;   /* seconds of addresses that were cut short for want of room */
	uint64_t strangers; /* sessions' addresses that were not told apart for want of room */
	uint32_t tcp_ports; /* different destination ports of sessions */
	uint32_t udp_ports;
};

/* A service: sessions that went to a port. */
struct baseline_service {
	uint32_t sessions;
	uint16_t port;
	uint8_t protocol; /* TCP or UDP */
};

struct baseline_zone {
	uint16_t zone; /* identity */
	struct baseline_counts counts;
	struct baseline_figures figures[BASELINE_COUNT];
};

/* Everything that was measured. */
struct baseline_report {
	struct baseline_totals totals;
	struct baseline_service services[BASELINE_SERVICES]; /* those with most sessions, the first of them first */
	uint32_t service_count;
	struct baseline_zone zones[BASELINE_ZONES];
};

struct baseline;
struct engine;

size_t baseline_size(void);
/* => memory is baseline_size() octets, aligned as malloc() does, zeroed: calloc() leaves what is not used untouched */
struct baseline *baseline_init(void *memory, struct random_source *random);

/* From now on it is the engine's. => the engine has none. The measurement begins when the sessions that there are have been
 * counted, some in each engine_advance(): a million take some tenths of a second. */
void engine_baseline_start(struct engine *engine, struct baseline *baseline);
/* Counts some of them now, besides; true when more are left. => one was started */
bool engine_baseline_prepare(struct engine *engine);
/* The one under way, or NULL. */
const struct baseline *engine_baseline(const struct engine *engine);
/* Takes it back; NULL when there is none. */
struct baseline *engine_baseline_stop(struct engine *engine);

/* Makes samples of seconds that are over, a bounded step from *cursor on; *cursor begins at 0 and is UINT32_MAX at the end. */
void engine_baseline_settle(struct engine *engine, uint64_t now, uint32_t *cursor);
/* The end of the measurement: what is under way counts as whole seconds. */
void baseline_end(struct baseline *baseline, uint64_t now);

/* All but the zones, which stay to be read one by one. */
void baseline_report_totals(const struct baseline *baseline, uint64_t now, struct baseline_report *report);
/* => place < report->totals.zones, as baseline_report_totals() said */
void baseline_report_zone(const struct baseline *baseline, uint32_t place, struct baseline_report *report);
/* Adds what another engine measured at the same time. Packets, sessions and means are exact; percentiles and peaks of a zone are sums, not
 * lower than the truth; those of addresses are the higher ones, and numbers of addresses too, not higher than the truth. */
void baseline_report_add(struct baseline_report *report, const struct baseline_report *other);

#endif
