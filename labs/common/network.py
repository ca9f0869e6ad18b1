"""Namespaces, wires, bridges and VLANs of a lab.

Interface names may be the same in each namespace (eth0, eth1); only namespaces have machine-wide names. TX offloads are
off on hosts' ends, so that captures show frames as a network has them.
"""
import os

from common.state import LabError, run

HERE = os.path.dirname(os.path.abspath(__file__))
QUIET = ("net/ipv6/conf/all/disable_ipv6=1", "net/ipv6/conf/default/disable_ipv6=1",
         "net/ipv4/conf/all/rp_filter=0", "net/ipv4/conf/default/rp_filter=0",
         "net/ipv4/ip_unprivileged_port_start=0", "net/ipv4/ping_group_range=0 2147483647")


class Network:
    """Builds in the namespaces of one lab's State."""

    def __init__(self, state):
        self.state = state

    def ip(self, host, *lines):
        """Several ip commands in one namespace, one process."""
        run("ip", "-n", self.state.namespace(host), "-batch", "-", text="\n".join(lines) + "\n")

    def set_kernel(self, host, *settings):
        """Kernel settings of one namespace: path=value below /proc/sys."""
        script = "\n".join(f"[ ! -e '/proc/sys/{path}' ] || echo '{value}' > '/proc/sys/{path}'"
                           for path, value in (setting.split("=", 1) for setting in settings))
        run("ip", "netns", "exec", self.state.namespace(host), "sh", "-c", script)

    def add_host(self, host, *settings):
        self.state.add_namespace(host)
        self.set_kernel(host, *QUIET, *settings)
        self.ip(host, "link set dev lo up")

    def add_bridge(self, host, bridge):
        self.ip(host, f"link add name {bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
                f"link set dev {bridge} up")

    def add_wire(self, host, name, peer, peer_name, bridge=None):
        """A veth pair between two namespaces, both ends up; `bridge` takes in the peer's end."""
        self.ip(host, f"link add name {name} type veth peer name {peer_name} netns {self.state.namespace(peer)}",
                f"link set dev {name} up")
        self.ip(peer, *([f"link set dev {peer_name} master {bridge}"] if bridge else []), f"link set dev {peer_name} up")

    def offload_off(self, host, name, *features):
        """features: pairs for ethtool -K, such as "tx", "off"."""
        run("ip", "netns", "exec", self.state.namespace(host), "ethtool", "-K", name, *features)

    def tag(self, host, name, vlan):
        """What leaves `name` carries the tag; only what carries it comes in."""
        program = self.program(vlan)
        namespace = self.state.namespace(host)
        run("tc", "-n", namespace, "qdisc", "add", "dev", name, "clsact")
        for direction, section in (("egress", "push"), ("ingress", "pop")):
            run("tc", "-n", namespace, "filter", "add", "dev", name, direction, "bpf", "direct-action",
                "object-file", program, "section", section)

    def program(self, vlan):
        """The compiled program for a tag."""
        if not 1 <= vlan <= 4094:
            raise LabError(f"{vlan} is no VLAN tag")
        program = self.state.path(f"vlan-{vlan}.o")
        if not os.path.exists(program):
            run("clang", "-O2", "-g", "-target", "bpf", f"-I/usr/include/{os.uname().machine}-linux-gnu",
                f"-DVLAN={vlan}", "-c", os.path.join(HERE, "vlan.c"), "-o", program)
        return program
