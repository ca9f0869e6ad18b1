/*
 * mgd's connections to the daemons that take configurations.
 *
 * Level-triggered: whenever a daemon (re)appears it gets the whole configuration in force and its id, and again until what
 * it has is what is in force. During a commit the ready ones verify and apply by the commit's hand.
 *
 * States: DOWN -> (connected) LOADING -> (verified) APPLYING -> (in force there) READY; REFUSED when a daemon does not take
 * the configuration in force: it is tried again with the next commit or when it starts again.
 */
#ifndef MGD_LINK_H
#define MGD_LINK_H

#include <poll.h>

#include "ipc/payload.h"
#include "mgd.h"

enum {
	LINK_LOGD,
	LINK_FLOWD,
	LINK_TRANSFERD, /* follows: it is told what is in force, and has no say in a commit */
	LINK_COUNT,
};

enum link_state {
	LINK_DOWN,
	LINK_LOADING,
	LINK_APPLYING,
	LINK_READY,
	LINK_REFUSED,
};

struct link {
	const char *name;
	struct ipc_connection *connection; /* NULL: DOWN */
	enum link_state state;
	bool greeted;     /* its process answers; before, only its socket is there */
	uint32_t request; /* of the question that waits for its RESULT */
	uint64_t loaded;  /* id that is in force there */
	uint64_t asked;   /* id of the VERIFY or APPLY under way */
	int64_t deadline; /* LOADING, APPLYING: for its answer, once it is greeted */
};

/* Who makes commits: it is told what daemons do meanwhile. */
struct link_listener {
	/* A daemon's answer. False: it is not one to the commit under way. */
	bool (*take_result)(struct mgd *mgd, struct link *link, const struct ipc_result *result);
	/* A daemon went away. */
	void (*take_loss)(struct mgd *mgd, const struct link *link, const char *why);
};

/* The listener is borrowed. False: no memory. */
bool links_create(struct mgd *mgd, const struct link_listener *listener) __attribute__((warn_unused_result));
void links_destroy(struct mgd *mgd);
/* Tries to connect those that are down, loads those that have something else than what is in force. About once a second. */
void links_tick(struct mgd *mgd);
/* One is down: tick soon. */
bool links_down(const struct mgd *mgd);
/* => room for LINK_COUNT */
size_t links_prepare(const struct mgd *mgd, struct pollfd *polls);
void links_serve(struct mgd *mgd, const struct pollfd *polls, size_t count);
/* It follows what is in force and has no part in commits. */
bool link_follows(const struct mgd *mgd, const struct link *link);
/* Would the daemon get another text for `after` than for `before`? */
bool link_concerned(const struct link *link, const struct conf_tree *before, const struct conf_tree *after);
/* Sends VERIFY of a configuration; links are told apart: each gets what it has a use for. False: it is not there any more. */
bool link_verify(struct mgd *mgd, struct link *link, const struct conf_tree *tree, uint64_t id)
    __attribute__((warn_unused_result));
bool link_apply(struct mgd *mgd, struct link *link, uint64_t id) __attribute__((warn_unused_result));
void link_abort(struct mgd *mgd, struct link *link, uint64_t id);
/* Closes it, with a line in the log; it is connected again with the next tick. */
void link_drop(struct mgd *mgd, struct link *link, const char *why);

#endif
