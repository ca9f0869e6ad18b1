"""A slow gateway in Python: random configurations, and what the requirements say of a packet under them.

It knows the requirements' words only, and no code of the engine: routes are a list that is searched for the longest prefix,
policies a list that is gone through from the top, schedulers are asked with the standard library's time zones.
"""
import datetime
import ipaddress
import random
import zoneinfo

PORTS = 6
ZONE_OF = ["red", "green", "blue", "red", None, "far"]  # by port; the fifth has no zone, the last is in instance vr
ZONES = ["red", "green", "blue", "far"]
INSTANCE = [0, 0, 0, 0, 0, 1]
ANYWHERE = ipaddress.ip_network("0.0.0.0/0")
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
TCP, UDP, ICMP, GRE = 6, 17, 1, 47
SERVICES = {"ssh": (TCP, 22), "telnet": (TCP, 23), "ftp": (TCP, 21), "https": (TCP, 443), "snmp": (UDP, 161), "ntp": (UDP, 123),
            "ping": (ICMP, 8)}
# What `all` has beside them, as far as the flows' ports go.
OTHERS = {(TCP, 80), (TCP, 53), (UDP, 53), (TCP, 79), (TCP, 113), (UDP, 162)}
PREDEFINED = {"junos-ssh": [(TCP, 0, 65535, 22, 22)], "junos-http": [(TCP, 0, 65535, 80, 80)], "junos-ntp": [(UDP, 0, 65535, 123, 123)],
              "junos-ping": [(ICMP, 0, 0, 8, 8)], "junos-gre": [(GRE, 0, 65535, 0, 65535)]}


def address(port, host):
    return ipaddress.ip_address((10 << 24) | (port << 16) | host)


class Policy:
    def __init__(self, name, action):
        self.name, self.action = name, action
        self.sources, self.destinations, self.applications, self.schedulers = [], [], [], []
        self.from_zones, self.to_zones = [], []  # of global ones; none: all
        self.active = True
        self.hits = 0


