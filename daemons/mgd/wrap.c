/*
 * Wrapping secrets by libcrypto: AES-256-GCM (NIST SP 800-38D) with random nonces of 96 bits. See wrap.h.
 *
 * What is read may come from anybody: its length is bounded, and only the one spelling that we write is taken.
 */
#include "wrap.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char key_name[] = "master-key";
static const char new_name[] = "master-key.new";
static const char magic[] = "$wrapped$1$";

enum {
	NONCE = 12,
	TAG = 16,
	MAGIC = sizeof(magic) - 1,
	SECRET_MOST = 4096, /* octets; a wrapped one that waits for its commit may be wrapped again */
	RAW_MOST = NONCE + SECRET_MOST + TAG,
	BASE64_MOST = (RAW_MOST + 2) / 3 * 4,
};

struct wrap {
	unsigned char key[WRAP_KEY];
	bool made; /* there was none */
};

/* --- the key ---------------------------------------------------------------------------------------------------- */

static bool
explain(struct text *error, const char *what)
{
	text_printf(error, "db/%s %s: %s", key_name, what, strerror(errno));
	return false;
}

static bool
make_key(struct wrap *wrap, int folder, struct text *error)
{
	int descriptor;
	bool good;

	if (getrandom(wrap->key, WRAP_KEY, 0) != WRAP_KEY) {
		return explain(error, "cannot be made");
	}
	(void)unlinkat(folder, new_name, 0);
	descriptor = openat(folder, new_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (descriptor < 0) {
		return explain(error, "cannot be made");
	}
	errno = ENOSPC; /* of a write that is short */
	good = write(descriptor, wrap->key, WRAP_KEY) == WRAP_KEY && fsync(descriptor) == 0;
	good = good || explain(error, "cannot be made");
	close(descriptor);
	if (good && (renameat(folder, new_name, folder, key_name) != 0 || fsync(folder) != 0)) {
		good = explain(error, "cannot be made");
	}
	if (!good) {
		(void)unlinkat(folder, new_name, 0);
	}
	return good;
}

static bool
read_key(struct wrap *wrap, int descriptor, struct text *error)
{
	struct stat status;

	if (fstat(descriptor, &status) != 0) {
		return explain(error, "cannot be read");
	}
	if (!S_ISREG(status.st_mode) || status.st_size != WRAP_KEY) {
		text_printf(error,
		    "db/%s is not a key: it should be a file of %d octets; put the right one back, or remove it and "
		    "set the secrets again",
		    key_name, WRAP_KEY);
		return false;
	}
	errno = EIO; /* of a read that is short */
	return read(descriptor, wrap->key, WRAP_KEY) == WRAP_KEY || explain(error, "cannot be read");
}

bool
wrap_is_new(const struct wrap *wrap)
{
	return wrap->made;
}

struct wrap *
wrap_create(int folder, struct text *error)
{
	struct wrap *wrap = calloc(1, sizeof(*wrap));
	int descriptor;
	bool good;

	if (wrap == NULL) {
		text_append(error, "out of memory");
		return NULL;
	}
	descriptor = openat(folder, key_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (descriptor >= 0) {
		good = read_key(wrap, descriptor, error);
		close(descriptor);
	} else {
		wrap->made = errno == ENOENT;
		good = wrap->made ? make_key(wrap, folder, error) : explain(error, "cannot be read");
	}
	if (!good) {
		wrap_destroy(wrap);
		return NULL;
	}
	return wrap;
}

void
wrap_destroy(struct wrap *wrap)
{
	if (wrap != NULL) {
		OPENSSL_cleanse(wrap, sizeof(*wrap));
		free(wrap);
	}
}

/* --- secrets ---------------------------------------------------------------------------------------------------- */

/* raw is nonce, ciphertext, tag; the nonce is there. */
static bool
encrypt(const struct wrap *wrap, const char *secret, int length, const char *path, unsigned char *raw)
{
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	int done = 0;
	bool good = cipher != NULL &&
	    EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, wrap->key, raw) == 1 &&
	    EVP_EncryptUpdate(cipher, NULL, &done, (const unsigned char *)path, (int)strlen(path)) == 1 &&
	    EVP_EncryptUpdate(cipher, raw + NONCE, &done, (const unsigned char *)secret, length) == 1 &&
	    done == length && EVP_EncryptFinal_ex(cipher, raw + NONCE + length, &done) == 1 &&
	    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG, raw + NONCE + length) == 1;

	EVP_CIPHER_CTX_free(cipher);
	return good;
}

static bool
decrypt(const struct wrap *wrap, unsigned char *raw, int length, const char *path, unsigned char *secret)
{
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	int done = 0;
	bool good = cipher != NULL &&
	    EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, wrap->key, raw) == 1 &&
	    EVP_DecryptUpdate(cipher, NULL, &done, (const unsigned char *)path, (int)strlen(path)) == 1 &&
	    EVP_DecryptUpdate(cipher, secret, &done, raw + NONCE, length) == 1 && done == length &&
	    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG, raw + NONCE + length) == 1 &&
	    EVP_DecryptFinal_ex(cipher, secret + length, &done) == 1;

	EVP_CIPHER_CTX_free(cipher);
	return good;
}

bool
wrap_close(const struct wrap *wrap, const char *secret, const char *path, struct text *out)
{
	const size_t length = strlen(secret);
	unsigned char raw[RAW_MOST];
	char base64[BASE64_MOST + 1];
	bool good = length > 0 && length <= SECRET_MOST && getrandom(raw, NONCE, 0) == NONCE &&
	    encrypt(wrap, secret, (int)length, path, raw);

	if (good) {
		(void)EVP_EncodeBlock((unsigned char *)base64, raw, (int)length + NONCE + TAG);
		text_append(out, magic);
		text_append(out, base64);
	}
	return good && !text_failed(out);
}

/* The octets of the one spelling of them; 0: it is none. */
static size_t
decode(const char *base64, unsigned char *raw)
{
	const size_t length = strlen(base64);
	char again[BASE64_MOST + 1];
	int octets;

	if (length == 0 || length > BASE64_MOST || length % 4 != 0) {
		return 0;
	}
	octets = EVP_DecodeBlock(raw, (const unsigned char *)base64, (int)length);
	if (octets < 0) {
		return 0;
	}
	octets -= (base64[length - 1] == '=') + (base64[length - 2] == '=');
	(void)EVP_EncodeBlock((unsigned char *)again, raw, octets);
	return strcmp(again, base64) == 0 ? (size_t)octets : 0;
}

bool
wrap_open(const struct wrap *wrap, const char *wrapped, const char *path, struct text *out)
{
	unsigned char raw[RAW_MOST + 3];
	unsigned char secret[SECRET_MOST + TAG];
	size_t octets = strncmp(wrapped, magic, MAGIC) == 0 ? decode(wrapped + MAGIC, raw) : 0;
	size_t length = octets > NONCE + TAG ? octets - NONCE - TAG : 0;
	bool good = length > 0 && length <= SECRET_MOST && decrypt(wrap, raw, (int)length, path, secret) &&
	    memchr(secret, '\0', length) == NULL;

	if (good) {
		text_append_bytes(out, (const char *)secret, length);
	}
	OPENSSL_cleanse(secret, sizeof(secret));
	return good && !text_failed(out);
}
