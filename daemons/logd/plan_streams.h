/*
 * The part of a plan that `security log` makes: streams, and where traffic logs go.
 */
#ifndef LOGD_PLAN_STREAMS_H
#define LOGD_PLAN_STREAMS_H

#include "plan.h"

/* `log` may be NULL. False: out of memory; what was made stands in the plan, to be released. */
bool plan_streams_add(struct plan *plan, const struct conf_node *log) __attribute__((warn_unused_result));
/* Name servers, from `system name-server`, which may be NULL. */
void plan_streams_servers(struct plan *plan, const struct conf_node *servers);
void plan_streams_release(struct plan *plan);

/*
 * What static-host-mapping says of a name, IPv4 before IPv6, else the name. `log`: a container at the second level of the
 * configuration.
 */
const char *plan_static_address(const struct conf_node *log, const char *name);
/* In plan.c: the code of a severity's name; for NULL all of them. */
int8_t plan_severity(const char *name);

#endif
