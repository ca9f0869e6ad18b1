/*
 * `system static-host-mapping`: names whose addresses the configuration itself says. They come before DNS, which is not asked
 * for them.
 */
#ifndef CONF_HOSTS_H
#define CONF_HOSTS_H

#include "conf/tree.h"

/*
 * The entry of a name, whatever its case, or NULL. Its leaf-lists `inet` and `inet6` hold the addresses. => top is the
 * tree's top
 */
const struct conf_node *conf_static_host(const struct conf_node *top, const char *name);

#endif