class Model:
    """One random configuration: `lines` for the gateway, the rest for the reference."""

    def __init__(self, seed, policies):
        self.draw = random.Random(seed)
        self.lines = []
        self.zone_name = self.draw.choice(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
        self.clock = zoneinfo.ZoneInfo(self.zone_name)
        self.permit_all = self.draw.random() < 0.3
        self.make_system()
        self.make_routes()
        self.make_inbound()
        self.books = {zone: self.make_book(zone) for zone in [*ZONES, None]}
        self.make_applications()
        self.make_schedulers()
        self.contexts = {}  # (from, to) with "any", or "global" -> policies in order
        self.make_policies(policies)

    def say(self, line):
        self.lines.append(line)

    # --- making ------------------------------------------------------------------------------------------------------

    def make_system(self):
        self.say(f"set system time-zone {self.zone_name}")
        self.say("set system services ssh")
        self.say(f"set security policies default-policy {'permit-all' if self.permit_all else 'deny-all'}")
        for port in range(PORTS):
            self.say(f"set interfaces ge-0/0/{port} unit 0 family inet address 10.{port}.0.1/24")
            if ZONE_OF[port]:
                self.say(f"set security zones security-zone {ZONE_OF[port]} interfaces ge-0/0/{port}.0")
        self.say("set routing-instances vr instance-type virtual-router")
        self.say("set routing-instances vr interface ge-0/0/5.0")

    def make_routes(self):
        """(network, instance) -> what it does: (kind, port or instance)."""
        self.routes = {}
        for port in range(PORTS):
            self.routes[ipaddress.ip_network(f"10.{port}.0.1/32"), INSTANCE[port]] = ("local", port)
            self.routes[ipaddress.ip_network(f"10.{port}.0.0/24"), INSTANCE[port]] = ("out", port)
        for _ in range(20):
            network = ipaddress.ip_network((20 << 24 | self.draw.randrange(1 << 24), self.draw.randrange(10, 31)), strict=False)
            kind, port = self.draw.choice([("out", p) for p in range(5)] * 2 + [("discard", None), ("reject", None)])
            if (network, 0) not in self.routes:
                self.routes[network, 0] = (kind, port)
                self.say(f"set routing-options static route {network} " +
                         (f"next-hop 10.{port}.0.250" if kind == "out" else kind))
        if self.draw.random() < 0.5:
            self.routes[ANYWHERE, 0] = ("out", 1)
            self.say("set routing-options static route 0.0.0.0/0 next-hop 10.1.0.251")
        self.routes[ANYWHERE, 1] = ("table", 0)
        self.say("set routing-instances vr routing-options static route 0.0.0.0/0 next-table inet.0")

    def make_inbound(self):
        """By port: the services that count there (REQ-HI-001, REQ-HI-007: an interface's own list replaces the zone's)."""
        self.inbound = {}
        zone_lists = {zone: self.inbound_list(f"set security zones security-zone {zone}") for zone in ZONES}
        for port in range(PORTS):
            zone = ZONE_OF[port]
            self.inbound[port] = zone_lists.get(zone, [])
            if zone and self.draw.random() < 0.4:
                self.inbound[port] = self.inbound_list(f"set security zones security-zone {zone} interfaces ge-0/0/{port}.0")

    def inbound_list(self, where):
        names = self.draw.sample(sorted(SERVICES), self.draw.randrange(1, 4))
        wide = self.draw.choice([None, None, "all", "any-service"])
        excepted = [] if wide is None else self.draw.sample(names, self.draw.randrange(0, len(names) + 1))
        for name in names:
            self.say(f"{where} host-inbound-traffic system-services {name}{' except' if name in excepted else ''}")
        if wide:
            self.say(f"{where} host-inbound-traffic system-services {wide}")
        return [*(name for name in names if name not in excepted), *([wide] if wide else []), *("-" + name for name in excepted)]

    def prefix(self, zone):
        ports = [p for p in range(PORTS) if zone is None or ZONE_OF[p] == zone] or [0]
        base = self.draw.choice([10 << 24 | self.draw.choice(ports) << 16 | self.draw.randrange(256), 20 << 24 | self.draw.randrange(1 << 24)])
        return ipaddress.ip_network((base, self.draw.choice([0, 8, 9, 12, 16, 24, 25, 27, 30, 32, 32])), strict=False)

    def make_book(self, zone):
        """Addresses, sets of addresses, and sets of sets three deep (REQ-POL-017, 07931); some members are deactivated."""
        where = "security address-book global" if zone is None else f"security zones security-zone {zone} address-book"
        tag = "g" if zone is None else ""
        book = {}
        for number in range(8):
            book[f"{tag}a{number}"] = {self.prefix(zone)}
            self.say(f"set {where} address {tag}a{number} {next(iter(book[f'{tag}a{number}']))}")
        for number in range(5):
            name = f"{tag}s{number}"
            book[name] = set()
            for member in self.draw.sample(sorted(set(book) - {name}), 3):
                kind = "address-set" if member.startswith(tag + "s") else "address"
                self.say(f"set {where} address-set {name} {kind} {member}")
                if self.draw.random() < 0.1:
                    self.say(f"deactivate {where} address-set {name} {kind} {member}")
                else:
                    book[name] |= book[member]
        return book

    def make_applications(self):
        self.applications = dict(PREDEFINED)
        for number in range(8):
            protocol = self.draw.choice([TCP, TCP, UDP, UDP, ICMP, GRE])
            name = f"app{number}"
            self.say(f"set applications application {name} protocol {protocol}")
            row = (protocol, 0, 65535, 0, 65535)
            if protocol in (TCP, UDP):
                low = self.draw.randrange(1, 200)
                high = low + self.draw.choice([0, 0, 7, 100])
                source = self.draw.choice([(0, 65535), (1024, 1500), (1300, 65535)])
                row = (protocol, *source, low, high)
                self.say(f"set applications application {name} destination-port {low}-{high}")
                if source != (0, 65535):
                    self.say(f"set applications application {name} source-port {source[0]}-{source[1]}")
            elif protocol == ICMP and self.draw.random() < 0.5:
                row = (ICMP, 0, 65535, 13, 13)
                self.say(f"set applications application {name} icmp-type 13")
            self.applications[name] = [row]
        for number in range(4):
            name = f"set{number}"
            self.applications[name] = []
            for member in self.draw.sample(sorted(set(self.applications) - {name}), 3):
                kind = "application-set" if member.startswith("set") else "application"
                self.say(f"set applications application-set {name} {kind} {member}")
                self.applications[name] += self.applications[member]

    def make_schedulers(self):
        """name -> (start, stop, {day: "exclude" | "all-day" | [(from, to), ...]}); all in local time."""
        self.schedulers = {}
        for number in range(5):
            name = f"when{number}"
            start = stop = None
            if self.draw.random() < 0.4:
                start = datetime.datetime(2026, self.draw.randrange(2, 5), self.draw.randrange(1, 28), self.draw.choice([0, 5, 12, 20]))
                self.say(f"set schedulers scheduler {name} start-date {start:%Y-%m-%d.%H:%M:%S}")
            elif self.draw.random() < 0.4:
                stop = datetime.datetime(2026, self.draw.randrange(3, 6), self.draw.randrange(1, 28), self.draw.choice([0, 5, 12, 20]))
                self.say(f"set schedulers scheduler {name} stop-date {stop:%Y-%m-%d.%H:%M:%S}")
            days = {}
            for day in self.draw.sample([*DAYS, "daily"], self.draw.randrange(1, 4)):
                days[day] = self.draw.choice(["exclude", "all-day", [(4, 12)], [(8, 18)], [(0, 4), (18, 23)]])
                if isinstance(days[day], str):
                    self.say(f"set schedulers scheduler {name} {day} {days[day]}")
                else:
                    for begin, end in days[day]:
                        self.say(f"set schedulers scheduler {name} {day} start-time {begin:02}:00:00")
                        self.say(f"set schedulers scheduler {name} {day} stop-time {end:02}:00:00")
            self.schedulers[name] = (start, stop, days)

    def pick(self, names):
        return ["any"] if self.draw.random() < 0.25 else self.draw.sample(sorted(names), self.draw.randrange(1, 4))

    def side(self, zone):
        """Names of the zone's own book, of the global one, and literal prefixes (E-076)."""
        own = self.books.get(zone, {}) if zone != "any" else {}
        values = self.pick([*own, *self.books[None]])
        return [*values, str(self.prefix(None))] if self.draw.random() < 0.1 and values != ["any"] else values

    def networks(self, zone, values):
        networks = set()
        for value in values:
            own = self.books.get(zone, {}) if zone != "any" else {}
            if value == "any":
                networks.add(ANYWHERE)
            elif value in own:
                networks |= own[value]
            elif value in self.books[None]:
                networks |= self.books[None][value]
            else:
                networks.add(ipaddress.ip_network(value))
        return networks

    def make_policies(self, count):
        for number in range(count):
            key = self.draw.choice([tuple(self.draw.choice([*ZONES, *ZONES, "any"]) for _ in range(2))] * 3 + ["global"])
            where = "security policies " + ("global" if key == "global" else f"from-zone {key[0]} to-zone {key[1]}")
            policy = Policy(f"p{number}", self.draw.choice(["permit", "permit", "deny", "reject"]))
            ends = ("any", "any") if key == "global" else key
            named = (self.side(ends[0]), self.side(ends[1]))
            policy.sources, policy.destinations = (self.networks(zone, values) for zone, values in zip(ends, named))
            policy.applications = self.pick(self.applications)
            policy.schedulers = self.draw.sample(sorted(self.schedulers), self.draw.choice([0, 0, 0, 1, 2]))
            leaves = [*(("match source-address", v) for v in named[0]), *(("match destination-address", v) for v in named[1]),
                      *(("match application", v) for v in policy.applications), *(("scheduler-name", v) for v in policy.schedulers)]
            if key == "global":
                policy.from_zones, policy.to_zones = (self.draw.sample(ZONES, self.draw.choice([0, 0, 1, 2])) for _ in range(2))
                leaves += [*(("match from-zone", z) for z in policy.from_zones), *(("match to-zone", z) for z in policy.to_zones)]
            for leaf, value in leaves:
                self.say(f"set {where} policy {policy.name} {leaf} {value}")
            self.say(f"set {where} policy {policy.name} then {policy.action}")
            context = self.contexts.setdefault(key, [])
            context.append(policy)
            if len(context) > 1 and self.draw.random() < 0.3:  # REQ-POL-003
                place = self.draw.randrange(len(context) - 1)
                self.say(f"insert {where} policy {policy.name} before policy {context[place].name}")
                context.insert(place, context.pop())
            if self.draw.random() < 0.1:
                policy.active = False
                self.say(f"deactivate {where} policy {policy.name}")

    # --- asking ------------------------------------------------------------------------------------------------------

    def scheduler_on(self, name, when):
        """REQ-SCH-002 to 004, REQ-SCH-010; a day's own entry beats daily."""
        start, stop, days = self.schedulers[name]
        local = datetime.datetime.fromtimestamp(when, self.clock).replace(tzinfo=None)
        if (start and local < start) or (stop and local >= stop):
            return False
        entry = days.get(DAYS[local.weekday()], days.get("daily"))
        if entry is None:
            return all(value == "exclude" for value in days.values())
        if isinstance(entry, str):
            return entry == "all-day"
        return any(begin <= local.hour < end for begin, end in entry)

    def matches(self, policy, zones, packet, when):
        source, destination, protocol, sport, dport = packet
        return (policy.active and (not policy.from_zones or zones[0] in policy.from_zones) and
                (not policy.to_zones or zones[1] in policy.to_zones) and
                any(source in network for network in policy.sources) and any(destination in network for network in policy.destinations) and
                ("any" in policy.applications or any(
                    row[0] == protocol and row[1] <= sport <= row[2] and row[3] <= dport <= row[4]
                    for name in policy.applications for row in self.applications[name])) and
                (not policy.schedulers or any(self.scheduler_on(name, when) for name in policy.schedulers)))

    def first_match(self, zones, packet, when):
        """REQ-POL-002, REQ-POL-019."""
        for key in (zones, (zones[0], "any"), ("any", zones[1]), ("any", "any"), "global"):
            for policy in self.contexts.get(key, []):
                if self.matches(policy, zones, packet, when):
                    return policy
        return None

    def route(self, instance, destination):
        """REQ-RT-006."""
        for _ in range(3):
            known = [(network.prefixlen, what) for (network, table), what in self.routes.items() if table == instance and destination in network]
            if not known:
                return "none", None
            kind, where = max(known, key=lambda row: row[0])[1]
            if kind != "table":
                return kind, where
            instance = where
        return "none", None

    def allows(self, port, protocol, number):
        """REQ-HI-001 to 006."""
        wanted = {name for name, what in SERVICES.items() if what == (protocol, number)}
        for entry in self.inbound[port]:
            if entry in wanted:
                return True
            if f"-{next(iter(wanted), '')}" in self.inbound[port]:
                continue
            if entry == "all" and (wanted or (protocol, number) in OTHERS):
                return True
            if entry == "any-service" and (protocol in (TCP, UDP) or wanted == {"ping"}):
                return True
        return False

    def special(self, destination):
        """Why nobody may send there."""
        if destination.is_loopback:
            return "destination-loopback"
        return "destination-reserved" if int(destination) >> 28 == 15 and int(destination) != 0xffffffff else None

    def broadcast(self, port, host):
        """Of the port's subnet: its last address, and its first (RFC 1812 4.2.3.1); or of all."""
        return host in (address(port, 255), address(port, 0)) or int(host) == 0xffffffff

    def judge(self, port, packet, when):
        """(verdict, reason, policy's name or None, port of departure or None); counts the hit."""
        source, destination, protocol, sport, dport = packet
        zone = ZONE_OF[port]
        if zone is None:
            return "drop", "null-zone", None, None
        if self.broadcast(port, source):
            return "drop", "source-broadcast", None, None
        if self.special(destination):
            return "drop", self.special(destination), None, None
        if protocol == UDP and sport == 53:
            return "drop", "dns-reply-no-session", None, None
        kind, where = self.route(INSTANCE[port], source)
        if kind == "local":
            return "drop", "source-ours", None, None
        if kind == "out" and self.broadcast(where, source):
            return "drop", "source-broadcast", None, None
        if self.broadcast(port, destination):
            return "drop", "destination-broadcast", None, None
        kind, where = self.route(INSTANCE[port], destination)
        if kind == "none":
            return self.told(port, source), "no-route", None, None
        if kind == "discard":
            return "drop", "route-discard", None, None
        if kind == "reject":
            return self.told(port, source), "route-reject", None, None
        if kind == "local":
            return self.judge_local(port, where, packet, when)
        if ZONE_OF[where] is None:
            return "drop", "null-zone-egress", None, None
        if self.broadcast(where, destination):
            return "drop", "destination-broadcast", None, None
        return self.judge_policy(port, ZONE_OF[where], packet, when) or ("forward", "session", self.last, where)

    def told(self, port, source):
        """RST, errors and answers go only to whom there is a way by the zone that the packet came from."""
        kind, way = self.route(INSTANCE[port], source)
        return "reject" if kind == "out" and ZONE_OF[way] == ZONE_OF[port] else "drop"

    def judge_local(self, port, owner, packet, when):
        """REQ-HI-009, REQ-HI-013."""
        source, _, protocol, _, number = packet
        if not self.allows(port, protocol, number) or (owner != port and not self.allows(owner, protocol, number)):
            return "drop", "host-inbound-denied", None, None
        self.last = None
        if owner != port:
            refused = self.judge_policy(port, ZONE_OF[owner], packet, when)
            if refused:
                return refused
        if protocol == ICMP:
            lost = self.told(port, source) == "drop"  # there is no way back to who asks
            return ("drop", "no-route", self.last, None) if lost else ("proxy", "echo-reply", self.last, None)
        if (protocol, number) == (TCP, 22):
            return "host", "host-inbound", self.last, None
        return self.told(port, source), "ident-reset" if (protocol, number) == (TCP, 113) else "service-closed", self.last, None

    def judge_policy(self, port, to_zone, packet, when):
        """The refusal, or None with the policy's name in `last`."""
        policy = self.first_match((ZONE_OF[port], to_zone), packet, when)
        self.last = policy.name if policy else "default-policy"
        if policy is None:
            return None if self.permit_all else ("drop", "default-deny", "default-policy", None)
        policy.hits += 1
        if policy.action == "permit":
            return None
        told = policy.action == "reject" and packet[2] in (TCP, UDP)  # REQ-POL-008 to 011
        return self.told(port, packet[0]) if told else "drop", f"policy-{policy.action}", policy.name, None
