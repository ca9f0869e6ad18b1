/*
 * `sallyport bench engine [--json] [--small-pages] [--long|--quick|--once] [--case NAME]`: cycles a packet of
 * lib/engine, in process, packets made in memory.
 */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

struct bench;

/* => argv[0] is "engine". Returns the exit status: 0, or 2 after a message on standard error. */
int bench_engine_main(int argc, char **argv) __attribute__((warn_unused_result));
/* Runs the cases that are asked for; their rows are the caller's to free. */
void bench_engine_run(struct bench *bench);

#endif
