/*
 * TLS towards a log server, without waiting: over a connected non-blocking socket that somebody else owns.
 *
 * The server proves who it is or gets nothing: its certificate must lead to a trusted one and name the server. TLS 1.2 is
 * the oldest version spoken. Every failure has a sentence that names its cause.
 */
#ifndef LOGD_TLS_H
#define LOGD_TLS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/text.h"

struct tls;

struct tls_peer {
	const char *trusted; /* path of a file with certificates in PEM form; NULL: those of the system */
	const char *name;    /* a host name or an address: what the certificate must say */
};

enum tls_status {
	TLS_DONE,
	TLS_WANT_READ, /* again when the socket is readable */
	TLS_WANT_WRITE,
	TLS_CLOSED, /* the server ended the connection */
	TLS_FAILED,
};

/* NULL with a sentence. */
struct tls *tls_create(int descriptor, const struct tls_peer *peer, struct text *error) __attribute__((warn_unused_result));
/* Says goodbye if it can; the socket stays open. */
void tls_destroy(struct tls *tls);
enum tls_status tls_handshake(struct tls *tls, struct text *error) __attribute__((warn_unused_result));
/* => the handshake is done. `written` octets went out when the result is TLS_DONE; what waits is offered again unchanged. */
enum tls_status tls_write(struct tls *tls, const char *bytes, size_t length, size_t *written, struct text *error)
    __attribute__((warn_unused_result));
/* What servers say is thrown away, a bounded part of it in one call. TLS_WANT_READ: nothing more is there; TLS_DONE: perhaps
 * there is. */
enum tls_status tls_read(struct tls *tls, struct text *error) __attribute__((warn_unused_result));

#endif
