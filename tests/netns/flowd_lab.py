"""A small gateway for tests of sallyport-flowd: namespaces with a client and a server around it, and mgd's side of its
socket.

    client (10.1.1.2) eth0 --- gc [ge-0/0/0 10.1.1.1]  flowd  [ge-0/0/1 10.2.2.1] gs --- eth0 (10.2.2.2) server

Everything lives in namespaces whose names begin with this process's own mark; leaving the `with` block ends every process
that was started and deletes every namespace, also after a failure.
"""
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

CONFIGURATION = """
interfaces {
    ge-0/0/0 { unit 0 { family inet { address 10.1.1.1/24; } } }
    ge-0/0/1 { unit 0 { family inet { address 10.2.2.1/24; } } }
}
security {
    zones {
        security-zone inside {
            host-inbound-traffic { system-services { ping; ssh; } }
            interfaces { ge-0/0/0.0; }
        }
        security-zone outside { interfaces { ge-0/0/1.0; } }
    }
    policies {
        from-zone inside to-zone outside {
            policy web {
                match { source-address any; destination-address any; application junos-http; }
                then { permit; log { session-init; session-close; } }
            }
            policy ping {
                match { source-address any; destination-address any; application junos-icmp-all; }
                then { permit; }
            }
            policy nothing-else {
                match { source-address any; destination-address any; application any; }
                then { deny; log { session-init; } }
            }
        }
    }
}
system { services { ssh; } }
"""


def workers_line():
    """With FLOWD_WORKERS=n in the environment every gateway of these tests has n workers."""
    workers = os.environ.get("FLOWD_WORKERS")
    return f"workers {workers}\n" if workers else ""


SANITIZER_STATUS = 66  # of a build with -Db_sanitize=thread that saw a race


class Failure(Exception):
    """A check that did not hold."""


def run(*words, check=True, text=None, timeout=60):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, input=text,
                          timeout=timeout)
    if check and done.returncode != 0:
        raise Failure(f"{' '.join(words)}: exit {done.returncode}: {done.stdout.strip()}")
    return done


def wait_for(what, seconds, holds):
    """Polls `holds` until it gives something true."""
    end = time.monotonic() + seconds
    while True:
        value = holds()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def expect(condition, sentence):
    if not condition:
        raise Failure(sentence)


def need_root():
    if os.geteuid() != 0:
        print("needs root")
        sys.exit(77)
    for program in ("ip", "nft", "ethtool"):
        if shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
            print(f"needs {program}")
            sys.exit(77)


def need_xdp():
    """AF_XDP is asked of the kernel itself: a socket and a map of sockets."""
    try:
        socket.socket(44, socket.SOCK_RAW).close()
    except OSError as failure:
        print(f"the kernel has no AF_XDP: {failure}")
        sys.exit(77)


def put_string(value):
    octets = value.encode()
    return struct.pack(">I", len(octets)) + octets


class Reader:
    def __init__(self, octets):
        self.octets = octets
        self.at = 0

    def take(self, form):
        values = struct.unpack_from(form, self.octets, self.at)
        self.at += struct.calcsize(form)
        return values[0]

    def raw(self, length):
        self.at += length
        return self.octets[self.at - length:self.at].decode()

    def string(self):
        return self.raw(self.take(">I"))


class Node:
    """One element of an operational tree."""

    def __init__(self, name, value=None, children=()):
        self.name = name
        self.value = value
        self.children = list(children)

    def encode(self):
        name = self.name.encode()
        if self.value is None:
            octets = bytes((1, len(name))) + name
        else:
            octets = bytes((2, len(name))) + name + put_string(self.value)
        return octets + b"".join(child.encode() for child in self.children) + b"\0"

    @staticmethod
    def decode(reader):
        token = reader.take("B")
        name = reader.raw(reader.take("B"))
        node = Node(name, reader.string() if token == 2 else None)
        while reader.octets[reader.at] != 0:
            node.children.append(Node.decode(reader))
        reader.at += 1
        return node

    def all(self, name):
        return [child for child in self.children if child.name == name]

    def first(self, name):
        found = self.all(name)
        return found[0] if found else None

    def text(self, name):
        found = self.first(name)
        return None if found is None else found.value


