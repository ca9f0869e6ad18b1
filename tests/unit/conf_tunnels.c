/*
 * IKE, IPsec, translation and access: spellings of the guide (the rows of errata.c from E-140 on),
 * the rules of a commit, and secrets that nobody is shown.
 */
#include "conf_support.h"

#define IKE   "set security ike "
#define IPSEC "set security ipsec "
#define NAT   "set security nat "

static const struct reading readings[] = {
    {NULL, IKE "policy p proposal a\n", IKE "policy p proposals a\n"}, /* E-140 */
    {NULL, IPSEC "policy p proposal [ b a ]\n",
	IPSEC "policy p proposals b\n" IPSEC "policy p proposals a\n"},
    /* E-142 */
    {NULL, IKE "policy p preshared-key ascii-text k\n",
	IKE "policy p pre-shared-key ascii-text k\n"},
    {NULL, IKE "policy p pre-shared-key k\n", IKE "policy p pre-shared-key ascii-text k\n"},
    {NULL, IKE "policy p pre-shared-keys k\n", IKE "policy p pre-shared-key ascii-text k\n"},
    {NULL, IKE "policy p pre-shared-key hexadecimal 00ff\n",
	IKE "policy p pre-shared-key hexadecimal 00ff\n"},
    {"E-143", IKE "gateway g policy p\n", IKE "gateway g ike-policy p\n"},
    {"E-143", "set security gateway g ike-policy p\n", IKE "gateway g ike-policy p\n"},
    {"E-144", IKE "proposal p dh-group dh-group group5\n", IKE "proposal p dh-group group5\n"},
    /* E-145 */
    {NULL, IKE "proposal p authentication-method dsa-signature\n",
	IKE "proposal p authentication-method dsa-signatures\n"},
    {NULL, IKE "proposal p authentication-method RSA signatures dh-group group1\n",
	IKE "proposal p authentication-method rsa-signatures\n" IKE "proposal p dh-group group1\n"},
    {NULL, IKE "proposal p authentication-method pre-shared keys\n",
	IKE "proposal p authentication-method pre-shared-keys\n"},
    {NULL, IKE "proposal p authentication-method pre-shared-key\n",
	IKE "proposal p authentication-method pre-shared-keys\n"},
    /* E-146 */
    {NULL, IPSEC "proposal p authentication-algorithm hmac-md5-95\n",
	IPSEC "proposal p authentication-algorithm hmac-md5-96\n"},
    {"E-146", IPSEC "proposal p hmac-sha1-96\n",
	IPSEC "proposal p authentication-algorithm hmac-sha1-96\n"},
    {NULL, IPSEC "proposal p encryption algorithm des-cbc authentication algorithm hmac-md5-96\n",
	IPSEC "proposal p authentication-algorithm hmac-md5-96\n" IPSEC
	      "proposal p encryption-algorithm des-cbc\n"},
    {NULL, IKE "proposal p authentication algorithm md5\n",
	IKE "proposal p authentication-algorithm md5\n"},
    /* E-148 */
    {NULL, IKE "proposal p dh-group group 2\n", IKE "proposal p dh-group group2\n"},
    {NULL, IPSEC "policy p perfect-forward-secrecy keys group 5\n",
	IPSEC "policy p perfect-forward-secrecy keys group5\n"},
    /* E-149, E-150 */
    {NULL, IPSEC "vpn v ike gateway g no-anti-replay-check ipsec-policy p\n",
	IPSEC "vpn v ike gateway g\n" IPSEC "vpn v ike no-anti-replay\n" IPSEC
	      "vpn v ike ipsec-policy p\n"},
    {NULL, IPSEC "vpn v ike no anti-replay\n", IPSEC "vpn v ike no-anti-replay\n"},
    {NULL,
	IPSEC "vpn v ike no-anti-replay gateway g\n" IPSEC "vpn w ike no-anti-replay\n" IPSEC
	      "vpn v ike anti-replay\n",
	IPSEC "vpn v ike gateway g\n" IPSEC "vpn w ike no-anti-replay\n"},
    /* E-152, E-153 */
    {NULL, IPSEC "vpn-monitoring-options interval 20\n", IPSEC "vpn-monitor-options interval 20\n"},
    {NULL, IPSEC "vpn v vpn-monitor destination 192.0.2.1\n",
	IPSEC "vpn v vpn-monitor destination-ip 192.0.2.1\n"},
    {NULL, IPSEC "vpn v vpn-monitor-options optimized\n", IPSEC "vpn v vpn-monitor optimized\n"},
    {"E-156", IPSEC "vpn v ike proxy-identity local 1.3.4.7/24\n",
	IPSEC "vpn v ike proxy-identity local 1.3.4.0/24\n"},
    /* E-161, E-162, E-163 */
    {NULL, IKE "proposal p authentication-algorithm sha2\n",
	IKE "proposal p authentication-algorithm sha-256\n"},
    {NULL, IPSEC "proposal p authentication-algorithm hmac-sha2\n",
	IPSEC "proposal p authentication-algorithm hmac-sha-256-128\n"},
    {NULL, IKE "policy p certificate peer-cert-type pkcs7 trusted-ca use-all\n",
	IKE "policy p certificate trusted-ca use-all\n" IKE
	    "policy p certificate peer-certificate-type pkcs7\n"},
    {NULL, IKE "policy p proposal-set Compatible\n" IPSEC "policy p proposal-set Standard\n",
	IKE "policy p proposal-set compatible\n" IPSEC "policy p proposal-set standard\n"},
    /* E-16D: the number may be left out. */
    {NULL, IKE "respond-bad-spi\n", IKE "respond-bad-spi 5\n"},
    {"E-182", IPSEC "proposal p authentication-algorithmhmac-md5-96 protocol esp\n",
	IPSEC "proposal p protocol esp\n" IPSEC
	      "proposal p authentication-algorithm hmac-md5-96\n"},
    {"E-182", "set interfaces ge-0/0/0 unit 1 vlan-id300\n",
	"set interfaces ge-0/0/0 unit 1 vlan-id 300\n"},
    /* Among values, a name that looks so is a name. */
    {NULL, IKE "policy p proposals a modemain\n",
	IKE "policy p proposals a\n" IKE "policy p proposals modemain\n"},
    /* E-183, E-186 */
    {NULL,
	IKE "gateway g dynamic user-at-home a@b.c\n" IKE
	    "gateway g dynamic user-at-home a@b.c connections-limit 20\n",
	IKE "gateway g dynamic user-at-hostname a@b.c\n" IKE
	    "gateway g dynamic connections-limit 20\n"},
    /* E-191 */
    {NULL, IKE "gateway g access-profile x\n", IKE "gateway g xauth access-profile x\n"},
    {NULL, IKE "gateway g dynamic hostname a.b access-profile x\n",
	IKE "gateway g dynamic hostname a.b\n" IKE "gateway g xauth access-profile x\n"},
    /* E-208, E-210, E-224 */
    {NULL, NAT "interface ge-0/0/0.0 static-nat 5.6.7.8 host 10.11.14.1\n",
	NAT "interface ge-0/0/0.0 static-nat 5.6.7.8/32 host 10.11.14.1/32\n"},
    {NULL, NAT "destination-nat d addr-range high 10.0.0.6 low 10.0.0.1 port 80\n",
	NAT "destination-nat d address-range low 10.0.0.1\n" NAT
	    "destination-nat d address-range high 10.0.0.6\n" NAT
	    "destination-nat d address-range port 80\n"},
};

