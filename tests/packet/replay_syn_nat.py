#!/usr/bin/python3
"""SYN floods before translated destinations and sources, policies that refuse, tcp-rst and our own services: both ways of answering,
and what each side sees (REQ-SCR-032, REQ-SCR-033, REQ-SCR-042, REQ-SCR-043, E-127).

usage: replay_syn_nat.py BUILD
"""
from syn_help import *  # noqa: F403

POLICY = """
set security policies from-zone untrust to-zone trust policy {0} match source-address any
set security policies from-zone untrust to-zone trust policy {0} match destination-address any
set security policies from-zone untrust to-zone trust policy {0} match application {1}
set security policies from-zone untrust to-zone trust policy {0} then {2}
"""
STAMPED = [("NOP", None), ("NOP", None)]


def stamps(value, echo):
    return STAMPED + [("Timestamp", (value, echo))]


def end_of(packet):
    """Source and destination of a packet, as the texts that a person writes."""
    return f"{packet[IP].src}:{packet[TCP].sport}", f"{packet[IP].dst}:{packet[TCP].dport}"


def tcp(source, destination, flags, payload=b"", **fields):
    (source, sport), (destination, dport) = source.split(":"), destination.split(":")
    return IP(src=source, dst=destination) / TCP(sport=int(sport), dport=int(dport), flags=flags, **fields) / Raw(payload)


def through(lines, what, near, far, client, public, server, source=None):
    """A client beyond port `near` reaches `public`, which is `server` beyond port `far`, where it is seen as `source` (its own, if
    None; an address, then with any port; or all of it). Only one SYN a second is free."""
    for mode, options in ((COOKIE, FULL), ("", [])):
        one(Talk(lines + mode + syn_flood(attack_threshold=1), f"{what}, {mode.split()[-1] if mode else 'syn-proxy'}"),
            near, far, client, public, server, source, options)


