/*
 * The filter of monitor traffic: an expression of pcap-filter(7), which a person wrote, becomes instructions for flowd's workers.
 *
 * libpcap reads it in a process of its own that can open no socket, start no other process and takes a few seconds of a
 * processor at most; what it wrote is all that comes back. So hosts have to be addresses: no name server is asked.
 */
#ifndef PROBED_FILTER_H
#define PROBED_FILTER_H

#include <stdbool.h>

#include "base/text.h"

/* Appends "code true false value;" for each instruction, as flowd reads it. False with a sentence. */
bool filter_compile(const char *expression, struct text *out, struct text *error) __attribute__((warn_unused_result));

#endif
