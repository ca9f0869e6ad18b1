/*
 * A log file: whole lines, bounded size, never waits for anything but the disk itself.
 *
 * Lines gather in memory and are written at the end of a pass; what a full disk does not take stays there, bounded; the
 * rest is counted and the count written once there is room. At its size the file becomes NAME.0, NAME.0 becomes NAME.1
 * and so on; the oldest goes.
 */
#ifndef LOGD_FILE_H
#define LOGD_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct log_file;
struct plan_file;

/* `folder` is a descriptor of DIR/log, borrowed, as is the plan. The file is opened with its first line. NULL: no memory. */
struct log_file *log_file_create(int folder, const struct plan_file *plan) __attribute__((warn_unused_result));
void log_file_destroy(struct log_file *file);
/* => a whole line with its newline */
void log_file_append(struct log_file *file, const char *line, size_t length);
/* Writes what waits. */
void log_file_flush(struct log_file *file);
/* Empties it. False: errno says why. */
bool log_file_clear(struct log_file *file) __attribute__((warn_unused_result));
const char *log_file_name(const struct log_file *file);
/* Lines lost since the start. */
uint64_t log_file_lost(const struct log_file *file);

#endif
