/*
 * What the subcommands share: their shape, and how they say what went wrong.
 *
 * Exit statuses are the same for all: 0 it went well, 1 it went well and the answer is no (replay --compare: something
 * changes), 2 bad usage or bad input, with the reason on stderr.
 */
#ifndef FRONT_COMMAND_H
#define FRONT_COMMAND_H

struct option;

enum command_status {
	COMMAND_OK = 0,
	COMMAND_ANSWER_NO = 1,
	COMMAND_FAILED = 2,
};

int command_up(int argc, char **argv);
int cli_main(int argc, char **argv);
int command_check(int argc, char **argv);
int command_convert(int argc, char **argv);
int command_schema(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_match_policies(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_lab(int argc, char **argv);

/*
 * getopt_long() for subcommand argv[0], which says what is wrong itself: '?' for that. --help and -h are 'h'; other values of `options`
 * are letters or above.
 */
int command_option(int argc, char **argv, const struct option *options);

/* "sallyport NAME: sentence" and where the help is, on stderr. Returns COMMAND_FAILED. */
int command_usage_error(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
