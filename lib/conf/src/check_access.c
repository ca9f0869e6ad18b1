/*
 * Access profiles: a RADIUS server that a tunnel's users need must have its secret (E-190), and be
 * asked (REQ-RA-010).
 */
#include <string.h>

#include "check_private.h"

/* Does a gateway's xauth name the profile? */
static bool
is_used(const struct check *check, const char *name)
{
	const struct conf_node *ike = conf_walk(check->top, "security", "ike", NULL);

	for (const struct conf_node *gateway = conf_first(ike, "gateway"); gateway != NULL;
	     gateway = conf_next(gateway)) {
		const char *profile = conf_value(conf_child(gateway, "xauth"), "access-profile");

		if (profile != NULL && strcmp(profile, name) == 0) {
			return true;
		}
	}
	return false;
}

void
check_access(const struct check *check)
{
	const struct conf_node *profile = conf_first(conf_child(check->top, "access"), "profile");

	for (; profile != NULL; profile = conf_next(profile)) {
		const bool used = is_used(check, profile->value);
		const struct conf_node *server =
		    conf_first(conf_child(profile, "radius-server"), "server");
		bool radius = false;

		for (const struct conf_node *method = conf_first(profile, "authentication-order");
		     method != NULL; method = conf_next(method)) {
			radius = radius || strcmp(method->value, "radius") == 0;
		}
		if (used && !radius) {
			check_error(check, profile,
			    "XAuth of a gateway uses this profile: authentication-order must have "
			    "radius");
		}
		if (radius && server == NULL) {
			check_error(check, profile,
			    "authentication-order has radius, and there is no radius-server");
		}
		for (; server != NULL; server = conf_next(server)) {
			if (conf_present(server, "secret")) {
				continue;
			}
			if (used) {
				check_error(check, server, "missing mandatory statement 'secret'");
			} else {
				check_warning(check, server,
				    "E-190 there is no secret: this server cannot be asked");
			}
		}
	}
}
