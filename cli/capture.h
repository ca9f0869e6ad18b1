/*
 * Captures of monitor traffic, as files of whoever uses the command line, read and written by his own rights.
 *
 * write-file: what the gateway sends instead of text are records of a pcap file, in hexadecimal digits: a line that begins with +
 * begins a record (the first one is the file's header), one that begins with = goes on with it. All other lines are text. The
 * file lies in the user's home folder.
 *
 * read-file: tcpdump(8) renders the file in a process that has no rights: nobody's where we are root, and it can open no socket
 * and start no other.
 */
#ifndef CLI_CAPTURE_H
#define CLI_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct cli_capture {
	struct text path; /* empty: nothing is written */
	struct text line; /* without an end yet */
	int descriptor;   /* -1: not yet opened */
	int problem;      /* errno of the first one */
	uint64_t octets;
	uint64_t records;
};

typedef bool cli_capture_sink(void *context, const char *bytes, size_t length);

/* Begins for a line. True: it writes a file. False with nothing in `error`: it does not. */
bool cli_capture_start(struct cli_capture *capture, const char *line, struct text *error)
    __attribute__((warn_unused_result));
/* Takes what the gateway sends; text goes to `sink`. False: no more is wanted. */
bool cli_capture_feed(struct cli_capture *capture, const char *bytes, size_t length, cli_capture_sink *sink, void *context)
    __attribute__((warn_unused_result));
/* Says what was written. False with a sentence in `error`. */
bool cli_capture_end(struct cli_capture *capture, struct text *said, struct text *error)
    __attribute__((warn_unused_result));
void cli_capture_release(struct cli_capture *capture);

/* Is the line monitor traffic read-file? */
bool cli_capture_reads(const char *line);
/* Shows the file, until `interrupt` is readable (-1: no). False with a sentence in `error`, or without one when it was interrupted. */
bool cli_capture_show(const char *line, int interrupt, cli_capture_sink *sink, void *context, struct text *error)
    __attribute__((warn_unused_result));

#endif