class Mgd:
    """The other end of flowd's socket."""
    HELLO, VERIFY, APPLY, ABORT, RESULT, RPC, RPC_DATA, RPC_DONE = 1, 32, 33, 34, 35, 48, 49, 50

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.request = 0
        self.send(self.HELLO, put_string("mgd") + put_string("test"), 0)
        expect(self.receive()[0] == self.HELLO, "flowd did not say hello")

    def send(self, kind, payload, request):
        self.socket.sendall(struct.pack(">IIII", len(payload), kind, request, 1) + payload)

    def exactly(self, length):
        octets = b""
        while len(octets) < length:
            piece = self.socket.recv(length - len(octets))
            expect(piece, "flowd closed the connection")
            octets += piece
        return octets

    def receive(self):
        length, kind, request, _ = struct.unpack(">IIII", self.exactly(16))
        return kind, request, self.exactly(length)

    def ask(self, kind, payload):
        self.request += 1
        self.send(kind, payload, self.request)
        while True:
            kind, request, answer = self.receive()
            if request == self.request:
                return kind, answer

    def result(self, kind, payload):
        kind, answer = self.ask(kind, payload)
        expect(kind == self.RESULT, f"message {kind} where a result is due")
        reader = Reader(answer)
        reader.take(">Q")
        accepted = reader.take("B") == 1
        diagnostics = []
        for _ in range(reader.take(">I")):
            error = reader.take("B") == 1
            line = reader.take(">I")
            diagnostics.append((error, line, reader.string(), reader.string(), reader.string()))
        return accepted, diagnostics

    def verify(self, number, text):
        return self.result(self.VERIFY, struct.pack(">Q", number) + put_string(text))

    def apply(self, number):
        return self.result(self.APPLY, struct.pack(">Q", number))

    def commit(self, number, text):
        accepted, diagnostics = self.verify(number, text)
        expect(accepted, f"configuration {number} refused: {diagnostics}")
        accepted, _ = self.apply(number)
        expect(accepted, f"configuration {number} verified but not applied")

    def rpc(self, name, **arguments):
        """The answer's chunks joined under one root; raises Failure with flowd's sentence."""
        root = Node(name, None, [Node(key.replace("_", "-"), None if value is True else str(value))
                                 for key, value in arguments.items()])
        self.request += 1
        self.send(self.RPC, root.encode(), self.request)
        answer = None
        while True:
            kind, request, payload = self.receive()
            expect(request == self.request, "an answer to another question")
            if kind == self.RPC_DONE:
                reader = Reader(payload)
                good = reader.take("B") == 1
                message = reader.string()
                expect(good, message)
                return answer
            chunk = Node.decode(Reader(payload))
            if answer is None:
                answer = chunk
            else:
                answer.children += chunk.children

    def sessions(self, **filters):
        return self.rpc("get-flow-session-information", **filters).all("flow-session")

    def close(self):
        self.socket.close()


