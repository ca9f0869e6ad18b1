/*
 * What stands inside the messages: one encode and one decode function each.
 *
 * Strings are a 32-bit length and that many bytes without NUL inside; a list is a 32-bit count and its items. Encoders
 * append to a struct text (sticky failure, see text_failed()); decoders read untrusted bytes through the bounded reader,
 * return false on anything malformed or left over, and point into the payload or, for C strings, into `memory`.
 */
#ifndef IPC_PAYLOAD_H
#define IPC_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "base/text.h"

/* Of what goes on until somebody ends it, so many at a time. */
enum {
	IPC_TAPS = 4,    /* that watch ports, in flowd */
	IPC_PROBES = 16, /* processes of probed */
};

/* Building stones, also for payloads of your own. */
void ipc_put_u8(struct text *out, uint8_t value);
void ipc_put_u16(struct text *out, uint16_t value);
void ipc_put_u32(struct text *out, uint32_t value);
void ipc_put_u64(struct text *out, uint64_t value);
void ipc_put_string(struct text *out, const char *string); /* NULL is written as "" */
void ipc_put_bytes(struct text *out, const void *bytes, size_t length);
/* A string as NUL-terminated copy that the caller frees; NULL (and the reader failed) when malformed or out of memory. */
char *ipc_get_string(struct reader *reader) __attribute__((warn_unused_result));
/* Frees what a decoder made: fields are const so that encoders may point them at anything. NULL does nothing. */
void ipc_string_release(const char *string);

/* Names with values, in order; a name may come twice. */
struct ipc_pair {
	const char *name;
	const char *value;
};

struct ipc_pairs {
	struct ipc_pair *items;
	size_t count;
	size_t capacity;
	bool failed; /* out of memory */
	bool borrowed; /* the strings lie elsewhere: the array alone is freed */
};

#define IPC_PAIRS_EMPTY ((struct ipc_pairs){.items = NULL})