static void
each_spelling_is_read(void **state)
{
	assert_readings(state, readings, sizeof(readings) / sizeof(readings[0]));
}

/* E-149: what the pictures put below the gateway is beside it; E-008 and E-190 in the printed
 * profile. */
static void
curly_spellings(void **state)
{
	struct world world = world_create(state);

	assert_true(world_load(&world, CONF_FORMAT_TEXT,
	    "security { ipsec { vpn v { ike { gateway g { ipsec-policy p; no-anti-replay; } } } } "
	    "}\n"
	    "access { profile xauth { authentication-order radius; radius-server { 1.2.1.4 {\n"
	    "    port 1812; secret \xe2\x80\x9c$5uS\xe2\x80\x9d; } } } }\n"));
	assert_int_equal(world.list.count, 0);
	assert_renders(&world, CONF_FORMAT_SET,
	    IPSEC "vpn v ike gateway g\n" IPSEC "vpn v ike no-anti-replay\n" IPSEC
		  "vpn v ike ipsec-policy p\n"
		  "set access profile xauth authentication-order radius\n"
		  "set access profile xauth radius-server 1.2.1.4 port 1812\n"
		  "set access profile xauth radius-server 1.2.1.4 secret \"$5uS\"\n");
	world_release(&world);
}

struct refusal {
	const char *lines;
	const char *told;
};

