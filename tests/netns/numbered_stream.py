#!/usr/bin/python3
"""A stream of numbered datagrams between two namespaces of one machine, whose clock both ends share.

usage: numbered_stream.py send ADDRESS PORT COUNT PAUSE     PAUSE seconds between two
       numbered_stream.py receive PORT COUNT NETDEV         prints JSON when all came, or on a line on its standard input

The receiver's JSON: numbers (in the order in which they came), delays (seconds, of each), and how many of the frames that it saw
on NETDEV meanwhile have a hardware address of zeros (ARP's own question for an unknown one, inside the frame, is none).
"""
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time

ETHERNET_ALL = 3
NOBODY = bytes(6)


class Stream:
    """Datagrams from a host of a real_site to its server, `pause` seconds between two; what became of them."""

    def __init__(self, site, host, count, pause):
        self.receiver = site.start_inside("server", sys.executable, os.path.abspath(__file__), "receive", "5555", str(count), "eth0",
                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.receiver.stdout.readline() == "ready\n", "the receiver does not start"
        self.sender = site.start_inside(host, sys.executable, os.path.abspath(__file__), "send", "10.2.2.2", "5555", str(count), str(pause))

    def running(self):
        return self.sender.poll() is None

    def end(self):
        assert self.sender.wait(60) == 0, "the sender ends badly"
        try:
            self.receiver.wait(5)  # the last ones may be on their way for a moment
        except subprocess.TimeoutExpired:
            pass  # some are lost: what came has to do
        return json.loads(self.receiver.communicate("enough\n", timeout=60)[0])


def send(address, port, count, pause):
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    due = time.monotonic()
    for number in range(count):
        out.sendto(struct.pack(">Id", number, time.monotonic()), (address, port))
        due += pause
        time.sleep(max(0, due - time.monotonic()))


def receive(port, count, netdev):
    stream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stream.bind(("0.0.0.0", port))
    frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERNET_ALL))
    frames.bind((netdev, 0))
    found = {"numbers": [], "delays": [], "frames": 0, "nobody": 0}
    print("ready", flush=True)
    while len(found["numbers"]) < count:
        ready = select.select([stream, frames, sys.stdin], [], [])[0]
        if stream in ready:
            number, sent = struct.unpack(">Id", stream.recv(100))
            found["numbers"].append(number)
            found["delays"].append(time.monotonic() - sent)
        if frames in ready:
            frame = frames.recv(64)
            found["frames"] += 1
            found["nobody"] += NOBODY in (frame[:6], frame[6:12])
        if sys.stdin in ready:
            break
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
    else:
        receive(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
