/*
 * A front end's connection: its mode, its edit level, the command that runs for it; and what it is told. How
 * it begins, what it says and how it ends is conversation.h's.
 */
#ifndef MGD_SESSION_H
#define MGD_SESSION_H

#include "ipc/payload.h"
#include "mgd.h"
#include "permission.h"

enum {
	SESSION_LEVELS = 32,                     /* that `exit` finds back through */
	SESSION_CONTENT_MOST = 64 * 1024 * 1024, /* octets of a file that is loaded */
};

struct access_guard;
struct relay;

enum edit_kind {
	EDIT_SHARED,    /* everybody's candidate */
	EDIT_EXCLUSIVE, /* that one, and nobody else changes it */
	EDIT_PRIVATE,   /* one of its own */
};

struct session {
	struct mgd *mgd;
	struct ipc_client *client;
	char user[64];
	uid_t uid;
	bool administrator;            /* root or the owner of the state directory */
	bool known;                    /* has a class */
	bool admitted;                 /* it was known once: when its user is deleted it is closed (cs07855) */
	struct permission_class class; /* of the configuration `class_of` */
	uint64_t class_of;
	enum ipc_mode mode;
	struct text level;
	struct text before[SESSION_LEVELS]; /* levels that `edit` left */
	size_t depth;
	enum edit_kind editing; /* in configuration mode; editing.h */
	struct conf_tree *own;  /* private: the candidate */
	struct conf_tree *base; /* private: what was in force when it was begun */
	bool own_changed;
	int64_t since; /* configuration mode was entered, UTC seconds */
	int64_t last;  /* command, monotonic milliseconds */
	int64_t began; /* UTC seconds */
	uint16_t indent; /* of the command that runs */
	uint32_t request;
	bool busy;
	void (*then)(struct session *session); /* instead of telling the front end that the command ended; NULL: tell it */
	size_t then_at;                        /* how far that is */
	bool discreet; /* secrets are hidden whatever the class may see */
	const struct access_guard *guard; /* around the command that runs; NULL: none is needed */
	bool denied; /* the command that runs was, and its user was told: nothing of it stays */
	struct text content; /* came for the command that follows: what load loads, an answer */
	struct text question; /* of the command that ended in it */
	struct relay *relay; /* the daemon's answer under way; NULL: none */
};

/* What the command prints, what went wrong in it, and its end. */
void session_print(struct session *session, const struct text *text);
void session_fail(struct session *session, const struct text *text);
void session_failf(struct session *session, const char *format, ...) __attribute__((format(printf, 2, 3)));
void session_say(struct session *session, const char *line);
void session_sayf(struct session *session, const char *format, ...) __attribute__((format(printf, 2, 3)));
void session_done(struct session *session, enum ipc_done_status status);
/* A line, with its newline, for everybody at a command line now. */
void session_tell_all(struct mgd *mgd, const char *line);
/* The levels that `exit` would find back through, and the one where it is. */
void session_forget_levels(struct session *session);
/* Room to print in: false while the front end has not read what it was sent. */
bool session_has_room(const struct session *session);

#endif
