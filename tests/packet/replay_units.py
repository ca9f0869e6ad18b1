#!/usr/bin/python3
"""cs02529: an interface has as many units as there are VLANs, 1 to 4094, without a licence, and each of them passes traffic
both ways. One VLAN more, or a second unit with the same one, is refused.

usage: replay_units.py BUILD
"""
import struct

from replay_help import *  # noqa: F403

UNITS = 4094
place = Place()


def network(unit):
    """10.n.n.0/29, eight addresses a unit."""
    return (10 << 24) + unit * 8


def dotted(address):
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def datagram(source, destination, vlan=None):
    """A frame with an empty UDP datagram (no checksum), by hand: 8188 of them by scapy take half a minute."""
    head = struct.pack(">BBHHHBBHII", 0x45, 0, 28, 1, 0, 64, 17, 0, source, destination)
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    tag = b"" if vlan is None else struct.pack(">HH", 0x8100, vlan)
    return bytes.fromhex(GATEWAY.replace(":", "") + HOST.replace(":", "")) + tag + b"\x08\x00" + head + \
        struct.pack(">HHHH", 4000, 99, 8, 0) + bytes(18)


def write(name, frames):
    with open(place.path(name), "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for number, data in enumerate(frames):
            stamp = number * 1000
            file.write(struct.pack("<IIII", START + stamp // 1000000, stamp % 1000000, len(data), len(data)) + data)
    return place.path(name)


def read(path):
    """The frames of a capture, in order."""
    with open(path, "rb") as file:
        content = file.read()
    at_octet = 24
    while at_octet < len(content):
        length = struct.unpack_from("<I", content, at_octet + 8)[0]
        yield content[at_octet + 16:at_octet + 16 + length]
        at_octet += 16 + length


lines = ["set interfaces ge-0/0/0 unit 0 family inet address 192.0.2.1/24", "set interfaces ge-0/0/1 vlan-tagging",
         "set security zones security-zone all interfaces all", "set security policies default-policy permit-all",
         "set routing-options static route 10.0.0.0/8 discard"]
for unit in range(1, UNITS + 1):
    lines += [f"set interfaces ge-0/0/1 unit {unit} vlan-id {unit}",
              f"set interfaces ge-0/0/1 unit {unit} family inet address {dotted(network(unit) + 1)}/29"]
config = place.write("units.set", "\n".join(lines) + "\n")
host = 0xc0000205
run = place.replay(
    "--config", config,
    "--in", "ge-0/0/0=" + write("out.pcap", [datagram(host, network(unit) + 2) for unit in range(1, UNITS + 1)]),
    "--in", "ge-0/0/1=" + write("in.pcap", [datagram(network(unit) + 3, host, unit) for unit in range(1, UNITS + 1)]))
equal(len(run.verdicts), 2 * UNITS, "a verdict a frame")
equal({verdict["verdict"] for verdict in run.verdicts}, {"forward"}, "all pass")
towards = [verdict["out"] for verdict in run.verdicts if verdict["in"] == "ge-0/0/0.0"]
equal(towards, [f"ge-0/0/1.{unit}" for unit in range(1, UNITS + 1)], "each by its own unit")
equal([verdict["in"] for verdict in run.verdicts if verdict.get("out") == "ge-0/0/0.0"],
      [f"ge-0/0/1.{unit}" for unit in range(1, UNITS + 1)], "each from its own unit")
tags = [struct.unpack_from(">HH", data, 12) for data in read(run.path("ge-0_0_1.pcap"))]
equal(tags, [(0x8100, unit) for unit in range(1, UNITS + 1)], "the tags that left")
equal(len(list(read(run.path("ge-0_0_0.pcap")))), UNITS, "what left without a tag")

for name, line in (("more.set", f"set interfaces ge-0/0/1 unit 5000 vlan-id {UNITS + 1}"),
                   ("none.set", "set interfaces ge-0/0/1 unit 5000 vlan-id 0"),
                   ("twice.set", "set interfaces ge-0/0/1 unit 5000 vlan-id 77")):
    refused = place.write(name, "\n".join(lines + [line]) + "\n")
    done = subprocess.run([program(), "check", refused], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    equal(done.returncode, 2, f"{line} is refused")
    check("5000" in done.stderr, f"{line}: the unit is named: {done.stderr}")
finish()
