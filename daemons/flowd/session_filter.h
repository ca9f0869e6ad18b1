/*
 * Which sessions `show` and `clear` mean: the arguments of the session rpcs, and the engine's table in bounded steps.
 */
#ifndef FLOWD_SESSION_FILTER_H
#define FLOWD_SESSION_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "answer.h"
#include "engine/views.h"

enum session_family {
	SESSION_ANY_FAMILY,
	SESSION_INET,
	SESSION_INET6,
};

struct session_filter {
	uint64_t session; /* 0: any */
	struct answer_prefix source;
	struct answer_prefix destination;
	uint32_t source_port; /* 0: any */
	uint32_t destination_port;
	int protocol; /* -1: any */
	enum session_family family;
	bool translated; /* only those whose addresses are */
};

/* False with a sentence when an argument's value makes no sense. */
bool session_filter_read(struct session_filter *filter, const struct op_node *request, struct text *error)
    __attribute__((warn_unused_result));
bool session_filter_matches(const struct session_filter *filter, const struct engine_session_view *view);
/* "tcp", "udp", "icmp", else the number. */
void session_protocol_name(uint8_t protocol, char *name, size_t size);

struct session_page {
	struct engine_session_view views[ENGINE_STEP_VIEWS];
	uint32_t count;
	uint32_t cursor; /* UINT32_MAX at the end of the last worker's */
	uint32_t slots;
	uint16_t worker; /* whose sessions the next ones are */
};
/* The next sessions from page->cursor on. => page->slots is how many slots to look at */
void session_page_read(struct workers *workers, struct session_page *page);
/* The two steps of it: in a job of page->worker, and afterwards. */
void session_page_fill(struct session_page *page, const struct worker_hands *hands);
void session_page_turn(const struct workers *workers, struct session_page *page);

#endif
