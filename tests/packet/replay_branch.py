#!/usr/bin/python3
"""Example 03, the branch of Albuquerque, on captures: who is permitted, denied, refused; VLAN tags; what is written.

REQ-POL-025 REQ-POL-026 REQ-POL-027 REQ-HI-010 REQ-SES-015 REQ-ZN-004 REQ-RT-019 REQ-CFG-013
usage: replay_branch.py BUILD
"""
from replay_help import *  # noqa: F403

# Wednesday 2007-10-03 10:00 UTC: within RegularHours
OVERLAY = """
set routing-instances IntranetALBQ-vr routing-options static route 13.16.14.16/32 qualified-next-hop ge-0/0/3.1 preference 2
set routing-instances IntranetALBQ-vr routing-options static route 13.16.14.17/32 qualified-next-hop ge-0/0/3.1 preference 2
set security policies from-zone TellersALBQ to-zone PublicAppServersALBQ policy TellMailOut then log session-init
set security policies from-zone PublicAppServersALBQ to-zone TellersALBQ policy NoThanks match source-address any
set security policies from-zone PublicAppServersALBQ to-zone TellersALBQ policy NoThanks match destination-address any
set security policies from-zone PublicAppServersALBQ to-zone TellersALBQ policy NoThanks match application any
set security policies from-zone PublicAppServersALBQ to-zone TellersALBQ policy NoThanks then reject
"""


def tcp(time, vlan, source, sport, destination, dport, flags, seq=0, ack=0):
    return at(time, frame(vlan) / IP(src=source, dst=destination) /
              TCP(sport=sport, dport=dport, flags=flags, seq=seq, ack=ack))


place = Place()
with open(BRANCH, encoding="utf-8") as example:
    config = place.write("branch.set", example.read() + OVERLAY)
