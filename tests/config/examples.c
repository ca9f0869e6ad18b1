/*
 * The examples in both forms, and the same as the guide prints them (tests/config/printed).
 *
 * The printed files' expectations come from the errata, worked out by hand: which spelling is read how, and which
 * statement cannot commit for which cause.
 */
#include "config_support.h"

static const char *const examples[] = {
    "01-secure-context-default",
    "02-router-context-default",
    "03-albuquerque-firewall",
    "04-screen-sets",
    "05-screen-table-examples",
    "06-firewall-filter-counters",
    "07-route-based-vpn-basic",
    "08-route-based-vpn-advanced",
    "09-policy-based-vpn-san-antonio",
    "10-dynamic-endpoint-vpn",
    "11-remote-access-shared-ike-id",
    "12-src-nat-pat-range",
    "13-src-nat-pat-single",
    "14-src-nat-static-pool",
    "15-src-nat-no-pat",
    "16-src-nat-interface",
    "17-src-nat-address-persistent",
    "18-dst-nat-static",
    "19-dst-nat-single",
    "20-dst-nat-range",
    "21-dst-nat-one-to-many",
    "22-dst-nat-many-to-one",
    "23-dst-nat-port-mapping",
};

enum { EXAMPLES_COUNT = sizeof(examples) / sizeof(examples[0]) };

static struct world
load(const struct schema *schema, const char *folder, const char *name, const char *ending)
{
	char file[128];

	(void)snprintf(file, sizeof(file), "%s.%s", name, ending);
	return load_file(schema, folder, file);
}

/* REQ-CFG-001: every statement loads and commits, without a word. */
static void
each_form_commits(void **state)
{
	static const char *const endings[] = {"set", "conf"};

	for (size_t i = 0; i < EXAMPLES_COUNT; i++) {
		for (size_t e = 0; e < 2; e++) {
			struct world loaded = load(*state, EXAMPLES, examples[i], endings[e]);

			conf_check(loaded.tree, &loaded.list);
			if (loaded.list.count > 0) {
				fail_msg("%s", world_told(&loaded));
			}
			world_release(&loaded);
		}
	}
}

/* REQ-CFG-001: both forms give the same configuration. */
static void
both_forms_are_equal(void **state)
{
	for (size_t i = 0; i < EXAMPLES_COUNT; i++) {
		struct world set = load(*state, EXAMPLES, examples[i], "set");
		struct world curly = load(*state, EXAMPLES, examples[i], "conf");
		struct text difference = TEXT_EMPTY;

		assert_string_equal(world_render(&set, CONF_FORMAT_SET), world_render(&curly, CONF_FORMAT_SET));
		conf_compare(set.tree, curly.tree, &difference);
		assert_string_equal(text_string(&difference), "");
		text_release(&difference);
		world_release(&set);
		world_release(&curly);
	}
}

/* Rendered and loaded again, every form comes back octet by octet. */
static void
round_trips(void **state)
{
	static const enum conf_format formats[] = {CONF_FORMAT_SET, CONF_FORMAT_TEXT, CONF_FORMAT_JSON, CONF_FORMAT_XML};

	for (size_t i = 0; i < EXAMPLES_COUNT; i++) {
		struct world first = load(*state, EXAMPLES, examples[i], "set");

		for (size_t f = 0; f < 4; f++) {
			struct world again = {.tree = conf_tree_create(*state)};
			char *text = strdup(world_render(&first, formats[f]));

			assert_non_null(text);
			assert_true(conf_load(again.tree, formats[f], NULL, text, strlen(text), &again.list));
			assert_int_equal(again.list.count, 0);
			assert_string_equal(world_render(&again, formats[f]), text);
			assert_string_equal(world_render(&again, CONF_FORMAT_SET), world_render(&first, CONF_FORMAT_SET));
			free(text);
			world_release(&again);
		}
		world_release(&first);
	}
}

