#!/usr/bin/python3
"""A syslog collector: one datagram, one line. usage: collector.py ADDRESS PORT FILE"""
import socket
import sys


def main():
    address, port, path = sys.argv[1:]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, int(port)))
    with open(path, "a", encoding="utf-8", buffering=1) as out:
        while True:
            data, _ = sock.recvfrom(65535)
            out.write(data.decode("utf-8", errors="replace").replace("\n", " ").rstrip() + "\n")


main()
