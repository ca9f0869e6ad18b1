/*
 * A tap: copies of the frames that pass a port, for whoever watches (monitor traffic).
 *
 * Each worker writes into a ring of its own and never waits: what there is no room for is counted. A filter in the form that
 * pcap_compile() gives says which frames are worth a copy; it has no loops and reads nothing outside the frame (tap_create()
 * refuses any other). A port that nobody watches costs a look at a number a burst.
 *
 * Life cycle: tap_create() -> worker_add_tap() -> { tap_take() } -> worker_remove_tap() -> tap_destroy().
 * Threads: one writes by tap_put(), one reads by tap_take(). Shared: `written` (stored with release by tap_put(), loaded with
 * acquire by tap_take()), `read` (the other way round), and the counters (relaxed, one writer).
 */
#ifndef FLOWD_TAP_H
#define FLOWD_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
	TAP_FRAMES = 2048,     /* a ring holds */
	TAP_OCTETS_MOST = 9216, /* of a frame that are kept */
	TAP_INSTRUCTIONS = 512, /* of a filter */
	TAP_ANY_TAG = 0xffff,
};

struct tap;

/* What is watched. */
struct tap_choice {
	uint16_t port;
	uint16_t tag;       /* a VLAN's, then frames are shown without it; 0: frames without a tag; TAP_ANY_TAG: all */
	uint32_t octets;    /* of a frame that are kept */
	const char *filter; /* "code true false value;..."; "": all frames */
	uint16_t workers;
};

/* NULL with a sentence. */
struct tap *tap_create(const struct tap_choice *choice, struct text *error) __attribute__((warn_unused_result));
/* => no worker has it */
void tap_destroy(struct tap *tap);
uint16_t tap_port(const struct tap *tap);

struct tap_frame {
	int64_t time;    /* UTC, microseconds */
	uint32_t length; /* of the whole frame */
	uint32_t kept;   /* octets of it in `octets` */
	bool outward;    /* it left; else it came in */
	const uint8_t *octets;
};

/* A worker's frame; time 0: the clock is asked. */
void tap_put(struct tap *tap, uint16_t worker, const struct tap_frame *frame);
/*
 * The oldest frame of those that wait, of whichever worker; `octets` is borrowed until tap_next(), which makes room. False:
 * none waits.
 */
bool tap_take(struct tap *tap, struct tap_frame *frame) __attribute__((warn_unused_result));
void tap_next(struct tap *tap);
/* Frames that fitted, and those of them that were lost because nobody read fast enough. */
struct tap_counts {
	uint64_t matched;
	uint64_t lost;
};
struct tap_counts tap_counts(const struct tap *tap);

#endif
