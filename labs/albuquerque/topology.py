"""Who stands where in the branch office, as data, and how it is wired. The drawing is at the top of ./lab."""
from common.network import Network

# The gateway's ports: the JUNOS name, and the interface in the namespace "gateway" that the chassis file names.
PORTS = {"ge-0/0/1": "ge-0-0-1", "ge-0/0/2": "ge-0-0-2", "ge-0/0/3": "ge-0-0-3", "ge-0/0/4": "ge-0-0-4"}

TELLER = "10.11.13.10"
FINANCIAL = "10.12.12.13"
MANAGER = "10.11.14.1"
MAIL = "10.11.15.5"
WEB = "10.11.15.6"
BANK_RECORDS_1 = "13.16.14.16"
BANK_RECORDS_2 = "13.16.14.17"
ISP_1 = "9.10.14.5"
ISP_2 = "11.12.15.7"
INTERNET = "198.51.100.10"
GATEWAY_FINANCIAL = "10.12.12.1"
GATEWAY_TELLERS = "10.11.13.2"
GATEWAY_MANAGERS = "10.11.14.3"
GATEWAY_MAIL = "10.11.15.3"
GATEWAY_WEB = "10.11.15.4"
GATEWAY_INTERNET = "10.11.16.5"

# (host, its interface, the port it hangs on, tag): several on one port share its bridge.
CABLES = (
    ("financial", "eth0", "ge-0/0/1", 1),
    ("tellers", "eth0", "ge-0/0/1", 2),
    ("managers", "eth0", "ge-0/0/1", 3),
    ("mail", "eth0", "ge-0/0/2", 1),
    ("web", "eth0", "ge-0/0/2", 2),
    ("hq", "eth0", "ge-0/0/3", 299),
    ("isp1", "eth0", "ge-0/0/3", 398),
    ("hq", "eth1", "ge-0/0/4", 300),
    ("isp2", "eth0", "ge-0/0/4", 399),
)

# Addresses and routes, as ip commands. Behind /32 ports nothing is on the link: each host has an explicit route to the
# gateway's address and goes on from there; the providers know the way back to the branch (10.0.0.0/8),
# headquarters sends everything back by the leased lines.
ADDRESSES = {
    "financial": (f"address add {FINANCIAL}/24 dev eth0", f"route add default via {GATEWAY_FINANCIAL}"),
    "tellers": (f"address add {TELLER}/24 dev eth0", f"route add default via {GATEWAY_TELLERS}"),
    "managers": (f"address add {MANAGER}/24 dev eth0", f"route add default via {GATEWAY_MANAGERS}"),
    "mail": (f"address add {MAIL}/32 dev eth0", f"route add {GATEWAY_MAIL}/32 dev eth0",
             f"route add default via {GATEWAY_MAIL}"),
    "web": (f"address add {WEB}/32 dev eth0", f"route add {GATEWAY_WEB}/32 dev eth0",
            f"route add default via {GATEWAY_WEB}"),
    "hq": (f"address add {BANK_RECORDS_1}/32 dev lo", f"address add {BANK_RECORDS_2}/32 dev lo",
           "route add 10.11.15.7/32 dev eth0", "route add 10.11.15.8/32 dev eth1",
           "route add default via 10.11.15.7 metric 5", "route add default via 10.11.15.8 metric 7"),
    "isp1": (f"address add {ISP_1}/32 dev eth0", "route add 10.11.16.5/32 dev eth0",
             "route add 10.0.0.0/8 via 10.11.16.5",
             "route add 13.16.14.0/24 via 10.11.16.5",
             "address add 203.0.113.1/30 dev eth1", f"route add {INTERNET}/32 via 203.0.113.2"),
    "isp2": (f"address add {ISP_2}/32 dev eth0", "route add 10.11.16.6/32 dev eth0",
             "route add 10.0.0.0/8 via 10.11.16.6",
             "address add 203.0.113.5/30 dev eth1", f"route add {INTERNET}/32 via 203.0.113.6"),
    "internet": (f"address add {INTERNET}/32 dev lo", "address add 203.0.113.2/30 dev eth0",
                 "address add 203.0.113.6/30 dev eth1",
                 f"route add 10.0.0.0/8 via 203.0.113.1 metric 5 src {INTERNET}",
                 f"route add 10.0.0.0/8 via 203.0.113.5 metric 7 src {INTERNET}",
                 f"route add 13.16.14.0/24 via 203.0.113.1 src {INTERNET}"),
}
HOSTS = tuple(ADDRESSES)
CLIENTS = {"tellers": TELLER, "financial": FINANCIAL, "managers": MANAGER, "mail": MAIL, "web": WEB}
ROUTERS = ("isp1", "isp2")


def build(state):
    """All namespaces and wires. Nothing is taken back on failure: State.down() does it."""
    network = Network(state)
    for host in ("gateway", "switch"):
        network.add_host(host)
    for host in HOSTS:
        network.add_host(host, *(("net/ipv4/ip_forward=1",) if host in ROUTERS else ()))
    for port, name in PORTS.items():
        network.add_bridge("switch", "br-" + name)
        network.add_wire("gateway", name, "switch", name, bridge="br-" + name)
        network.offload_off("gateway", name, "gro", "off", "tx", "off")
        network.offload_off("switch", name, "gro", "off", "tx", "off")
    for host, name, port, vlan in CABLES:
        member = f"{host}-{name}"
        network.add_wire(host, name, "switch", member, bridge="br-" + PORTS[port])
        network.offload_off(host, name, "tx", "off", "gro", "off")
        network.tag(host, name, vlan)
    for provider, name in (("isp1", "eth0"), ("isp2", "eth1")):
        network.add_wire(provider, "eth1", "internet", name)
        network.offload_off(provider, "eth1", "tx", "off")
        network.offload_off("internet", name, "tx", "off")
    for host, lines in ADDRESSES.items():
        network.ip(host, *lines)


def chassis(state):
    """The chassis file's text: each port is a veth end in the namespace "gateway"."""
    namespace = state.namespace("gateway")
    return "".join(f"port {port} netdev:{name}@{namespace}\n" for port, name in PORTS.items())
