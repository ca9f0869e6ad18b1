#!/usr/bin/python3
"""The client of greeter.py: prints the greeting. usage: ask.py tcp|udp ADDRESS PORT [SECONDS]

Exit 0 when it was answered; 3 when refused at once (RST or ICMP unreachable), 4 when nobody answered in time.
"""
import socket
import sys


def main():
    protocol, address, port = sys.argv[1:4]
    patience = float(sys.argv[4]) if len(sys.argv) > 4 else 3.0
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.settimeout(patience)
        try:
            sock.connect((address, int(port)))
            if protocol == "udp":
                sock.send(b"hello\n")
            answer = sock.recv(4096)
        except socket.timeout:
            print("no answer")
            return 4
        except OSError as error:
            print(error.strerror or str(error))
            return 3
    print(answer.decode(errors="replace").split("\n")[0])
    return 0 if answer else 3


sys.exit(main())
