/*
 * sallyport replay --compare: which flows change under another configuration.
 *
 * Only flows that change are kept, in the order of their first change, FLOWS_MAX at most; the frames of later ones are
 * counted. A reply belongs to the flow that it answers. The hash is keyed, because captures come from strangers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/random.h"
#include "explain/explain.h"
#include "replay.h"

enum {
	FLOWS_MAX = 65536,
	BUCKETS = 65536, /* a power of two */
	NO_FLOW = -1,
};

struct changed_flow {
	struct replay_verdict before; /* of the first frame that changes */
	struct replay_verdict after;
	uint64_t frame;
	uint64_t frames; /* that change, both directions */
	int32_t next;    /* in the bucket */
};

struct replay_compare {
	struct hash_key key;
	struct changed_flow *flows;
	uint32_t count;
	size_t capacity;
	uint64_t frames;
	uint64_t changed;
	uint64_t beyond; /* changed frames of flows that found no room */
	int32_t buckets[BUCKETS];
};

struct replay_compare *
replay_compare_create(void)
{
	struct random_source random = random_from_kernel();
	struct replay_compare *compare = calloc(1, sizeof(*compare));

	if (compare == NULL) {
		fputs("sallyport replay: out of memory\n", stderr);
		return NULL;
	}
	compare->key.low = random_u64(&random);
	compare->key.high = random_u64(&random);
	for (uint32_t i = 0; i < BUCKETS; i++) {
		compare->buckets[i] = NO_FLOW;
	}
	return compare;
}

void
replay_compare_destroy(struct replay_compare *compare)
{
	free(compare->flows);
	free(compare);
}

static bool
text_differs(const char *left, const char *right)
{
	return (left == NULL) != (right == NULL) || (left != NULL && strcmp(left, right) != 0);
}

static bool
translation_differs(const struct replay_verdict *left, const struct replay_verdict *right)
{
	if (left->source_translated != right->source_translated ||
	    left->destination_translated != right->destination_translated) {
		return true;
	}
	if (!left->source_translated && !left->destination_translated) {
		return false;
	}
	return !ipv6_equal(left->left.source, right->left.source) ||
	    !ipv6_equal(left->left.destination, right->left.destination) ||
	    left->left.source_port != right->left.source_port ||
	    left->left.destination_port != right->left.destination_port;
}

static bool
verdict_differs(const struct replay_verdict *left, const struct replay_verdict *right)
{
	return left->result.verdict != right->result.verdict || text_differs(left->policy, right->policy) ||
	    text_differs(left->out, right->out) || translation_differs(left, right);
}

static bool
same_flow(const struct flow *left, const struct flow *right)
{
	if (left->ip != right->ip || left->protocol != right->protocol) {
		return false;
	}
	return (ipv6_equal(left->source, right->source) && ipv6_equal(left->destination, right->destination) &&
	           left->source_port == right->source_port && left->destination_port == right->destination_port) ||
	    (ipv6_equal(left->source, right->destination) && ipv6_equal(left->destination, right->source) &&
	        left->source_port == right->destination_port && left->destination_port == right->source_port);
}

static uint64_t
endpoint_hash(const struct replay_compare *compare, struct ipv6_address address, uint16_t port, uint8_t protocol)
{
	return hash_four(&compare->key, address.high, address.low, port, protocol);
}

/* The same for both directions. */
static uint32_t
bucket_of(const struct replay_compare *compare, const struct flow *flow)
{
	const uint64_t one = endpoint_hash(compare, flow->source, flow->source_port, flow->protocol);
	const uint64_t other = endpoint_hash(compare, flow->destination, flow->destination_port, flow->protocol);

	return (uint32_t)(one + other) & (BUCKETS - 1);
}

static struct changed_flow *
find_flow(struct replay_compare *compare, const struct flow *flow)
{
	for (int32_t i = compare->buckets[bucket_of(compare, flow)]; i != NO_FLOW; i = compare->flows[i].next) {
		if (same_flow(&compare->flows[i].before.flow, flow)) {
			return &compare->flows[i];
		}
	}
	return NULL;
}

