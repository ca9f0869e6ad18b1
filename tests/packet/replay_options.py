#!/usr/bin/python3
"""Options of replay: --arp real, --compare, --format, usage errors; configurations that do not commit; local delivery.

usage: replay_options.py BUILD
"""
from replay_help import *  # noqa: F403

place = Place()
CONFIG = """
set system services ssh
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
set interfaces ge-0/0/10 unit 0 family inet address 198.51.100.1/24
set interfaces ge-0/0/2 unit 0 family inet address 192.0.2.1/24
set routing-options static route 0.0.0.0/0 next-hop 198.51.100.254
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone trust host-inbound-traffic system-services ssh
set security zones security-zone untrust interfaces ge-0/0/10.0
set security zones security-zone dmz interfaces ge-0/0/2.0
set security policies from-zone trust to-zone untrust policy web match source-address any
set security policies from-zone trust to-zone untrust policy web match destination-address any
set security policies from-zone trust to-zone untrust policy web match application junos-http
set security policies from-zone trust to-zone untrust policy web then permit
"""
config = place.write("config.set", CONFIG)


def syn(time, source, port, dport, destination="8.8.8.8", flags="S"):
    return at(START + time, frame() / IP(src=source, dst=destination) / TCP(sport=port, dport=dport, flags=flags))


inside = place.capture("inside.pcap", [syn(0, "10.0.0.5", 4000, 80), syn(1, "10.0.0.5", 4001, 443),
                                       syn(2, "10.0.0.6", 4000, 80), syn(3, "10.0.0.5", 4002, 22, "10.0.0.1")])

# MACs go by natural order: ge-0/0/0 is 00, ge-0/0/2 is 01, ge-0/0/10 is 02. A local service's packet is in host.pcap.
run = place.replay("--config", config, "--in", "ge-0/0/0=" + inside)
equal([(v["verdict"], v["reason"]) for v in run.verdicts],
      [("forward", "session"), ("drop", "default-deny"), ("forward", "session"), ("host", "host-inbound")], "verdicts")
equal([(f.src, f.dst) for f in run.left("ge-0/0/10")], [("02:53:50:00:00:02", "02:00:00:33:64:fe")] * 2, "MAC addresses")
local = rdpcap(run.path("host.pcap"))
equal([(p[IP].dst, p[TCP].dport, float(p.time)) for p in local], [("10.0.0.1", 22, START + 3.0)], "host.pcap")
equal(run.verdicts[3].get("out"), None, "a local packet leaves by no interface")

# --arp real: the packets wait until the next hop answers.
answers = place.capture("answers.pcap", [
    at(START + 0.5, Ether(src="02:bb:00:00:00:fe", dst="02:53:50:00:00:02") /
       ARP(op=2, hwsrc="02:bb:00:00:00:fe", psrc="198.51.100.254", hwdst="02:53:50:00:00:02", pdst="198.51.100.1"))])
real = place.replay("--config", config, "--in", "ge-0/0/0=" + inside, "--in", "ge-0/0/10=" + answers, "--arp", "real")
equal([(v["verdict"], v["reason"]) for v in real.verdicts],
      [("proxy", "neighbour-wait"), ("consume", "arp"), ("drop", "default-deny"), ("forward", "session"),
       ("host", "host-inbound")], "verdicts with real ARP")
sent = real.left("ge-0/0/10")
equal([f.haslayer(ARP) for f in sent][:2], [1, 0], "first we ask, then the packet leaves")
equal((sent[0].dst, sent[0][ARP].pdst, sent[0][ARP].psrc), ("ff:ff:ff:ff:ff:ff", "198.51.100.254", "198.51.100.1"), "the request")
equal((sent[-2].dst, float(sent[-2].time)), ("02:bb:00:00:00:fe", START + 0.5), "the held packet leaves with the answer")
# nobody answers: we ask again, at its time, and give up
silent = place.replay("--config", config, "--in", "ge-0/0/0=" + inside, "--arp", "real", "--until", "20")
asked = [f for f in silent.left("ge-0/0/10") if f.haslayer(ARP)]
check(2 <= len(asked) <= 10, f"asked {len(asked)} times")
check(all(not f.haslayer(TCP) for f in silent.left("ge-0/0/10")), "nothing else left")
check(silent.summary()["reasons"].get("neighbour-unreachable", 0) >= 1, "and it is counted")

