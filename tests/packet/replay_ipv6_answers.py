#!/usr/bin/python3
"""What the gateway says itself because of IPv6 packets: ICMPv6 errors within RFC 4443 2.4, RSTs, echo replies; and what
host-inbound-traffic lets through.

REQ-HI-001 REQ-HI-002 REQ-HI-009 REQ-HI-013 REQ-ZN-008 REQ-FW-009 REQ-FW-012 REQ-SES-016
usage: replay_ipv6_answers.py BUILD
"""
from replay_ipv6 import *  # noqa: F403

TEXT = CONFIG + FLOW + PERMIT + """
set interfaces ge-0/0/1 unit 0 family inet6 mtu 1400
set security zones security-zone inside tcp-rst
set security zones security-zone inside host-inbound-traffic system-services ping
set security zones security-zone inside host-inbound-traffic system-services ssh
set security zones security-zone inside host-inbound-traffic system-services ident-reset
set security zones security-zone inside host-inbound-traffic system-services traceroute
set routing-options rib inet6.0 static route 2001:db8:6::/64 reject
set routing-options rib inet6.0 static route 2001:db8:7::/64 discard
"""


def told(packet):
    """An error in short: type, code, from, to, hop limit, and what it quotes."""
    message = packet[IPv6].payload
    return (type(message), message.code, packet[IPv6].src, packet[IPv6].dst, packet[IPv6].hlim)


place = Place()
datagram = UDP(sport=4000, dport=9)
GROUP = "33:33:00:00:00:01"

# --- errors, and when there are none ---
large = ip() / UDP(sport=4000, dport=9) / Raw(bytes(range(256)) * 5 + b"x" * 73)  # 1401 octets
echo_error = ip(hlim=1) / ICMPv6DestUnreach() / Raw(bytes((ip(SERVER, CLIENT) / UDP(sport=9, dport=4000))[IPv6]))
scene = Scene(place, TEXT)
scene.send(INSIDE, ip(hlim=1) / datagram, "reject", "ttl-exceeded")
scene.send(INSIDE, ip(hlim=0) / datagram, "drop", "ttl-exceeded")
scene.send(INSIDE, ip(hlim=2) / datagram, "forward", "session")
scene.send(INSIDE, ip(hlim=1) / datagram, "reject", "ttl-exceeded", session=1)
scene.send(INSIDE, ip(destination="2001:db8:5::1") / datagram, "reject", "no-route")
scene.send(INSIDE, ip(destination="2001:db8:6::1") / datagram, "reject", "route-reject")
scene.send(INSIDE, ip(destination="2001:db8:7::1") / datagram, "drop", "route-discard")
scene.send(INSIDE, large, "reject", "fragmentation-needed", session=1)
scene.send(INSIDE, ip() / UDP(sport=4007, dport=9) / Raw(b"x" * 1353), "reject", "fragmentation-needed", session=None)
scene.send(INSIDE, ip() / UDP(sport=4007, dport=9) / Raw(b"x" * 1352), "forward", "session")
# No answer to an error or to a redirect, to nobody, to what was for all of a link.
scene.send(INSIDE, ip(destination="2001:db8:5::1") / ICMPv6DestUnreach() / Raw(bytes((ip(SERVER) / datagram)[IPv6])), "drop", "icmp-no-session")
scene.send(INSIDE, echo_error, "drop", "ttl-exceeded")
scene.send(INSIDE, ip("::", "2001:db8:5::1") / datagram, "drop", "source-zero")
scene.send(INSIDE, ip("ff02::9", "2001:db8:5::1") / datagram, "drop", "source-multicast")
scene.send(INSIDE, frame(destination=GROUP) / IPv6(src=CLIENT, dst="2001:db8:5::1") / datagram, "drop", "frame-broadcast")
scene.send(INSIDE, ip(destination="ff0e::1", hlim=1) / datagram, "drop", "destination-multicast")
scene.send(INSIDE, ip("fe80::77", "2001:db8:5::1") / datagram, "reject", "no-route")
run = scene.run("errors")
errors = sent(run, INSIDE)
hop, route = (ICMPv6TimeExceeded, 0, GATE, CLIENT, 64), (ICMPv6DestUnreach, 0, GATE, CLIENT, 64)
big = (ICMPv6PacketTooBig, 0, GATE, CLIENT, 64)
equal([told(error) for error in errors], [
    hop, hop, route, (ICMPv6DestUnreach, 3, GATE, CLIENT, 64), big, big,
    (ICMPv6DestUnreach, 0, "fe80::53:50ff:fe00:0", "fe80::77", 64)], "errors")
equal([error[ICMPv6PacketTooBig].mtu for error in errors[4:6]], [1400, 1400], "the MTU")
equal(bytes(errors[4][ICMPv6PacketTooBig].payload), bytes(large[IPv6])[:1280 - 48], "as much as fits in 1280 octets, unchanged")
equal(len(errors[4][IPv6]), 1280, "and not an octet more")
equal(len(sent(run, OUTSIDE)), 2, "what went on")

# --- the rate: 1000 a second, and as many at once ---
scene = Scene(place, TEXT)
for number in range(1005):
    packet = ip(destination="2001:db8:5::1") / UDP(sport=1024 + number, dport=9)
    scene.send(INSIDE, packet, "reject" if number < 1000 else "drop", "no-route", after=0)
