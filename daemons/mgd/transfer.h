/*
 * What transferd is told: the configuration in force as the store holds it, and where `system archival` wants it.
 */
#ifndef MGD_TRANSFER_H
#define MGD_TRANSFER_H

#include "mgd.h"

/* The payload of TRANSFER for what is in force. Fails as text_failed() tells. */
void transfer_encode(const struct mgd *mgd, struct text *payload);

#endif
