/*
 * What the store knows of a commit besides its configuration.
 */
#ifndef MGD_STORE_ENTRY_H
#define MGD_STORE_ENTRY_H

#include <stdint.h>

enum {
	STORE_FORMAT = 1,
	STORE_KEPT = 50,
	STORE_TEXT = 64 << 20, /* bytes of a configuration; more is refused */
};

struct store_entry {
	uint64_t commit;
	int64_t wall; /* UTC seconds */
	char user[64];
	char client[16];
	char comment[520]; /* "" when there is none */
};

#endif