def one(talk, near, far, client, public, server, source, options):
    what = talk.what
    talk.add(0.1, near, tcp(client.split(":")[0] + ":999", public, "S"))
    talk.add(0.2, near, tcp(client, public, "S", seq=100, window=5000, options=options))
    left = talk.run()[near]
    answer = only([p for p in left if p.haslayer(TCP)], f"{what}: answer")
    equal(end_of(answer), (public, client), f"{what}: who answers")
    own = answer[TCP].seq
    stamped = option(answer, "Timestamp")
    more = stamps(7001, stamped[0]) if stamped else []
    ack = talk.add(0.3, near, tcp(client, public, "A", seq=101, ack=(own + 1) & 0xffffffff, window=5000, options=more))
    syn = only(talk.run()[far], f"{what}: SYN")
    equal(talk.verdict(ack), ("forward", "session"), f"{what}: verdict of the ACK")
    seen, to = end_of(syn)
    equal((str(syn[TCP].flags), to), ("S", server), f"{what}: to whom")
    wanted = client if source is None else source
    equal(seen if ":" in wanted else seen.split(":")[0], wanted, f"{what}: from whom")
    talk.add(0.4, far, tcp(server, seen, "SA", seq=9000, ack=101, window=6000, options=FULL if options else []))
    out = talk.run()
    equal(end_of(only(out[far], f"{what}: ACK")), (seen, server), f"{what}: ACK")
    opened = only(out[near], f"{what}: window")
    equal((end_of(opened), opened[TCP].seq), ((public, client), (own + 1) & 0xffffffff), f"{what}: window")
    talk.add(0.5, near, tcp(client, public, "PA", b"question", seq=101, ack=(own + 1) & 0xffffffff, window=5000, options=more))
    talk.add(0.6, far, tcp(server, seen, "PA", b"answer", seq=9001, ack=109, window=6000, options=stamps(7100, 7001) if options else []))
    out = talk.run()
    there, back = only(out[far], f"{what}: question"), only(out[near], f"{what}: reply")
    equal((end_of(there), there[TCP].seq, there[TCP].ack, bytes(there[TCP].payload)), ((seen, server), 101, 9001, b"question"), f"{what}: question")
    equal((end_of(back), back[TCP].seq, back[TCP].ack, bytes(back[TCP].payload)), ((public, client), (own + 1) & 0xffffffff, 109, b"answer"), f"{what}: reply")
    # an error about the reply that a router before the client sends is the server's in the server's own numbers, checksums and all
    quote = back.copy()
    quote[IP].ttl = 5
    del quote[IP].chksum
    error = IP(src=client.split(":")[0], dst=public.split(":")[0]) / ICMP(type=3, code=4, nexthopmtu=1300) / bytes(IP(bytes(quote)))[:28]
    told = talk.add(0.65, near, error)
    out = talk.run()
    equal(talk.verdict(told), ("forward", "session"), f"{what}: verdict of the error")
    errors = [p for p in out[far] if p.haslayer(ICMP)]
    check(len(errors) == 1, f"{what}: the error goes on")
    if errors:
        inner = IP(bytes(errors[0][ICMP].payload))
        number = int.from_bytes(bytes(inner)[24:28], "big")
        again = IP(bytes(errors[0]))
        del again[ICMP].chksum
        equal((errors[0][IP].dst, inner.src, inner.dst, number), (server.split(":")[0], server.split(":")[0], seen.split(":")[0], 9001), f"{what}: what the error quotes")
        equal(errors[0][ICMP].chksum, IP(bytes(again))[ICMP].chksum, f"{what}: the error's checksum")
    # the server ends it, hard
    talk.add(0.7, near, tcp(client, public, "A", seq=109, ack=(own + 7) & 0xffffffff, window=5000, options=more))
    talk.add(0.8, far, tcp(server, seen, "RA", seq=9007, ack=109))
    out = talk.run()
    reset = only(out[near], f"{what}: RST")
    equal((end_of(reset), reset[TCP].seq), ((public, client), (own + 7) & 0xffffffff), f"{what}: RST")
    equal([e["reason"] for e in talk.done.events if e["event"] == "session-close"], ["tcp-rst"], f"{what}: end")


