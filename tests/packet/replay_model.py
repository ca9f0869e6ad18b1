#!/usr/bin/python3
"""Random configurations against a model in a few lines of Python: which policy takes a packet, and where it is routed to.
Addresses, sets and packets are of both families.

The model is the requirement in its plainest form: first match from the top of the context (REQ-POL-001, REQ-POL-002,
REQ-POL-016, REQ-POL-017), then the default policy (REQ-POL-004, REQ-POL-006); the longest prefix (REQ-RT-006).
usage: replay_model.py BUILD
"""
import ipaddress
import random

from replay_help import *  # noqa: F403
from scapy.layers.inet6 import IPv6

ZONES = ["red", "green", "blue"]
PREDEFINED = {"junos-ssh": (6, 0, 65535, 22, 22), "junos-http": (6, 0, 65535, 80, 80), "junos-ntp": (17, 0, 65535, 123, 123),
              "junos-telnet": (6, 0, 65535, 23, 23), "junos-smtp": (6, 0, 65535, 25, 25)}
place = Place()


ANY = {"any": (4, 6), "any-ipv4": (4,), "any-ipv6": (6,)}


def within_zone(zone, version, bits):
    """The address with these low bits in the zone's 10.ZONE/16 or 2001:db8:ZONE::/48; neither the gateway's own nor the first or last."""
    if version == 6:
        bits &= (1 << 80) - 1
        return ipaddress.IPv6Address((0x20010db8 << 96) | (zone << 80) | (bits if bits > 1 else bits + 7))
    bits &= 0xffff
    if bits in (0, 1, 0xffff):
        bits += 7 if bits < 2 else -7
    return ipaddress.IPv4Address((10 << 24) | (zone << 16) | bits)


def prefix_of(draw, zone):
    """A network in the zone's 10.ZONE/16 or 2001:db8:ZONE::/48, or a wide one."""
    if draw.random() < 0.4:
        base = (0x20010db8 << 96) | (zone << 80) | (draw.randrange(4) << 78) | (draw.randrange(4) << 64) | draw.randrange(1 << 16)
        length = draw.choice([3, 32, 47, 48, 49, 50, 64, 96, 112, 120, 127, 128, 128])
        return ipaddress.ip_network((base, length), strict=False)
    length = draw.choice([8, 14, 16, 17, 20, 24, 27, 30, 32, 32])
    base = (10 << 24) | (zone << 16) | draw.randrange(1 << 16)
    return ipaddress.ip_network((base & (0xffffffff << (32 - length)) & 0xffffffff, length))


def pick(draw, names):
    """any, or one to three of the names."""
    return ["any"] if draw.random() < 0.2 else draw.sample(names, draw.randrange(1, 4))


def pick_addresses(draw, names):
    return [draw.choice(["any-ipv4", "any-ipv6"])] if draw.random() < 0.1 else pick(draw, names)


def make(draw, policies, default):
    lines = [f"set security policies default-policy {default}", "set security forwarding-options family inet6 mode flow-based"]
    for number, zone in enumerate(ZONES):
        lines += [f"set interfaces ge-0/0/{number} unit 0 family inet address 10.{number}.0.1/16",
                  f"set interfaces ge-0/0/{number} unit 0 family inet6 address 2001:db8:{number}::1/48",
                  f"set security zones security-zone {zone} interfaces ge-0/0/{number}.0"]
    books = []
    for number, zone in enumerate(ZONES):
        book = {}
        for entry in range(12):
            book[f"a{entry}"] = [prefix_of(draw, number)]
            lines.append(f"set security zones security-zone {zone} address-book address a{entry} {book[f'a{entry}'][0]}")
        for entry in range(4):
            members = draw.sample(sorted(book), 3)
            book[f"s{entry}"] = [network for member in members for network in book[member]]
            lines += [f"set security zones security-zone {zone} address-book address-set s{entry} address {m}"
                      for m in members if m.startswith("a")]
            book[f"s{entry}"] = [network for member in members if member.startswith("a") for network in book[member]] or None
            if book[f"s{entry}"] is None:
                del book[f"s{entry}"]
        books.append(book)
    applications = {name: [row] for name, row in PREDEFINED.items()}
    for entry in range(10):
        low, source = draw.randrange(1, 300), draw.choice([(0, 65535), (1024, 1500), (1300, 65535)])
        high = low + draw.choice([0, 0, 5, 100])
        row = (draw.choice([6, 17]), *source, low, high)
        applications[f"app{entry}"] = [row]
        lines += [f"set applications application app{entry} protocol {'tcp' if row[0] == 6 else 'udp'}",
                  f"set applications application app{entry} destination-port {low}-{high}"]
        if source != (0, 65535):
            lines.append(f"set applications application app{entry} source-port {source[0]}-{source[1]}")
    for entry in range(3):
        members = draw.sample(sorted(applications), 3)
        members = [m for m in members if not m.startswith("set")] or ["app0"]
        applications[f"set{entry}"] = [row for member in members for row in applications[member]]
        lines += [f"set applications application-set set{entry} application {m}" for m in members]
    contexts = {}
    for number in range(policies):
        pair = (draw.randrange(3), draw.randrange(3))
        policy = (f"p{number}", pick_addresses(draw, sorted(books[pair[0]])), pick_addresses(draw, sorted(books[pair[1]])),
                  pick(draw, sorted(applications)), draw.choice(["permit", "deny"]))
        contexts.setdefault(pair, []).append(policy)
        where = f"set security policies from-zone {ZONES[pair[0]]} to-zone {ZONES[pair[1]]} policy {policy[0]}"
        for leaf, values in (("source-address", policy[1]), ("destination-address", policy[2]), ("application", policy[3])):
            lines += [f"{where} match {leaf} {value}" for value in values]
        lines.append(f"{where} then {policy[4]}")
    return lines, books, applications, contexts


