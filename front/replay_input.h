/*
 * The captures of a replay as one stream of frames, merged by time stamp (equal stamps: in the order of the --in options).
 *
 * Life cycle: inputs_open() -> inputs_next() until false -> inputs_close(). A capture is read frame by frame, so memory does
 * not grow with its size. A capture that is cut or broken ends where it breaks: its frames before that count, and the
 * error is printed with its place.
 */
#ifndef FRONT_REPLAY_INPUT_H
#define FRONT_REPLAY_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	INPUTS_MAX = 256,
};

struct capture;

/* Where a capture comes from, as --in says it: strings are borrowed from the command line. */
struct input_name {
	const char *port;
	const char *path;
};

struct inputs;

struct input_frame {
	uint64_t stamp; /* nanoseconds of UTC since 1970 */
	const uint8_t *bytes; /* good until the next inputs_next() */
	uint32_t length; /* what was captured */
	uint32_t input; /* which --in */
};

/* NULL with a line on stderr: cannot be opened, is no capture, is not Ethernet. */
struct inputs *inputs_open(const struct input_name *names, uint32_t count) __attribute__((warn_unused_result));
void inputs_close(struct inputs *inputs);
/* The next frame of all; false at the end of all. */
bool inputs_next(struct inputs *inputs, struct input_frame *frame);
/* How many captures broke before their end. */
uint32_t inputs_broken(const struct inputs *inputs);

/* One capture alone, from an open stream (which it closes); for the fuzzer too. `error` takes a sentence. */
struct capture *capture_open(FILE *stream, char *error, size_t error_size) __attribute__((warn_unused_result));
void capture_close(struct capture *capture);
enum capture_state {
	CAPTURE_FRAME,
	CAPTURE_END,
	CAPTURE_BROKEN, /* capture_error() says why */
};
enum capture_state capture_next(struct capture *capture, struct input_frame *frame);
const char *capture_error(const struct capture *capture);
uint64_t capture_frames(const struct capture *capture); /* read so far */

#endif
