#!/usr/bin/python3
"""Kinds of captures, and captures that are broken: what was read before the break counts, and the place is said.

usage: replay_captures.py BUILD
"""
import struct

from replay_help import *  # noqa: F403

place = Place()
packets = [at(START + number, frame(2) / IP(src="10.11.13.5", dst="10.11.15.5") /
              TCP(sport=4000 + number, dport=25, flags="S")) for number in range(5)]
plain = place.capture("plain.pcap", packets)
good = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + plain)
equal(len(good.verdicts), 5, "classic pcap")

# pcapng, nanoseconds, big-endian
wrpcapng(place.path("next.pcapng"), packets)
equal(place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + place.path("next.pcapng")).verdicts, good.verdicts, "pcapng")
nano = place.capture("nano.pcap", packets, nano=True)
equal(place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + nano).verdicts, good.verdicts, "nanoseconds")
big = place.capture("big.pcap", packets, endianness=">")
equal(place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + big).verdicts, good.verdicts, "big-endian")

# nanoseconds are kept in what is written
with open(place.path("fine.pcap"), "wb") as file:
    file.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 65535, 1))
    for number, nanoseconds in ((0, 5), (1, 123456789)):
        data = bytes(packets[number])
        file.write(struct.pack("<IIII", START + number, nanoseconds, len(data), len(data)) + data)
fine = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + place.path("fine.pcap"))
equal(fine.verdicts[1]["time"], 1.123456784, "nanoseconds in the verdict")
with open(fine.path("ge-0_0_2.pcap"), "rb") as file:
    content = file.read()
magic, = struct.unpack("<I", content[:4])
seconds, fraction = struct.unpack("<II", content[24:32])
check(magic in (0xa1b2c3d4, 0xa1b23c4d), "what is written is a classic pcap")
equal((seconds, fraction), (START, 5 if magic == 0xa1b23c4d else 0), "and its first stamp")

# Cut at every byte: never a crash; the whole frames count, the rest is told with its place. (Nothing but frames is in it.)
with open(plain, "rb") as file:
    content = file.read()
size = len(bytes(packets[0])) + 16
for cut in list(range(0, 24)) + [24, 25, 39, 40, 41, 24 + size - 1, 24 + size, 24 + size + 1, 24 + size + 16, len(content) - 1]:
    with open(place.path("cut.pcap"), "wb") as file:
        file.write(content[:cut])
    whole = max(0, (cut - 24) // size)
    clean = cut >= 24 and (cut - 24) % size == 0
    run = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + place.path("cut.pcap"), want=0 if clean else 2,
                       what=f"cut at {cut}")
    if cut >= 24:
        equal(len(run.verdicts), whole, f"frames of a capture cut at {cut}")
        equal(run.verdicts, good.verdicts[:whole], f"verdicts of a capture cut at {cut}")
        if not clean:
            check("cut.pcap" in run.stderr and f"after frame {whole}" in run.stderr, f"the place of the cut: {run.stderr}")
            equal(run.summary()["broken-captures"], 1, "the summary says so")
    else:
        check("cut.pcap" in run.stderr, f"a clear error without a header: {run.stderr}")

# Started with closed standard descriptors (the numbers that files would get): what is said goes nowhere, not into the verdicts.
closed = subprocess.run(["sh", "-c", 'exec "$@" >&- 2>&-', "sh", program(), "replay", "--config", BRANCH, "--in", "ge-0/0/1=" + place.path("cut.pcap"),
                         "--out", place.path("closed")], check=False)
equal(closed.returncode, 2, "a broken capture with nowhere to say so")
with open(place.path("closed/verdicts.jsonl"), encoding="utf-8") as file:
    equal([json.loads(line) for line in file], run.verdicts, "verdicts of a run without standard descriptors")

# A broken one beside a good one: the good one is played to its end.
with open(place.path("cut.pcap"), "wb") as file:
    file.write(content[:24 + size + 3])
both = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + place.path("cut.pcap"), "--in", "ge-0/0/1=" + plain, want=2)
equal(len(both.verdicts), 6, "the good capture is played to its end")

# Damaged lengths and stamps.
for name, header in (("huge", struct.pack("<IIII", START, 0, 0x7fffffff, 60)), ("stamp", struct.pack("<IIII", START, 0xffffffff, 60, 60))):
    with open(place.path(name + ".pcap"), "wb") as file:
        file.write(content[:24 + size] + header + bytes(60))
    run = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + place.path(name + ".pcap"), want=2, what=name)
    check(len(run.verdicts) == 1 and "after frame 1" in run.stderr, f"{name}: {run.stderr}")

# A stamp a hundred years ahead is odd, but a time: the clock goes there at once.
with open(place.path("future.pcap"), "wb") as file:
    file.write(content[:24 + size] + struct.pack("<IIII", 0xffffffff, 0, 60, 60) + bytes(60))
equal(len(place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + place.path("future.pcap")).verdicts), 2, "a far stamp")

# Not Ethernet, not a capture, not there.
for name, header in (("linux-cooked", struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 113)),
                     ("rubbish", b"\x7fELF" + bytes(range(256)) * 4), ("text", b"set interfaces ge-0/0/0 unit 0\n"), ("empty", b"")):
    with open(place.path(name), "wb") as file:
        file.write(header)
    run = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + place.path(name), want=2, what=name)
    check(name in run.stderr and len(run.stderr.splitlines()) <= 3, f"{name}: {run.stderr}")
    if name == "linux-cooked":
        check("Ethernet" in run.stderr, f"the link type is named: {run.stderr}")
place.replay("--config", BRANCH, "--in", "ge-0/0/1=/nonexistent.pcap", want=2, what="missing")

# A packed capture is no broken one: what packed it is said.
for packer, head in (("gzip", b"\x1f\x8b\x08\x00"), ("zstd", b"\x28\xb5\x2f\xfd"), ("xz", b"\xfd7zXZ\x00"), ("bzip2", b"BZh9")):
    with open(place.path("packed"), "wb") as file:
        file.write(head + bytes(60))
    run = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + place.path("packed"), want=2, what=packer)
    check(f"packed by {packer}" in run.stderr, f"{packer} is named: {run.stderr}")

# What is odd, but no error, is told once with its count: frames captured in part (here the second one), stamps that go back.
with open(place.path("odd.pcap"), "wb") as file:
    file.write(content[:24 + size])
    for stamp, kept in ((START + 9, 40), (START + 3, None), (START + 5, None), (START + 10, None)):
        data = bytes(packets[1])
        file.write(struct.pack("<IIII", stamp, 0, kept or len(data), len(data)) + data[:kept])
run = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + place.path("odd.pcap"), what="odd")
equal([verdict["time"] for verdict in run.verdicts], [0, 9, 9, 9, 10], "a clock that goes back stands still")
equal(run.verdicts[1]["verdict"], "drop", "what is captured in part is malformed")
check("1 of 5 frames were captured in part" in run.stderr, f"frames in part are told: {run.stderr}")
check("2 of 5 frames have a time stamp before" in run.stderr, f"stamps that go back are told: {run.stderr}")
check("frames" not in good.stderr, f"a good capture has nothing odd: {good.stderr}")

# A capture without frames is no error.
with open(place.path("bare.pcap"), "wb") as file:
    file.write(content[:24])
bare = place.replay("--config", BRANCH, "--in", "ge-0/0/1=" + place.path("bare.pcap"), "--until", "5")
equal((bare.verdicts, bare.summary()["frames"]), ([], 0), "no frames")
finish()
