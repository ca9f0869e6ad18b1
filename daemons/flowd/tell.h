/*
 * What flowd has to say by itself: a line on standard error (which reaches the person who started the gateway) and a
 * record for the log.
 */
#ifndef FLOWD_TELL_H
#define FLOWD_TELL_H

#include "ipc/log.h"

/* Warnings and worse also go to standard error. `tag` as "FLOWD_PORT_GONE". => logger may be NULL at the start */
void tell(struct logger *logger, enum log_severity severity, const char *tag, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
