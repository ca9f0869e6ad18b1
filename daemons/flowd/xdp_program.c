/*
 * The XDP program. See xdp_program.h.
 *
 * A few instructions, so that no compiler for BPF is needed to build us:
 *
 *   r6 = context
 *   if the kernel has a VLAN tag of the frame beside it:    veth between a sender that leaves tagging to "hardware" and us,
 *       make room of 4 octets before the frame              and cards that take tags off; else the tag would be lost
 *       move both addresses down, write the tag behind them
 *   r2 = context->rx_queue_index
 *   r1 = the map of sockets
 *   r3 = XDP_DROP                                           when the queue has none
 *   return bpf_redirect_map(r1, r2, r3)
 *
 * The tag comes from a function of the kernel's (since 6.8), whose number is looked up in the kernel's description of itself; a
 * program that calls it belongs to one interface.
 */
#include "xdp_program.h"

#include <assert.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stddef.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

static void
close_descriptor(int *descriptor)
{
	if (*descriptor >= 0) {
		(void)close(*descriptor);
	}
	*descriptor = -1;
}

enum {
	DEVICE_BOUND = 1 << 6,     /* BPF_F_XDP_DEV_BOUND_ONLY, newer than our headers */
	TAG_PROTOCOL = -2,         /* where on the stack */
	TAG_CONTROL = -4,
	MACS = 12,                 /* octets of both addresses */
	TAG = 4,
	PROGRAM_MOST = 48,         /* instructions */
	LOAD_MAP = BPF_LD | BPF_DW, /* with BPF_IMM, which is 0 */
};

struct code {
	struct bpf_insn instructions[PROGRAM_MOST];
	unsigned length;
};

static void
add(struct code *code, struct bpf_insn instruction)
{
	assert(code->length < PROGRAM_MOST);
	code->instructions[code->length++] = instruction;
}

static void
add_load(struct code *code, uint8_t size, unsigned to, unsigned from, int offset)
{
	add(code, (struct bpf_insn){.code = (uint8_t)(BPF_LDX | BPF_MEM | size), .dst_reg = to & 15U, .src_reg = from & 15U,
	    .off = (int16_t)offset});
}

static void
add_store(struct code *code, uint8_t size, unsigned to, int offset, unsigned from)
{
	add(code, (struct bpf_insn){.code = (uint8_t)(BPF_STX | BPF_MEM | size), .dst_reg = to & 15U, .src_reg = from & 15U,
	    .off = (int16_t)offset});
}

static void
add_move(struct code *code, unsigned to, unsigned from)
{
	add(code, (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = to & 15U, .src_reg = from & 15U});
}

/* Operation with a constant: BPF_MOV, BPF_ADD. */
static void
add_constant(struct code *code, uint8_t operation, unsigned to, int value)
{
	add(code, (struct bpf_insn){.code = (uint8_t)(BPF_ALU64 | operation | BPF_K), .dst_reg = to & 15U, .imm = value});
}

/* A jump whose target add_target() sets: returns its place. */
static unsigned
add_jump(struct code *code, struct bpf_insn jump)
{
	add(code, jump);
	return code->length - 1;
}

/* A jump at `place` goes to what is added next. */
static void
add_target(struct code *code, unsigned place)
{
	code->instructions[place].off = (int16_t)(code->length - place - 1);
}

/* The frame's tag, if it has one beside it, into the frame. => r6 is the context; `function` is the kernel's */
static void
add_tag(struct code *code, int function)
{
	add_constant(code, BPF_MOV, BPF_REG_2, 0);
	add_store(code, BPF_DW, BPF_REG_10, -8, BPF_REG_2);
	add_move(code, BPF_REG_2, BPF_REG_10);
	add_constant(code, BPF_ADD, BPF_REG_2, TAG_PROTOCOL);
	add_move(code, BPF_REG_3, BPF_REG_10);
	add_constant(code, BPF_ADD, BPF_REG_3, TAG_CONTROL);
	add(code, (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = function});
	const unsigned untagged =
	    add_jump(code, (struct bpf_insn){.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = BPF_REG_0, .imm = 0});

	add_move(code, BPF_REG_1, BPF_REG_6);
	add_constant(code, BPF_MOV, BPF_REG_2, -TAG);
	add(code, (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_xdp_adjust_head});
	const unsigned no_room =
	    add_jump(code, (struct bpf_insn){.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = BPF_REG_0, .imm = 0});

	add_load(code, BPF_W, BPF_REG_2, BPF_REG_6, offsetof(struct xdp_md, data));
	add_load(code, BPF_W, BPF_REG_3, BPF_REG_6, offsetof(struct xdp_md, data_end));
	add_move(code, BPF_REG_1, BPF_REG_2);
	add_constant(code, BPF_ADD, BPF_REG_1, MACS + TAG);
	const unsigned too_short = add_jump(code,
	    (struct bpf_insn){.code = BPF_JMP | BPF_JGT | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_3});

	for (int i = 0; i < MACS; i += TAG) {
		add_load(code, BPF_W, BPF_REG_4, BPF_REG_2, i + TAG);
		add_store(code, BPF_W, BPF_REG_2, i, BPF_REG_4);
	}
	add_load(code, BPF_H, BPF_REG_4, BPF_REG_10, TAG_PROTOCOL);
	add_store(code, BPF_H, BPF_REG_2, MACS, BPF_REG_4);
	add_load(code, BPF_H, BPF_REG_4, BPF_REG_10, TAG_CONTROL);
	add(code, (struct bpf_insn){.code = BPF_ALU | BPF_END | BPF_TO_BE, .dst_reg = BPF_REG_4, .imm = 16});
	add_store(code, BPF_H, BPF_REG_2, MACS + 2, BPF_REG_4);
	const unsigned tagged = add_jump(code, (struct bpf_insn){.code = BPF_JMP | BPF_JA});

	add_target(code, no_room);
	add_target(code, too_short);
	add_constant(code, BPF_MOV, BPF_REG_0, XDP_DROP);
	add(code, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT});
	add_target(code, untagged);
	add_target(code, tagged);
}

