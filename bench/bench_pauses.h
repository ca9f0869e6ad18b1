/*
 * `sallyport bench pauses [--json] [--sessions N] [--policies N]`: the longest step of each thing that a worker does
 * between two bursts, with a full session table.
 */
#ifndef BENCH_PAUSES_H
#define BENCH_PAUSES_H

/* => argv[0] is "pauses". Returns the exit status: 0, or 2 after a message on standard error. */
int bench_pauses_main(int argc, char **argv) __attribute__((warn_unused_result));

#endif
