"""The network of bench/side-by-side: routers of four kinds between the same two hosts, and how their processor time is read.

    client --- g0 gateway g1 --- server        `sallyport up`: zones, a policy, source NAT to the interface (IPv4);
           |                         |         its plain forwarding, IPv6 in mode packet-based: no zone, policy or session
           |-- f0 flow    f1 --------|         a second gateway with IPv6 in mode flow-based: zones and a policy
           |-- k0 kernel  k1 --------|         forwarding, nftables with the same policies, masquerade for IPv4
           \\-- p0 plain   p1 --------/         the kernel's plain forwarding: no rule, no hook

Leaving the block takes all of it down.
"""
import glob
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "netns"))
from mgd_house import House, wait_until  # noqa: E402

CONFIGURATION = """
interfaces {
    ge-0/0/0 { unit 0 { family inet { address 10.NEAR.NEAR.1/24; } family inet6 { address 2001:db8:NEAR::1/64; } } }
    ge-0/0/1 { unit 0 { family inet { address 10.FAR.FAR.1/24; } family inet6 { address 2001:db8:FAR::1/64; } } }
}
routing-options {
    rib inet6.0 { static { route 2001:db8:18::/64 next-hop 2001:db8:FAR::2; route 2001:db8:99::/64 next-hop 2001:db8:NEAR::2; } }
    static { route 198.18.0.0/16 next-hop 10.FAR.FAR.2; route 10.99.99.0/24 next-hop 10.NEAR.NEAR.2; }
}
security {
    forwarding-options { family { inet6 { mode MODE; } } }
    zones {
        security-zone inside { host-inbound-traffic { system-services { ping; } } interfaces { ge-0/0/0.0; } }
        security-zone outside { host-inbound-traffic { system-services { ping; } } interfaces { ge-0/0/1.0; } }
    }
    nat { source { rule-set out { from zone inside; to zone outside;
        rule all { match { source-address 0.0.0.0/0; } then { source-nat { interface; } } } } } }
    policies { from-zone inside to-zone outside {
        policy all { match { source-address any; destination-address any; application any; } then { permit; } }
    } }
}
"""
RULES = """
table inet firewall {
    chain forward {
        type filter hook forward priority 0; policy drop;
        ct state established,related accept
        ct state invalid drop
        iifname "{0}" oifname "{1}" ct state new accept
    }
}
table ip translation {
    chain postrouting { type nat hook postrouting priority 100; oifname "{1}" masquerade; }
}
"""
SINK = "chain {0} {{ type filter hook ingress device {1} priority 0; ip daddr 198.18.0.0/16 drop; ip6 daddr 2001:db8:18::/64 drop; }}\n"
# A system: the wire it is on, and the family of its load.
SYSTEMS = {"gateway": ("g", 4), "gateway-plain": ("g", 6), "nftables": ("k", 4), "kernel-plain": ("p", 4),
           "gateway-inet6": ("f", 6), "nftables-inet6": ("k", 6), "kernel-plain-inet6": ("p", 6)}
# Routers by wire: their namespace, and the numbers of the networks at the client's end and at the server's.
WIRES = {"g": ("gw", 1, 2), "f": ("flow", 3, 4), "k": ("kernel", 5, 6), "p": ("plain", 7, 8)}
REST = 0.003  # seconds after a slice: everything that was sent has arrived, and the threads sleep


def run(*words, check=True, text=None):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, input=text, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: exit {done.returncode}: {done.stdout.strip()}")
    return done.stdout


def read(path):
    try:
        with open(path, encoding="utf-8") as content:
            return content.read()
    except OSError:
        return ""


def spent(path):
    """Nanoseconds that a thread was on a processor."""
    words = read(path).split()
    if not words:
        raise RuntimeError(f"a thread whose processor time is counted has ended ({path})")
    return int(words[0])


class Gateway(House):
    """One `sallyport up` between the hosts, in a state directory of its own."""

    def __init__(self, lab, wire):
        super().__init__(lab.build, double=False)
        space, near, far = WIRES[wire]
        self.text = CONFIGURATION.replace("NEAR", str(near)).replace("FAR", str(far)).replace(
            "MODE", "packet-based" if wire == "g" else "flow-based")
        self.chassis = self.write("chassis", "".join(
            f"port ge-0/0/{i} {lab.kind}:{lab.device(f'{wire}{i}')}@{lab.space(space)}\n" for i in range(2)))


