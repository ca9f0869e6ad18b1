#!/usr/bin/python3
"""sallyport replay --baseline against a model in Python: every figure of a random capture (average, percentiles by nearest rank, peaks, numbers
of addresses, shares of protocols), and thresholds that leave the measured traffic alone and load.

REQ-FW-005 and E-126: what counts is every packet of a zone, those of sessions too. REQ-FW-008: what is refused by a policy is counted
all the same. REQ-SCR-027, REQ-SCR-028, REQ-SCR-045, REQ-SCR-046: the proposed limits and floods are these screens' own.
usage: replay_baseline.py BUILD
"""
import math
import random
import re
import struct
import subprocess
from collections import defaultdict

from replay_help import *  # noqa: F403
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6

GROUND = SIDES + """
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone "Inter net" interfaces ge-0/0/1.0
set security policies from-zone trust to-zone "Inter net" policy no-ntp match source-address any destination-address any application junos-ntp
set security policies from-zone trust to-zone "Inter net" policy no-ntp then deny
set security policies default-policy permit-all
"""
place = Place()
RATES = ("sessions", "session-rate", "syn-rate", "icmp-rate", "udp-rate")


class Model:
    """What a zone is, from packets (tenths of a second, source, destination, kind, ports): none of the engine's tables, only lists."""

    LIFE = {"tcp": 200, "udp": 600, "icmp": 600}  # tenths of a second without a packet; a SYN that nobody answers: 20 s

    def __init__(self, packets):
        self.windows = defaultdict(list)   # (rate, scope, whose) -> [[began, count]]
        self.seconds = defaultdict(lambda: defaultdict(int))  # rate -> second -> count
        self.live = {}                     # flow -> (ends, source, destination)
        self.sources, self.reached, self.kinds, self.ports = set(), set(), defaultdict(int), defaultdict(int)
        self.level = defaultdict(int)      # second -> most sessions at a time
        for when, source, destination, kind, sport, dport in packets:
            self.end(when)
            self.packet(when, source, destination, kind, sport, dport)
        self.last = packets[-1][0]
        self.end(self.last)

    def end(self, when):
        for flow, (ends, _, _) in sorted(self.live.items(), key=lambda item: item[1][0]):
            if ends <= when:
                self.mark(ends)
                del self.live[flow]
        self.mark(when)

    def mark(self, when):
        """Seconds in which nothing began have as many sessions as there were."""
        for second in range(max(self.level, default=0), when // 10 + 1):
            self.level[second] = max(self.level[second], len(self.live))

    def window(self, rate, scope, whose, when, count, most=False):
        windows = self.windows[rate, scope, whose]
        if not windows or when - windows[-1][0] >= 10:
            windows.append([when, 0])
        windows[-1][1] = max(windows[-1][1], count) if most else windows[-1][1] + count

    def packet(self, when, source, destination, kind, sport, dport):
        rate = {"tcp": "syn-rate", "udp": "udp-rate", "icmp": "icmp-rate"}[kind]
        self.seconds[rate][when // 10] += 1
        self.window(rate, "source", source, when, 1)
        self.window(rate, "destination", destination, when, 1)
        if kind == "tcp":
            self.window(rate, "destination and port", (destination, dport), when, 1)
        if (kind, dport) == ("udp", 123):
            return  # refused
        flow = (source, destination, kind, sport, dport)
        if flow not in self.live:
            self.kinds[kind] += 1
            if kind != "icmp":
                self.ports[kind, dport] += 1
            self.sources.add(source)
            self.reached.add(destination)
            self.seconds["session-rate"][when // 10] += 1
            self.window("session-rate", "source", source, when, 1)
            self.window("session-rate", "destination", destination, when, 1)
            self.live[flow] = (0, source, destination)
            for scope, whose in (("source", source), ("destination", destination)):
                having = sum(1 for life in self.live.values() if whose == life[1 if scope == "source" else 2])
                self.window("sessions", scope, whose, when, having, most=True)
        elif kind == "tcp":
            return  # the deadline of a handshake does not move
        self.live[flow] = (when + self.LIFE[kind], source, destination)
        self.mark(when)

    def figures(self, rate, scope):
        """(samples, average, 95%, 99.9%, peak)"""
        if scope == "zone":
            counts = self.level if rate == "sessions" else self.seconds[rate]
            values = [counts[second] for second in range(self.last // 10 + 1)]
        else:
            values = [count for key, windows in self.windows.items() if key[:2] == (rate, scope) for _, count in windows]
        values.sort()
        if not values:
            return (0, None, None, None, None)
        rank = [values[math.ceil(len(values) * permille / 1000) - 1] for permille in (950, 999)]
        return (len(values), f"{sum(values) / len(values):.1f}", *rank, values[-1])


def octets(source, destination, kind, sport, dport):
    six = ":" in source
    header = (IPv6 if six else IP)(src=source, dst=destination)
    if kind == "tcp":
        return header / TCP(sport=sport, dport=dport, flags="S")
    if kind == "udp":
        return header / UDP(sport=sport, dport=dport) / Raw(b"x" * 20)
    return header / (ICMPv6EchoRequest(id=sport) if six else ICMP(type=8, id=sport))


def draw(seed, count):
    """Random packets on tenths of a second, never on a whole one, so that no session ends as a second begins."""
    dice = random.Random(seed)
    when, packets = 1, []
    for _ in range(count):
        when += dice.choice([0, 0, 0, 1, 1, 2, 3, 30 if dice.random() < 0.1 else 1])
        when += when % 10 == 0
        six = dice.random() < 0.3
        source = ("2001:db8:1::" if six else "10.0.0.") + str(10 + min(dice.randrange(30), dice.randrange(30)))
        destination = ("2001:db8:2::" if six else "198.51.100.") + str(10 + dice.randrange(6))
        kind = dice.choice(["tcp", "tcp", "udp", "udp", "icmp"])
        dport = {"tcp": dice.choice([80, 443]), "udp": dice.choice([53, 123, 500]), "icmp": 0}[kind]
        packets.append((when, source, destination, kind, 1024 + dice.randrange(60), dport))
    return packets


def frames(packets):
    first = packets[0][0]
    return [at(START + (when - first) / 10, frame() / octets(*rest)) for when, *rest in packets]


def shift(packets):
    """A replay's time 0 is its first frame; that one stands at a tenth, so that all fractions stay off whole seconds."""
    return [(0, "10.0.0.9", "198.51.100.9", "udp", 9, 53)] + packets


def data(node):
    return node[0]["data"]


def zone_of(report, name):
    return next(zone for zone in report["baseline-zone"] if data(zone["zone-name"]) == name)


def items_of(report):
    return {(data(item["item-table"]), data(item["item-group"]), data(item["item-name"])): data(item["item-value"])
            for item in report["baseline-item"]}


def capture_of(name, frames_at):
    """A capture of (second, octets): scapy would take a minute for as many as a flood has."""
    with open(place.path(name), "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for when, content in frames_at:
            file.write(struct.pack("<IIII", START + int(when), int(when * 10) % 10 * 100000, len(content), len(content)) + content)
    return place.path(name)


def measure(packets, what, port="ge-0/0/0"):
    config = place.write("ground.set", GROUND)
    name = f"{place.runs}.pcap"
    capture = capture_of(name, packets) if isinstance(packets[0], tuple) else place.capture(name, packets)
    run = place.replay("--config", config, "--baseline", "--in", f"{port}={capture}", what=what)
    with open(run.path("baseline.json"), encoding="utf-8") as content:
        return run, json.load(content)["screen-baseline-information"][0], config, capture


def check_loads(run, config, capture, what, port="ge-0/0/0"):
    """The printed lines load; with them in force the same traffic meets no screen; they are what baseline.set has."""
    printed = [line for line in run.stdout.splitlines() if line.startswith(("set ", "# "))]
    with open(run.path("baseline.set"), encoding="utf-8") as content:
        written = content.read()
    equal(written.splitlines(), printed, f"{what}: baseline.set")
    check(any(line.startswith("set ") for line in printed), f"{what}: nothing is proposed")
    for number, line in enumerate(printed):
        check(line.startswith("#") or printed[number - 1].startswith("# "), f"{what}: no reason for {line}")
    done = subprocess.run([program(), "check", run.path("baseline.set")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    equal(done.returncode, 0, f"{what}: check: {done.stdout[:500]}")
    with open(config, encoding="utf-8") as content:
        both = place.write("both.set", content.read() + written)
    again = place.replay("--config", both, "--in", f"{port}={capture}", what=f"{what}, screened")
    equal([event for event in again.events if event["event"] == "screen"][:3], [], f"{what}: the proposed screens detect")
    return dict(re.findall(r'^set security screen ids-option \S+(?: net")? (.*) (\d+)$', written, re.M))


def test_model(seed):
    packets = shift(draw(seed, 1500))
    run, report, config, capture = measure(frames(packets), f"seed {seed}")
    model = Model(packets)
    zone = zone_of(report, "trust")
    rows = {(data(row["rate-name"]), data(row["rate-scope"])): row for row in zone["baseline-rate"]}
    equal(len(rows), 16, "rates")
    for (rate, scope), row in rows.items():
        got = tuple(data(row[name]) if name in row else None
                    for name in ("rate-samples", "rate-average", "rate-percentile-95", "rate-percentile-99-9", "rate-peak"))
        got = [int(got[0]), got[1], *(None if value is None else int(value) for value in got[2:])]
        wanted = list(model.figures(rate, scope))
        for place_of in (2, 3):
            # kept exactly below 256; above it may be said up to 1/128 more, but never more than the peak
            if wanted[place_of] is not None and 256 <= wanted[place_of] <= got[place_of] <= min(wanted[place_of] * 129 / 128, wanted[4]):
                got[place_of] = wanted[place_of]
        equal(got, wanted, f"seed {seed}: {rate} of {scope}")
        if scope in ("source", "destination"):
            of = [windows for key, windows in model.windows.items() if key == (rate, scope, data(row["rate-peak-of"]))]
            check(of and max(count for _, count in of[0]) == got[4], f"seed {seed}: {rate} of {scope}: peak of {data(row['rate-peak-of'])}")
    items = items_of(report)
    active = "active sessions of zone {}"
    sessions = sum(model.kinds.values())
    shares = ", ".join(f"{model.kinds[kind] * 100 / sessions:.2f}% {kind.upper()}" for kind in ("tcp", "udp", "icmp"))
    tcp = sum(kind == "tcp" for kind, _ in model.ports)
    expected = {
        ("8", "aggregate", "Users: addresses that began sessions"): str(len(model.sources)),
        ("8", "aggregate", "Sessions by protocol"): shares + ", 0.00% other",
        ("8", "aggregate", "Applications: destination ports of sessions"): f"{len(model.ports)}: {tcp} TCP, {len(model.ports) - tcp} UDP",
        ("8", "measured", "Session rate"): f"{sessions / ((model.last) / 10):.1f} /s",
        ("8", "measured", "Session count"): model.figures("sessions", "zone")[1],
        ("9", active.format("trust"), "Active source addresses"): str(len(model.sources)),
        ("9", active.format("trust"), "Destination addresses that its users communicate with"): str(len(model.reached)),
        ("9", active.format("trust"), "Active destination addresses in it"): "0",
        ("9", active.format("Inter net"), "Source addresses that communicate with it"): str(len(model.sources)),
        ("9", active.format("Inter net"), "Active destination addresses in it"): str(len(model.reached)),
    }
    for key, value in expected.items():
        equal(items.get(key), value, f"seed {seed}: {key}")
    first = items["8", "aggregate", "Most used applications, by sessions"].split(",")[0]
    most = max(model.ports.values())
    check(first in [f"{kind} {port} ({most * 100 / sessions:.1f}%)" for (kind, port), count in model.ports.items() if count == most],
          f"seed {seed}: most used: {first}")
    check_loads(run, config, capture, f"seed {seed}")
    plain = place.replay("--config", config, "--in", "ge-0/0/0=" + capture, what="without --baseline").bytes_of()
    with_it = run.bytes_of()
    equal({name: with_it[name] == content for name, content in plain.items()}, {name: True for name in plain}, "the same verdicts")


def test_tables():
    """The formulas of Tables 8 and 9, worked out by hand: two users, 20 seconds."""
    packets = [at(START + when, frame() / octets(f"10.0.0.{user}", "198.51.100.9", "udp", 1000 + when, 53)) for when, user in
               ((0, 2), (0, 3), (10, 2))]
    broken = IP(src="10.0.0.2", dst="198.51.100.9") / UDP(sport=1, dport=2, chksum=1) / Raw(b"y")
    pieces = [IP(src="10.0.0.2", dst="198.51.100.9", id=7, flags="MF") / UDP(sport=5, dport=6, len=40) / Raw(b"z" * 16),
              IP(src="10.0.0.2", dst="198.51.100.9", id=7, frag=3) / Raw(b"z" * 16)]
    close = IP(src="10.0.0.2", dst="198.51.100.9") / TCP(sport=7, dport=80, flags="FA")
    packets += [at(START + 12, frame() / broken), at(START + 14, frame() / pieces[0]), at(START + 14, frame() / pieces[1]),
                at(START + 20, frame() / close)]
    _, report, _, _ = measure(packets, "tables")
    items = items_of(report)
    # octets: 3 x 48, 44 (fragment), 36 (fragment), 40 = 264; 4 sessions; 21 seconds begin: 2 sessions in 10 of them, 3 in 4, 4 in 7
    by_name = {name: value for (_, _, name), value in items.items()}
    expected = {
        "Bandwidth": "106 bit/s",  # 264 x 8 / 20 = 105.6
        "Average bandwidth per user": "53 bit/s",
        "Session count": "2.9",  # (10 x 2 + 4 x 3 + 7 x 4) / 21 = 2.857
        "Session rate": "0.2 /s",  # 4 / 20
        "User count": "2",
        "Average number of sessions per user": "1.4",
        "Average session rate per user": "0.1 /s",
        "Average packet size": "44.0 octets",  # 264 / 6
        "Error rate": "14.29% of all packets",  # 1 of 7
        "Fragmentation rate": "28.57% of all packets",  # 2 of 7
        "TCP control packets": "0.00% SYN, 14.29% FIN or RST of all packets",
        "Session time = session count / session rate": "14.3 s",  # 2.857 / 0.2
        "Bandwidth per session = bandwidth per user / sessions per user": "37 bit/s",  # 52.8 / 1.4286
        "Data per session = bandwidth per session x session time": "66.0 octets",  # 264 / 4
        "Sessions per user = session count / user count": "1.4",
    }
    for name, value in expected.items():
        equal(by_name.get(name), value, f"tables: {name}")
    check(zone_of(report, "trust") is not None and len(report["baseline-zone"]) == 1, "a zone that only answers has no rates")


def test_attack():
    """Thresholds: half as much again as the peak; but of a peak that is far off twice what all others keep to, and it is named."""
    def datagram(source, destination):
        return bytes(frame() / octets(source, destination, "udp", 5000, 53))

    quiet = [datagram("10.0.0.5", f"198.51.100.{10 + number}") for number in range(4)]
    packets = [(second, quiet[number]) for second in range(400) for number in range(4) for _ in range(5 + number * 5)]
    run, report, config, capture = measure(packets, "quiet")
    wanted = check_loads(run, config, capture, "quiet")
    equal(wanted["udp flood threshold"], "100", "half as much again as 20, but not less than 100")
    flood = [(200.5, datagram("10.0.0.66", "198.51.100.200"))] * 3000
    run, report, _, _ = measure(sorted(packets + flood, key=lambda packet: packet[0]), "attack")
    row = next(row for row in zone_of(report, "trust")["baseline-rate"]
               if (data(row["rate-name"]), data(row["rate-scope"])) == ("udp-rate", "destination"))
    equal((data(row["rate-peak"]), data(row["rate-peak-of"]), data(row["rate-percentile-99-9"]), data(row["rate-samples"])),
          ("3000", "198.51.100.200", "20", "1601"), "attack: peak")
    line = next(line for line in run.stdout.splitlines() if line.startswith("# datagrams a second to one destination"))
    check("was it an attack?" in line and "3000" in line and "198.51.100.200" in line, f"attack: {line}")
    check('set security screen ids-option baseline-trust udp flood threshold 100' in run.stdout.splitlines(), "attack: twice 20, but not less than 100")
    check("none seen" in run.stdout and "tcp syn-flood" not in run.stdout, "attack: nothing is proposed for what was not seen")


def test_large():
    """Above 255 percentiles are at most 1/128 too high, peaks exact."""
    datagram = bytes(frame() / octets("10.0.0.5", "198.51.100.9", "udp", 5000, 53))
    packets = [(second, datagram) for second in range(20) for _ in range(1000 + 10 * second)]
    _, report, _, _ = measure(packets, "large")
    row = next(row for row in zone_of(report, "trust")["baseline-rate"]
               if (data(row["rate-name"]), data(row["rate-scope"])) == ("udp-rate", "zone"))
    equal((data(row["rate-samples"]), data(row["rate-peak"]), data(row["rate-percentile-99-9"]), data(row["rate-average"])),
          ("20", "1190", "1190", "1095.0"), "large")
    check(1180 <= int(data(row["rate-percentile-95"])) <= 1180 + 1180 / 128, f"large: 95% is 1180, not {row['rate-percentile-95']}")


def test_answers_only():
    """A zone from which only answers come has no sessions of its own: nothing is proposed for it, and what is proposed loads."""
    def reply(number):
        return frame() / IP(src="198.51.100.9", dst="10.0.0.5") / ICMP(type=0, id=7, seq=number)

    asked = [at(START + number, frame() / IP(src="10.0.0.5", dst="198.51.100.9") / ICMP(type=8, id=7, seq=number)) for number in range(5)]
    config = place.write("ground.set", GROUND)
    inputs = ["--in", "ge-0/0/0=" + place.capture("asked.pcap", asked),
              "--in", "ge-0/0/1=" + place.capture("answered.pcap", [at(START + number + 0.1, reply(number)) for number in range(5)])]
    run = place.replay("--config", config, "--baseline", *inputs, what="answers only")
    equal(run.summary()["sessions"]["created"], 1, "answers only: one session")
    lines = [line for line in run.stdout.splitlines() if line.startswith("set ")]
    check(any("baseline-trust" in line for line in lines) and not any("Inter net" in line for line in lines), f"answers only: {lines}")
    done = subprocess.run([program(), "check", run.path("baseline.set")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    equal(done.returncode, 0, f"answers only: {done.stdout[:500]}")


def test_names():
    """A zone whose name has a blank: the lines load all the same. And --baseline needs no --out."""
    packets = [at(START + number / 10, frame() / octets("198.51.100.7", "10.0.0.5", "tcp", 4000 + number, 80)) for number in range(30)]
    run, _, config, capture = measure(packets, "names", port="ge-0/0/1")
    check_loads(run, config, capture, "names", port="ge-0/0/1")
    check('set security zones security-zone "Inter net" screen "baseline-Inter net"' in run.stdout.splitlines(), "names: quoted")
    bare = place.replay("--config", config, "--baseline", "--in", f"ge-0/0/1={capture}", out=False, what="without --out")
    equal(bare.stdout, run.stdout, "without --out")


for seed in (1, 2):
    test_model(seed)
test_tables()
test_attack()
test_large()
test_answers_only()
test_names()
finish()
