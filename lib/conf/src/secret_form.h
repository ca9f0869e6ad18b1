/*
 * Inside lib/conf: the form in which JUNOS shows a secret.
 *
 * $9$ and characters of an alphabet of 65: the first is random, up to three more that mean nothing
 * follow, then each octet of the secret as the distances between two to four neighbours, weighed.
 * It hides from a glance, and protects from nobody.
 */
#ifndef SECRET_FORM_H
#define SECRET_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Appends the secret that the form stands for. False, with nothing appended: it is no such form, or
 * of no printable secret. */
bool secret_form_read(const char *value, size_t length, struct text *secret);
/* Does it begin as one? */
bool secret_form_looks(const char *value, size_t length);
/*
 * Appends the form of a secret, the same each time. What cannot have one that is read again (it begins as a form, or
 * is longer than 255 octets) is appended as it is.
 */
void secret_form_write(const char *secret, struct text *form);

#endif
