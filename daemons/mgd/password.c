/*
 * Hashing by libcrypt: yescrypt with its own default cost, salt from the kernel. See password.h.
 */
#include "password.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "conf/passwords.h"

enum { SALT = 16 }; /* octets */

static bool
hash(const char *password, struct text *out)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	char salt[SALT];
	const char *made = NULL;

	if (data == NULL) {
		return false;
	}
	if (getrandom(salt, sizeof(salt), 0) == (ssize_t)sizeof(salt) &&
	    crypt_gensalt_rn("$y$", 0, salt, sizeof(salt), setting, sizeof(setting)) != NULL) {
		made = crypt_r(password, setting, data);
	}
	if (made != NULL && made[0] == '$') {
		text_append(out, made);
	}
	explicit_bzero(data, sizeof(*data));
	free(data);
	return out->length > 0;
}

bool
password_hash_all(struct conf_tree *tree)
{
	return conf_hash_passwords(tree, hash);
}
