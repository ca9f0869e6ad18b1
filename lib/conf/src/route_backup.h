/*
 * Inside lib/conf: E-051, the guide's spelling of primary and backup routes.
 *
 * "route R next-hop A preference 5" and then, on one line again, "route R next-hop B preference 7" mean two next hops
 * with a preference each: both become qualified-next-hop. The same statements on lines of their own keep their meaning.
 */
#ifndef ROUTE_BACKUP_H
#define ROUTE_BACKUP_H

#include "statement.h"

/* Before applying: turns the steps of such a second line. False when memory is short. */
bool route_backup(struct statement *statement) __attribute__((warn_unused_result));
/* After applying: remembers a first line. */
void route_mark(struct statement *statement);

#endif
