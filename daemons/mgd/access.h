/*
 * Who a session is and what it may do: the one place where a front end's user is held against
 * `system login`.
 *
 * The peer's user id is what the kernel says. Root and the owner of the state directory are
 * super-users whatever the configuration says; of all others the account's name is looked up in the
 * configuration in force, anew after each commit.
 */
#ifndef MGD_ACCESS_H
#define MGD_ACCESS_H

#include "session.h"

/* May this peer connect at all? No user may keep all places. */
bool access_may_connect(const struct mgd *mgd, const struct ipc_peer *peer);
/* Who it is. => once, before the others */
void access_start(struct session *session);
void access_end(struct session *session);
/* Reads the user's class again when another configuration is in force. False: he is nobody here. */
bool access_known(struct session *session);
/* The same, and he is told. */
bool access_refresh(struct session *session);
/* Closes a session that was idle for longer than its class may be, and one whose user is not configured any more. */
void access_tick(struct session *session);

/* False: the class may not run the command; the session was told. */
bool access_command(struct session *session, const struct op_command *command, enum op_mode mode);

/* A tree as the session may see it: itself, or a copy without what is hidden. */
struct access_view {
	struct conf_tree *tree;
	struct conf_tree *copy; /* NULL: it is the tree itself */
	size_t hidden;          /* statements */
};

/* For its names alone: secrets stand in it. False: no memory; there is nothing to end. */
bool access_view_names(const struct session *session, struct conf_tree *tree,
    struct access_view *view) __attribute__((warn_unused_result));
/* Secrets have JUNOS's $9$ form, or are hidden. False: no memory; there is nothing to end. */
bool access_view_start(const struct session *session, struct conf_tree *tree,
    struct access_view *view) __attribute__((warn_unused_result));
void access_view_end(struct access_view *view);
/* That something is missing, in front of text to read; what is loaded again gets no word of it. */
void access_view_head(const struct session *session, const struct access_view *view,
    enum conf_format format, struct text *out);
/* Text of such a tree: hidden secrets stand there as in JUNOS, without quotation marks. */
void access_view_text(const struct access_view *view, enum conf_format format, struct text *text);

/* Of what stands at a place, all, or something. */
enum access_extent {
	ACCESS_ALL,
	ACCESS_SOME,
};

/* May the session see what stands behind these words in its candidate? Nothing there is nothing hidden. */
bool access_sees(const struct session *session, const char *words, enum access_extent extent);
/* Does one of them tell about what the session may not see, its names among it? */
bool access_hides(const struct session *session, const struct diagnostics *list);
/* Leaves of such ones only that they are there. */
void access_veil(const struct session *session, struct diagnostics *list);
/* Diagnostics as the command line shows them: warnings as output, and with an error all of them as what went wrong. */
void access_diagnose(struct session *session, struct diagnostics *list);
/* The same about a file: a line each, with the place in it. */
void access_diagnose_lines(struct session *session, struct diagnostics *list);
/* The same sentence whether something is there or not; access_guard_end() makes it true. */
void access_tell_denied(struct session *session);

/*
 * Around a command that changes the candidate: what the class may not change is put back, all of
 * the command with it. That sees what has become different, so no command has to know of it.
 */
struct access_guard {
	struct conf_tree *before; /* NULL: nothing to look after */
	bool changed;
	struct text level;
	size_t depth;
};

/* Has the command that runs changed, so far, what it may not? For what would be said before its end. */
bool access_guard_denies(struct session *session);
/* False: no memory; the session was told. */
bool access_guard_start(struct session *session, const struct op_command *command,
    struct access_guard *guard) __attribute__((warn_unused_result));
/* False: it was denied, and the session was told. */
bool access_guard_end(struct session *session, struct access_guard *guard) __attribute__((warn_unused_result));

#endif