def first_match(model, pair, packet):
    _, books, applications, contexts = model
    source, destination, protocol, sport, dport = packet

    def within(names, book, address):
        return any(address.version in ANY[name] if name in ANY else any(address in network for network in book[name])
                   for name in names)

    for name, sources, destinations, wanted, action in contexts.get(pair, []):
        if within(sources, books[pair[0]], source) and within(destinations, books[pair[1]], destination) and (
                "any" in wanted or any(row[0] == protocol and row[1] <= sport <= row[2] and row[3] <= dport <= row[4]
                                       for app in wanted for row in applications[app])):
            return name, action
    return "default-policy", None


def policies_agree(seed, policies, default):
    draw = random.Random(seed)
    model = make(draw, policies, default)
    config = place.write(f"policies-{seed}.set", "\n".join(model[0]) + "\n")
    captures = [[], [], []]
    wanted = []
    networks = [[network for entry in book.values() for network in entry] for book in model[1]]
    for number in range(1500):
        pair = (draw.randrange(3), draw.randrange(3))
        version = draw.choice([4, 6])
        ends = []
        for zone in pair:
            network = draw.choice([network for network in networks[zone] if network.version == version])
            bits = int(network.network_address) + draw.randrange(min(network.num_addresses, 1 << 16))
            ends.append(within_zone(zone, version, bits))
        protocol = draw.choice([6, 17])
        sport, dport = draw.choice([1023, 1024, 1299, 1400, 1500, 1501, 40000]), draw.choice(
            [22, 23, 25, 80, 123, draw.randrange(1, 420)])
        transport = TCP(sport=sport, dport=dport, flags="S") if protocol == 6 else UDP(sport=sport, dport=dport)
        # half a minute apart, so that a packet is not one of an earlier packet's session
        network = (IP if version == 4 else IPv6)(src=str(ends[0]), dst=str(ends[1]))
        captures[pair[0]].append(at(START + number * 70, frame() / network / transport))
        wanted.append((pair, first_match(model, pair, (*ends, protocol, sport, dport))))
    inputs = []
    for number, packets in enumerate(captures):
        inputs += ["--in", f"ge-0/0/{number}=" + place.capture(f"in-{seed}-{number}.pcap", packets)]
    run = place.replay("--config", config, *inputs, what=f"policies, seed {seed}")
    wrong = 0
    seen = set()
    for number, ((pair, (name, action)), got) in enumerate(zip(wanted, run.verdicts)):
        permitted = action == "permit" or (action is None and default == "permit-all")
        good = (got.get("policy") == name and got["verdict"] == ("forward" if permitted else "drop") and
                got.get("from-zone") == ZONES[pair[0]] and got.get("to-zone") == ZONES[pair[1]])
        seen.add(name)
        if not good and wrong < 5:
            print(f"seed {seed}, frame {number}: model says {name} {action}, got {got}")
        wrong += not good
    equal(wrong, 0, f"policies, seed {seed}: packets that the model sees otherwise")
    check(len(seen) > min(policies, 60) // 3, f"seed {seed}: only {len(seen)} policies were hit")


def routes_of(draw):
    """Networks that nest: of inet with their routing-options, and of inet6."""
    if draw.random() < 0.5:
        length = draw.choice([8, 9, 12, 15, 16, 17, 20, 23, 24, 25, 28, 31, 32])
        return ipaddress.ip_network(((draw.choice([20, 20, 21, 100]) << 24) | draw.randrange(1 << 24), length), strict=False)
    length = draw.choice([16, 31, 32, 33, 40, 47, 48, 56, 63, 64, 65, 80, 96, 112, 120, 127, 128])
    base = (draw.choice([0x24000001, 0x24000001, 0x24000002]) << 96) | (draw.randrange(1 << 8) << draw.choice([0, 16, 48, 64, 80, 88]))
    return ipaddress.ip_network((base, length), strict=False)


def routes_agree(seed):
    draw = random.Random(seed)
    lines = ["set security policies default-policy permit-all", "set security zones security-zone all interfaces all",
             "set security forwarding-options family inet6 mode flow-based"]
    hops = {4: [], 6: []}
    for number in range(4):
        lines += [f"set interfaces ge-0/0/{number} unit 0 family inet address 172.16.{number}.1/24",
                  f"set interfaces ge-0/0/{number} unit 0 family inet6 address 2001:db8:{number}::1/64"]
        for host in (10, 11, 12):
            hops[4].append((number, ipaddress.ip_address(f"172.16.{number}.{host}")))
            hops[6].append((number, ipaddress.ip_address(f"2001:db8:{number}::{number}:{host}")))
    table = {}
    for _ in range(500):
        network = routes_of(draw)
        if network not in table:
            table[network] = draw.choice([*hops[network.version], None])
            hop = table[network]
            rib = "rib inet6.0 " if network.version == 6 else ""
            lines.append(f"set routing-options {rib}static route {network} " + ("discard" if hop is None else f"next-hop {hop[1]}"))
    config = place.write(f"routes-{seed}.set", "\n".join(lines) + "\n")
    packets = []
    wanted = []
    networks = sorted(table, key=str)
    for number in range(1500):
        network = draw.choice(networks)
        address = network.network_address + draw.choice([0, network.num_addresses - 1])
        address += draw.choice([0, 0, 0, 1, -1])
        header = IP(src="172.16.0.99", dst=str(address)) if address.version == 4 else IPv6(src="2001:db8::99", dst=str(address))
        packets.append(at(START + number * 70, frame() / header / UDP(sport=9, dport=99)))
        best = max((n for n in table if address in n), key=lambda n: n.prefixlen, default=None)
        wanted.append("none" if best is None else table[best])
    run = place.replay("--config", config, "--in", "ge-0/0/0=" + place.capture(f"routes-{seed}.pcap", packets))
    left = {number: [f for f in run.left(f"ge-0/0/{number}") if f.haslayer(UDP) and f[UDP].dport == 99 and not f.haslayer(ICMP)
                     and (not f.haslayer(IPv6) or f[IPv6].nh == 17)] for number in range(4)}
    wrong = 0
    for number, (hop, got) in enumerate(zip(wanted, run.verdicts)):
        if hop == "none":
            good = got["reason"] == "no-route"
        elif hop is None:
            good = got["reason"] == "route-discard"
        else:
            mac = "02:00:00:" + ":".join(f"{octet:02x}" for octet in hop[1].packed[-3:])
            good = got["verdict"] == "forward" and got["out"] == f"ge-0/0/{hop[0]}.0" and left[hop[0]].pop(0).dst == mac
        if not good and wrong < 5:
            print(f"routes, seed {seed}, frame {number} {packets[number].summary()}: model says {hop}, got {got}")
        wrong += not good
    equal(wrong, 0, f"routes, seed {seed}: packets that the model sees otherwise")
    check(len({str(w) for w in wanted}) > 15, "the mix has many next hops")


for seed, policies, default in ((1, 5, "deny-all"), (2, 60, "permit-all"), (3, 400, "deny-all"), (4, 400, "permit-all")):
    policies_agree(seed, policies, default)
for seed in (1, 2):
    routes_agree(seed)
if os.environ.get("SALLYPORT_TEST_LONG"):
    for seed in range(100, 130):
        policies_agree(seed, 200, "deny-all")
        routes_agree(seed)
finish()