static void
add_redirect(struct code *code, int map)
{
	add_load(code, BPF_W, BPF_REG_2, BPF_REG_6, offsetof(struct xdp_md, rx_queue_index));
	add(code, (struct bpf_insn){.code = LOAD_MAP, .dst_reg = BPF_REG_1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map});
	add(code, (struct bpf_insn){.code = 0}); /* the map's upper half */
	add_constant(code, BPF_MOV, BPF_REG_3, XDP_DROP);
	add(code, (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map});
	add(code, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT});
}

/* The number of the kernel's function that tells a frame's tag; 0 or less: it has none. */
static int
tag_function(void)
{
	struct btf *description = btf__load_vmlinux_btf();
	const int number =
	    description == NULL ? 0 : btf__find_by_name_kind(description, "bpf_xdp_metadata_rx_vlan_tag", BTF_KIND_FUNC);

	btf__free(description);
	return number;
}

/* With tags (`function` > 0) for one interface. Returns the program's descriptor or -errno. */
static int
load(int map, unsigned netdev, int function)
{
	/* With fragments a frame of several pages is refused by the socket, which counts, and not by the driver. */
	struct bpf_prog_load_opts options = {.sz = sizeof(options), .prog_flags = BPF_F_XDP_HAS_FRAGS};
	struct code code = {.length = 0};
	int program;

	add_move(&code, BPF_REG_6, BPF_REG_1);
	if (function > 0) {
		add_tag(&code, function);
		options.prog_flags |= DEVICE_BOUND;
		options.prog_ifindex = netdev;
	}
	add_redirect(&code, map);
	program =
	    bpf_prog_load(BPF_PROG_TYPE_XDP, "sallyport_port", "Dual BSD/GPL", code.instructions, code.length, &options);
	if (program == -EINVAL && function <= 0) {
		options.prog_flags = 0; /* a kernel that does not know fragments */
		program = bpf_prog_load(BPF_PROG_TYPE_XDP, "sallyport_port", "Dual BSD/GPL", code.instructions, code.length,
		    &options);
	}
	return program;
}

/* In the driver: behind the making of a socket buffer nothing would be won, and tags would be lost. */
static int
attach(int program, unsigned netdev)
{
	const struct bpf_link_create_opts options = {.sz = sizeof(options), .flags = XDP_FLAGS_DRV_MODE};

	return bpf_link_create(program, (int)netdev, BPF_XDP, &options);
}

enum xdp_step
xdp_program_attach(struct xdp_program *program, unsigned netdev, uint32_t queues, int *failure)
{
	enum xdp_step step = XDP_STEP_MAP;

	(void)libbpf_set_print(NULL); /* we say ourselves what went wrong */
	*program = (struct xdp_program){.program = -1, .link = -1};
	program->map =
	    bpf_map_create(BPF_MAP_TYPE_XSKMAP, "sallyport_port", sizeof(uint32_t), sizeof(uint32_t), queues, NULL);
	if (program->map >= 0) {
		const int function = tag_function();

		step = XDP_STEP_LOAD;
		program->program = function > 0 ? load(program->map, netdev, function) : -ENOENT;
		program->tags = program->program >= 0;
		if (!program->tags) {
			program->program = load(program->map, netdev, 0);
		}
	}
	if (program->program >= 0) {
		step = XDP_STEP_ATTACH;
		program->link = attach(program->program, netdev);
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
