/*
 * The addresses of archive sites. See conf/site.h.
 */
#include "conf/site.h"

#include <stddef.h>
#include <string.h>

static const struct scheme {
	const char *prefix;
	enum site_kind kind;
	bool remote;
} schemes[] = {
    {"file://", SITE_FOLDER, false},
    {"scp://", SITE_SCP, true},
    {"git+ssh://", SITE_GIT_SSH, true},
    {"git+file://", SITE_GIT_FILE, false},
    {"", SITE_FOLDER, false},
};

static bool
is_word(const char *at, size_t length, const char *signs)
{
	for (size_t i = 0; i < length; i++) {
		const char c = at[i];
		const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!letter && (c == '\0' || strchr(signs, c) == NULL)) {
			return false;
		}
	}
	return length > 0 && at[0] != '-';
}

static void
copy(char *to, const char *from, size_t length)
{
	memcpy(to, from, length);
	to[length] = '\0';
}

static bool
take_user(const char **at, const char *end, struct site *site)
{
	const char *sign = memchr(*at, '@', (size_t)(end - *at));

	if (sign == NULL) {
		return true;
	}
	if (sign - *at > SITE_USER || !is_word(*at, (size_t)(sign - *at), "-._")) {
		return false;
	}
	copy(site->user, *at, (size_t)(sign - *at));
	*at = sign + 1;
	return true;
}

/* Digits up to `end`; none at all is the protocol's own port. */
static bool
take_port(const char *at, const char *end, struct site *site)
{
	unsigned port = 0;

	if (at == end) {
		return true;
	}
	for (; at < end; at++) {
		if (*at < '0' || *at > '9') {
			return false;
		}
		port = port * 10 + (unsigned)(*at - '0');
		if (port > UINT16_MAX) {
			return false;
		}
	}
	site->port = (uint16_t)port;
	return port != 0;
}

static bool
take_host(const char *at, const char *end, struct site *site)
{
	const char *stop = end;

	if (at < end && *at == '[') {
		stop = memchr(at, ']', (size_t)(end - at));
		if (stop == NULL || !is_word(at + 1, (size_t)(stop - at) - 1, ":.")) {
			return false;
		}
		stop++;
	} else {
		stop = memchr(at, ':', (size_t)(end - at));
		stop = stop == NULL ? end : stop;
		if (!is_word(at, (size_t)(stop - at), "-.")) {
			return false;
		}
	}
	if (stop - at > SITE_HOST || (stop < end && *stop != ':')) {
		return false;
	}
	copy(site->host, at, (size_t)(stop - at));
	return stop == end || take_port(stop + 1, end, site);
}

static bool
take_path(const char *at, struct site *site)
{
	const size_t length = strlen(at);

	if (at[0] != '/' || length > SITE_PATH) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)at[i] < ' ' || at[i] == '\x7f') {
			return false;
		}
	}
	copy(site->path, at, length);
	return true;
}

bool
site_parse(const char *text, struct site *site, const char **why)
{
	const struct scheme *scheme = schemes;
	const char *at;

	*site = (struct site){.kind = SITE_FOLDER};
	if (strncmp(text, "ftp:", 4) == 0 || strncmp(text, "http:", 5) == 0 || strncmp(text, "tftp:", 5) == 0) {
		*why = "it would cross the network in clear text: use scp:// or git+ssh://";
		return false;
	}
	while (strncmp(text, scheme->prefix, strlen(scheme->prefix)) != 0) {
		scheme++;
	}
	at = text + strlen(scheme->prefix);
	site->kind = scheme->kind;
	if (scheme->remote) {
		const char *end = at + strcspn(at, "/");

		if (!take_user(&at, end, site) || !take_host(at, end, site)) {
			*why = "a user and host are written user@host or user@host:port, with letters, digits and - . _";
			return false;
		}
		at = end;
	}
	if (!take_path(at, site)) {
		*why = scheme->prefix[0] == '\0' ?
		    "a site is /folder, scp://user@host/folder, git+ssh://user@host/repository or git+file:///repository" :
		    "behind the host stands an absolute path of up to 1023 characters";
		return false;
	}
	return true;
}
