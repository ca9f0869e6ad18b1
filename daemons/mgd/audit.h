/*
 * Who did what: records for logd with JUNOS's tags.
 */
#ifndef MGD_AUDIT_H
#define MGD_AUDIT_H

#include "mgd.h"

/* `whole`: no keyword of the line is shortened. */
void audit_command(struct mgd *mgd, const char *user, const char *line, bool whole);
void audit_login(struct mgd *mgd, const char *user, const char *class, const char *client);
void audit_logout(struct mgd *mgd, const char *user);
/* What a user's class did not let him do. */
void audit_denied(struct mgd *mgd, const char *user, const char *what);
void audit_configure(struct mgd *mgd, const char *user, bool in);
void audit_commit(struct mgd *mgd, const char *user, bool check_only, const char *comment);
void audit_commit_end(struct mgd *mgd, const char *user, bool check_only, bool good);

#endif
