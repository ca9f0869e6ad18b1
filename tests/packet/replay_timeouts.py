#!/usr/bin/python3
"""Sessions end when their timeout is over, to a hundredth of a second, however long nothing comes: --until runs the timers on.

REQ-SES-001 REQ-SES-002 REQ-SES-003 REQ-SES-004 REQ-SES-005 REQ-SES-006 REQ-SES-008 REQ-SES-009 REQ-SES-010
usage: replay_timeouts.py BUILD
"""
from replay_help import *  # noqa: F403

CONFIG = """
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
set interfaces ge-0/0/1 unit 0 family inet address 10.0.1.1/24
set security zones security-zone inside interfaces ge-0/0/0.0
set security zones security-zone outside interfaces ge-0/0/1.0
set applications application slow protocol udp destination-port 900 inactivity-timeout 86400
set security policies from-zone inside to-zone outside policy slow match source-address any destination-address any application slow
set security policies from-zone inside to-zone outside policy slow then permit
set security policies from-zone inside to-zone outside policy all match source-address any destination-address any application any
set security policies from-zone inside to-zone outside policy all then permit
"""


def packet(out, layer, **keywords):
    source, destination = ("10.0.0.5", "10.0.1.5") if out else ("10.0.1.5", "10.0.0.5")
    return frame() / IP(src=source, dst=destination, **keywords) / layer


def handshake(time, sport, dport):
    """Client's and server's segments of a handshake that is over at `time`."""
    return ([at(time - 0.02, packet(True, TCP(sport=sport, dport=dport, flags="S", seq=100))),
             at(time, packet(True, TCP(sport=sport, dport=dport, flags="A", seq=101, ack=501)))],
            [at(time - 0.01, packet(False, TCP(sport=dport, dport=sport, flags="SA", seq=500, ack=101)))])


place = Place()
config = place.write("timeouts.set", CONFIG)
shell, shell_back = handshake(START + 1.23, 4001, 22)
web, web_back = handshake(START + 2.34, 4002, 80)
clients = place.capture("clients.pcap", [
    at(START, packet(True, TCP(sport=4000, dport=22, flags="S", seq=100))),
    *shell,
    *web,
    at(START + 3.45, packet(True, UDP(sport=4003, dport=53))),
    at(START + 4.56, packet(True, ICMP(id=7))),
    at(START + 5.67, packet(True, Raw(b"four octets"), proto=47)),
    at(START + 6.78, packet(True, UDP(sport=4004, dport=900))),
])
# the server's answer restarts the timeout of the UDP session
servers = place.capture("servers.pcap", [*shell_back, *web_back, at(START + 13.45, packet(False, UDP(sport=53, dport=4003)))])
run = place.replay("--config", config, "--in", "ge-0/0/0=" + clients, "--in", "ge-0/0/1=" + servers, "--until", "100000")
ended = [(event["source"], event["reason"], event["time"], event["duration"]) for event in run.events
         if event["event"] == "session-close"]
equal(ended[:-1], [
    ("10.0.0.5:4000", "handshake-timeout", 20, 20),
    ("10.0.0.5", "idle-timeout", 64.56, 60),
    ("10.0.0.5", "idle-timeout", 65.67, 60),
    ("10.0.0.5:4003", "idle-timeout", 73.45, 70),
    ("10.0.0.5:4002", "idle-timeout", 302.34, 300),
    ("10.0.0.5:4001", "idle-timeout", 1801.23, 1800),
], "sessions that ended")
# beyond three hours without a packet the clock goes by seconds
check(ended[-1][0] == "10.0.0.5:4004" and 86406.78 <= ended[-1][2] <= 86408, f"a timeout of a day: {ended[-1]}")

# aggressive aging is told: with watermarks of 0 it lasts as long as there is any session
aging = place.write("aging.set", CONFIG + "set security flow aging early-ageout 4 high-watermark 0 low-watermark 0\n")
one = place.capture("one.pcap", [at(START, packet(True, UDP(sport=4003, dport=53)))])
run = place.replay("--config", aging, "--in", "ge-0/0/0=" + one, "--until", "100")
equal([(event["event"], event["time"], event.get("sessions"), event.get("watermark"), event["logged"]) for event in run.events], [
    ("session-create", 0, None, None, False),
    ("aging-start", 0, 1, 0, True),
    ("session-close", 20, None, None, False),
    ("aging-stop", 20, 0, 0, True),
], "events of aggressive aging")
check("source" not in run.events[1], "they are about no packet")
finish()
