/*
 * The configuration at the start: the newest whole one of the store, else the rescue configuration, else (when nothing was
 * ever committed) the file that `up` was given, else the factory default.
 *
 * A statement that does not load, or that the checks refuse, is told and skipped, it alone; the rest is in force.
 */
#ifndef MGD_BOOT_H
#define MGD_BOOT_H

#include "mgd.h"

struct boot_file {
	int descriptor; /* -1: none was given */
	const char *name;
};

/* Sets running, running_id, stored and the candidate. False: there is nothing that could be put in force, or no memory. */
bool boot_configuration(struct mgd *mgd, const struct boot_file *file) __attribute__((warn_unused_result));

#endif
