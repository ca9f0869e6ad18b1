/*
 * Pages behind memory. See base/pages.h.
 */
#include "base/pages.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	STEP = 2 << 20, /* a huge page */
};

/* Linux 5.14; the C library's headers may be older than the kernel. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

bool
pages_populate(const void *start, size_t octets)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t end = ((uintptr_t)start + octets + page - 1) & ~(page - 1);
	uintptr_t at = (uintptr_t)start & ~(page - 1);

	while (octets > 0 && at < end) {
		/* To the next boundary of huge pages: none is asked for twice. */
		const uintptr_t border = (at + STEP) & ~((uintptr_t)STEP - 1);
		const uintptr_t next = border < end ? border : end;

		/* The kernel takes an address; nothing is written. */
		if (madvise((void *)at, next - at, MADV_POPULATE_WRITE) != 0) {
			return false;
		}
		at = next;
	}
	return true;
}
