/*
 * `sallyport bench configuration [--json] [--policies N] [--times N]`: milliseconds of lib/conf and
 * lib/snapshot for a configuration of N policies with N addresses, in process.
 */
#ifndef BENCH_CONFIGURATION_H
#define BENCH_CONFIGURATION_H

/* => argv[0] is "configuration". Returns the exit status: 0, or 2 after a message on standard
 * error. */
int bench_configuration_main(int argc, char **argv) __attribute__((warn_unused_result));

#endif
