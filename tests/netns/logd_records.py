"""Log records as daemons send them to logd's socket."""
import os
import socket
import struct
import time


def string(text):
    data = text.encode()
    return struct.pack(">I", len(data)) + data


def frame(kind, payload):
    return struct.pack(">IIII", len(payload), kind, 0, 1) + payload


def record(facility, severity, tag, text, pairs=(), program="RT_FLOW", wall=None):
    wall = time.time_ns() // 1000 if wall is None else wall
    payload = struct.pack(">BBQI", facility, severity, wall, 0) + string(program) + string(tag)
    payload += struct.pack(">I", len(pairs)) + b"".join(string(name) + string(value) for name, value in pairs)
    return frame(64, payload + string(text))


class Sender:
    def __init__(self, house):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(os.path.join(house.state, "run", "logd.sock"))
        self.socket.sendall(frame(1, string("test") + string("0")))

    def send(self, data):
        self.socket.sendall(data)

    def refused(self):
        self.socket.settimeout(10)
        try:
            while self.socket.recv(4096):
                pass
            return True
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
