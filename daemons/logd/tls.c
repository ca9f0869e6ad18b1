/*
 * TLS by OpenSSL. See tls.h.
 */
#include "tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum {
	TLS_READS = 16, /* that one call makes: who talks without end takes nobody else's turn */
};

struct tls {
	SSL_CTX *context;
	SSL *connection;
};

/* OpenSSL's own words for what went wrong last. */
static void
explain(const char *what, struct text *error)
{
	const unsigned long code = ERR_peek_last_error();
	const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);

	text_printf(error, "%s: %s", what, reason == NULL ? "the connection broke" : reason);
	ERR_clear_error();
}

static bool
name_peer(struct tls *tls, const char *name)
{
	X509_VERIFY_PARAM *parameters = SSL_get0_param(tls->connection);
	unsigned char octets[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, name, octets) == 1 || inet_pton(AF_INET6, name, octets) == 1) {
		return X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1;
	}
	X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	/* The macro of OpenSSL casts the const away; the function behind it only copies the name. */
	return X509_VERIFY_PARAM_set1_host(parameters, name, 0) == 1 &&
	    SSL_ctrl(tls->connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)name) == 1;
}

static bool
trust(struct tls *tls, const char *path, struct text *error)
{
	if (path == NULL ? SSL_CTX_set_default_verify_paths(tls->context) == 1 :
	                   SSL_CTX_load_verify_file(tls->context, path) == 1) {
		return true;
	}
	explain(path == NULL ? "the system's trusted certificates" : path, error);
	return false;
}

struct tls *
tls_create(int descriptor, const struct tls_peer *peer, struct text *error)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	ERR_clear_error();
	if (tls == NULL || (tls->context = SSL_CTX_new(TLS_client_method())) == NULL) {
		text_append(error, "out of memory");
		free(tls);
		return NULL;
	}
	SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
	(void)SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (!trust(tls, peer->trusted, error)) {
		tls_destroy(tls);
		return NULL;
	}
	if (SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1 ||
	    (tls->connection = SSL_new(tls->context)) == NULL || !name_peer(tls, peer->name) ||
	    SSL_set_fd(tls->connection, descriptor) != 1) {
		explain("TLS", error);
		tls_destroy(tls);
		return NULL;
	}
	return tls;
}

void
tls_destroy(struct tls *tls)
{
	if (tls == NULL) {
		return;
	}
	if (tls->connection != NULL && SSL_is_init_finished(tls->connection)) {
		(void)SSL_shutdown(tls->connection);
	}
	SSL_free(tls->connection);
	SSL_CTX_free(tls->context);
	ERR_clear_error();
	free(tls);
}

static enum tls_status
status_of(struct tls *tls, int result, struct text *error)
{
	const long verified = SSL_get_verify_result(tls->connection);

	switch (SSL_get_error(tls->connection, result)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		text_append(error, "the server ended the connection");
		return TLS_CLOSED;
	default:
		if (verified != X509_V_OK) {
			text_printf(error, "the server's certificate is refused: %s", X509_verify_cert_error_string(verified));
			ERR_clear_error();
		} else {
			explain("TLS", error);
		}
		return TLS_FAILED;
	}
}

enum tls_status
tls_handshake(struct tls *tls, struct text *error)
{
	int result;

	ERR_clear_error();
	result = SSL_connect(tls->connection);
	return result == 1 ? TLS_DONE : status_of(tls, result, error);
}

enum tls_status
tls_write(struct tls *tls, const char *bytes, size_t length, size_t *written, struct text *error)
{
	int result;

	ERR_clear_error();
	result = SSL_write_ex(tls->connection, bytes, length, written);
	return result == 1 ? TLS_DONE : status_of(tls, result, error);
}

enum tls_status
tls_read(struct tls *tls, struct text *error)
{
	char thrown[4096];
	size_t got;
	int result = 1;

	for (unsigned turn = 0; turn < TLS_READS && result == 1; turn++) {
		ERR_clear_error();
		result = SSL_read_ex(tls->connection, thrown, sizeof(thrown), &got);
	}
	return result == 1 ? TLS_DONE : status_of(tls, result, error);
}