class Stream:
    """A running bench-load: says what it sent."""

    def __init__(self, words):
        self.words = words
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, seconds):
        self.process.stdin.write(f"{max(1, round(seconds * 1000))}\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline()
        if not said:
            raise RuntimeError(f"{' '.join(self.words)} ended")
        return json.loads(said)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Lab:
    def __init__(self, build, kind, inet6):
        self.build = build
        self.kind = kind
        self.inet6 = inet6
        self.mark = f"s{os.getpid() % 100000:05d}"
        self.made = []
        self.processes = []
        self.gateways = {}
        self.counted = {}
        self.stations = {}

    def __enter__(self):
        try:
            self.build_network()
            for wire in ("g", "f") if self.inet6 else ("g",):
                self.gateways[wire] = Gateway(self, wire).__enter__()
                self.gateways[wire].up(self.gateways[wire].text)
            self.settle()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, *what):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        try:
            for gateway in self.gateways.values():
                gateway.__exit__(*what)
        finally:
            for name in self.made:
                run("ip", "netns", "delete", name, check=False)

    # --- names ---

    def space(self, name):
        return f"{self.mark}-{name}"

    def device(self, name):
        """Unique on the machine, as NAPI threads carry it: g0, g1, ... of the routers, h and their name at the hosts."""
        return self.mark + name

    def inside(self, name, *words, **keywords):
        return run("ip", "netns", "exec", self.space(name), *words, **keywords)

    def setting(self, name, path, value):
        self.inside(name, "sh", "-c", f"echo {value} > {path}")

    # --- the network ---

    def wires(self):
        return [wire for wire in WIRES if wire != "f" or self.inet6]

    def build_network(self):
        for name in ("client", "server", *(WIRES[wire][0] for wire in self.wires())):
            run("ip", "netns", "add", self.space(name))
            self.made.append(self.space(name))
            self.inside(name, "ip", "link", "set", "lo", "up")
        for wire in self.wires():
            for end, host in (("0", "client"), ("1", "server")):
                self.add_wire(wire, end, host)
        self.add_routes()
        self.setting("server", "/proc/sys/net/ipv4/ip_forward", 0)
        chains = "".join(SINK.format(wire, self.device(f"h{wire}1")) for wire in self.wires())
        self.inside("server", "nft", "-f", "-", text=f"table netdev sink {{\n{chains}}}\n")
        self.inside("kernel", "nft", "-f", "-", text=RULES.replace("{0}", self.device("k0")).replace("{1}", self.device("k1")))
        holder = subprocess.Popen(("ip", "netns", "exec", self.space("server"), "sleep", "86400"))
        self.processes.append(holder)
        self.statistics = f"/proc/{holder.pid}/net/dev"

    def add_wire(self, wire, end, host):
        router, near, far = WIRES[wire][0], self.device(wire + end), self.device(f"h{wire}{end}")
        run("ip", "link", "add", "dev", near, "netns", self.space(router), "type", "veth", "peer", "name", far, "netns", self.space(host))
        for name, device in ((router, near), (host, far)):
            self.inside(name, "ip", "link", "set", device, "up")
            self.inside(name, "ethtool", "-K", device, "gro", "on")
            self.setting(name, f"/sys/class/net/{device}/threaded", 1)
        self.offloads(host, far, "off")
        for name, device, last in ((host, far, 2), (router, near, 1)):
            if name == host or router in ("kernel", "plain"):
                number = WIRES[wire][1 + int(end)]
                self.inside(name, "ip", "address", "add", f"10.{number}.{number}.{last}/24", "dev", device)
                self.inside(name, "ip", "address", "add", f"2001:db8:{number}::{last}/64", "dev", device, "nodad")

    def add_routes(self):
        for wire in self.wires():
            router, near, far = WIRES[wire]
            self.inside("client", "ip", "route", "add", f"10.{far}.{far}.0/24", "via", f"10.{near}.{near}.1")
            if router not in ("kernel", "plain"):
                continue
            self.setting(router, "/proc/sys/net/ipv4/ip_forward", 1)
            self.setting(router, "/proc/sys/net/ipv6/conf/all/forwarding", 1)
            for name in ("all", self.device(f"{wire}0")):
                self.setting(router, f"/proc/sys/net/ipv4/conf/{name}/rp_filter", 0)
            for route, by in (("198.18.0.0/16", f"10.{far}.{far}.2"), ("10.99.99.0/24", f"10.{near}.{near}.2"),
                              ("2001:db8:18::/64", f"2001:db8:{far}::2"), ("2001:db8:99::/64", f"2001:db8:{near}::2")):
                self.inside(router, "ip", "route", "add", route, "via", by)

    def offloads(self, name, device, word):
        self.inside(name, "ethtool", "-K", device, "tx", word, "tso", word, "gso", word, check=False)

    def settle(self):
        """What flowd changed of its ports and the measurement needs is put back; the neighbours are known; whose time is counted too."""
        for wire in self.wires():
            router, near, far = WIRES[wire]
            for end in "01":
                if wire in self.gateways and self.kind == "netdev":
                    self.inside(router, "ethtool", "-K", self.device(wire + end), "gro", "on")
            self.stations[wire] = self.station(f"10.{near}.{near}.1")
            self.inside("client", "ping", "-c", "2", "-i", "0.2", "-W", "1", f"10.{far}.{far}.2", check=False)
            self.inside("client", "ping", "-6", "-c", "1", "-W", "1", f"2001:db8:{near}::1", check=False)
            self.inside("server", "ping", "-6", "-c", "1", "-W", "1", f"2001:db8:{far}::1", check=False)
            self.counted[wire] = self.threads(wire)

    def station(self, address):
        def ask():
            self.inside("client", "ping", "-c", "1", "-W", "1", address, check=False)
            return re.search(r"lladdr (\S+)", self.inside("client", "ip", "neigh", "show", address))
        return wait_until(ask, f"{address} answers").group(1)

    # --- what is counted ---

    def threads(self, wire):
        """schedstat files of the router on a wire."""
        found = []
        for port in "01":
            name = f"napi/{self.device(wire + port)}-"
            threads = [path for path in glob.glob("/proc/[0-9]*/comm") if read(path).startswith(name)]
            if not threads:
                raise RuntimeError(f"no NAPI thread of {self.device(wire + port)}: its processor time would not be counted")
            found += [os.path.join(os.path.dirname(path), "schedstat") for path in threads]
        if wire in self.gateways:
            found += glob.glob(f"/proc/{self.gateways[wire].pid_of('flowd')}/task/*/schedstat")
        return found

    def arrived(self, wire):
        """Packets that came to the server by a wire."""
        found = re.search(rf"^\s*{self.device(f'h{wire}1')}:\s*\d+\s+(\d+)", read(self.statistics), re.MULTILINE)
        if found is None:
            raise RuntimeError(f"the server has no {self.device(f'h{wire}1')}")
        return int(found.group(1))

    def open_stream(self, system, octets, flows, rate, burst):
        """A stream of load through a system; its flows are known when it returns."""
        wire, family = SYSTEMS[system]
        stream = Stream((os.path.join(self.build, "bench-load"), self.space("client"), self.device(f"h{wire}0"), self.stations[wire],
                         str(family), str(octets), str(flows), str(rate), str(burst)))
        self.processes.append(stream.process)
        stream.send(max(0.05, 1.1 * flows / rate))
        return stream

    def slice(self, system, stream, seconds):
        """Processor nanoseconds a packet in a slice of load, and the share lost. A beginning of a fifth is left out: caches,
        sleep and clocks are as they are in the middle of a stream."""
        wire = SYSTEMS[system][0]
        stream.send(seconds / 5)
        time.sleep(REST)
        used, before = -sum(spent(path) for path in self.counted[wire]), self.arrived(wire)
        sent = stream.send(seconds)
        time.sleep(REST)
        arrived = self.arrived(wire) - before
        used += sum(spent(path) for path in self.counted[wire])
        if arrived == 0:
            raise RuntimeError(f"{system} forwards nothing")
        return {"ns": used / arrived, "lost": max(0.0, 1 - arrived / sent["sent"]), "behind_us": sent["behind_us"]}

    def tcp(self, wire, offload, seconds):
        """Mbit/s by iperf3; 0 when nothing goes through."""
        for name, port in (("client", "0"), ("server", "1")):
            self.offloads(name, self.device(f"h{wire}{port}"), offload)
            if wire == "g" and self.kind == "netdev":  # as flowd had it: what GRO puts together is no frame
                self.inside("gw", "ethtool", "-K", self.device(f"g{port}"), "gro", "off")
        far = WIRES[wire][2]
        target = f"10.{far}.{far}.2"
        server = subprocess.Popen(("ip", "netns", "exec", self.space("server"), "iperf3", "-s", "-1", "-B", target),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.processes.append(server)
        wait_until(lambda: ":5201" in self.inside("server", "ss", "-Hlnt"), "iperf3 listens")
        said = self.inside("client", "timeout", str(seconds + 10), "iperf3", "-c", target, "-t", str(seconds), "-J",
                           "--connect-timeout", "3000", check=False)
        server.kill()
        server.wait()
        try:
            return json.loads(said)["end"]["sum_received"]["bits_per_second"] / 1e6
        except (ValueError, KeyError):
            return 0.0