# --compare: what changes before the commit.
other = place.write("other.set", CONFIG.replace("junos-http", "junos-https"))
changed = place.replay("--config", config, "--in", "ge-0/0/0=" + inside, "--compare", other, want=1)
print(changed.stdout)
check("10.0.0.5:4000 > 8.8.8.8:80" in changed.stdout and "10.0.0.5:4001 > 8.8.8.8:443" in changed.stdout, "the flows that change")
check("10.0.0.1:22" not in changed.stdout, "a flow that does not change is not listed")
check("3 flows change" in changed.stdout, "the summary line")
check("policy web" in changed.stdout and "default-policy" in changed.stdout, "before and after")
equal(len(changed.verdicts), 4, "--out gets what the first configuration does")
same = place.replay("--config", config, "--in", "ge-0/0/0=" + inside, "--compare", config, out=False)
check("nothing changes in 4 frames" in same.stdout, "nothing changes")
route = place.write("route.set", CONFIG + "set routing-options static route 8.0.0.0/8 next-hop 192.0.2.9\n"
                    "set security policies from-zone trust to-zone dmz policy web match source-address any\n"
                    "set security policies from-zone trust to-zone dmz policy web match destination-address any\n"
                    "set security policies from-zone trust to-zone dmz policy web match application junos-http\n"
                    "set security policies from-zone trust to-zone dmz policy web then permit\n")
egress = place.replay("--config", config, "--in", "ge-0/0/0=" + inside, "--compare", route, want=1, out=False)
check("out ge-0/0/10.0" in egress.stdout and "out ge-0/0/2.0" in egress.stdout, "a change of egress alone")

# A configuration that does not load or commit: all errors with file, line and place; nothing is written.
bad = place.write("bad.set", CONFIG + "set security zones security-zone dmz interfaces ge-0/0/0.0\nset systm host-name x\n")
refused = place.replay("--config", bad, "--in", "ge-0/0/0=" + inside, want=2)
check("bad.set:16:" in refused.stderr or "bad.set:15:" in refused.stderr, f"the line is named: {refused.stderr}")
check("ge-0/0/0.0" in refused.stderr and "systm" in refused.stderr, f"both errors at once: {refused.stderr}")
check(not os.path.exists(refused.out), "nothing is written")
curly = place.path("config.conf")
with open(curly, "w", encoding="utf-8") as file:
    subprocess.run([program(), "convert", "--to", "text", config], stdout=file, check=True)
equal(place.replay("--config", curly, "--format", "text", "--in", "ge-0/0/0=" + inside).verdicts, run.verdicts, "curly form")
place.replay("--config", curly, "--format", "set", "--in", "ge-0/0/0=" + inside, want=2)

# Usage errors: status 2, one line that says what, nothing written.
for arguments in ([], ["--config", config], ["--in", "ge-0/0/0=" + inside], ["--config", config, "--in", "nonsense"],
                  ["--config", config, "--in", "ge-0/0/0=" + inside, "--arp", "maybe"],
                  ["--config", config, "--in", "ge-0/0/0=" + inside, "--until", "-1"],
                  ["--config", config, "--in", "ge-0/0/0=" + inside, "--seed", "x"],
                  ["--config", config, "--in", "ge-0/0/0=" + inside, "--bogus"],
                  ["--config", "/nonexistent", "--in", "ge-0/0/0=" + inside]):
    wrong = place.replay(*arguments, want=2, what=" ".join(arguments))
    check(wrong.stderr.startswith("sallyport"), f"{arguments}: {wrong.stderr}")
no_out = place.replay("--config", config, "--in", "ge-0/0/0=" + inside, want=2, out=False)
check("--out" in no_out.stderr, "--out is asked for")
blocked = Run(["--config", config, "--in", "ge-0/0/0=" + inside], place.write("file", "x") + "/below", 2, "out below a file")
check("file" in blocked.stderr, "the directory that cannot be made is named")

# A full disk: status 2, whichever file does not fit; an answer on standard output that did not arrive is none.
for name in ("verdicts.jsonl", "events.jsonl", "summary.json", "ge-0_0_2.pcap", "host.pcap"):
    folder = place.path("full-" + name)
    os.mkdir(folder)
    os.symlink("/dev/full", os.path.join(folder, name))
    full = subprocess.run([program(), "replay", "--config", config, "--in", "ge-0/0/0=" + inside, "--out", folder],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    equal(full.returncode, 2, f"no room for {name}: {full.stderr}")
    check("No space left on device" in full.stderr, f"no room for {name}: {full.stderr}")
for words in (["--help"], ["--version"], ["match-policies", "--config", config, "source-ip", "10.0.0.5", "destination-ip", "8.8.8.8", "protocol", "udp",
                                          "source-port", "1", "destination-port", "2"],
              ["replay", "--config", config, "--in", "ge-0/0/0=" + inside, "--compare", config]):
    with open("/dev/full", "w", encoding="utf-8") as nowhere:
        full = subprocess.run([program(), *words], stdout=nowhere, stderr=subprocess.PIPE, text=True, check=False)
    equal(full.returncode, 2, f"{words[0]} to a full disk: {full.stderr}")
    check("standard output" in full.stderr, f"{words[0]} to a full disk says so: {full.stderr}")
finish()
