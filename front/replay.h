/*
 * sallyport replay from the inside: a run of captured frames through one gateway (two with --compare), and what it writes.
 */
#ifndef FRONT_REPLAY_H
#define FRONT_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "flow.h"
#include "gateway.h"
#include "replay_input.h"

struct replay_options {
	const char *config;
	const char *compare; /* NULL: none */
	const char *out;     /* NULL: write nothing (only with --compare or --baseline) */
	enum conf_format format;
	bool neighbours_auto;
	bool baseline;
	uint64_t until; /* nanoseconds after the last frame */
	uint64_t seed;
	uint32_t input_count;
	struct input_name inputs[INPUTS_MAX];
};

/* What became of one frame, with everything that a person is told about it. Names are borrowed from the registry. */
struct replay_verdict {
	struct packet_result result;
	const char *in;     /* unit, or port when no unit was found */
	const char *out;    /* NULL: did not leave */
	const char *from_zone;
	const char *to_zone;
	const char *policy;
	bool source_translated;
	bool destination_translated;
	struct flow flow; /* as it came in */
	struct flow left; /* as it left; counts when one of the above is true */
};

/* The files of one run. */
struct replay_output;

/* Makes the directory and all files. NULL with a line on stderr. `first` is the stamp of time 0, in ns since 1970. */
struct replay_output *replay_output_open(const char *directory, const struct gateway *gateway, uint64_t first)
    __attribute__((warn_unused_result));
void replay_output_frame(struct replay_output *output, uint64_t now, const struct engine_output *packet);
void replay_output_event(struct replay_output *output, const struct gateway *gateway, const struct event *event);
void replay_output_verdict(struct replay_output *output, uint64_t frame, uint64_t now,
    const struct replay_verdict *verdict);
/* Writes the summary, closes all. False with a line on stderr when anything could not be written. */
bool replay_output_close(struct replay_output *output, struct gateway *gateway, uint64_t frames, uint32_t broken);

/* --baseline. What it measures belongs to the gateway's engine until replay_baseline_end() or the end of the gateway, and to the caller
 * to be freed when that comes first. NULL with a line on stderr. */
struct baseline *replay_baseline_start(struct gateway *gateway, uint64_t seed) __attribute__((warn_unused_result));
/* At the gateway's time: prints it, and writes files when there is a directory. `began`: UTC seconds. False with a line on
 * stderr. */
bool replay_baseline_end(struct gateway *gateway, const struct schema *schema, int64_t began, const char *directory);

/* What --compare gathers: flows whose verdict, policy, translation or egress differ. */
struct replay_compare;

struct replay_compare *replay_compare_create(void) __attribute__((warn_unused_result));
void replay_compare_destroy(struct replay_compare *compare);
void replay_compare_frame(struct replay_compare *compare, uint64_t frame, const struct replay_verdict *before,
    const struct replay_verdict *after);
/* Prints flows and the summary line to stdout; returns whether anything changes. */
bool replay_compare_print(const struct replay_compare *compare);

#endif
