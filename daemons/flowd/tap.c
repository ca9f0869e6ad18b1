/*
 * Copies of frames for whoever watches a port. See tap.h.
 */
#include "tap.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pcap/pcap.h>

#include "wire/bytes.h"

enum {
	LINE = 64,        /* octets of a cache line */
	ADDRESSES = 12,   /* octets of a frame before its type or tag */
	TAG = 4,          /* octets */
	TAG_NUMBER = 0xfff,
	TAGGED = 0x8100,
	TAGGED_TWICE = 0x88a8,
};

struct slot {
	int64_t time;
	uint32_t length;
	uint32_t kept;
	bool outward;
};

struct tap_ring {
	/* the writer's */
	_Alignas(LINE) _Atomic uint32_t written;
	_Atomic uint64_t matched;
	_Atomic uint64_t lost;
	/* the reader's */
	_Alignas(LINE) _Atomic uint32_t read;
	uint8_t *slots;
};

struct tap {
	uint16_t port;
	uint16_t tag;
	uint16_t workers;
	uint16_t taken; /* whose frame tap_take() gave */
	uint32_t octets;
	size_t size; /* of a slot */
	struct bpf_program filter;
	struct tap_ring *rings;
};

/* --- the filter ------------------------------------------------------------------------------------------------- */

/* A number and what ends it. */
static bool
read_number(const char **at, char end, uint64_t most, uint32_t *number)
{
	uint64_t value = 0;
	size_t digits = 0;

	for (; **at >= '0' && **at <= '9' && value <= most; digits++) {
		value = value * 10 + (uint64_t)(*(*at)++ - '0');
	}
	*number = (uint32_t)value;
	if (digits == 0 || value > most || **at != end) {
		return false;
	}
	(*at)++;
	return true;
}

static bool
read_instruction(const char **at, struct bpf_insn *instruction)
{
	uint32_t code = 0;
	uint32_t yes = 0;
	uint32_t no = 0;
	uint32_t value = 0;

	if (!read_number(at, ' ', UINT16_MAX, &code) || !read_number(at, ' ', UINT8_MAX, &yes) ||
	    !read_number(at, ' ', UINT8_MAX, &no) || !read_number(at, ';', UINT32_MAX, &value)) {
		return false;
	}
	*instruction = (struct bpf_insn){.code = (uint16_t)code, .jt = (uint8_t)yes, .jf = (uint8_t)no, .k = value};
	return true;
}

/* libpcap's own check lets jumps go back outside a kernel. */
static bool
always_ends(const struct bpf_insn *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (list[i].code == (BPF_JMP | BPF_JA) && list[i].k >= count - i - 1) {
			return false;
		}
	}
	return true;
}

static bool
read_filter(struct tap *tap, const char *text)
{
	struct bpf_insn *list = calloc(TAP_INSTRUCTIONS, sizeof(*list));
	unsigned count = 0;

	tap->filter.bf_insns = list;
	while (list != NULL && *text != '\0' && count < TAP_INSTRUCTIONS) {
		if (!read_instruction(&text, &list[count])) {
			return false;
		}
		count++;
	}
	tap->filter.bf_len = count;
	return list != NULL && *text == '\0' && (count == 0 || (always_ends(list, count) && bpf_validate(list, (int)count) != 0));
}

static bool
fits(const struct tap *tap, const uint8_t *octets, uint32_t length)
{
	const struct pcap_pkthdr header = {.caplen = length, .len = length};

	return tap->filter.bf_len == 0 || pcap_offline_filter(&tap->filter, &header, octets) != 0;
}

/* --- life cycle ------------------------------------------------------------------------------------------------- */

struct tap *
tap_create(const struct tap_choice *choice, struct text *error)
{
	struct tap *tap = calloc(1, sizeof(*tap));
	bool good = tap != NULL;

	assert(choice->workers > 0 && choice->octets > 0 && choice->octets <= TAP_OCTETS_MOST);
	if (good) {
		tap->port = choice->port;
		tap->tag = choice->tag;
		tap->workers = choice->workers;
		tap->octets = choice->octets;
		tap->size = (sizeof(struct slot) + choice->octets + LINE - 1) / LINE * LINE;
		tap->rings = aligned_alloc(LINE, choice->workers * sizeof(*tap->rings));
		good = tap->rings != NULL;
	}
	for (uint16_t i = 0; good && i < choice->workers; i++) {
		tap->rings[i] = (struct tap_ring){.slots = NULL};
	}
	for (uint16_t i = 0; good && i < choice->workers; i++) {
		tap->rings[i].slots = aligned_alloc(LINE, TAP_FRAMES * tap->size);
		good = tap->rings[i].slots != NULL;
	}
	if (!good) {
		text_append(error, "out of memory");
	} else if (!read_filter(tap, choice->filter)) {
		text_append(error, "the filter is malformed or too long");
		good = false;
	}
	if (!good) {
		tap_destroy(tap);
		return NULL;
	}
	return tap;
}

