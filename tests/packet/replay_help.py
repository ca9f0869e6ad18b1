"""What the replay tests share: captures made by scapy, a run of `sallyport replay`, and what it wrote, read back by scapy."""
import json
import os
import subprocess
import sys
import tempfile

from scapy.all import ARP, Dot1Q, Ether, ICMP, IP, TCP, UDP, Raw, conf, rdpcap, wrpcap, wrpcapng  # noqa: F401

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLES = os.path.join(TOP, "examples")
BRANCH = os.path.join(EXAMPLES, "03-albuquerque-firewall.set")
HOST = "02:aa:00:00:00:05"  # any sender outside
GATEWAY = "02:aa:00:00:00:ff"  # a unicast frame counts as sent to us whatever its destination
START = 1191405600  # of captures: 3 October 2007, 10:00 UTC
# Two interfaces with both families, and nothing said about zones or policies.
SIDES = """
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:1::1/64
set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/24
set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:2::1/64
set security forwarding-options family inet6 mode flow-based
"""
SANITIZER = ("AddressSanitizer", "runtime error:", "LeakSanitizer", "Assertion")

failures = []


def program():
    return os.path.join(sys.argv[1], "sallyport")


def check(condition, what):
    """Counts a failure, and says where."""
    if not condition:
        failures.append(what)
        print("FAILED: " + what)


def equal(got, wanted, what):
    check(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")


def finish():
    print(f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


def at(time, packet):
    packet.time = time
    return packet


def frame(vlan=None, source=HOST, destination=GATEWAY):
    ether = Ether(src=source, dst=destination)
    return ether if vlan is None else ether / Dot1Q(vlan=vlan)


class Run:
    """One replay: status, what it said, verdicts, events, summary, and what left each port."""

    def __init__(self, arguments, out, want=0, what=""):
        self.out = out
        done = subprocess.run([program(), "replay", *arguments, *(["--out", out] if out else [])],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
        self.status = done.returncode
        self.stdout = done.stdout
        self.stderr = done.stderr
        self.verdicts = self.lines("verdicts.jsonl")
        self.events = self.lines("events.jsonl")
        check(not any(word in self.stderr for word in SANITIZER), f"{what}: sanitizer: {self.stderr[:2000]}")
        check(self.status == want, f"{what}: status {self.status}, wanted {want}: {self.stderr[:500]}")

    def path(self, name):
        return os.path.join(self.out or "/nonexistent", name)

    def lines(self, name):
        if not os.path.exists(self.path(name)):
            return []
        with open(self.path(name), encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def summary(self):
        with open(self.path("summary.json"), encoding="utf-8") as content:
            return json.load(content)

    def left(self, port):
        """Frames that left a port, as scapy reads them."""
        return rdpcap(self.path(port.replace("/", "_") + ".pcap"))

    def bytes_of(self):
        """Every file's content by name."""
        content = {}
        for name in sorted(os.listdir(self.out)):
            with open(self.path(name), "rb") as file:
                content[name] = file.read()
        return content


class Place:
    """A temporary folder; capture() writes packets, replay() runs them."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sallyport-replay-")
        self.runs = 0

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def capture(self, name, packets, **keywords):
        wrpcap(self.path(name), packets, **keywords)
        return self.path(name)

    def replay(self, *arguments, want=0, what="", out=True):
        self.runs += 1
        return Run(list(arguments), self.path(f"out-{self.runs}") if out else None, want, what or f"run {self.runs}")
