/*
 * The XDP program. See xdp_program.h.
 *
 * Six instructions, so that no compiler for BPF is needed to build us:
 *
 *   r2 = context->rx_queue_index
 *   r1 = the map of sockets
 *   r3 = XDP_DROP                   when the queue has none
 *   r0 = bpf_redirect_map(r1, r2, r3)
 *   return r0
 */
#include "xdp_program.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stddef.h>
#include <unistd.h>

#include <bpf/bpf.h>

static void
close_descriptor(int *descriptor)
{
	if (*descriptor >= 0) {
		(void)close(*descriptor);
	}
	*descriptor = -1;
}

/* `flags`: BPF_F_XDP_HAS_FRAGS or none, for kernels that do not know it. */
static int
load(int map, uint32_t flags)
{
	const struct bpf_insn program[] = {
	    {.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_1,
	        .off = offsetof(struct xdp_md, rx_queue_index)},
	    {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map},
	    {.code = 0}, /* the map's upper half */
	    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = XDP_DROP},
	    {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map},
	    {.code = BPF_JMP | BPF_EXIT},
	};
	const struct bpf_prog_load_opts options = {.sz = sizeof(options), .prog_flags = flags};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "sallyport_port", "Dual BSD/GPL", program,
	    sizeof(program) / sizeof(program[0]), &options);
}

static int
attach(int program, unsigned netdev, uint32_t mode)
{
	const struct bpf_link_create_opts options = {.sz = sizeof(options), .flags = mode};

	return bpf_link_create(program, (int)netdev, BPF_XDP, &options);
}

enum xdp_step
xdp_program_attach(struct xdp_program *program, unsigned netdev, uint32_t queues, int *failure)
{
	enum xdp_step step = XDP_STEP_MAP;

	*program = (struct xdp_program){.program = -1, .link = -1};
	program->map =
	    bpf_map_create(BPF_MAP_TYPE_XSKMAP, "sallyport_port", sizeof(uint32_t), sizeof(uint32_t), queues, NULL);
	if (program->map >= 0) {
		step = XDP_STEP_LOAD;
		/* With it a frame of several pages is refused by the socket, which counts, and not by the driver. */
		program->program = load(program->map, BPF_F_XDP_HAS_FRAGS);
		if (program->program == -EINVAL) {
			program->program = load(program->map, 0);
		}
	}
	if (program->program >= 0) {
		step = XDP_STEP_ATTACH;
		program->link = attach(program->program, netdev, XDP_FLAGS_DRV_MODE);
		program->native = program->link >= 0;
		if (program->link == -EOPNOTSUPP || program->link == -EINVAL) {
			program->link = attach(program->program, netdev, XDP_FLAGS_SKB_MODE);
		}
	}
	if (program->link >= 0) {
		return XDP_STEP_DONE;
	}
	*failure = -(program->map < 0 ? program->map : program->program < 0 ? program->program : program->link);
	xdp_program_detach(program);
	return step;
}

int
xdp_program_serve(const struct xdp_program *program, uint32_t queue, int socket)
{
	return bpf_map_update_elem(program->map, &queue, &socket, BPF_ANY);
}

void
xdp_program_detach(struct xdp_program *program)
{
	close_descriptor(&program->link);
	close_descriptor(&program->program);
	close_descriptor(&program->map);
}