CLIENT_END, SERVER_END = CLIENT + ":4000", SERVER + ":80"
through(PERMIT, "no translation", OUTSIDE, INSIDE, CLIENT_END, SERVER_END, SERVER_END)
through(PERMIT + """set security nat static rule-set s from zone untrust
set security nat static rule-set s rule r match destination-address 198.51.100.80/32
set security nat static rule-set s rule r then static-nat prefix 10.0.0.5/32
""", "static rule", OUTSIDE, INSIDE, CLIENT_END, "198.51.100.80:80", SERVER_END)
through(PERMIT + """set security nat destination pool w address 10.0.0.5 port 8080
set security nat destination rule-set d from zone untrust
set security nat destination rule-set d rule w match destination-address 198.51.100.80
set security nat destination rule-set d rule w match destination-port 80
set security nat destination rule-set d rule w then destination-nat pool w
""", "destination rule with a port", OUTSIDE, INSIDE, CLIENT_END, "198.51.100.80:80", "10.0.0.5:8080")
through(PERMIT + """set security zones security-zone trust screen s
set security nat source rule-set o from zone trust
set security nat source rule-set o to zone untrust
set security nat source rule-set o rule r match source-address 0.0.0.0/0
set security nat source rule-set o rule r then source-nat interface
""", "source rule, interface", INSIDE, OUTSIDE, "10.0.0.9:4000", "198.51.100.99:80", "198.51.100.99:80", "198.51.100.1")
through(PERMIT + """set security zones security-zone trust screen s
set security nat source pool p address 203.0.113.10
set security nat source rule-set o from zone trust
set security nat source rule-set o to zone untrust
set security nat source rule-set o rule r match source-address 0.0.0.0/0
set security nat source rule-set o rule r then source-nat pool p
""", "source rule, pool", INSIDE, OUTSIDE, "10.0.0.9:4000", "198.51.100.99:80", "198.51.100.99:80", "203.0.113.10")
through(PERMIT + """set security nat source rule-set o from zone untrust
set security nat source rule-set o to zone trust
set security nat source rule-set o rule r match source-address 0.0.0.0/0
set security nat source rule-set o rule r then source-nat interface
set security nat destination pool w address 10.0.0.5 port 8080
set security nat destination rule-set d from zone untrust
set security nat destination rule-set d rule w match destination-address 198.51.100.80
set security nat destination rule-set d rule w match destination-port 80
set security nat destination rule-set d rule w then destination-nat pool w
""", "both sides", OUTSIDE, INSIDE, CLIENT_END, "198.51.100.80:80", "10.0.0.5:8080", "10.0.0.1")
# the guide's forms: a static mapping of the interface, judged by policies to junos-global, and a destination of a policy
through("""set security nat interface ge-0/0/1.0 static-nat 198.51.100.80/32 host 10.0.0.5/32
set security policies default-policy permit-all
""", "static mapping", OUTSIDE, INSIDE, CLIENT_END, "198.51.100.80:80", SERVER_END)
through("""set security nat destination-nat web address 10.0.0.5 port 8080
set routing-options static route 203.0.113.9/32 next-hop 10.0.0.254
set security policies from-zone untrust to-zone trust policy web match source-address any
set security policies from-zone untrust to-zone trust policy web match destination-address 203.0.113.9/32
set security policies from-zone untrust to-zone trust policy web match application any
set security policies from-zone untrust to-zone trust policy web then permit destination-nat web
""", "destination of a policy", OUTSIDE, INSIDE, CLIENT_END, "203.0.113.9:80", "10.0.0.5:8080")
# our own service: the server is our host, whose packets come and go without a frame
HOST = "set security zones security-zone untrust host-inbound-traffic system-services ssh\nset system services ssh\n"


def own_service(mode):
    what = f"our own service, {mode or 'proxy'}"
    talk = Talk(HOST + mode + syn_flood(attack_threshold=1, destination_threshold=100000), what)
    talk.add(0.1, OUTSIDE, tcp(CLIENT + ":999", "198.51.100.1:22", "S"))
    # a flood of forged SYNs, 3,000 in a tenth of a second, is answered and comes to no limit of handshakes
    for number in range(3000 if mode else 900):
        talk.add(0.15, OUTSIDE, tcp(f"9.9.{number >> 8}.{number & 255}:1000", "198.51.100.1:22", "S"))
    syn = talk.add(0.2, OUTSIDE, tcp(CLIENT_END, "198.51.100.1:22", "S", seq=100, window=5000, options=FULL))
    answer = talk.run()[OUTSIDE][-1]
    equal((talk.verdict(syn)[0], end_of(answer)), ("proxy", ("198.51.100.1:22", CLIENT_END)), f"{what}: answer")
    reasons = talk.done.summary()["reasons"]
    equal((reasons.get("host-rate"), reasons.get("host-source-rate")), (None, None), f"{what}: limits")
    ack = talk.add(0.3, OUTSIDE, tcp(CLIENT_END, "198.51.100.1:22", "A", seq=101, ack=(answer[TCP].seq + 1) & 0xffffffff,
                                     options=stamps(7001, option(answer, "Timestamp")[0])))
    out = talk.run()
    equal(talk.verdict(ack), ("host", "host-inbound"), f"{what}: verdict of the ACK")
    syn = only(out["host"], f"{what}: SYN to our host")
    equal((str(syn[TCP].flags), syn[TCP].seq, end_of(syn)), ("S", 100, (CLIENT_END, "198.51.100.1:22")), f"{what}: SYN to our host")


own_service(COOKIE)
own_service("")


