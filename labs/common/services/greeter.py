#!/usr/bin/python3
"""A small service that says who it is: the labs' stand-in for applications that have no program of their own.

usage: greeter.py NAME tcp:ADDRESS:PORT... udp:ADDRESS:PORT...
tcp: greets with "NAME port PORT, hello PEER" and sends each line back. udp: sends each datagram back behind the same words.
"""
import selectors
import socket
import socketserver
import sys
import threading


class Greet(socketserver.StreamRequestHandler):
    timeout = 120

    def handle(self):
        port = self.server.server_address[1]
        try:
            self.wfile.write(f"{self.server.name} port {port}, hello {self.client_address[0]}\n".encode())
            for line in self.rfile:
                self.wfile.write(line)
        except OSError:
            pass  # the client went away


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    name = ""


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    name = sys.argv[1]
    selector = selectors.DefaultSelector()
    for word in sys.argv[2:]:
        protocol, address, port = word.split(":")
        if protocol == "tcp":
            server = Server((address, int(port)), Greet)
            server.name = name
            threading.Thread(target=server.serve_forever, daemon=True).start()
        else:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((address, int(port)))
            selector.register(sock, selectors.EVENT_READ, port)
    if not selector.get_map():
        threading.Event().wait()
    while True:
        for key, _ in selector.select():
            data, peer = key.fileobj.recvfrom(65535)
            key.fileobj.sendto(f"{name} port {key.data}, hello {peer[0]}\n".encode() + data, peer)


main()