void ipc_pairs_release(struct ipc_pairs *pairs);
void ipc_pairs_add(struct ipc_pairs *pairs, const char *name, const char *value);
void ipc_pairs_addf(struct ipc_pairs *pairs, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The first value of that name, or NULL. */
const char *ipc_pairs_find(const struct ipc_pairs *pairs, const char *name);
void ipc_put_pairs(struct text *out, const struct ipc_pairs *pairs);
bool ipc_get_pairs(struct reader *reader, struct ipc_pairs *pairs) __attribute__((warn_unused_result));

/* CLI_COMMAND */
struct ipc_command {
	const char *line;
	uint16_t width; /* columns of the terminal; 0: not a terminal */
	uint16_t indent; /* columns that the prompt takes before the line, for op_error_render()'s caret; IPC_INDENT_ECHO */
};
#define IPC_INDENT_ECHO UINT16_MAX /* the line stands nowhere yet: an error prints it above its caret */

void ipc_command_encode(const struct ipc_command *command, struct text *out);
/* => release with ipc_string_release(command->line) */
bool ipc_command_decode(struct ipc_command *command, const void *payload, size_t length)
    __attribute__((warn_unused_result));

/* CLI_DONE */
enum ipc_done_status {
	IPC_DONE_OK,
	IPC_DONE_ERROR, /* the command failed; what to say about it came as CLI_ERROR */
	IPC_DONE_LEAVE, /* quit: the front end ends */
	IPC_DONE_SECRET, /* the same line again, behind a secret as CLI_CONTENT that the user types without seeing it */
	IPC_DONE_QUESTION, /* the same line again, behind the answer to `question` as CLI_CONTENT: "yes" or "no" */
};

enum ipc_mode {
	IPC_MODE_OPERATIONAL, /* user@host> */
	IPC_MODE_CONFIGURE,   /* [edit level] user@host# */
};

struct ipc_done {
	enum ipc_done_status status;
	enum ipc_mode mode;
	const char *level; /* "security zones"; "" at the top */
	const char *user;
	const char *host;
	const char *question; /* "" but with IPC_DONE_QUESTION */
};

void ipc_done_encode(const struct ipc_done *done, struct text *out);
bool ipc_done_decode(struct ipc_done *done, const void *payload, size_t length) __attribute__((warn_unused_result));
void ipc_done_release(struct ipc_done *done);

/* CLI_COMPLETE. An empty CLI_COMMAND line gives CLI_DONE with the prompt at the start of a session. */
enum ipc_complete_reason {
	IPC_COMPLETE_SPACE, /* space: complete a keyword when only one fits */
	IPC_COMPLETE_TAB,   /* tab: names too */
	IPC_COMPLETE_HELP,  /* '?': list what is possible, with help */
};

struct ipc_complete {
	const char *line; /* up to the cursor */
	enum ipc_complete_reason reason;
};

void ipc_complete_encode(const struct ipc_complete *complete, struct text *out);
/* => release with ipc_string_release(complete->line) */
bool ipc_complete_decode(struct ipc_complete *complete, const void *payload, size_t length)
    __attribute__((warn_unused_result));

/* CLI_CANDIDATES: how many bytes of the line's end are the word being completed, then the candidates. */
enum ipc_candidate_kind {
	IPC_CANDIDATE_KEYWORD,
	IPC_CANDIDATE_NAME,
	IPC_CANDIDATE_PLACEHOLDER,
	IPC_CANDIDATE_ENTER,
	IPC_CANDIDATE_LEVEL, /* keywords too: with statements below it, */
	IPC_CANDIDATE_SET,   /* with several values */
};

struct ipc_candidate {
	enum ipc_candidate_kind kind;
	const char *word;
	const char *help;
};

struct ipc_candidates {
	uint32_t replace; /* bytes before the cursor that a candidate replaces */
	struct ipc_candidate *items;
	size_t count;
	size_t capacity;
	bool failed;
};

#define IPC_CANDIDATES_EMPTY ((struct ipc_candidates){.items = NULL})

void ipc_candidates_add(struct ipc_candidates *list, enum ipc_candidate_kind kind, const char *word, const char *help);
void ipc_candidates_encode(const struct ipc_candidates *list, struct text *out);
bool ipc_candidates_decode(struct ipc_candidates *list, const void *payload, size_t length)
    __attribute__((warn_unused_result));
void ipc_candidates_release(struct ipc_candidates *list);

/*
 * VERIFY. The configuration as canonical curly text; what a daemon has no use for may be left out. IPC_VERIFY_LOAD: at
 * (re)connect; statements that are refused are reported as errors, and only they are skipped.
 */
struct ipc_verify {
	uint64_t id;      /* of the commit; grows */
	const char *text; /* borrowed from the payload, not NUL-terminated */
	size_t length;
};

void ipc_verify_encode(const struct ipc_verify *verify, struct text *out);
bool ipc_verify_decode(struct ipc_verify *verify, const void *payload, size_t length)
    __attribute__((warn_unused_result));

/* APPLY, ABORT */
struct ipc_apply {
	uint64_t id;
};

void ipc_apply_encode(const struct ipc_apply *apply, struct text *out);
bool ipc_apply_decode(struct ipc_apply *apply, const void *payload, size_t length) __attribute__((warn_unused_result));

/* RESULT of VERIFY and APPLY. `diagnostics` is the count that follows. */
struct ipc_diagnostic {
	bool error; /* else a warning */
	uint32_t line;
	const char *path;      /* "" when there is none */
	const char *statement; /* "" when there is none */
	const char *message;
};

struct ipc_result {
	uint64_t id;
	bool accepted;
	struct ipc_diagnostic *items;
	size_t count;
	size_t capacity;
	bool failed;
};

void ipc_result_add(struct ipc_result *result, const struct ipc_diagnostic *what); /* copies the strings; NULL as "" */
void ipc_result_encode(const struct ipc_result *result, struct text *out);
bool ipc_result_decode(struct ipc_result *result, const void *payload, size_t length)
    __attribute__((warn_unused_result));
void ipc_result_release(struct ipc_result *result);

/* RPC and RPC_DATA carry bare octets of op_tree_encode(): one tree each, nothing around it. */

/* RPC_DONE: the end of an answer, good or bad. */
struct ipc_rpc_done {
	bool ok;
	const char *message; /* a sentence when it failed, else "" */
};

void ipc_rpc_done_encode(const struct ipc_rpc_done *done, struct text *out);
/* => release with ipc_string_release(done->message) */
bool ipc_rpc_done_decode(struct ipc_rpc_done *done, const void *payload, size_t length)
    __attribute__((warn_unused_result));

#endif