def refused(mode):
    """REQ-POL-008 to 011 beside a flood: a reject is a RST that the client takes: of the handshake that it has with us in cookie
    mode, before there is any in proxy mode. A deny says nothing. tcp-rst answers what comes of nothing."""
    policies = POLICY.format("no", "junos-http", "reject") + POLICY.format("never", "junos-https", "deny")
    name = mode.split()[-1] if mode else "syn-proxy"
    for port, verdict, reason in ((80, "reject", "policy-reject"), (443, "drop", "policy-deny"), (99, "drop", "default-deny")):
        what = f"{name}, port {port}"
        talk = Talk("set security zones security-zone untrust tcp-rst\n" + policies + mode + syn_flood(attack_threshold=1), what)
        public = f"{SERVER}:{port}"
        talk.add(0.1, OUTSIDE, tcp(CLIENT + ":999", public, "S"))
        syn = talk.add(0.2, OUTSIDE, tcp(CLIENT_END, public, "S", seq=100, options=FULL))
        answer = [p for p in talk.run()[OUTSIDE] if p[TCP].dport == 4000]
        if not mode:
            equal(talk.verdict(syn), (verdict, reason), f"{what}: SYN")
            equal([(str(p[TCP].flags), p[TCP].ack) for p in answer], [("RA", 101)] if verdict == "reject" else [], f"{what}: said")
            continue
        equal(talk.verdict(syn), ("proxy", "syn-cookie"), f"{what}: SYN")
        own = only(answer, what)[TCP].seq
        value = option(answer[0], "Timestamp")[0]
        ack = talk.add(0.3, OUTSIDE, tcp(CLIENT_END, public, "A", seq=101, ack=(own + 1) & 0xffffffff, options=stamps(7001, value)))
        out = talk.run()
        equal(talk.verdict(ack), (verdict, reason), f"{what}: ACK")
        equal([(str(p[TCP].flags), p[TCP].seq) for p in out[OUTSIDE]], [("R", (own + 1) & 0xffffffff)] if verdict == "reject" else [], f"{what}: said")
        # a cookie that is none: one bit of it is another, or the port, or the number
        for changes in ({"ack": (own + 1) ^ 0x100}, {"ack": (own + 1) ^ 0x80000000}, {"seq": 300}, {"sport": 4001}, {"options": stamps(7001, value ^ 1)},
                        {"options": []}):
            packet = tcp(CLIENT_END, public, "A", seq=101, ack=(own + 1) & 0xffffffff, options=stamps(7001, value))
            for field, wrong in changes.items():
                setattr(packet[TCP], field, wrong)
            bad = talk.add(0.4, OUTSIDE, packet)
            out = talk.run()
            equal(talk.verdict(bad), ("reject", "no-session"), f"{what}: {changes}")
            equal([(str(p[TCP].flags), p[TCP].seq) for p in out[OUTSIDE]], [("R", packet[TCP].ack & 0xffffffff)], f"{what}: tcp-rst for {changes}")


refused(COOKIE)
refused("")


def lifetime():
    """A cookie is good for as long as its secret and the next one are, 32 to 64 seconds; REQ-SCR-042: it is forgotten without a trace.
    The client's question whether its window is open again has the number before its next one, and proves it too."""
    for when, good in ((1.0, True), (63.9, True), (64.1, False), (200.0, False)):
        talk = Talk(PERMIT + COOKIE + syn_flood(attack_threshold=1), f"cookie after {when} s")
        talk.add(0.1, OUTSIDE, tcp(CLIENT + ":999", SERVER_END, "S"))
        talk.add(0.2, OUTSIDE, tcp(CLIENT_END, SERVER_END, "S", seq=100))
        own = only(talk.run()[OUTSIDE], talk.what)[TCP].seq
        ask = talk.add(when, OUTSIDE, tcp(CLIENT_END, SERVER_END, "A", seq=100, ack=(own + 1) & 0xffffffff))
        talk.run()
        equal(talk.verdict(ask), ("forward", "session") if good else ("drop", "no-session"), talk.what)


lifetime()
finish()