/* Beyond repair, at load. */
static void
what_cannot_be_read(void **state)
{
	static const struct refusal rows[] = {
	    {IKE "proposals prop2\n",
		"'proposals' belongs to a policy: security ike policy NAME proposals (E-141)"},
	    {IPSEC "proposal p encryption-algorithm hmac-sha1-96\n",
		"one of these is expected: aes-256-cbc"}, /* E-147 */
	    {IKE "gateway g dead-peer-detection interval 9\n",
		"an interval is a number of seconds from 10 to 60"},
	    {IKE "gateway g dead-peer-detection threshold 6\n",
		"a threshold is a number from 1 to 5"},
	    {IKE "respond-bad-spi 31\n", "a number of answers is from 1 to 30"},
	    {IKE "gateway g address 300.1.2.3\n", "a peer is an IPv4 address or a host name"},
	    {IKE "gateway g dynamic user-at-hostname nobody\n",
		"a mail identity looks like user@example.com"},
	    {IPSEC "vpn v bind-interface ge-0/0/0.0\n", "a tunnel interface looks like st0.1"},
	    {NAT "interface ge-0/0/1/3 static-nat 5.6.7.8 host 10.11.14.1\n",
		"a logical interface looks like"}, /* E-204 */
	    {NAT "destination-nat d address 10.0.0.1 port 0\n",
		"a port is a number from 1 to 65535"},
	    /* E-143: never up to the enclosing container. */
	    {IKE "gateway g ike-policy p proposals a\n", "'proposals' is not possible here"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world world = world_create(state);

		assert_false(world_load(&world, CONF_FORMAT_SET, rows[i].lines));
		assert_told(&world, rows[i].told);
		assert_renders(&world, CONF_FORMAT_SET, "");
		world_release(&world);
	}
}

/* What is whole: two units, zones, a tunnel by routes and one by policies, remote users. Nothing is
 * told of it. */
#define WHOLE                                                                                      \
	"set interfaces ge-0/0/0 unit 0 family inet address 192.0.2.1/24\n"                        \
	"set interfaces ge-0/0/1 unit 0 family inet address 10.0.0.1/24\n"                         \
	"set interfaces st0 unit 1 family inet\n"                                                  \
	"set interfaces st0 unit 2 family inet\n"                                                  \
	"set security zones security-zone out interfaces ge-0/0/0.0\n"                             \
	"set security zones security-zone out host-inbound-traffic system-services ike\n"          \
	"set security zones security-zone in interfaces ge-0/0/1.0\n" IKE                          \
	"proposal p authentication-method pre-shared-keys encryption-algorithm aes-128-cbc "       \
	"authentication-algorithm sha1\n" IKE "policy k pre-shared-key ascii-text k\n" IKE         \
	"policy k proposals p\n" IKE                                                               \
	"gateway g address 192.0.2.2 ike-policy k external-interface ge-0/0/0.0\n" /* REQ-VPN-049: \
										      the same     \
										      name in      \
										      another name \
										      space. */    \
	    IPSEC "proposal p protocol esp encryption-algorithm aes-128-cbc "                      \
		  "authentication-algorithm hmac-sha1-96\n" IPSEC "policy s proposals p\n" IPSEC   \
	"vpn routed bind-interface st0.1 ike gateway g ipsec-policy s\n"

#define POLICY(from, to) "set security policies from-zone " from " to-zone " to " policy p "
#define ANY              "match source-address any destination-address any application any\n"

/* Each after WHOLE. */
static const struct rule rules[] = {
    /* REQ-VPN-012, REQ-VPN-048: references, whatever the order of the statements. */
    {IPSEC "vpn routed ike gateway h\n", "'gateway h': IKE gateway 'h' is not configured"},
    {IPSEC "vpn routed ike ipsec-policy t\n", "IPsec policy 't' is not configured"},
    {IPSEC "policy s proposals q\n", "IPsec proposal 'q' is not configured"},
    {IKE "policy k proposals q\n", "IKE proposal 'q' is not configured"},
    {IKE "gateway g ike-policy l\n", "IKE policy 'l' is not configured"},
    {IKE "gateway g external-interface ge-0/0/9.0\n", "interface 'ge-0/0/9.0' is not configured"},
    {IKE "gateway g xauth access-profile x\n", "access profile 'x' is not configured"},
    {IPSEC "vpn routed vpn-monitor source-interface ge-0/0/9.0\n",
	"interface 'ge-0/0/9.0' is not configured"},
    {IPSEC "vpn routed bind-interface st0.9\n", "interface 'st0.9' is not configured"},
    {IPSEC "vpn routed ike proxy-identity service x\n",
	"application 'x' is neither configured nor predefined"},
    /* E-164, REQ-VPN-011 */
    {IKE "policy k proposal-set standard\n", "'proposals' and 'proposal-set' exclude each other"},
    {IPSEC "policy s proposal-set standard\n", "'proposals' and 'proposal-set' exclude each other"},
    {IPSEC "policy t perfect-forward-secrecy keys group2\n",
	"missing mandatory statement: one of 'proposals', 'proposal-set'"},
    /* Mandatory leaves. */
    {IKE "gateway h ike-policy k\n", "missing mandatory statement: one of 'address', 'dynamic'"},
    {IKE "gateway h ike-policy k\n",
	"missing mandatory statement 'external-interface'"}, /* E-16A */
    {IKE "gateway g dynamic hostname a.b\n", "'address' and 'dynamic' exclude each other"},
    {IKE "proposal q dh-group group1\n", "missing mandatory statement 'authentication-method'"},
    {IPSEC "policy s perfect-forward-secrecy\n", "missing mandatory statement 'keys'"},
    {IPSEC "vpn w\n", "missing mandatory statement 'ike'"},
    {IPSEC "vpn w ike gateway g\n", "missing mandatory statement 'ipsec-policy'"},
    {IKE "gateway g address [ 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 ]\n",
	"at most 4 of these are possible"}, /* E-16L */
    {IKE "policy k certificate trusted-ca use-all\n",
	"'pre-shared-key' and 'certificate' exclude each other"},
    /* E-171: key and method. */
    {IKE "proposal q authentication-method rsa-signatures encryption-algorithm des-cbc "
	 "authentication-algorithm md5\n" IKE "policy k proposals q\n",
	"'proposals q': proposal 'q' wants rsa-signatures, and this policy has a pre-shared-key"},
    {IKE "policy l proposals p\n", "proposal 'p' needs a pre-shared-key in this policy"},
    {IKE "policy l proposal-set basic\n",
	"proposal-set 'basic' needs a pre-shared-key in this policy"},
    /* E-042 */
    {"delete security zones security-zone out host-inbound-traffic\n",
	"warning: E-042 security zone 'out' does not allow"},
    /* E-160 */
    {"delete interfaces st0 unit 1 family\n", "[edit interfaces st0] 'unit 1': warning: E-160"},
    {IPSEC "vpn w bind-interface st0.1\n", "interface 'st0.1' is bound to VPN 'w' already"},
    /* AH and ESP. */
    {IPSEC "proposal p protocol ah\n", "protocol ah does not encrypt"},
    {IPSEC "proposal q protocol ah\n", "'authentication-algorithm': protocol ah needs it"},
    {IPSEC "proposal q protocol esp\n",
	"one of 'authentication-algorithm', 'encryption-algorithm'"},
    /* E-187 */
    {"delete security ike gateway g address\n" IKE "gateway g dynamic hostname a.b\n",
	"'gateway g': warning: E-187"},
    {"delete security ike gateway g address\n" IKE "gateway g dynamic hostname a.b\n" IKE
     "policy k mode main\n",
	"'gateway g': IKE policy 'k' has mode main"},
    /* REQ-RA-002, E-16E */
    {"delete security ike gateway g address\n" IKE "gateway g dynamic hostname a.b\n" IPSEC
     "vpn routed establish-tunnels immediately\n",
	"'establish-tunnels immediately': gateway 'g' is dynamic"},
    /* REQ-RA-008 */
    {"delete security ike gateway g address\n" IKE
     "gateway g dynamic user-at-hostname a@b.c ike-user-type shared-ike-id\n",
	"ike-user-type shared-ike-id needs xauth access-profile"},
    /* REQ-RA-010, E-190 */
    {IKE "gateway g xauth access-profile x\nset access profile x authentication-order password\n",
	"'profile x': XAuth of a gateway uses this profile: authentication-order must have radius"},
    {IKE "gateway g xauth access-profile x\nset access profile x authentication-order radius\n",
	"authentication-order has radius, and there is no radius-server"},
    {IKE "gateway g xauth access-profile x\nset access profile x authentication-order radius "
	 "radius-server 192.0.2.9\n"
	 "set access profile x radius-server 192.0.2.9\n",
	"'radius-server 192.0.2.9': missing mandatory statement 'secret'"},
    {"set access profile x radius-server 192.0.2.9\n", "'radius-server 192.0.2.9': warning: E-190"},
    /* Policies: E-173, E-177, E-11 */
    {POLICY("in", "out") ANY POLICY("in", "out") "then permit tunnel ipsec-vpn v\n",
	"VPN 'v' is not configured"},
    {POLICY("in", "out") ANY POLICY("in", "out") "then permit tunnel ipsec-vpn routed\n",
	"VPN 'routed' has a bind-interface"},
    {IPSEC "vpn v ike gateway g ipsec-policy s\n" POLICY("in", "out")
	    ANY POLICY("in", "out") "then permit tunnel ipsec-vpn v pair-policy q\n",
	"there is no policy 'q' from zone 'out' to zone 'in'"},
    {IPSEC "vpn v ike gateway g ipsec-policy s\n" POLICY("in", "out") ANY POLICY(
	 "in", "out") "then permit tunnel ipsec-vpn v pair-policy p\n" POLICY("out", "in")
	    ANY POLICY("out", "in") "then permit tunnel ipsec-vpn v\n",
	"policy 'p' of the opposite direction does not name policy 'p' as its pair-policy"},
    {IPSEC "vpn v ike gateway g ipsec-policy s\n" IPSEC
	   "vpn w ike gateway g ipsec-policy s\n" POLICY("in", "out") ANY POLICY(
	       "in", "out") "then permit tunnel ipsec-vpn v pair-policy p\n" POLICY("out", "in")
	       ANY POLICY("out", "in") "then permit tunnel ipsec-vpn w pair-policy p\n",
	"policy 'p' of the opposite direction has another VPN"},
    {POLICY("in", "out") ANY POLICY(
	 "in", "out") "then permit firewall-authentication pass-through access-profile x\n",
	"access profile 'x' is not configured"},
    /* Translation. */
    {NAT "interface ge-0/0/9.0 source-nat pool a address 192.0.2.5\n",
	"interface 'ge-0/0/9.0' is not configured"},
    {NAT "interface ge-0/0/0.0 source-nat pool a\n",
	"'pool a': missing mandatory statement: one of 'address', 'address-range'"},
    {NAT "interface ge-0/0/0.0 source-nat pool a address 192.0.2.0/24\n",
	"this is a single address"},
    {NAT "interface ge-0/0/0.0 source-nat pool a address-range low 192.0.2.9 high 192.0.2.5\n",
	"(low) is above"},
    {NAT "interface ge-0/0/0.0 source-nat pool a address-range low 192.0.2.9\n",
	"missing mandatory statement 'high'"},
    {NAT "interface ge-0/0/0.0 source-nat pool a address 192.0.2.5\n" NAT
	 "interface ge-0/0/0.0 source-nat pool a address-range low 192.0.2.5 high 192.0.2.6\n",
	"'address' and 'address-range' exclude each other"},
    {NAT "interface ge-0/0/0.0 static-nat 192.0.2.0/24 host 10.0.0.0/25\n",
	"must have the same length"}, /* E-228 */
    {NAT "interface ge-0/0/0.0 static-nat 192.0.2.8 host 10.0.0.8 virtual-router x\n",
	"routing instance 'x' is not"},
    {NAT "source-nat pool-set s pool a\n", "source NAT pool 'a' is not configured"},
    {NAT "interface ge-0/0/0.0 source-nat pool a address 192.0.2.5\n" NAT
	 "interface ge-0/0/0.0 source-nat pool b address 192.0.2.6\n" NAT
	 "source-nat pool-set s pool a\n" NAT "source-nat pool-set s pool b\n",
	"'pool b': pool 'a' of the set is on interface ge-0/0/0.0 too"},
    {POLICY("in", "out") ANY POLICY("in", "out") "then permit source-nat pool a\n",
	"source NAT pool 'a' is not configured"},
    {POLICY("in", "out") ANY POLICY("in", "out") "then permit source-nat pool-set a\n",
	"pool set 'a' is not configured"},
    {POLICY("in", "out") ANY POLICY("in", "out") "then permit destination-nat a\n",
	"destination NAT 'a' is not configured"},
    /* E-226: on the other side. */
    {NAT "interface ge-0/0/1.0 source-nat pool a address 10.0.0.5\n" POLICY("in", "out")
	    ANY POLICY("in", "out") "then permit source-nat pool a\n",
	"source NAT pool 'a' is on no interface of zone 'out'"},
    /* E-209: junos-global has what static mappings are called. */
    {"set security policies from-zone out to-zone junos-global policy p match source-address any "
     "destination-address "
     "static_nat_192.0.2.8_32 application any\n",
	"there is no static NAT mapping 'static_nat_192.0.2.8_32'"},
};

/* E-011: errors name path and cause, and the whole configuration without the fault has none. */
static void
each_rule_is_told(void **state)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct world world = world_of(state, WHOLE);

		conf_check(world.tree, &world.list);
		if (world.list.count > 0) {
			fail_msg("%s", world_told(&world));
		}
		assert_true(world_load(&world, CONF_FORMAT_SET, rules[i].lines));
		assert_int_equal(world.list.count, 0);
		conf_check(world.tree, &world.list);
		assert_told(&world, rules[i].told);
		world_release(&world);
	}
}