class Lab:
    """The namespaces, a state directory and the processes of one test."""

    def __init__(self, build):
        self.program = os.path.join(os.path.abspath(build), "sallyport-flowd")
        self.mark = f"f{os.getpid() % 100000:05d}"
        self.kind = "netdev"  # of the ports: netdev or xdp
        self.namespaces = []
        self.processes = []
        self.state = tempfile.mkdtemp(prefix="flowd-", dir="/tmp")
        os.chmod(self.state, 0o755)
        self.flowd = None
        self.mgd = None

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))
        return self

    def __exit__(self, *_):
        if self.mgd is not None:
            self.mgd.close()
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        if os.access(self.program, os.X_OK):
            run(self.program, "--state", self.state, "--cleanup", check=False)
        for name in self.namespaces:
            run("ip", "netns", "delete", name, check=False)
        shutil.rmtree(self.state, ignore_errors=True)

    def name(self, host):
        return f"{self.mark}-{host}"

    def add_namespace(self, host):
        run("ip", "netns", "add", self.name(host))
        self.namespaces.append(self.name(host))
        self.inside(host, "ip", "link", "set", "lo", "up")

    def inside(self, host, *words, **keywords):
        return run("ip", "netns", "exec", self.name(host), *words, **keywords)

    def start_inside(self, host, *words):
        process = subprocess.Popen(("ip", "netns", "exec", self.name(host), *words), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def add_wire(self, netdev, host, address, gateway):
        """netdev in the gateway's namespace, eth0 with the address in the host's."""
        run("ip", "link", "add", netdev, "netns", self.name("gw"), "type", "veth", "peer", "name", "eth0", "netns",
            self.name(host))
        self.inside(host, "ethtool", "-K", "eth0", "tx", "off")
        self.inside(host, "ip", "address", "add", address, "dev", "eth0")
        self.inside(host, "ip", "link", "set", "eth0", "up")
        self.inside("gw", "ip", "link", "set", netdev, "up")
        self.inside(host, "ip", "route", "replace", "default", "via", gateway)

    def build(self):
        for host in ("gw", "client", "server"):
            self.add_namespace(host)
        self.add_wire("gc", "client", "10.1.1.2/24", "10.1.1.1")
        self.add_wire("gs", "server", "10.2.2.2/24", "10.2.2.1")

    def write_chassis(self, *lines):
        path = os.path.join(self.state, "chassis")
        with open(path, "w", encoding="utf-8") as out:
            out.write("".join(line + "\n" for line in lines) or
                      f"port ge-0/0/0 {self.kind}:gc@{self.name('gw')}\n"
                      f"port ge-0/0/1 {self.kind}:gs@{self.name('gw')}\n")
            if not any(line.startswith("workers ") for line in lines):
                out.write(workers_line())
        return path

    def start(self, *options):
        """Starts flowd and waits until it serves; its words go to DIR/said."""
        chassis = os.path.join(self.state, "chassis")
        if not os.path.exists(chassis):
            self.write_chassis()
        path = os.path.join(self.state, "run", "flowd.sock")
        if os.path.exists(path):
            os.unlink(path)
        before = self.said().count("room for")
        with open(os.path.join(self.state, "said"), "a", encoding="utf-8") as said:
            self.flowd = subprocess.Popen((self.program, "--state", self.state, "--chassis", chassis,
                                           "--sessions", "20000", *options), stdout=said, stderr=said,
                                          stdin=subprocess.DEVNULL)
        self.processes.append(self.flowd)
        wait_for("flowd serves", 30, lambda: self.said().count("room for") > before or self.flowd.poll() is not None)
        expect(self.flowd.poll() is None, f"flowd did not start: {self.said()}")
        self.mgd = Mgd(path)
        return self.mgd

    def stop(self, number=signal.SIGTERM):
        if self.mgd is not None:
            self.mgd.close()
            self.mgd = None
        self.flowd.send_signal(number)
        return self.flowd.wait(20)

    def said(self):
        try:
            with open(os.path.join(self.state, "said"), encoding="utf-8") as said:
                return said.read()
        except FileNotFoundError:
            return ""

    def forget_said(self):
        with open(os.path.join(self.state, "said"), "w", encoding="utf-8"):
            pass

    def ping(self, host, address, count=1, *options):
        return self.inside(host, "ping", "-n", "-c", str(count), "-i", "0.2", "-W", "2", *options, address,
                           check=False).returncode == 0

    def serve_web(self, host="server", port=80):
        process = self.start_inside(host, sys.executable, "-m", "http.server", str(port), "--directory", "/usr/share/doc")
        wait_for("a web server listens", 10,
                 lambda: f":{port} " in self.inside(host, "ss", "-Hltn").stdout)
        return process

    def fetch(self, host, url):
        return self.inside(host, "curl", "-s", "-o", "/dev/null", "-m", "5", "-w", "%{http_code}", url, check=False)

    def reason(self, name):
        """The packet counter of a row of reasons.def."""
        for row in self.mgd.rpc("get-flow-statistics").all("flow-reason"):
            if row.text("reason") == name:
                return int(row.text("packet-count"))
        return 0

    def host_namespace(self):
        with open(os.path.join(self.state, "run", "host-netns"), encoding="utf-8") as content:
            return content.read().strip()


def main(test):
    """Runs test(lab) with the build directory of the command line."""
    need_root()
    build = sys.argv[1] if len(sys.argv) > 1 else "build"
    if not os.access(os.path.join(build, "sallyport-flowd"), os.X_OK):
        print(f"there is no {build}/sallyport-flowd: build it first")
        sys.exit(1)
    with Lab(build) as lab:
        try:
            test(lab)
            if lab.flowd is not None and lab.flowd.poll() is None:
                expect(lab.stop() != SANITIZER_STATUS, f"the thread sanitizer: {lab.said()[-4000:]}")
        except (Failure, OSError, subprocess.SubprocessError) as failure:
            print(f"failed: {failure}")
            print(lab.said())
            sys.exit(1)
    print("passed")
