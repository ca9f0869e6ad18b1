/*
 * The way from a table of names to the resolver process: sends the questions that are due, takes the answers. Connects
 * again when the resolver went away; the table keeps what it knew meanwhile. Never blocks.
 *
 * Threads: the table's.
 */
#ifndef IPC_NAMES_LINK_H
#define IPC_NAMES_LINK_H

#include "ipc/names.h"

struct names_link;

/* `socket` is DIR/run/resolverd.sock. Borrows the table. NULL: no memory. */
struct names_link *names_link_create(struct names *names, const char *socket, const char *program)
    __attribute__((warn_unused_result));
void names_link_destroy(struct names_link *link);
/* When the descriptor (-1: none) is readable, after names_want(), and about once a second: all that is due. */
void names_link_serve(struct names_link *link);
int names_link_descriptor(const struct names_link *link);
/* The clock that the table is driven by: monotonic seconds. */
uint64_t names_link_now(void);

#endif
