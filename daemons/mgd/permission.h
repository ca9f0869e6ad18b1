/*
 * Permissions of login classes, and what needs which: permissions.def is the table.
 *
 * Nothing here knows of sessions. A class that is predefined or was read from a configuration says
 * what may be done.
 */
#ifndef MGD_PERMISSION_H
#define MGD_PERMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/expression.h"
#include "conf/op.h"

#define PERMISSIONS                                                                                \
	PERMISSION(VIEW, "view")                                                                   \
	PERMISSION(VIEW_CONFIGURATION, "view-configuration")                                       \
	PERMISSION(CONFIGURE, "configure")                                                         \
	PERMISSION(CLEAR, "clear")                                                                 \
	PERMISSION(NETWORK, "network")                                                             \
	PERMISSION(RESET, "reset")                                                                 \
	PERMISSION(TRACE, "trace")                                                                 \
	PERMISSION(MAINTENANCE, "maintenance")                                                     \
	PERMISSION(ROLLBACK, "rollback")                                                           \
	PERMISSION(SHELL, "shell")                                                                 \
	PERMISSION(CONTROL, "control")                                                             \
	PERMISSION(SECRET, "secret")                                                               \
	PERMISSION(SECRET_CONTROL, "secret-control")                                               \
	PERMISSION(SECURITY, "security")                                                           \
	PERMISSION(SECURITY_CONTROL, "security-control")                                           \
	PERMISSION(INTERFACE, "interface")                                                         \
	PERMISSION(INTERFACE_CONTROL, "interface-control")                                         \
	PERMISSION(ROUTING, "routing")                                                             \
	PERMISSION(ROUTING_CONTROL, "routing-control")                                             \
	PERMISSION(SYSTEM, "system")                                                               \
	PERMISSION(SYSTEM_CONTROL, "system-control")                                               \
	PERMISSION(ADMIN, "admin")                                                                 \
	PERMISSION(ADMIN_CONTROL, "admin-control")                                                 \
	PERMISSION(FIREWALL, "firewall")                                                           \
	PERMISSION(FIREWALL_CONTROL, "firewall-control")                                           \
	PERMISSION(ACCESS, "access")                                                               \
	PERMISSION(ACCESS_CONTROL, "access-control")                                               \
	PERMISSION(ALL, "all")

enum permission_number {
#define PERMISSION(symbol, name) PERMISSION_NUMBER_##symbol,
	PERMISSIONS
#undef PERMISSION
};

enum permission {
#define PERMISSION(symbol, name) PERMISSION_##symbol = 1 << PERMISSION_NUMBER_##symbol,
	PERMISSIONS
#undef PERMISSION
};

struct permission_class {
	char name[64];
	uint32_t permissions;  /* what they imply included */
	uint32_t idle_minutes; /* 0: never too long */
	struct conf_expression allow_commands;
	struct conf_expression deny_commands;
	struct conf_expression allow_statements;
	struct conf_expression deny_statements;
};

/* The bit of a permission's name, 0 for none of the table. */
uint32_t permission_of(const char *name);
/* The name of the permission of this number, from 0 on; NULL: there are no more. */
const char *permission_name(size_t number);
/* One of the predefined classes; false: there is none of that name. */
bool permission_predefined(const char *name, struct permission_class *class);
/* A class of `system login`. False: an expression of it cannot be used, or no memory. */
bool permission_read(const struct conf_node *node, struct permission_class *class)
    __attribute__((warn_unused_result));
void permission_release(struct permission_class *class);

/* Is nothing refused to the class? */
bool permission_unlimited(const struct permission_class *class);
/* `words`: the whole command with its arguments, no words abbreviated. */
bool permission_command(const struct permission_class *class, enum op_mode mode, const char *words);
bool permission_see(const struct permission_class *class, const struct conf_node *statement);
bool permission_change(const struct permission_class *class, const struct conf_node *statement);
/* What is needed to see and to change a statement where it stands in the schema, expressions of classes apart. */
void permission_needed(const struct schema_node *node, uint32_t *see, uint32_t *change);
/* May it see secrets for what they are? */
bool permission_secrets(const struct permission_class *class);

#endif
