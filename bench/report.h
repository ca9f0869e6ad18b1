/*
 * `sallyport bench report --html FILE`: a page of one run's figures, with charts, targets and what others reach, that needs
 * nothing but itself to be shown.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

/* => argv[0] is "report". Returns the exit status: 0, or 2 after a message on standard error. */
int bench_report_main(int argc, char **argv) __attribute__((warn_unused_result));

#endif
