#!/usr/bin/python3
"""A stand-in for sallyport-flowd that speaks the daemons' protocol and does what a test tells it.

It is put beside the other programs under the name sallyport-flowd. The folder it stands in holds the file `behaviour`,
read at each VERIFY: accept, refuse, hang, die (exit in the middle of a VERIFY), die-at-apply, wrong-version (at the next
start). What it was asked goes to the file `asked`, one line each: VERIFY ID TEXT-LENGTH, APPLY ID, ABORT ID; the text of
the last VERIFY to `text`, and at APPLY to `force`.
"""
import os
import select
import socket
import struct
import sys

HELLO, VERIFY, APPLY, ABORT, RESULT, RPC, RPC_DONE = 1, 32, 33, 34, 35, 48, 50
HERE = os.path.dirname(os.path.abspath(__file__))


def string(text):
    data = text.encode()
    return struct.pack(">I", len(data)) + data


def note(name, text, mode="a"):
    with open(os.path.join(HERE, name), mode, encoding="utf-8") as out:
        out.write(text)


def behaviour():
    try:
        with open(os.path.join(HERE, "behaviour"), encoding="utf-8") as words:
            return words.read().strip()
    except FileNotFoundError:
        return "accept"


class Peer:
    def __init__(self, connection):
        self.connection = connection
        self.bytes = b""
        version = 2 if behaviour() == "wrong-version" else 1
        self.send(HELLO, 0, string("flowd") + string("double"), version)

    def send(self, kind, request, payload, version=1):
        self.connection.sendall(struct.pack(">IIII", len(payload), kind, request, version) + payload)

    def result(self, request, identity, diagnostics=()):
        payload = struct.pack(">QBI", identity, 0 if diagnostics else 1, len(diagnostics))
        for path, statement, message in diagnostics:
            payload += struct.pack(">BI", 1, 0) + string(path) + string(statement) + string(message)
        self.send(RESULT, request, payload)

    def read(self):
        """False when the peer has gone."""
        data = self.connection.recv(1 << 20)
        if not data:
            return False
        self.bytes += data
        while len(self.bytes) >= 16:
            length, kind, request, _ = struct.unpack(">IIII", self.bytes[:16])
            if len(self.bytes) < 16 + length:
                break
            payload, self.bytes = self.bytes[16:16 + length], self.bytes[16 + length:]
            self.take(kind, request, payload)
        return True

    def take(self, kind, request, payload):
        if kind == VERIFY:
            identity, length = struct.unpack(">QI", payload[:12])
            note("asked", f"VERIFY {identity} {length}\n")
            note("text", payload[12:].decode(), "w")
            what = behaviour()
            if what == "die":
                os._exit(3)
            if what == "hang":
                return
            if what == "refuse":
                self.result(request, identity, [("security zones security-zone trust", "tcp-rst", "the double says no")])
            else:
                self.result(request, identity)
        elif kind == APPLY:
            identity, = struct.unpack(">Q", payload)
            if behaviour() == "die-at-apply":
                os._exit(3)
            note("asked", f"APPLY {identity}\n")
            os.replace(os.path.join(HERE, "text"), os.path.join(HERE, "force"))
            self.result(request, identity)
            if not SAID:
                SAID.append(identity)
                say("forwarding")
        elif kind == ABORT:
            identity, = struct.unpack(">Q", payload)
            note("asked", f"ABORT {identity}\n")
        elif kind == RPC:
            self.send(RPC_DONE, request, b"\0" + string("the double has no answers"))


def say(line):
    descriptor = OPTIONS.get("--notify")
    if descriptor is not None:
        os.write(int(descriptor), line.encode() + b"\n")


SAID = []
OPTIONS = dict(zip(sys.argv[1::2], sys.argv[2::2]))


def main():
    listener = socket.socket(fileno=int(OPTIONS["--listen"]))
    listener.setblocking(False)
    peers = {}
    note("asked", f"START {os.getpid()}\n")
    say("ready")
    while True:
        ready, _, _ = select.select([listener, *peers], [], [])
        for one in ready:
            if one is listener:
                connection, _ = listener.accept()
                connection.setblocking(True)
                try:
                    peers[connection] = Peer(connection)
                except OSError:
                    connection.close()  # it has gone already, as one does that starts again
                continue
            try:
                alive = peers[one].read()
            except OSError:
                alive = False
            if not alive:
                del peers[one]
                one.close()


if __name__ == "__main__":
    main()
