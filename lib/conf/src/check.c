/*
 * The rules of a commit, one after the other. See conf_check().
 */
#include "check_private.h"
#include "conf/groups.h"

void
conf_check(const struct conf_tree *tree, struct diagnostics *list)
{
	if (conf_has_groups(tree)) {
		struct conf_tree *expanded = conf_expand(tree, list);

		if (expanded != NULL) {
			conf_check(expanded, list); /* has none: this is one step deep */
		}
		conf_tree_destroy(expanded);
		return;
	}
	const struct check check = {.tree = tree, .top = conf_tree_top(tree), .list = list};

	check_statements(&check);
	check_interfaces(&check);
	check_zones(&check);
	check_policies(&check);
	check_applications(&check);
	check_schedulers(&check);
	check_routing(&check);
	check_locals(&check);
	check_tunnels(&check);
	check_nat(&check);
	check_nat_rules(&check);
	check_nat_pools(&check);
	check_access(&check);
	check_log(&check);
	check_login(&check);
	check_archival(&check);
	check_advertisement(&check);
}
