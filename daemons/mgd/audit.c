/*
 * Audit records: facility interactive-commands, the tags and words of JUNOS.
 */
#include "audit.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conf/diagnostic.h"

struct happening {
	enum log_severity severity;
	const char *tag;
	const char *user;
	const char *name; /* of a second pair; NULL: none */
	const char *value;
};

static void
record(struct mgd *mgd, const struct happening *what, const struct text *text)
{
	struct timespec now;
	struct ipc_log_record entry = {.facility = LOG_FACILITY_INTERACTIVE_COMMANDS,
	    .severity = (uint8_t)what->severity,
	    .process = (uint32_t)getpid(),
	    .tag = what->tag,
	    .text = text_string(text)};

	clock_gettime(CLOCK_REALTIME, &now);
	entry.wall = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	ipc_pairs_add(&entry.pairs, "username", what->user);
	if (what->name != NULL) {
		ipc_pairs_add(&entry.pairs, what->name, what->value);
	}
	logger_send(mgd->logger, &entry);
	ipc_pairs_release(&entry.pairs);
}

/* Up to the first word that may be a shortened keyword of a secret. */
static void
append_guarded(const char *line, struct text *out)
{
	static const char *const keywords[] = {"ascii-text", "encrypted-password", "hexadecimal",
	    "plain-text-password-value", "pre-shared-key", "preshared-key", "secret"};
	struct text words = TEXT_EMPTY;
	size_t at = 0;

	while (line[at] != '\0') {
		const size_t start = at + strspn(line + at, " \t");
		const size_t length = strcspn(line + start, " \t");

		text_append_bytes(&words, line + at, start + length - at);
		at = start + length;
		for (size_t i = 0; length > 0 && i < sizeof(keywords) / sizeof(keywords[0]); i++) {
			if (length < strlen(keywords[i]) && strncmp(keywords[i], line + start, length) == 0) {
				diagnostics_append_shown(text_string(&words), out);
				text_append(out, line[at] == '\0' ? "" : " /* SECRET-DATA */");
				text_release(&words);
				return;
			}
		}
	}
	diagnostics_append_shown(text_string(&words), out);
	text_release(&words);
}

void
audit_command(struct mgd *mgd, const char *user, const char *line, bool whole)
{
	struct text text = TEXT_EMPTY;
	struct text shown = TEXT_EMPTY;
	/* A line may be as long as a whole configuration; what was done shows in its beginning. */
	enum { MOST = 1000 };

	if (whole) {
		diagnostics_append_shown(line, &shown);
	} else {
		append_guarded(line, &shown);
	}
	text_printf(&text, "User '%s', command '%.*s '", user, MOST, text_string(&shown));
	text_release(&shown);
	record(mgd,
	    &(struct happening){.severity = LOG_SEVERITY_INFO,
	        .tag = "UI_CMDLINE_READ_LINE",
	        .user = user},
	    &text);
	text_release(&text);
}

void
audit_login(struct mgd *mgd, const char *user, const char *class, const char *client)
{
	struct text text = TEXT_EMPTY;

	text_printf(&text, "User '%s' login, class '%s', client-mode '%s'", user, class, client);
	record(mgd,
	    &(struct happening){.severity = LOG_SEVERITY_INFO,
	        .tag = "UI_LOGIN_EVENT",
	        .user = user,
	        .name = "client-mode",
	        .value = client},
	    &text);
	text_release(&text);
}

void
audit_logout(struct mgd *mgd, const char *user)
{
	struct text text = TEXT_EMPTY;

	text_printf(&text, "User '%s' logout", user);
	record(mgd, &(struct happening){.severity = LOG_SEVERITY_INFO, .tag = "UI_LOGOUT_EVENT", .user = user}, &text);
	text_release(&text);
}

void
audit_denied(struct mgd *mgd, const char *user, const char *what)
{
	struct text text = TEXT_EMPTY;

	text_printf(&text, "User '%s' is not allowed: %s", user, what);
	record(mgd, &(struct happening){.severity = LOG_SEVERITY_WARNING, .tag = "UI_AUTH_DENIED", .user = user}, &text);
	text_release(&text);
}

void
audit_configure(struct mgd *mgd, const char *user, bool in)
{
	struct text text = TEXT_EMPTY;

	text_printf(&text, "User '%s' %s configuration mode", user, in ? "entering" : "exiting");
	record(mgd,
	    &(struct happening){.severity = LOG_SEVERITY_NOTICE,
	        .tag = in ? "UI_DBASE_LOGIN_EVENT" : "UI_DBASE_LOGOUT_EVENT",
	        .user = user},
	    &text);
	text_release(&text);
}

void
audit_commit(struct mgd *mgd, const char *user, bool check_only, const char *comment)
{
	const char *verb = check_only ? "commit check" : "commit";
	struct text text = TEXT_EMPTY;

	text_printf(&text, "User '%s' requested '%s' operation (comment: %s)", user, verb,
	    comment == NULL ? "none" : comment);
	record(mgd,
	    &(struct happening){.severity = LOG_SEVERITY_NOTICE,
	        .tag = "UI_COMMIT",
	        .user = user,
	        .name = "command",
	        .value = verb},
	    &text);
	text_release(&text);
}

void
audit_commit_end(struct mgd *mgd, const char *user, bool check_only, bool good)
{
	struct text text = TEXT_EMPTY;

	if (good) {
		text_append(&text, check_only ? "configuration check succeeds" : "commit complete");
	} else {
		text_append(&text, "the configuration in force was not changed");
	}
	record(mgd,
	    &(struct happening){.severity = good ? LOG_SEVERITY_NOTICE : LOG_SEVERITY_WARNING,
	        .tag = good ? "UI_COMMIT_COMPLETED" : "UI_COMMIT_FAILED",
	        .user = user},
	    &text);
	text_release(&text);
}