void
tap_destroy(struct tap *tap)
{
	if (tap == NULL) {
		return;
	}
	for (uint16_t i = 0; tap->rings != NULL && i < tap->workers; i++) {
		free(tap->rings[i].slots);
	}
	free(tap->rings);
	free(tap->filter.bf_insns);
	free(tap);
}

uint16_t
tap_port(const struct tap *tap)
{
	return tap->port;
}

/* --- the worker's side ------------------------------------------------------------------------------------------ */

static int64_t
wall_now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_REALTIME, &time);
	return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void
count(_Atomic uint64_t *counter)
{
	/* One writer: a plain addition, made visible. */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1, memory_order_relaxed);
}

static void
write_slot(const struct tap *tap, struct slot *slot, const struct tap_frame *frame, uint32_t skip)
{
	uint8_t *octets = (uint8_t *)(slot + 1);
	const uint32_t length = frame->length - skip;
	const uint32_t kept = length < tap->octets ? length : tap->octets;
	const uint32_t before = skip == 0 ? 0 : ADDRESSES < kept ? ADDRESSES : kept;

	memcpy(octets, frame->octets, before);
	memcpy(octets + before, frame->octets + before + skip, kept - before);
	*slot = (struct slot){
	    .time = frame->time != 0 ? frame->time : wall_now(),
	    .length = length,
	    .kept = kept,
	    .outward = frame->outward,
	};
}

/* The frame without its tag, for a filter that is to see it as its unit does. */
static bool
fits_without(const struct tap *tap, const struct tap_frame *frame)
{
	uint8_t octets[TAP_OCTETS_MOST];
	const uint32_t length = frame->length - TAG < sizeof(octets) ? frame->length - TAG : (uint32_t)sizeof(octets);

	if (tap->filter.bf_len == 0) {
		return true;
	}
	memcpy(octets, frame->octets, ADDRESSES);
	memcpy(octets + ADDRESSES, frame->octets + ADDRESSES + TAG, length - ADDRESSES);
	return fits(tap, octets, length);
}

void
tap_put(struct tap *tap, uint16_t worker, const struct tap_frame *frame)
{
	struct tap_ring *ring = &tap->rings[worker];
	const uint32_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
	uint32_t skip = 0;

	assert(worker < tap->workers);
	if (tap->tag != TAP_ANY_TAG) {
		const bool whole = frame->length >= ADDRESSES + TAG + 2;
		const uint16_t type = whole ? bytes_load_16(frame->octets + ADDRESSES) : 0;

		if (tap->tag == 0 ? type == TAGGED || type == TAGGED_TWICE :
		                    type != TAGGED || (bytes_load_16(frame->octets + ADDRESSES + 2) & TAG_NUMBER) != tap->tag) {
			return;
		}
		skip = tap->tag == 0 ? 0 : TAG;
	}
	if (skip == 0 ? !fits(tap, frame->octets, frame->length) : !fits_without(tap, frame)) {
		return;
	}
	count(&ring->matched);
	if (written - atomic_load_explicit(&ring->read, memory_order_acquire) == TAP_FRAMES) {
		count(&ring->lost);
		return;
	}
	write_slot(tap, (struct slot *)(void *)(ring->slots + (written % TAP_FRAMES) * tap->size), frame, skip);
	atomic_store_explicit(&ring->written, written + 1, memory_order_release);
}

/* --- the reader's side ------------------------------------------------------------------------------------------ */

static const struct slot *
oldest_of(const struct tap *tap, const struct tap_ring *ring)
{
	const uint32_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);

	if (read == atomic_load_explicit(&ring->written, memory_order_acquire)) {
		return NULL;
	}
	return (const struct slot *)(const void *)(ring->slots + (read % TAP_FRAMES) * tap->size);
}

bool
tap_take(struct tap *tap, struct tap_frame *frame)
{
	const struct slot *oldest = NULL;

	for (uint16_t i = 0; i < tap->workers; i++) {
		const struct slot *slot = oldest_of(tap, &tap->rings[i]);

		if (slot != NULL && (oldest == NULL || slot->time < oldest->time)) {
			oldest = slot;
			tap->taken = i;
		}
	}
	if (oldest == NULL) {
		return false;
	}
	*frame = (struct tap_frame){
	    .time = oldest->time,
	    .length = oldest->length,
	    .kept = oldest->kept,
	    .outward = oldest->outward,
	    .octets = (const uint8_t *)(oldest + 1),
	};
	return true;
}

void
tap_next(struct tap *tap)
{
	struct tap_ring *ring = &tap->rings[tap->taken];

	atomic_store_explicit(&ring->read, atomic_load_explicit(&ring->read, memory_order_relaxed) + 1, memory_order_release);
}

struct tap_counts
tap_counts(const struct tap *tap)
{
	struct tap_counts counts = {.matched = 0};

	for (uint16_t i = 0; i < tap->workers; i++) {
		counts.matched += atomic_load_explicit(&tap->rings[i].matched, memory_order_relaxed);
		counts.lost += atomic_load_explicit(&tap->rings[i].lost, memory_order_relaxed);
	}
	return counts;
}
