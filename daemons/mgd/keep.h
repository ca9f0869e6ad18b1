/*
 * What is edited and not committed survives mgd: the shared candidate is saved beside the store a
 * second after a change, and when mgd ends. One that another commit has overtaken, and one that an
 * exclusive session holds, is not restored.
 */
#ifndef MGD_KEEP_H
#define MGD_KEEP_H

#include "mgd.h"

/* At the start, with running and a fresh candidate there. */
void keep_resume(struct mgd *mgd);
/* Looks at the clock. */
void keep_tick(struct mgd *mgd);
/* At the end: what was not saved yet. */
void keep_finish(struct mgd *mgd);

#endif
