/*
 * Words of a configuration that say where log records go, for all parts of a plan.
 */
#ifndef LOGD_PLAN_WORDS_H
#define LOGD_PLAN_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/tree.h"

/* The code of a name; false: no such name, or NULL. A severity of -1 is `none`. */
bool plan_facility(const char *name, int8_t *code) __attribute__((warn_unused_result));
bool plan_severity(const char *name, int8_t *code) __attribute__((warn_unused_result));
/*
 * What static-host-mapping says of a name, IPv4 before IPv6, else the name. `log`: a container at the second level of the
 * configuration.
 */
const char *plan_static_address(const struct conf_node *log, const char *name);

#endif