/* REQ-CFG-001: nothing of the file is lost: each of its set lines is in what is shown. */
static void
no_statement_is_lost(void **state)
{
	struct world loaded = load(*state, EXAMPLES, examples[2], "set");
	const char *shown = world_render(&loaded, CONF_FORMAT_SET);
	static const char *const lines[] = {
	    "set interfaces ge-0/0/3 unit 1 vlan-id 299\n",
	    "set interfaces st0 unit 2 family inet\n",
	    "set security zones security-zone InternetALBQ host-inbound-traffic system-services telnet except\n",
	    "set routing-instances IntranetALBQ-vr routing-options static route 13.16.14.17/32 qualified-next-hop st0.2 "
	    "preference 7\n",
	    "set routing-instances InternetALBQ-vr routing-options static route 0.0.0.0/0 resolve\n",
	    "set routing-options rib-groups tellers-rg import-rib PublicAppServersALBQ-vr.inet.0\n",
	    "set security zones security-zone PublicAppServersALBQ address-book address-set PublicAppBoth address "
	    "PubApps2Web\n",
	    "set schedulers scheduler RegularHours saturday exclude\n",
	    "set security flow syn-flood-protection-mode syn-cookie\n",
	    "set security zones security-zone TellersALBQ screen TellersALBQ-scrn\n",
	    "set applications application custApp destination-port 7001\n",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (strstr(shown, lines[i]) == NULL) {
			fail_msg("%s", lines[i]);
		}
	}
	world_release(&loaded);
}

/* Figure 1 as printed: E-023 and brackets, silent; with E-020's line it is the corrected file. */
static void
printed_secure_context(void **state)
{
	struct world printed = load(*state, PRINTED, examples[0], "conf");
	struct world corrected = load(*state, EXAMPLES, examples[0], "conf");
	struct conf_editor editor = {.tree = printed.tree};

	conf_check(printed.tree, &printed.list);
	assert_int_equal(printed.list.count, 0);
	assert_true(conf_edit(&editor, CONF_EDIT_SET, "security zones security-zone untrust interfaces all", &printed.list));
	assert_string_equal(world_render(&printed, CONF_FORMAT_TEXT), world_render(&corrected, CONF_FORMAT_TEXT));
	world_release(&printed);
	world_release(&corrected);
}

/* Figure 2 as printed: E-025 and E-026, a warning each (REQ-CFG-016); else the corrected file. */
static void
printed_router_context(void **state)
{
	struct world printed = load(*state, PRINTED, examples[1], "conf");
	struct world corrected = load(*state, EXAMPLES, examples[1], "conf");

	assert_int_equal(printed.list.errors, 0);
	assert_int_equal(printed.list.count, 2);
	assert_non_null(strstr(printed.list.items[0].message, "E-025 "));
	assert_non_null(strstr(printed.list.items[1].message, "E-026 "));
	assert_string_equal(world_render(&printed, CONF_FORMAT_TEXT), world_render(&corrected, CONF_FORMAT_TEXT));
	world_release(&printed);
	world_release(&corrected);
}

static size_t
count_messages(const struct diagnostics *list, const char *beginning)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		count += strncmp(list->items[i].message, beginning, strlen(beginning)) == 0;
	}
	return count;
}

/*
 * Chapter 4 as printed. It loads (LENIENT rows warn, nothing is refused), and the commit tells each FIX row's cause.
 */
