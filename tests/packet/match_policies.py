#!/usr/bin/python3
"""sallyport match-policies: which policy takes a flow and why, offline.

The whole way: interface, zones, routes (also through next-table), host-inbound-traffic, each policy passed over with the
criterion that failed (REQ-POL-001, REQ-SCH-001), the search's order (REQ-POL-002, REQ-POL-019), the session, the verdict.
usage: match_policies.py BUILD
"""
import re
import xml.etree.ElementTree as ET

from replay_help import *  # noqa: F403

CONFIG = """
set system services ssh
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/24
set interfaces ge-0/0/2 unit 0 family inet address 192.0.2.1/24
set interfaces ge-0/0/3 unit 0 family inet address 10.3.0.1/24
set interfaces ge-0/0/4 unit 7 vlan-id 7
set interfaces ge-0/0/4 vlan-tagging
set interfaces ge-0/0/4 unit 7 family inet address 10.7.0.1/24
set routing-instances vr instance-type virtual-router
set routing-instances vr interface ge-0/0/3.0
set routing-instances vr routing-options static route 0.0.0.0/0 next-table inet.0
set routing-options static route 0.0.0.0/0 next-hop 198.51.100.254
set routing-options static route 203.0.113.0/24 discard
set security zones security-zone trust interfaces ge-0/0/0.0 host-inbound-traffic system-services ping
set security zones security-zone trust host-inbound-traffic system-services ssh
set security zones security-zone untrust interfaces ge-0/0/1.0
set security zones security-zone dmz interfaces ge-0/0/2.0
set security zones security-zone dmz host-inbound-traffic system-services ssh
set security zones security-zone dmz interfaces ge-0/0/4.7
set security zones security-zone vr interfaces ge-0/0/3.0
set security zones security-zone trust address-book address alice 10.0.0.5/32
set security zones security-zone trust address-book address bob 10.0.0.6/32
set security zones security-zone trust address-book address-set two address alice
set security zones security-zone trust address-book address-set two address bob
set security zones security-zone dmz address-book address web 192.0.2.80/32
set security zones security-zone dmz address-book address named dns-name www.example.net
set schedulers scheduler office monday start-time 08:00 stop-time 17:00
set applications application slow protocol tcp destination-port 7000-7009 inactivity-timeout 4000
set security policies from-zone trust to-zone dmz policy by-name match source-address any
set security policies from-zone trust to-zone dmz policy by-name match destination-address named
set security policies from-zone trust to-zone dmz policy by-name match application any
set security policies from-zone trust to-zone dmz policy by-name then permit
set security policies from-zone trust to-zone dmz policy by-source match source-address two
set security policies from-zone trust to-zone dmz policy by-source match destination-address any
set security policies from-zone trust to-zone dmz policy by-source match application junos-ssh
set security policies from-zone trust to-zone dmz policy by-source then reject
set security policies from-zone trust to-zone dmz policy by-destination match source-address any
set security policies from-zone trust to-zone dmz policy by-destination match destination-address web
set security policies from-zone trust to-zone dmz policy by-destination match application slow
set security policies from-zone trust to-zone dmz policy by-destination then permit
set security policies from-zone trust to-zone dmz policy by-destination then log session-close
set security policies from-zone trust to-zone dmz policy by-destination then count
set security policies from-zone trust to-zone any policy office match source-address any
set security policies from-zone trust to-zone any policy office match destination-address any
set security policies from-zone trust to-zone any policy office match application any
set security policies from-zone trust to-zone any policy office then permit
set security policies from-zone trust to-zone any policy office scheduler-name office
set security policies global policy not-here match source-address any
set security policies global policy not-here match destination-address any
set security policies global policy not-here match application any
set security policies global policy not-here match from-zone untrust
set security policies global policy not-here then permit
set security policies global policy last match source-address any
set security policies global policy last match destination-address any
set security policies global policy last match application junos-dns-udp
set security policies global policy last then permit
"""
place = Place()
config = place.write("match.set", CONFIG)
MONDAY, SUNDAY = "2007-10-01T10:00:00", "2007-10-07T10:00:00"


