/*
 * What mgd's parts share: the one owner of configurations.
 *
 * One thread, one poll loop. `running` is what is in force, `candidate` what the sessions edit together; both always exist.
 * While a commit is under way (`commit` is not NULL) the candidate is not changed.
 */
#ifndef MGD_MGD_H
#define MGD_MGD_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "conf/op.h"
#include "ipc/daemon.h"
#include "ipc/log.h"
#include "ipc/server.h"
#include "machine.h"
#include "store.h"
#include "wrap.h"

struct commit;
struct link;
struct link_listener;
struct monitors;

/* What the file of the candidate holds; keep.h. */
struct keep {
	uint64_t edits;  /* of mgd->edits */
	uint64_t commit; /* that was in force */
	bool there;
	int64_t due;  /* monotonic milliseconds; 0: nothing is due */
	int64_t rest; /* not before */
};

struct mgd {
	struct daemon_options options;
	const char *release;
	struct schema *schema;
	struct op_table *commands;
	struct store *store;
	struct wrap *wrap; /* for the secrets in the store */
	struct conf_tree *running;
	uint64_t running_id; /* of the commit, 0 before the first; daemons see it one higher, so that it is never 0 */
	bool stored;         /* running is the newest in the store */
	struct conf_tree *candidate;
	bool changed; /* the candidate, since it was the same as running */
	uint64_t edits; /* of the candidate, counted */
	struct keep keep;
	struct logger *logger;
	struct ipc_server *server;
	struct link *links; /* LINK_COUNT of link.h */
	const struct link_listener *link_listener;
	struct machine_cpu cpu;
	struct monitors *monitors; /* log files that sessions watch */
	struct commit *commit;
	bool unconfirmed;     /* what is in force is rolled back unless it is confirmed */
	uint64_t back;        /* unconfirmed: the commit to go back to */
	int64_t rollback_due; /* when, in monotonic milliseconds */
	int64_t scheduled;    /* when the commit that waits for its time is done, UTC seconds; 0: none waits */
	int patience; /* milliseconds that a daemon has to verify a configuration */
};

int64_t mgd_now(void); /* monotonic milliseconds */
/* The device's name: `system host-name` in force, else "sallyport". */
const char *mgd_host_name(const struct mgd *mgd);
/* Makes the candidate a copy of what is in force. False: no memory. */
bool mgd_reset_candidate(struct mgd *mgd) __attribute__((warn_unused_result));
/* The text for the store, its secrets wrapped. When they cannot be, `content` has failed: a secret never goes there plain. */
void mgd_render_stored(const struct mgd *mgd, const struct conf_tree *tree, struct text *content);
/* conf_load() of what may hold wrapped secrets; one that cannot be unwrapped is reported and left out. */
bool mgd_load_stored(const struct mgd *mgd, struct conf_tree *tree, enum conf_format format, const struct text *content,
    struct diagnostics *list);
/* The same into a tree of its own, curly text. NULL: there was an error in it, or no memory: see the list. */
struct conf_tree *mgd_read_stored(const struct mgd *mgd, const struct text *content, struct diagnostics *list)
    __attribute__((warn_unused_result));
/* Unwraps what a user loaded or typed. False with diagnostics: what cannot be stays as it is. */
bool mgd_unwrap(const struct mgd *mgd, struct conf_tree *tree, struct diagnostics *list)
    __attribute__((warn_unused_result));
/* Everything that can be known about a configuration without a daemon: the checks and a compilation to nowhere. */
void mgd_check(const struct conf_tree *tree, struct diagnostics *list);

#endif