static void
printed_branch_office(void **state)
{
	static const char *const causes[] = {
	    /* E-070, twice */
	    "address-set PublicAppBoth] 'address PubApps1': address 'PubApps1' is not in the address book of zone",
	    "address-set PublicAppBoth] 'address PubApps2': address 'PubApps2' is not in the address book of zone",
	    /* E-082 */
	    "[edit applications application-set BankAppSet] 'application custApp': application 'custApp' is neither",
	    "policy TellCustRec match] 'application custRecApp': application 'custRecApp' is neither",
	    "policy ManRecServIn match] 'application CustAppMessage': application 'CustAppMessage' is neither",
	    /* E-083 */
	    "'policy TellCustRec': missing mandatory statement 'then'",
	    /* E-084: the second half went to another context */
	    "'from-zone FinancialALBQ to-zone Intranet': security zone 'Intranet' is not configured",
	    "from-zone FinancialALBQ to-zone Intranet] 'policy FinRecPolOut': missing mandatory statement 'match'",
	    "from-zone FinancialALBQ to-zone IntranetALBQ] 'policy FinRecPolOut': missing mandatory statement 'then'",
	    /* E-085 */
	    "'destination-address PublicAppBoth': address 'PublicAppBoth' is not in the address book of zone 'IntranetALBQ'",
	    /* E-090 */
	    "'policy BankManRecServOut': missing mandatory statement 'match'",
	    "'policy BankManRecServOut': missing mandatory statement 'then'",
	};
	struct world printed = load(*state, PRINTED, examples[2], "set");

	/* REQ-CFG-016: one warning a lenient statement. */
	assert_int_equal(printed.list.errors, 0);
	assert_int_equal(count_messages(&printed.list, "E-051 "), 1);
	assert_int_equal(count_messages(&printed.list, "E-053 "), 1);
	assert_int_equal(count_messages(&printed.list, "E-041 "), 1);
	assert_int_equal(count_messages(&printed.list, "E-079 "), 2);
	conf_check(printed.tree, &printed.list);
	assert_int_equal(printed.list.errors, sizeof(causes) / sizeof(causes[0]));
	assert_int_equal(count_messages(&printed.list, "E-031 "), 2);
	assert_int_equal(count_messages(&printed.list, "E-062 "), 6);
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (strstr(world_told(&printed), causes[i]) == NULL) {
			fail_msg("%s\n%s", causes[i], world_told(&printed));
		}
	}
	world_release(&printed);
}

/*
 * REQ-CFG-017: what the printed form permits, the corrected file permits too: no lenient reading opened anything.
 * REQ-CFG-005: the canonical spelling is shown.
 */
static void
printed_branch_office_is_not_wider(void **state)
{
	struct world printed = load(*state, PRINTED, examples[2], "set");
	const char *shown = world_render(&printed, CONF_FORMAT_SET);
	static const char *const canonical[] = {
	    "from-zone TellersALBQ to-zone PublicAppServersALBQ policy TellMailOut match application junos-pop3\n",
	    "from-zone TellersALBQ to-zone PublicAppServersALBQ policy TellMailOut match application junos-smtp\n",
	    "from-zone FinancialALBQ to-zone IntranetALBQ policy FinRecPolOut match application BankAppSet\n",
	    "from-zone FinancialALBQ to-zone InternetALBQ policy InternetAccess match destination-address any\n",
	    "from-zone FinancialALBQ to-zone InternetALBQ policy InternetAccess match application any\n",
	    "from-zone FinancialALBQ to-zone InternetALBQ policy InternetAccess then permit\n",
	    "set applications application-set WebMailApps application junos-pop3\n",
	    "set security screen ids-option ReconnScrn tcp port-scan threshold 1000\n",
	    "static route 13.16.14.16/32 qualified-next-hop st0.1 preference 5\n",
	    "static route 13.16.14.16/32 qualified-next-hop st0.2 preference 7\n",
	    "static route 9.10.14.5/32 next-hop 10.11.16.5\n",
	    "set schedulers scheduler SaturdayHrs saturday start-time 12:00:00\n",
	    "set security zones security-zone InternetALBQ screen OSDoSAttacksScrn\n",
	};
	static const char *const never[] = {
	    "financialALBQ", "application-set any", " POPS", " ssh\n", "host-inbound-traffic system-services any-service",
	    "permit-all", "policy BankManRecServOut then", "to-zone Intranet policy FinRecPolOut match",
	};

	for (size_t i = 0; i < sizeof(canonical) / sizeof(canonical[0]); i++) {
		if (strstr(shown, canonical[i]) == NULL) {
			fail_msg("%s", canonical[i]);
		}
	}
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		if (strstr(shown, never[i]) != NULL) {
			fail_msg("%s", never[i]);
		}
	}
	world_release(&printed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_form_commits),
	    cmocka_unit_test(both_forms_are_equal),
	    cmocka_unit_test(round_trips),
	    cmocka_unit_test(no_statement_is_lost),
	    cmocka_unit_test(printed_secure_context),
	    cmocka_unit_test(printed_router_context),
	    cmocka_unit_test(printed_branch_office),
	    cmocka_unit_test(printed_branch_office_is_not_wider),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
