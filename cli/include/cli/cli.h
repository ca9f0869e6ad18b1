/*
 * The command line: the subcommand `cli` of sallyport. A client of mgd and nothing else: mgd parses, completes and answers;
 * here are the terminal, the paging and the filters on text.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

/* 0: all commands did what they say; 1: one failed; 2: bad usage, or no gateway to talk to. */
int cli_main(int argc, char **argv);

#endif
