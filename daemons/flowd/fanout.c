/*
 * Fragments as they are on the wire.
 *
 * DPDK's net_af_packet driver puts every socket into a fan-out group with PACKET_FANOUT_FLAG_DEFRAG, also a single one:
 * the kernel then puts fragments together before we see them. A firewall has to judge the fragments themselves, and the
 * whole packet would not fit into a frame of the ring. The driver has no option for it, so this program's setsockopt()
 * stands before the C library's for the driver (it is exported from the executable, see the root build file) and takes
 * that one flag away. Everything else goes to the kernel as it came.
 */
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int
setsockopt(int descriptor, int level, int name, const void *value, socklen_t length)
{
	unsigned group;

	if (level == SOL_PACKET && name == PACKET_FANOUT && length == sizeof(group)) {
		memcpy(&group, value, sizeof(group));
		group &= ~((unsigned)PACKET_FANOUT_FLAG_DEFRAG << 16);
		value = &group;
	}
	return (int)syscall(SYS_setsockopt, descriptor, level, name, value, length);
}
