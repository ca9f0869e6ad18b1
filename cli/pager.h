/*
 * What goes to the user's output, page by page on a terminal.
 */
#ifndef CLI_PAGER_H
#define CLI_PAGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct cli_search;

struct cli_pager {
	int output;      /* descriptor */
	int keys;        /* descriptor of the terminal; -1: no paging */
	unsigned rows;   /* of the terminal */
	unsigned columns;
	unsigned row;    /* lines shown since the last stop */
	unsigned column; /* where the line has got to */
	bool all;        /* no more stops */
	bool terminal;   /* someone's screen: nothing may move its cursor */
	unsigned char before; /* the octet written last */
	bool failed;     /* the output is gone (a closed pipe) */
	bool quit;       /* the user wants no more */
	struct text seen; /* while it may stop: what came, to go back in and to search */
	size_t at;        /* how much of it was shown */
	struct cli_search *search; /* NULL: nothing was searched for yet */
};

/* The size of the terminal behind `descriptor`; 0 and 0 when it is none. */
void cli_terminal_size(int descriptor, unsigned *rows, unsigned *columns);
/* Starts a command's output. `keys` is -1 for output that does not stop. */
void cli_pager_start(struct cli_pager *pager, int output, int keys);
/* Another size than the terminal's; 0 rows: no stops. */
void cli_pager_resize(struct cli_pager *pager, unsigned rows, unsigned columns);
/* The end of the output; `hold` stops there once more. */
void cli_pager_end(struct cli_pager *pager, bool hold);
/*
 * Makes '?' of control characters other than newline and tab, and an inverted one of those that UTF-8 needs two octets for, so that
 * it stays UTF-8 for a program that reads it: what a gateway says may hold what strangers sent to it.
 * `before` is the octet before the first, and after the call the last one.
 */
void cli_clean(char *bytes, size_t length, unsigned char *before);
/* False: the user or the other end of the pipe wants no more. A sink of struct cli_pipeline. */
bool cli_pager_write(void *pager, const char *bytes, size_t length);

#endif
