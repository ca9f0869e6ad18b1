/*
 * The configuration of a device that has none: examples/01-secure-context-default.conf, embedded at build.
 */
#ifndef MGD_FACTORY_H
#define MGD_FACTORY_H

/* Its lines without newlines, then NULL. */
extern const char *const factory_default[];

#endif
