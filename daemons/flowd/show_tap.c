/*
 * get-port-frames: the frames that pass a port or one of its units, for probed (monitor traffic), until it has enough. At most
 * FRAMES_A_LOOK of them each ANSWERS_AGAIN milliseconds: what passes beyond that is lost to the watcher, and counted, so that
 * watching takes no more than a small part of the control thread whatever the traffic is.
 */
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "answers.h"
#include "ipc/payload.h"
#include "tap.h"

enum {
	FRAMES_A_LOOK = 512,
	OCTETS_USUAL = 96, /* of a frame */
};

_Static_assert((int)WORKER_TAPS == (int)IPC_TAPS, "mgd shares out as many as there are");

struct watching {
	struct workers *workers;
	struct tap *tap;
	uint64_t look_at; /* monotonic ns: not before that */
	unsigned looked;  /* frames since */
	uint64_t lost;    /* that the watcher was told of */
};

static void
end_watching(void *state)
{
	struct watching *watching = state;

	if (watching != NULL && watching->tap != NULL) {
		worker_remove_tap(watching->workers, watching->tap);
		tap_destroy(watching->tap);
	}
	free(watching);
}

/* Which port, and which of its frames. False with a sentence. */
static bool
choose(const struct answer_sources *sources, const char *name, struct tap_choice *choice, struct text *error)
{
	const struct snapshot *snapshot = sources->configuration == NULL ? NULL : sources->configuration->snapshot;

	for (size_t i = 0; name != NULL && i < edge_port_count(sources->edge); i++) {
		if (strcmp(edge_port(sources->edge, i)->chassis->name, name) == 0) {
			choice->port = edge_port(sources->edge, i)->index;
			choice->tag = TAP_ANY_TAG;
			return true;
		}
	}
	const uint16_t unit = name == NULL || snapshot == NULL ? SNAPSHOT_NONE : snapshot_find_unit(snapshot, name);

	if (unit != SNAPSHOT_NONE && snapshot->units[unit].port != SNAPSHOT_NONE) {
		choice->port = snapshot->units[unit].port;
		choice->tag = snapshot->units[unit].vlan;
		return true;
	}
	text_printf(error, "there is no port %s", name == NULL ? "" : name);
	return false;
}

static bool
begin_watching(struct answer *answer, const struct answer_sources *sources, struct text *error)
{
	const struct op_node *request = answer->request.root;
	const char *filter = op_value(request, "filter");
	const uint64_t octets = op_number(request, "size", OCTETS_USUAL);
	struct watching *watching = calloc(1, sizeof(*watching));
	struct tap_choice choice = {
	    .filter = filter == NULL ? "" : filter,
	    .octets = octets == 0 || octets > TAP_OCTETS_MOST ? TAP_OCTETS_MOST : (uint32_t)octets,
	    .workers = worker_count(sources->worker),
	};

	answer->state = watching;
	answer->release = end_watching;
	if (watching == NULL) {
		text_append(error, "out of memory");
		return false;
	}
	if (!choose(sources, op_value(request, "interface-name"), &choice, error)) {
		return false;
	}
	struct tap *tap = tap_create(&choice, error);

	if (tap == NULL) {
		return false;
	}
	watching->workers = sources->worker;
	if (!worker_add_tap(sources->worker, tap)) {
		text_printf(error, "%d others watch ports already: end one of them first", WORKER_TAPS);
		tap_destroy(tap);
		return false;
	}
	watching->tap = tap;
	return true;
}

static void
add_octets(struct op_tree *tree, struct op_node *element, const struct tap_frame *frame)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * TAP_OCTETS_MOST + 1];

	for (uint32_t i = 0; i < frame->kept; i++) {
		text[2 * i] = digits[frame->octets[i] >> 4];
		text[2 * i + 1] = digits[frame->octets[i] & 0xf];
	}
	text[2 * frame->kept] = '\0';
	(void)op_add(tree, element, "octets", text);
}

static void
add_frame(struct op_tree *tree, const struct tap_frame *frame)
{
	struct op_node *element = op_add(tree, tree->root, "frame", NULL);

	(void)op_add_number(tree, element, "time", (uint64_t)frame->time);
	(void)op_add_number(tree, element, "length", frame->length);
	(void)op_add(tree, element, "direction", frame->outward ? "out" : "in");
	add_octets(tree, element, frame);
}

enum answer_progress
show_frames(struct answer *answer, const struct answer_sources *sources, struct op_tree *tree, struct text *error)
{
	struct watching *watching = answer->state;
	struct tap_frame frame;

	if (watching == NULL) {
		if (!begin_watching(answer, sources, error)) {
			return ANSWER_FAILED;
		}
		/* The watcher hears that it has begun. */
		(void)op_add_number(tree, tree->root, "lost", 0);
		return ANSWER_MORE;
	}
	if (worker_now() >= watching->look_at) {
		watching->look_at = worker_now() + (uint64_t)ANSWERS_AGAIN * 1000000U;
		watching->looked = 0;
	}
	while (watching->looked < FRAMES_A_LOOK && tree->size < ANSWER_CHUNK && tap_take(watching->tap, &frame)) {
		add_frame(tree, &frame);
		tap_next(watching->tap);
		watching->looked++;
	}
	if (tap_counts(watching->tap).lost != watching->lost) {
		watching->lost = tap_counts(watching->tap).lost;
		(void)op_add_number(tree, tree->root, "lost", watching->lost);
	}
	return tree->size < ANSWER_CHUNK ? ANSWER_LATER : ANSWER_MORE;
}
