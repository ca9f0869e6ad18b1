#!/usr/bin/python3
"""Downloads by HTTP and says how smoothly it went. usage: download.py ADDRESS PATH

Prints "BYTES SHA256 LONGEST-GAP-IN-SECONDS"; exit 1 when the transfer broke off.
"""
import hashlib
import socket
import sys
import time


def main():
    address, path = sys.argv[1:3]
    digest = hashlib.sha256()
    got = 0
    expected = None
    longest = 0.0
    head = b""
    with socket.create_connection((address, 80), timeout=10) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
        last = None
        while True:
            try:
                data = sock.recv(262144)
            except OSError as error:
                print(f"broke off after {got} octets: {error}")
                return 1
            now = time.monotonic()
            if last is not None:
                longest = max(longest, now - last)
            last = now
            if not data:
                break
            if expected is None:
                head += data
                if b"\r\n\r\n" not in head:
                    continue
                head, data = head.split(b"\r\n\r\n", 1)
                lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
                expected = int(lengths[0]) if lengths else -1
            digest.update(data)
            got += len(data)
    print(f"{got} {digest.hexdigest()} {longest:.3f}")
    return 0 if got == expected else 1


sys.exit(main())
