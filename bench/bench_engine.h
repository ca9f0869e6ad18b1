/*
 * `sallyport bench engine [--json] [--long|--quick|--once] [--case NAME]`: cycles a packet of
 * lib/engine, in process, packets made in memory.
 */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

/* => argv[0] is "engine". Returns the exit status: 0, or 2 after a message on standard error. */
int bench_engine_main(int argc, char **argv) __attribute__((warn_unused_result));

#endif
