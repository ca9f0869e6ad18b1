/*
 * Octets that all go out. See base/output.h.
 */
#include "base/output.h"

#include <errno.h>
#include <unistd.h>

bool
output_all(int descriptor, const char *bytes, size_t length)
{
	while (length > 0) {
		const ssize_t written = write(descriptor, bytes, length);

		if (written < 0 && errno == EINTR) {
			continue;
		}
		if (written <= 0) {
			return false;
		}
		bytes += written;
		length -= (size_t)written;
	}
	return true;
}