def run(words, when=SUNDAY, output="xml", want=0, options=()):
    done = subprocess.run([program(), "match-policies", "--config", config, "--at", when, "--output", output, *options,
                           *words.split()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(not any(word in done.stderr for word in SANITIZER), f"{words}: sanitizer: {done.stderr[:2000]}")
    equal(done.returncode, want, f"{words}: status, {done.stderr[:300]}")
    return done


class Answer:
    def __init__(self, words, when=SUNDAY):
        text = re.sub(r' xmlns="[^"]*"', "", run(words, when).stdout)
        self.tree = ET.fromstring(text)
        found = self.tree.iter("policy-match-information")
        self.root = next(found, self.tree)

    def get(self, path):
        return self.root.findtext(path)

    def passed(self):
        return [(p.findtext("policy-name"), p.findtext("criterion"), [c.text for c in p.findall("configured")])
                for p in self.root.findall("passed-over")]

    def matched(self):
        return [p.findtext("policy-name") for p in self.root.findall("policy-information")]




TCP_TO_WEB = "source-ip 10.0.0.9 destination-ip 192.0.2.80 source-port 1024 protocol tcp destination-port "

# Every criterion: who was passed over, and for what. The policy by name has no known address; on a Sunday the scheduler is off.
answer = Answer(TCP_TO_WEB + "22")
equal(answer.passed(), [("by-name", "address-unknown", []), ("by-source", "source-address", ["two"]),
                        ("by-destination", "application", ["slow"]), ("office", "scheduler-name", ["office"]),
                        ("not-here", "from-zone", ["untrust"]), ("last", "application", ["junos-dns-udp"])], "passed over")
equal(answer.matched(), [], "nothing matches")
equal((answer.get("outcome/policy-name"), answer.get("outcome/action"), answer.get("outcome/verdict"),
       answer.get("outcome/reason")), ("default-policy", "deny", "drop", "default-deny"), "the default policy decides")
equal((answer.get("arrival/interface"), answer.get("arrival/zone"), answer.get("arrival/routing-instance")),
      ("ge-0/0/0.0", "trust", "default"), "arrival, by the source's route")
equal((answer.get("route/destination"), answer.get("route/interface"), answer.get("route/zone")),
      ("192.0.2.0/24", "ge-0/0/2.0", "dmz"), "route")
equal(answer.get("session/application"), None, "no session")

# REQ-SCH-010: the same on a Monday morning
answer = Answer(TCP_TO_WEB + "22", MONDAY)
equal([name for name, _, _ in answer.passed()], ["by-name", "by-source", "by-destination"], "passed over on a Monday")
equal(answer.matched(), ["office"], "the scheduler is on")
equal((answer.get("outcome/verdict"), answer.get("outcome/interface")), ("forward", "ge-0/0/2.0"), "forwarded")
equal((answer.get("session/application"), answer.get("session/inactivity-timeout")), ("junos-ssh", "1800"), "session")

# the destination's criterion; the session has the matched application's timeout (cs10061), log and count
answer = Answer(TCP_TO_WEB.replace("192.0.2.80", "192.0.2.81") + "7003")
equal(answer.passed()[2][:2], ("by-destination", "destination-address"), "destination")
answer = Answer(TCP_TO_WEB + "7003")
equal(answer.matched(), ["by-destination"], "slow")
equal((answer.get("session/application"), answer.get("session/inactivity-timeout")), ("slow", "4000"), "timeout")
check(answer.root.find("session/log-session-close") is not None and answer.root.find("session/count") is not None and
      answer.root.find("session/log-session-init") is None, "log and count")
# reject
answer = Answer(TCP_TO_WEB.replace("10.0.0.9", "10.0.0.6") + "22")
equal((answer.matched(), answer.get("outcome/verdict"), answer.get("outcome/reason")), (["by-source"], "reject", "policy-reject"), "reject")
# result-count: also those that are not reached
answer = Answer(TCP_TO_WEB + "7003 result-count 5", MONDAY)
equal(answer.matched(), ["by-destination", "office"], "all that match")
equal([p.find("not-reached") is not None for p in answer.root.findall("policy-information")], [False, True], "reached or not")

# zones alone: only the policies, as an SRX answers
answer = Answer("from-zone untrust to-zone dmz source-ip 1.2.3.4 destination-ip 5.6.7.8 protocol 47")
equal((answer.matched(), answer.get("arrival/interface"), answer.get("outcome/verdict"), answer.get("outcome/action")),
      (["not-here"], None, None, "permit"), "zones alone")
answer = Answer("from-zone vr to-zone dmz source-ip 1.2.3.4 destination-ip 5.6.7.8 protocol udp source-port 9 destination-port 53")
equal(answer.matched(), ["last"], "a global policy without zones")

# routes: next-table, discard, none; VLAN
answer = Answer("source-ip 10.3.0.9 destination-ip 8.8.8.8 protocol udp source-port 9 destination-port 53")
equal([(r.findtext("table-name"), r.findtext("next-hop-type"), r.findtext("next-hop")) for r in answer.root.findall("route")],
      [("vr.inet.0", "table", None), ("inet.0", "gateway", "198.51.100.254")], "two tables")
equal((answer.get("arrival/routing-instance"), answer.get("outcome/interface"), answer.matched()), ("vr", "ge-0/0/1.0", ["last"]), "by next-table")
answer = Answer("interface ge-0/0/0.0 source-ip 10.0.0.9 destination-ip 203.0.113.9 protocol 47")
equal((answer.get("outcome/reason"), answer.get("outcome/policy-name"), answer.passed()), ("route-discard", None, []), "discarded before policies")
answer = Answer("interface ge-0/0/4.7 source-ip 10.7.0.9 destination-ip 8.8.8.8 protocol udp source-port 9 destination-port 53")
equal((answer.get("arrival/zone"), answer.get("outcome/verdict")), ("dmz", "forward"), "a tagged interface")
answer = Answer("interface ge-0/0/1.0 source-ip 10.0.0.1 destination-ip 192.0.2.80 protocol 47")
equal(answer.get("outcome/reason"), "source-ours", "what is dropped before all that")

# to ourselves: the interface's list replaces the zone's; another interface's address needs its list and a policy (REQ-HI-009)
answer = Answer("source-ip 10.0.0.9 destination-ip 10.0.0.1 protocol icmp")
equal((answer.get("host-inbound/state"), [s.text for s in answer.root.findall("host-inbound/service")], answer.get("outcome/verdict")),
      ("allowed", ["ping"], "proxy"), "echo")
answer = Answer("source-ip 10.0.0.9 destination-ip 10.0.0.1 protocol tcp source-port 9 destination-port 22")
equal((answer.get("host-inbound/state"), answer.get("outcome/reason")), ("denied", "host-inbound-denied"), "ssh is not on the interface's list")
answer = Answer("source-ip 192.0.2.9 destination-ip 192.0.2.1 protocol tcp source-port 9 destination-port 22")
equal((answer.get("outcome/verdict"), answer.get("outcome/policy-name")), ("host", None), "ssh by the zone's list, no policy asked")
answer = Answer("source-ip 192.0.2.9 destination-ip 10.7.0.1 protocol tcp source-port 9 destination-port 22")
equal((answer.get("outcome/reason"), answer.get("outcome/policy-name")), ("default-deny", "default-policy"), "another interface's address wants a policy")

# the same for inet6: `any` and families of their own (REQ-FW-017)
six = place.write("six.set", """
set system services ssh
set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/64
set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:2::1/64
set routing-options rib inet6.0 static route ::/0 next-hop 2001:db8:2::99
set security forwarding-options family inet6 mode flow-based
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone trust host-inbound-traffic system-services ping
set security zones security-zone untrust interfaces ge-0/0/1.0
set security zones security-zone trust address-book address lan 2001:db8:1::/64
set security policies from-zone trust to-zone untrust policy four match source-address 10.0.0.0/8
set security policies from-zone trust to-zone untrust policy four match destination-address any
set security policies from-zone trust to-zone untrust policy four match application any
set security policies from-zone trust to-zone untrust policy four then permit
set security policies from-zone trust to-zone untrust policy far match source-address lan
set security policies from-zone trust to-zone untrust policy far match destination-address 2001:db8:3::/48
set security policies from-zone trust to-zone untrust policy far match application any
set security policies from-zone trust to-zone untrust policy far then reject
set security policies global policy web match source-address any
set security policies global policy web match destination-address any
set security policies global policy web match application junos-http
set security policies global policy web then permit
""")
config = six
WEB = "source-ip 2001:db8:1::5 destination-ip 2001:db8:9::1 protocol tcp source-port 9 destination-port 80"
PASSED = [("four", "address-unknown", []), ("far", "destination-address", ["2001:db8:3::/48"])]
answer = Answer("from-zone trust to-zone untrust " + WEB)
equal((answer.passed(), answer.matched()), (PASSED, ["web"]), "inet6 policies")
answer = Answer(WEB)
equal((answer.get("arrival/interface"), answer.get("route/table-name"), answer.get("route/destination"), answer.get("route/next-hop"), answer.get("route/zone")),
      ("ge-0/0/0.0", "inet6.0", "::/0", "2001:db8:2::99", "untrust"), "inet6 route")
equal((answer.passed(), answer.matched(), answer.get("outcome/verdict"), answer.get("outcome/interface"), answer.get("session/inactivity-timeout")),
      (PASSED, ["web"], "forward", "ge-0/0/1.0", "300"), "inet6 verdict")
answer = Answer("source-ip 2001:db8:1::5 destination-ip 2001:db8:3::7 protocol udp source-port 9 destination-port 80")
equal((answer.matched(), answer.get("outcome/verdict"), answer.get("outcome/reason")), (["far"], "reject", "policy-reject"), "inet6 reject")
answer = Answer("source-ip 2001:db8:1::5 destination-ip 2001:db8:1::1 protocol icmp6")
equal((answer.get("host-inbound/state"), answer.get("outcome/verdict")), ("allowed", "proxy"), "inet6 echo")
answer = Answer("source-ip 2001:db8:1::5 destination-ip 2001:db8:1::1 protocol tcp source-port 9 destination-port 22")
equal(answer.get("outcome/reason"), "host-inbound-denied", "inet6 ssh")
config = place.path("match.set")

# the text form is what a person reads; options with dashes are the same words
text = run("--source-ip=10.0.0.9 --destination-ip 192.0.2.80 --protocol tcp --source-port 1024 --destination-port 7003", output="text").stdout
for piece in ("Arrival: interface ge-0/0/0.0", "  by-source: the source address is in none of: two\n", "Policy: by-destination, action-type: permit",
              "Session: application slow, inactivity timeout 4000 s, log at-close, count", "Outcome: policy by-destination, permit; verdict forward"):
    check(piece in text, f"'{piece}' is missing in:\n{text}")
json.loads(run(TCP_TO_WEB + "22", output="json").stdout)
# many questions over one configuration
questions = place.write("questions", "# two\n" + TCP_TO_WEB + "7003\n\n" + TCP_TO_WEB + "22\n")
equal(run("", output="text", options=["--questions", questions]).stdout.count("Outcome: "), 2, "two questions of a file")
questions = place.write("bad-questions", TCP_TO_WEB + "22\n\nbogus \x1b[31m\u009b1m\n")
answered = run("", output="text", options=["--questions", questions], want=2)
equal(answered.stdout.count("Outcome: "), 1, "the question before a bad one is answered")
check(f"{questions}:3: bogus ?[31m" in answered.stderr, f"the place of a bad question, without what a terminal obeys: {answered.stderr}")
check("\x1b" not in answered.stderr and "\u009b" not in answered.stderr, f"controls of a question: {answered.stderr}")
check("directory" in run("", output="text", options=["--questions", place.folder.name], want=2).stderr, "questions that cannot be read")

# address translation by rule-sets: policies see the private destination; both sides as they leave, and whose rules they are
GROUND = """
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/24
set interfaces ge-0/0/2 unit 0 family inet address 192.0.2.1/24
set routing-options static route 0.0.0.0/0 next-hop 198.51.100.254
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone untrust interfaces ge-0/0/1.0
set security zones security-zone dmz interfaces ge-0/0/2.0
"""
PERMIT = "\nset security policies from-zone {} to-zone {} policy {} match source-address any destination-address {} application any" \
    "\nset security policies from-zone {} to-zone {} policy {} then permit"


def permit(start, end, name, destination="any"):
    return PERMIT.format(start, end, name, destination, start, end, name)


config = place.write("rules.set", GROUND + """
set security address-book global address web 192.0.2.80
set security nat source pool p address 203.0.113.10
set security nat source rule-set s from zone trust
set security nat source rule-set s to zone untrust
set security nat source rule-set s rule r match source-address 10.0.0.0/24
set security nat source rule-set s rule r then source-nat pool p
set security nat destination pool w address 192.0.2.80 port 8080
set security nat destination rule-set d from zone untrust
set security nat destination rule-set d rule web match destination-address 198.51.100.1
set security nat destination rule-set d rule web match destination-port 80
set security nat destination rule-set d rule web then destination-nat pool w
set security nat static rule-set t from zone untrust
set security nat static rule-set t rule one match destination-address 198.51.100.90
set security nat static rule-set t rule one then static-nat prefix 192.0.2.90
""" + permit("trust", "untrust", "out") + permit("untrust", "dmz", "in", "web"))
answer = Answer("source-ip 10.0.0.9 destination-ip 8.8.8.8 protocol tcp source-port 1024 destination-port 8000")
equal([answer.get("translation/" + leaf) for leaf in ("source-address", "source-port", "destination-address", "destination-port", "pool-name", "rule-name")],
      ["203.0.113.10", None, "8.8.8.8", "8000", "p", "r of s"], "the source's translation")
equal((answer.get("outcome/verdict"), answer.get("session/inactivity-timeout"), answer.get("public-destination/by")), ("forward", "1800", None), "the handshake is done")
# to our own address, by a port that a rule has: the route, the zone and the policy are those of the private destination
IN = "interface ge-0/0/1.0 source-ip 9.9.9.9 destination-ip 198.51.100.1 protocol tcp source-port 1024 destination-port "
answer = Answer(IN + "80")
equal([answer.get("public-destination/" + leaf) for leaf in ("destination-address", "destination-port", "by")], ["192.0.2.80", "8080", "destination rule"], "destination")
equal((answer.get("route/zone"), answer.matched(), answer.get("outcome/verdict"), answer.get("translation/source-address"), answer.get("translation/rule-name")),
      ("dmz", ["in"], "forward", "9.9.9.9", "web of d"), "by the private destination")
equal((answer.get("translation/destination-address"), answer.get("translation/destination-port")), ("192.0.2.80", "8080"), "as it leaves")
answer = Answer(IN + "81")
equal((answer.get("public-destination/by"), answer.get("translation/source-address"), answer.get("outcome/verdict")), (None, None, "drop"), "no rule's port")
# a static mapping, whose host no policy lets in: told all the same
answer = Answer("interface ge-0/0/1.0 source-ip 9.9.9.9 destination-ip 198.51.100.90 protocol icmp")
equal((answer.get("public-destination/destination-address"), answer.get("public-destination/by"), answer.passed(), answer.get("outcome/reason")),
      ("192.0.2.90", "static mapping", [("in", "destination-address", ["web"])], "default-deny"), "denied behind a mapping")
answer = Answer("source-ip 192.0.2.80 destination-ip 8.8.8.8 protocol icmp")
equal((answer.get("outcome/verdict"), answer.get("translation/pool-name")), ("drop", None), "no policy, no translation")
text = run(IN + "80", output="text").stdout
for piece in ("Destination becomes 192.0.2.80, port 8080, by a destination rule\n",
              "Translation: source 9.9.9.9, port 1024; destination 192.0.2.80, port 8080; rule web of d\n"):
    check(piece in text, f"'{piece}' is missing in:\n{text}")

# by policies: they see public destinations, and those of mappings in junos-global (REQ-NAT-020, REQ-NAT-038)
config = place.write("pools.set", GROUND + """
set security nat interface ge-0/0/1.0 source-nat pool q address 203.0.113.20
set security nat interface ge-0/0/1.0 static-nat 198.51.100.90/32 host 192.0.2.90/32
set security policies from-zone trust to-zone untrust policy out match source-address any destination-address any application any
set security policies from-zone trust to-zone untrust policy out then permit source-nat pool q
""" + permit("untrust", "junos-global", "publish", "static_nat_198.51.100.90_32"))
answer = Answer("source-ip 10.0.0.9 destination-ip 8.8.8.8 protocol udp source-port 1024 destination-port 53")
equal([answer.get("translation/" + leaf) for leaf in ("source-address", "source-port", "pool-name", "rule-name")], ["203.0.113.20", None, "q", None], "a policy's pool")
answer = Answer("interface ge-0/0/1.0 source-ip 9.9.9.9 destination-ip 198.51.100.90 protocol udp source-port 1024 destination-port 7")
equal((answer.matched(), answer.get("public-destination/by"), answer.get("outcome/verdict"), answer.get("outcome/interface"), answer.get("translation/destination-address")),
      (["publish"], "static mapping", "forward", "ge-0/0/2.0", "192.0.2.90"), "a published address")
# the engine is asked with packets that it takes
for protocol in ("sctp", "udp-lite", "136"):
    answer = Answer(f"interface ge-0/0/1.0 source-ip 9.9.9.9 destination-ip 198.51.100.90 protocol {protocol} source-port 1024 destination-port 7")
    equal((answer.matched(), answer.get("outcome/verdict"), answer.get("translation/destination-address")),
          (["publish"], "forward", "192.0.2.90"), f"a published address by {protocol}")
config = place.path("match.set")

# Names of the longest kind, 63 characters of four octets each, that differ in their last one alone.
first, second = ("\U00020000" * 62 + last for last in "\U00020001\U00020002")
config = place.write("long.set", GROUND.replace("zone trust", "zone " + first).replace("zone untrust", "zone " + second) +
                     permit(first, second, "out") + permit(second, first, "back"))
for start, end, policy in ((first, second, "out"), (second, first, "back")):
    answer = Answer(f"from-zone {start} to-zone {end} source-ip 10.0.0.9 destination-ip 8.8.8.8 protocol 47")
    equal(answer.matched(), [policy], "zones with long names")
config = place.path("match.set")

# what cannot be answered says why
for words, reason in (("interface ge-9/0/0.0 source-ip 10.0.0.9 destination-ip 1.1.1.1 protocol 47", "interface 'ge-9/0/0.0' is not configured"),
                      ("from-zone nowhere to-zone dmz source-ip 10.0.0.9 destination-ip 1.1.1.1 protocol 47", "zone 'nowhere' is not configured"),
                      ("from-zone dmz source-ip 10.0.0.9 destination-ip 1.1.1.1 protocol 47", "arrives from zone trust, not dmz"),
                      ("source-ip 10.0.0.9 destination-ip 1.1.1.1 protocol tcp", "source-port and destination-port are needed"),
                      ("source-ip 10.0.0.9 destination-ip 1.1.1.1 protocol 47 source-port 1", "has no ports"),
                      ("source-ip 10.0.0.9.9 destination-ip 1.1.1.1 protocol 47", "must be an IP address"),
                      ("source-ip 10.0.0.9 destination-ip 2001:db8::1 protocol 47", "different families"),
                      ("source-ip 10.0.0.9 destination-ip ::: protocol 47", "is no IP address"),
                      ("source-ip 10.0.0.9 protocol 47", "incomplete command"),
                      ("nonsense", "syntax error")):
    check(reason in run(words, want=2).stderr, f"{words}: '{reason}' is not said")
run("--at yesterday", want=2)
run("", options=["--at", "2026-02-30T10:00:00"], want=2)
run("", options=["--at", "2026-02-28T10:00:61"], want=2)
run("", want=2)
finish()
