/*
 * Where configurations are archived to: `system archival configuration archive-sites`.
 *
 *   /folder, file:///folder            a folder of this machine
 *   scp://[user@]host[:port]/folder    by scp
 *   git+ssh://[user@]host[:port]/repository, git+file:///repository
 *                                      a commit in a git repository
 *
 * What is parsed can stand in an argument of a program: no part begins with '-' or holds a control character, and user and
 * host have letters, digits and the signs - . _ only (an IPv6 address its brackets).
 */
#ifndef CONF_SITE_H
#define CONF_SITE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SITE_USER = 64,
	SITE_HOST = 255,
	SITE_PATH = 1023,
};

enum site_kind {
	SITE_FOLDER,
	SITE_SCP,
	SITE_GIT_SSH,
	SITE_GIT_FILE,
};

struct site {
	enum site_kind kind;
	uint16_t port;            /* 0: the protocol's own */
	char user[SITE_USER + 1]; /* "": none is said */
	char host[SITE_HOST + 1];
	char path[SITE_PATH + 1]; /* absolute */
};

/* False with a sentence in *why (constant). */
bool site_parse(const char *text, struct site *site, const char **why) __attribute__((warn_unused_result));

#endif