run = scene.run("rate")
equal(len(sent(run, INSIDE)), 1000, "errors at once")
equal(run.summary()["reasons"].get("icmp-rate"), 5, "the others are counted")

# --- a neighbour that does not answer: said after three questions ---
scene = Scene(place, TEXT, "--arp", "real", "--until", "10")
question = frame(destination="33:33:ff:00:00:01") / IPv6(src=CLIENT, dst="ff02::1:ff00:1", hlim=255) / ICMPv6ND_NS(tgt=GATE)
scene.send(INSIDE, ip(hlim=0) / datagram, "drop", "ttl-exceeded")  # the addresses are ours 1 s after the start
scene.send(INSIDE, question / ICMPv6NDOptSrcLLAddr(lladdr=HOST), "consume", "nd", after=2)
scene.send(INSIDE, ip() / datagram, "proxy", "neighbour-wait", after=1)
run = scene.run("nobody there")
solicitations = [packet for packet in run.left(OUTSIDE) if ICMPv6ND_NS in packet and packet[ICMPv6ND_NS].tgt == SERVER]
equal([round(float(packet.time) - START) for packet in solicitations], [3, 4, 5], "three questions for the server")
errors = [packet for packet in sent(run, INSIDE) if IPerror6 in packet]
equal([(told(error), error.dst, round(float(error.time) - START)) for error in errors],
      [((ICMPv6DestUnreach, 3, GATE, CLIENT, 64), HOST, 6)], "address unreachable")

# --- to ourselves ---
scene = Scene(place, TEXT + "set system services ssh\n")
syn = TCP(sport=4000, dport=22, flags="S", seq=41)
scene.send(INSIDE, ip(CLIENT, GATE) / syn, "host", "host-inbound", session=1, to_zone="junos-self")
scene.send(INSIDE, ip(CLIENT, GATE) / TCP(sport=4000, dport=113, flags="S", seq=41), "reject", "ident-reset")
scene.send(INSIDE, ip(CLIENT, GATE) / UDP(sport=4000, dport=33500), "reject", "traceroute")
scene.send(INSIDE, ip(CLIENT, GATE) / TCP(sport=4000, dport=443, flags="S"), "drop", "host-inbound-denied")
scene.send(INSIDE, ip(CLIENT, GATE) / ICMPv6EchoRequest(id=5, seq=6, data=b"hello"), "proxy", "echo-reply")
scene.send(INSIDE, ip(CLIENT, GATE) / IPv6ExtHdrHopByHop() / ICMPv6EchoRequest(id=5, seq=7), "proxy", "echo-reply")
scene.send(INSIDE, ip(CLIENT, GATE) / ICMPv6EchoReply(id=5), "drop", "icmp-no-session")
# An address of another interface: its list too, and a policy.
scene.send(INSIDE, ip(CLIENT, FAR_GATE) / ICMPv6EchoRequest(id=5), "drop", "host-inbound-denied")
scene.send(OUTSIDE, ip(SERVER, FAR_GATE) / ICMPv6EchoRequest(id=5), "drop", "host-inbound-denied")
# Nobody listens on a link alone.
scene.send(INSIDE, ip("fe80::77", "fe80::53:50ff:fe00:0") / syn, "reject", "service-closed")
# tcp-rst of the zone: what begins no session (REQ-ZN-008).
scene.send(INSIDE, ip() / TCP(sport=4001, dport=80, flags="A", seq=10, ack=20), "reject", "no-session")
scene.send(OUTSIDE, ip(SERVER, CLIENT) / TCP(sport=4001, dport=80, flags="A", seq=10, ack=20), "drop", "no-session")
run = scene.run("to ourselves")
answers = sent(run, INSIDE)
resets = [(packet[IPv6].src, packet[TCP].sport, packet[TCP].flags.value, packet[TCP].seq, packet[TCP].ack)
          for packet in answers if TCP in packet and IPerror6 not in packet]
equal(resets, [(GATE, 113, 0x14, 0, 42), ("fe80::53:50ff:fe00:0", 22, 0x14, 0, 42), (SERVER, 80, 0x04, 20, 0)], "RSTs")
equal([told(packet) for packet in answers if IPerror6 in packet], [(ICMPv6DestUnreach, 4, GATE, CLIENT, 64)], "traceroute")
replies = [packet for packet in answers if ICMPv6EchoReply in packet]
equal([(packet[ICMPv6EchoReply].id, packet[ICMPv6EchoReply].seq, bytes(packet[ICMPv6EchoReply].data), packet[IPv6].nh, packet[IPv6].hlim)
       for packet in replies], [(5, 6, b"hello", 58, 64), (5, 7, b"", 58, 64)], "echo")
host = run.left("host")
equal([bytes(packet) for packet in host], [bytes((ip(CLIENT, GATE) / syn)[IPv6])], "what the host gets")

# Both lists and a policy between the zones: the other interface's address answers.
scene = Scene(place, TEXT + "set security zones security-zone outside host-inbound-traffic system-services ping\n")
scene.send(INSIDE, ip(CLIENT, FAR_GATE) / ICMPv6EchoRequest(id=5), "proxy", "echo-reply", policy="all")
scene.run("the other interface's address")
finish()
