#!/usr/bin/python3
"""05515: the timeout that is shown for a session whose policy matched any application is the one in force, protocol by protocol:
what `match-policies` says before the session is what the session lives without packets.

usage: replay_timeouts_shown.py BUILD
"""
import re

from replay_help import *  # noqa: F403

START = 1191405600
CONFIG = """
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
set interfaces ge-0/0/1 unit 0 family inet address 10.0.1.1/24
set security zones security-zone inside interfaces ge-0/0/0.0
set security zones security-zone outside interfaces ge-0/0/1.0
set security policies from-zone inside to-zone outside policy all match source-address any destination-address any application any
set security policies from-zone inside to-zone outside policy all then permit
"""
# A handshake for TCP; the ports are nobody's, but for those of predefined applications: their time is theirs under any, too.
ROWS = (
    ("tcp", 40001, 39999, "tcp", 1800),
    ("tcp", 40002, 80, "tcp", 300),
    ("udp", 40003, 39999, "udp", 60),
    ("udp", 40004, 53, "udp", 60),
    ("icmp", None, None, "icmp", 60),
    ("47", None, None, "47", 60),
)


def ends(out):
    return {"src": "10.0.0.5", "dst": "10.0.1.5"} if out else {"src": "10.0.1.5", "dst": "10.0.0.5"}


def packets(row, number):
    """(time, from inside, layer): what starts the session; the last one is at `number` seconds."""
    protocol, source, destination, _, _ = row
    if protocol == "tcp":
        return [(number - 0.2, True, TCP(sport=source, dport=destination, flags="S", seq=100)),
                (number - 0.1, False, TCP(sport=destination, dport=source, flags="SA", seq=500, ack=101)),
                (number, True, TCP(sport=source, dport=destination, flags="A", seq=101, ack=501))]
    if protocol == "udp":
        return [(number, True, UDP(sport=source, dport=destination))]
    if protocol == "icmp":
        return [(number, True, ICMP(id=7))]
    return [(number, True, Raw(b"four octets!"))]


def shown(config, row, *zones):
    """Seconds, by match-policies: for zones, or for the whole way of the flow."""
    words = ["--config", config, *zones, "source-ip", "10.0.0.5", "destination-ip", "10.0.1.5", "protocol", row[3]]
    if row[1] is not None:
        words += ["source-port", str(row[1]), "destination-port", str(row[2])]
    done = subprocess.run([program(), "match-policies", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    found = re.search(r"inactivity timeout (\d+) s", done.stdout)
    check(found, f"{words}: {done.stdout}{done.stderr}")
    return int(found.group(1)) if found else None


place = Place()
config = place.write("any.set", CONFIG)
clients, servers = [], []
for number, row in enumerate(ROWS, 1):
    for time, out, layer in packets(row, number):
        extra = {"proto": int(row[0])} if row[0].isdigit() else {}
        (clients if out else servers).append(at(START + time, frame() / IP(**ends(out), **extra) / layer))
run = place.replay("--config", config, "--in", "ge-0/0/0=" + place.capture("clients.pcap", clients),
                   "--in", "ge-0/0/1=" + place.capture("servers.pcap", servers), "--until", "5000")
closed = [event for event in run.events if event["event"] == "session-close"]
equal(len(closed), len(ROWS), "sessions that ended")
begun = min(time for number, row in enumerate(ROWS, 1) for time, _, _ in packets(row, number))
for number, row in enumerate(ROWS, 1):
    wanted = f"10.0.0.5:{row[1]}" if row[1] is not None else None
    lived = [event["time"] - (number - begun) for event in closed
             if abs(event["time"] - (number - begun) - row[4]) < 0.05 and (wanted is None or event["source"] == wanted)]
    equal(len(lived), 1, f"{row[0]} to {row[2]} lives {row[4]} s: {[(event['source'], event['time']) for event in closed]}")
    equal(shown(config, row), row[4], f"{row[0]} to {row[2]}: what is shown")
    equal(shown(config, row, "from-zone", "inside", "to-zone", "outside"), row[4], f"{row[0]} to {row[2]}: by zones")
finish()