/* A new flow, or NULL when there is no room for it. */
static struct changed_flow *
add_flow(struct replay_compare *compare, const struct flow *flow)
{
	const uint32_t bucket = bucket_of(compare, flow);
	struct changed_flow *added;

	if (compare->count == FLOWS_MAX) {
		return NULL;
	}
	struct changed_flow *grown = array_grow(compare->flows, compare->count, &compare->capacity, sizeof(*grown));

	if (grown == NULL) {
		return NULL;
	}
	compare->flows = grown;
	added = &grown[compare->count];
	*added = (struct changed_flow){.next = compare->buckets[bucket]};
	compare->buckets[bucket] = (int32_t)compare->count;
	compare->count++;
	return added;
}

void
replay_compare_frame(struct replay_compare *compare, uint64_t frame, const struct replay_verdict *before,
    const struct replay_verdict *after)
{
	struct changed_flow *flow;

	compare->frames++;
	if (!verdict_differs(before, after)) {
		return;
	}
	compare->changed++;
	flow = find_flow(compare, &before->flow);
	if (flow == NULL) {
		flow = add_flow(compare, &before->flow);
		if (flow == NULL) {
			compare->beyond++;
			return;
		}
		flow->frame = frame;
		flow->before = *before;
		flow->after = *after;
	}
	flow->frames++;
}

static void
append_translated(struct text *out, const struct replay_verdict *verdict)
{
	if (verdict->source_translated) {
		text_append(out, ", source ");
		flow_append_endpoint(out, verdict->left.source, verdict->left.ports, verdict->left.source_port);
	}
	if (verdict->destination_translated) {
		text_append(out, ", destination ");
		flow_append_endpoint(out, verdict->left.destination, verdict->left.ports, verdict->left.destination_port);
	}
}

static void
append_verdict(struct text *out, const char *which, const struct replay_verdict *verdict)
{
	text_printf(out, "    %s %s (%s)", which, explain_verdict_name(verdict->result.verdict),
	    reason_name(verdict->result.reason));
	if (verdict->policy != NULL) {
		text_printf(out, ", policy %s", verdict->policy);
	}
	if (verdict->out != NULL) {
		text_printf(out, ", out %s", verdict->out);
	}
	append_translated(out, verdict);
	text_append_char(out, '\n');
}

static void
append_flow(struct text *out, const struct changed_flow *changed)
{
	const struct flow *flow = &changed->before.flow;

	text_printf(out, "%s ", changed->before.in);
	if (flow->ip) {
		flow_append_protocol(out, flow->protocol);
		text_append_char(out, ' ');
		flow_append_endpoint(out, flow->source, flow->ports, flow->source_port);
		text_append(out, " > ");
		flow_append_endpoint(out, flow->destination, flow->ports, flow->destination_port);
	} else {
		text_append(out, "frames that are not IPv4");
	}
	text_printf(out, ": %llu frame%s, first frame %llu\n", (unsigned long long)changed->frames,
	    changed->frames == 1 ? "" : "s", (unsigned long long)changed->frame);
	append_verdict(out, "before:", &changed->before);
	append_verdict(out, "after: ", &changed->after);
}

bool
replay_compare_print(const struct replay_compare *compare)
{
	struct text out = TEXT_EMPTY;

	for (uint32_t i = 0; i < compare->count; i++) {
		text_clear(&out);
		append_flow(&out, &compare->flows[i]);
		fputs(text_string(&out), stdout);
	}
	text_release(&out);
	if (compare->changed == 0) {
		printf("nothing changes in %llu frames\n", (unsigned long long)compare->frames);
		return false;
	}
	printf("%u flow%s change%s, %llu of %llu frames\n", compare->count, compare->count == 1 ? "" : "s",
	    compare->count == 1 ? "s" : "", (unsigned long long)compare->changed, (unsigned long long)compare->frames);
	if (compare->beyond > 0) {
		printf("%llu of these frames belong to further flows that are not listed\n",
		    (unsigned long long)compare->beyond);
	}
	return true;
}