/* REQ-VPN-048: the order of statements makes no difference. */
static void
any_order_is_right(void **state)
{
	struct world forward = world_of(state, WHOLE);
	struct world backward = world_create(state);
	static const char whole[] = WHOLE;
	char line[256];

	for (const char *end = whole + strlen(whole); end > whole;) {
		const char *start = end - 1;

		while (start > whole && start[-1] != '\n') {
			start--;
		}
		(void)snprintf(line, sizeof(line), "%.*s", (int)(end - start), start);
		assert_true(world_load(&backward, CONF_FORMAT_SET, line));
		end = start;
	}
	conf_check(backward.tree, &backward.list);
	assert_int_equal(backward.list.count, 0);
	/* Zones stand in the order of entry; nothing else differs. */
	assert_int_equal(strlen(world_render(&backward, CONF_FORMAT_SET)),
	    strlen(world_render(&forward, CONF_FORMAT_SET)));
	world_release(&forward);
	world_release(&backward);
}

/* What is right is not told of: translation, paired policies, names of mappings, an unreferenced
 * proposal (REQ-CFG-014). */
static void
what_is_right_is_silent(void **state)
{
	struct world world = world_of(state, WHOLE NAT
	    "interface ge-0/0/0.0 source-nat pool a address-range low 192.0.2.5 high "
	    "192.0.2.6\n" NAT "interface ge-0/0/1.0 source-nat pool b address 10.0.0.5\n" NAT
	    "interface ge-0/0/0.0 static-nat 192.0.2.8 host 10.0.0.8\n" NAT
	    "source-nat pool-set s pool a\n" NAT "source-nat pool-set s pool b\n" NAT
	    "destination-nat d address 10.0.0.9 port 80\n" IPSEC
	    "vpn v ike gateway g ipsec-policy s\n" POLICY("in", "out") ANY POLICY(
		"in", "out") "then permit tunnel ipsec-vpn v pair-policy p\n" POLICY("out",
		"in") ANY POLICY("out",
		"in") "then permit tunnel ipsec-vpn v pair-policy p\n"
		      "set security policies from-zone in to-zone out policy q " ANY
		      "set security policies from-zone in to-zone out policy q then permit "
		      "source-nat pool a\n"
		      "set security policies from-zone in to-zone out policy r " ANY
		      "set security policies from-zone in to-zone out policy r then permit "
		      "source-nat pool-set s\n"
		      "set security policies from-zone out to-zone in policy t " ANY
		      "set security policies from-zone out to-zone in policy t then permit "
		      "destination-nat d\n"
		      "set security policies from-zone out to-zone junos-global policy p match "
		      "source-address any "
		      "destination-address static_nat_192.0.2.8_32 application any\n"
		      "set security policies from-zone out to-zone junos-global policy p then "
		      "permit\n" IKE "proposal unused authentication-method rsa-signatures "
				     "encryption-algorithm des-cbc authentication-algorithm md5\n");

	conf_check(world.tree, &world.list);
	if (world.list.count > 0) {
		fail_msg("%s", world_told(&world));
	}
	world_release(&world);
}