inside = place.capture("inside.pcap", [
    tcp(START, 2, "10.11.13.5", 4000, "10.11.15.5", 25, "S", seq=100),  # 0: tellers' mail
    tcp(START + 0.25, 2, "10.11.13.5", 4000, "10.11.15.5", 25, "A", seq=101, ack=501),  # 2
    tcp(START + 1, 2, "10.11.13.5", 4001, "13.16.14.16", 7001, "S"),  # 3: custApp to BankRec1
    tcp(START + 1.25, 2, "10.11.13.5", 4001, "13.16.14.17", 7001, "S"),  # 4: not BankRec2
    tcp(START + 2, 1, "10.12.12.5", 4002, "8.8.8.8", 443, "S"),  # 5: financial managers, Internet
    tcp(START + 2.5, 2, "10.11.13.5", 4003, "8.8.8.8", 443, "S"),  # 6: tellers have none
    at(START + 4, frame(2) / IP(src="10.11.13.5", dst="10.11.13.2") / ICMP()),  # 7: ping is not allowed
    tcp(START + 5, 2, "10.11.13.5", 4009, "10.11.15.5", 25, "A", seq=7, ack=9),  # 8: tcp-rst
    at(START + 6, frame(3) / IP(src="10.11.14.5", dst="10.11.14.3", ttl=2) / ICMP(id=5, seq=6) / Raw(b"ping")),  # 9
    at(START + 7, frame(9) / IP(src="10.11.14.5", dst="10.11.14.3") / ICMP()),  # 11: no unit has tag 9
    at(START + 8, frame(2, destination="ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc=HOST, psrc="10.11.13.5", pdst="10.11.13.2")),
])
servers = place.capture("servers.pcap", [
    tcp(START + 0.125, 1, "10.11.15.5", 25, "10.11.13.5", 4000, "SA", seq=500, ack=101),  # 1
    tcp(START + 6.5, 1, "10.11.15.5", 4000, "10.11.13.5", 80, "S", seq=70),  # 10: rejected
])
run = place.replay("--config", config, "--in", "ge-0/0/1=" + inside, "--in", "ge-0/0/2=" + servers, what="branch")
expected = [
    {"frame": 0, "in": "ge-0/0/1.2", "time": 0, "verdict": "forward", "reason": "session", "out": "ge-0/0/2.1",
     "from-zone": "TellersALBQ", "to-zone": "PublicAppServersALBQ", "policy": "TellMailOut", "session": 1},
    {"frame": 1, "in": "ge-0/0/2.1", "time": 0.125, "verdict": "forward", "reason": "session", "out": "ge-0/0/1.2",
     "from-zone": "PublicAppServersALBQ", "to-zone": "TellersALBQ", "policy": "TellMailOut", "session": 1},
    {"frame": 2, "in": "ge-0/0/1.2", "time": 0.25, "verdict": "forward", "reason": "session", "out": "ge-0/0/2.1",
     "from-zone": "TellersALBQ", "to-zone": "PublicAppServersALBQ", "policy": "TellMailOut", "session": 1},
    {"frame": 3, "in": "ge-0/0/1.2", "time": 1, "verdict": "forward", "reason": "session", "out": "ge-0/0/3.1",
     "from-zone": "TellersALBQ", "to-zone": "IntranetALBQ", "policy": "TellCustRec", "session": 2},
    {"frame": 4, "in": "ge-0/0/1.2", "time": 1.25, "verdict": "drop", "reason": "default-deny",
     "from-zone": "TellersALBQ", "to-zone": "IntranetALBQ", "policy": "default-policy"},
    {"frame": 5, "in": "ge-0/0/1.1", "time": 2, "verdict": "forward", "reason": "session", "out": "ge-0/0/3.2",
     "from-zone": "FinancialALBQ", "to-zone": "InternetALBQ", "policy": "InternetAccess", "session": 3},
    {"frame": 6, "in": "ge-0/0/1.2", "time": 2.5, "verdict": "reject", "reason": "no-route", "from-zone": "TellersALBQ"},
    {"frame": 7, "in": "ge-0/0/1.2", "time": 4, "verdict": "drop", "reason": "host-inbound-denied",
     "from-zone": "TellersALBQ"},
    {"frame": 8, "in": "ge-0/0/1.2", "time": 5, "verdict": "reject", "reason": "no-session", "from-zone": "TellersALBQ"},
    {"frame": 9, "in": "ge-0/0/1.3", "time": 6, "verdict": "proxy", "reason": "echo-reply",
     "from-zone": "BankManagersALBQ"},
    {"frame": 10, "in": "ge-0/0/2.1", "time": 6.5, "verdict": "reject", "reason": "policy-reject",
     "from-zone": "PublicAppServersALBQ", "to-zone": "TellersALBQ", "policy": "NoThanks"},
    {"frame": 11, "in": "ge-0/0/1", "time": 7, "verdict": "drop", "reason": "vlan-unknown"},
    {"frame": 12, "in": "ge-0/0/1.2", "time": 8, "verdict": "consume", "reason": "arp"},
]
for wanted, got in zip(expected, run.verdicts):
    # a consumed or dropped frame may name the zone it came from or leave it out before it is known
    for key in ("from-zone", "to-zone"):
        if key in got and key not in wanted and wanted["verdict"] in ("consume", "reject", "drop", "proxy"):
            wanted[key] = got[key]
    equal(got, wanted, f"verdict of frame {wanted['frame']}")
equal(len(run.verdicts), len(expected), "one verdict a frame")
check(list(run.verdicts[0])[:3] == ["frame", "in", "time"], "the order of the keys")

# What left, with its tags, addresses and times. Our MACs: the port's place among all ports that the configuration names,
# in natural order: ge-0/0/1 is 00, ge-0/0/2 is 01, ge-0/0/3 is 02. Next hops: 02:00:00 and three octets of the address.
to_servers = run.left("ge-0/0/2")
equal(len(to_servers), 3, "frames to the servers")
first = to_servers[0]
equal((first.src, first.dst, first[Dot1Q].vlan), ("02:53:50:00:00:01", "02:00:00:0b:0f:05", 1), "first frame to the servers")
equal((first[IP].src, first[IP].dst, first[IP].ttl, first[TCP].flags), ("10.11.13.5", "10.11.15.5", 63, "S"), "and its packet")
equal(float(first.time), float(START), "left at its time")
equal(float(to_servers[1].time), START + 0.25, "left at its time, second frame")
reset = to_servers[2]
equal((reset[TCP].flags, reset[TCP].ack, reset[IP].src, reset[IP].dst), ("RA", 71, "10.11.13.5", "10.11.15.5"), "reject's RST")
equal(reset[Dot1Q].vlan, 1, "the RST's tag")
line = run.left("ge-0/0/3")
equal([(f[Dot1Q].vlan, f[IP].dst, f.src) for f in line],
      [(299, "13.16.14.16", "02:53:50:00:00:02"), (398, "8.8.8.8", "02:53:50:00:00:02")], "frames on ge-0/0/3")
equal(line[0].dst, "02:00:00:10:0e:10", "a destination behind an interface route is its own next hop")
equal(line[1].dst, "02:00:00:0a:0e:05", "the provider's address is the next hop")
back = run.left("ge-0/0/1")
kinds = [(f[Dot1Q].vlan, f.lastlayer().name if f.haslayer(ARP) else f[IP].proto) for f in back]
equal(kinds, [(2, 6), (2, 1), (2, 6), (3, 1), (2, "ARP")], "what went back inside")
unreachable = back[1]
equal((unreachable[ICMP].type, unreachable[ICMP].code, unreachable[IP].src, unreachable[IP].dst),
      (3, 0, "10.11.13.2", "10.11.13.5"), "no route: network unreachable")
equal((back[2][TCP].flags, back[2][TCP].seq, back[2][IP].src), ("R", 9, "10.11.15.5"), "tcp-rst")
echo = back[3]
equal((echo[ICMP].type, echo[ICMP].id, echo[ICMP].seq, bytes(echo[ICMP].payload)[:4], echo[IP].src),
      (0, 5, 6, b"ping", "10.11.14.3"), "echo reply")
equal((back[4][ARP].op, back[4][ARP].psrc, back[4][ARP].hwsrc), (2, "10.11.13.2", "02:53:50:00:00:00"), "ARP answered")
for port in ("ge-0/0/1", "ge-0/0/2", "ge-0/0/3"):
    for sent in run.left(port):
        again = Ether(bytes(sent))
        if again.haslayer(IP):
            inner = again[IP].copy()
            for layer in (IP, TCP, UDP, ICMP):
                if inner.haslayer(layer):
                    del inner[layer].chksum
            check(bytes(IP(bytes(inner))) == bytes(again[IP]), f"checksums of a frame on {port}")
check(len(run.left("ge-0/0/4")) == 0, "nothing left ge-0/0/4")
check(len(rdpcap(run.path("host.pcap"))) == 0, "nothing for local services")

# Events and the summary.
made = [e for e in run.events if e["event"] == "session-create"]
equal([(e["session"], e["policy"], e["source"], e["destination"]) for e in made],
      [(1, "TellMailOut", "10.11.13.5:4000", "10.11.15.5:25"), (2, "TellCustRec", "10.11.13.5:4001", "13.16.14.16:7001"),
       (3, "InternetAccess", "10.12.12.5:4002", "8.8.8.8:443")], "sessions made")
equal([e["logged"] for e in made], [True, False, False], "only the policy with log is logged")
equal(made[0]["wall"], "2007-10-03T10:00:00.000000Z", "the log's time stamp")
denied = [e for e in run.events if e["event"] == "session-deny"]
equal([(e["reason"], e["source"]) for e in denied],
      [("default-deny", "10.11.13.5:4001"), ("policy-reject", "10.11.15.5:4000")], "sessions denied")
summary = run.summary()
equal(summary["frames"], 13, "frames in the summary")
equal(summary["sessions"]["created"], 3, "sessions in the summary")
equal(summary["sessions"]["active"], 3, "sessions that are left")
equal(summary["reasons"]["session"], 5, "counter session")
equal(summary["reasons"]["vlan-unknown"], 1, "counter vlan-unknown")
equal(summary["verdicts"]["forward"], 5, "forwarded frames")

# --until: timers run on: the handshakes that were never completed end after 20 s, the mail session stays
later = place.replay("--config", config, "--in", "ge-0/0/1=" + inside, "--in", "ge-0/0/2=" + servers, "--until", "60")
equal(later.verdicts, run.verdicts, "--until changes no verdict")
closed = [e for e in later.events if e["event"] == "session-close"]
equal([(e["session"], e["reason"]) for e in closed], [(2, "handshake-timeout"), (3, "handshake-timeout")], "closed by time")
for event, began in zip(closed, (1, 2)):
    check(began + 19.5 <= event["time"] <= began + 21, f"closed 20 s after it was made: {event['time']}")
equal(later.summary()["sessions"]["active"], 1, "--until: sessions that are left")

# The same traffic on a Saturday: the schedulers' clock is the captures'.
saturday = [at(float(packet.time) + 3 * 86400, packet) for packet in rdpcap(inside)]
weekend = place.replay("--config", config, "--in", "ge-0/0/1=" + place.capture("weekend.pcap", saturday), what="weekend")
equal(weekend.verdicts[2]["policy"], "default-policy", "TellCustRec sleeps on Saturdays")
finish()
