/*
 * The XDP program of an interface: every frame goes to the AF_XDP socket of the queue that it came in by; what comes in by
 * a queue without socket is dropped, so that the kernel's own stack never gets a frame of a port.
 *
 * A VLAN tag that the kernel holds beside the frame (veth does, when the sender leaves tagging to "hardware") is put back into
 * it, by kernels since 6.8. It runs in the driver; a driver that has no XDP is refused.
 *
 * It is attached by a BPF link: the kernel takes it off when the descriptor is closed, also when the process is killed, and
 * nothing is pinned in a file system. Nobody else's program is ever taken off.
 *
 * Threads: to be called in the interface's namespace (namespace_run()).
 */
#ifndef FLOWD_XDP_PROGRAM_H
#define FLOWD_XDP_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

struct xdp_program {
	int map; /* queue -> socket */
	int program;
	int link;
	bool tags; /* VLAN tags that the kernel has beside a frame come with it */
};

enum xdp_step {
	XDP_STEP_DONE,
	XDP_STEP_MAP,
	XDP_STEP_LOAD,
	XDP_STEP_ATTACH,
};

/* `*failure` is an errno when it is not XDP_STEP_DONE; nothing is kept then. */
enum xdp_step xdp_program_attach(struct xdp_program *program, unsigned netdev, uint32_t queues, int *failure)
    __attribute__((warn_unused_result));
/* From now on the queue's frames go to this socket. Returns 0 or -errno. */
int xdp_program_serve(const struct xdp_program *program, uint32_t queue, int socket) __attribute__((warn_unused_result));
/* Takes it off. */
void xdp_program_detach(struct xdp_program *program);

#endif
