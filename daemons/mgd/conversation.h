/*
 * A front end's connection, from its beginning to its end, and what comes over it: commands, what they load, questions for
 * what could be typed, interrupts. It has one command at a time, may interrupt it, and asks between commands.
 */
#ifndef MGD_CONVERSATION_H
#define MGD_CONVERSATION_H

#include "session.h"

/* NULL: no memory. */
struct session *conversation_start(struct mgd *mgd, struct ipc_client *client) __attribute__((warn_unused_result));
void conversation_end(struct session *session);
/* A message of the front end. */
void conversation_take(struct session *session, const struct ipc_message *message);

#endif