/* Whatever is wrong around a secret, no message has it; and it is told that there is one. */
static void
no_message_shows_a_secret(void **state)
{
	static const struct {
		enum conf_format format;
		const char *text;
	} rows[] = {
	    {CONF_FORMAT_SET, IKE "policy p pre-shared-key ascii-text hush hush\n"},
	    {CONF_FORMAT_SET, IKE "policy p pre-shared-key hush hush\n"},
	    {CONF_FORMAT_SET, IKE "policy p preshared-key ascii-text hush prop hush\n"},
	    {CONF_FORMAT_SET, IKE "policy p pre-shared-key ascii-texthush\n"},
	    {CONF_FORMAT_SET, IKE "policy p pre-shared-keyhush\n"},
	    {CONF_FORMAT_SET, IKE "policy p key hush\n"},
	    {CONF_FORMAT_SET, IKE "policy p pre-shared-key hexadecimal hush\n"},
	    {CONF_FORMAT_SET, IKE "policy p pre-shared-key ascii-text hush mode { main\n"},
	    {CONF_FORMAT_SET, IKE "policy p pre-shared-key\nascii-text hush hush\n"},
	    {CONF_FORMAT_SET, IKE "policy p pre-shared-key ascii-text\nhush hush\n"},
	    {CONF_FORMAT_SET, "ascii-text hush\n"},
	    {CONF_FORMAT_SET, "set secruity ike policy p pre-shared-key ascii-text hush\n"},
	    {CONF_FORMAT_SET, "set access profile p radius-server 192.0.2.1 secret hush hush\n"},
	    {CONF_FORMAT_SET,
		"set access profile p radius-server 192.0.2.1 secret hush prot 5 hush\n"},
	    {CONF_FORMAT_SET, "set access profile p radius-server 192.0.2.1 sercet hush\n"},
	    {CONF_FORMAT_SET, "set acess profile p radius-server 192.0.2.1 secret hush\n"},
	    {CONF_FORMAT_SET, "set access profile p radius-server 300.0.2.1 secret hush\n"},
	    {CONF_FORMAT_SET, IKE "policy p pre-shared-key ascii-text \"hush\n"},
	    {CONF_FORMAT_TEXT,
		"security { ike { policy p { pre-shared-key ascii-text hush hush; } } }"},
	    {CONF_FORMAT_TEXT,
		"security { ike { policy p { pre-shared-key { ascii-text hush hush; } } } }"},
	    {CONF_FORMAT_TEXT,
		"security { ike { policy p { pre-shared-key { hexadecimal hush; } } } }"},
	    {CONF_FORMAT_TEXT,
		"security { ike { policy p { pre-shared-key ascii-text hush { x; } } } }"},
	    {CONF_FORMAT_TEXT, "security { ike { policy p { pre-shared-key ascii-text hush"},
	    {CONF_FORMAT_TEXT,
		"access { profile p { radius-server { 192.0.2.1 { secret hush hush; } } } }"},
	    {CONF_FORMAT_TEXT, "access { profile p { radius-server { 192.0.2.1 { secret { hush; "
			       "hush hush; } } } } }"},
	    {CONF_FORMAT_TEXT, "access { profile p { secret hush; } }"},
	    {CONF_FORMAT_JSON, "{\"security\":{\"ike\":{\"policy\":[{\"name\":\"p\",\"pre-shared-"
			       "key\":{\"hexadecimal\":\"hush\"}}]}}}"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world world = world_create(state);

		if (world_load(&world, rows[i].format, rows[i].text)) {
			fail_msg("nothing is wrong with: %s", rows[i].text);
		}
		conf_check(world.tree, &world.list);
		if (strstr(world_told(&world), "hush") != NULL) {
			fail_msg("%s\n%s", rows[i].text, world_told(&world));
		}
		world_release(&world);
	}
}

/* Checks tell of a secret's statement without it. */
static void
no_check_shows_a_secret(void **state)
{
	struct world world = world_of(state, IKE "policy p pre-shared-key ascii-text hush\n" IKE
						 "policy p pre-shared-key hexadecimal 5ec3e7\n");

	conf_check(world.tree, &world.list);
	assert_told(&world,
	    "'hexadecimal /* SECRET-DATA */': 'ascii-text' and 'hexadecimal' exclude each other");
	assert_null(strstr(world_told(&world), "5ec3e7"));
	assert_null(strstr(world_told(&world), "hush"));
	world_release(&world);
}

/* What a log may have of a command. */
static void
commands_are_shown_without_secrets(void **state)
{
	static const struct refusal rows[] = {
	    {"set security ike policy p pre-shared-key ascii-text hush",
		"set security ike policy p pre-shared-key ascii-text /* SECRET-DATA */"},
	    {"set security ike policy p pre-shared-key ascii-text secret",
		"set security ike policy p pre-shared-key ascii-text /* SECRET-DATA */"},
	    {"set security ike policy p preshared-key hush",
		"set security ike policy p preshared-key /* SECRET-DATA */"},
	    {"set access profile p radius-server 192.0.2.1 secret \"a b\" port 5",
		"set access profile p radius-server 192.0.2.1 secret /* SECRET-DATA */"},
	    {"pre-shared-key { ascii-text hush; }",
		"pre-shared-key { ascii-text /* SECRET-DATA */"},
	    {"set security ike policy p pre-shared-key ascii-texthush",
		"set security ike policy p pre-shared-key /* SECRET-DATA */"},
	    {"ascii-texthush", "ascii-text /* SECRET-DATA */"},
	    /* A method has no secret. */
	    {"set security ike proposal p authentication-method pre-shared-keys dh-group group2",
		"set security ike proposal p authentication-method pre-shared-keys dh-group "
		"group2"},
	    {"show interfaces", "show interfaces"},
	    {"delete security ike policy p pre-shared-key",
		"delete security ike policy p pre-shared-key"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text shown = TEXT_EMPTY;

		diagnostics_append_shown(rows[i].lines, &shown);
		assert_string_equal(text_string(&shown), rows[i].told);
		text_release(&shown);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_spelling_is_read),
	    cmocka_unit_test(curly_spellings),
	    cmocka_unit_test(what_cannot_be_read),
	    cmocka_unit_test(each_rule_is_told),
	    cmocka_unit_test(any_order_is_right),
	    cmocka_unit_test(what_is_right_is_silent),
	    cmocka_unit_test(no_message_shows_a_secret),
	    cmocka_unit_test(no_check_shows_a_secret),
	    cmocka_unit_test(commands_are_shown_without_secrets),
	};

	return cmocka_run_group_tests(tests, world_schema, world_schema_end);
}
