/*
 * `system archival configuration`: sites that can be reached in a way that we know, and an occasion to do so.
 */
#include "check_private.h"
#include "conf/site.h"

void
check_archival(const struct check *check)
{
	const struct conf_node *archival = conf_walk(check->top, "system", "archival", "configuration", NULL);
	const struct conf_node *sites = conf_first(archival, "archive-sites");

	if (archival == NULL) {
		return;
	}
	for (const struct conf_node *one = sites; one != NULL; one = conf_next(one)) {
		const char *why = NULL;
		struct site site;

		if (!one->inactive && !site_parse(one->value, &site, &why)) {
			check_error(check, one, "%s", why);
		}
	}
	if (sites == NULL) {
		check_error(check, archival, "archive-sites must say where to");
	}
	if (!conf_present(archival, "transfer-on-commit") && conf_child(archival, "transfer-interval") == NULL) {
		check_error(check, archival, "transfer-on-commit or transfer-interval must say when");
	}
}
