"""The part of the tour about screens: attacks from the Internet and from a teller's desk, and which screen of the example meets
each. What a screen says is read from its counter for the zone; an attack that the machine let out too slowly is tried again.
"""
import os
import re
import subprocess
import time

import topology as place
from common import probe

TELLERS, INTERNET = "TellersALBQ", "InternetALBQ"
PATIENCE = 15  # seconds
# Who, what, the kind and the addresses of attack.py, and the screen that is to detect it.
ROWS = (
    ("internet", "segments with FIN, PSH and URG", "xmas", place.INTERNET, place.WEB, "tcp fin-no-ack"),
    ("internet", "segments without flags", "null", place.INTERNET, place.WEB, "tcp tcp-no-flag"),
    ("internet", "SYN with FIN", "syn-fin", place.INTERNET, place.WEB, "tcp syn-fin"),
    ("internet", "a ping of 1128 octets", "large", place.INTERNET, place.WEB, "icmp large"),
    ("internet", "a ping that records its route", "record-route", place.INTERNET, place.WEB, "ip record-route-option"),
    ("internet", "a ping in fragments", "fragment", place.INTERNET, place.WEB, "icmp fragment"),
    ("internet", "pings to 40 addresses at once", "sweep", place.INTERNET, place.MAIL, "icmp ip-sweep"),
    ("internet", "4000 datagrams at once", "udp-flood", place.INTERNET, place.WEB, "udp flood"),
    ("tellers", "SYNs to 40 ports at once", "scan", place.TELLER, place.MAIL, "tcp port-scan"),
    ("tellers", "a SYN from its own target", "land", place.TELLER, place.MAIL, "tcp land"),
    ("tellers", "urgent data to port 139", "winnuke", place.TELLER, place.MAIL, "tcp winnuke"),
    ("tellers", "IP protocol 200", "protocol", place.TELLER, place.MAIL, "ip unknown-protocol"),
    ("tellers", "a source of the Internet's", "spoofed", place.INTERNET, place.MAIL, "ip spoofing"),
)


def detected(cli, state, zone):
    code, text = cli(state, f"show security screen statistics zone {zone}")
    return {name: int(count) for name, count in re.findall(r"^(\S+ \S+)\s+(\d+)$", text, re.MULTILINE)} if code == 0 else {}


def attack(state, row):
    host, _, kind, source, target, _ = row
    subprocess.run(["ip", "netns", "exec", state.namespace(host), probe.PYTHON, os.path.join(probe.SERVICES, "attack.py"), kind, source, target],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE, check=False)


def meet(state, score, cli, row):
    """One attack: its screen counts it. Floods and scans are a matter of time, so a second try is fair."""
    host, what, _, _, _, screen = row
    zone = INTERNET if host == "internet" else TELLERS
    before = detected(cli, state, zone)
    end = time.monotonic() + PATIENCE
    seen = False
    while not seen and time.monotonic() < end:
        attack(state, row)
        seen = detected(cli, state, zone).get(screen, 0) > before.get(screen, 0)
    score.line(seen, host, what, screen, screen if seen else "nothing", f"screen of {zone}")


def screened(state, score, cli, show):
    """Each attack, a line of the log, and the alarms."""
    for row in ROWS:
        meet(state, score, cli, row)
    end = time.monotonic() + PATIENCE
    lines, there = [], False
    while not (lines and there) and time.monotonic() < end:  # records are on their way
        lines = [line for line in state.read("gateway/log/messages").splitlines() if "RT_SCREEN_TCP" in line]
        there = f"tcp-port-scan from zone {TELLERS}" in cli(state, "show security alarms")[1]
    show(lines[-1] if lines else "no RT_SCREEN_TCP")
    score.line(bool(lines), "gateway", "a record of the attacks", "RT_SCREEN_TCP", "RT_SCREEN_TCP" if lines else "nothing", "gateway/log/messages")
    score.line(there, "gateway", "show security alarms", "the port scan", "the port scan" if there else "nothing", "")
