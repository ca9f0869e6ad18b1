"""The slow gateway for IPv6: the same random configurations, said in IPv6.

Each IPv4 address of a configuration becomes an IPv6 address that has its 32 bits somewhere: behind `shift` bits of a common prefix, and before
bits that fill the rest. Prefixes cover after that what they covered before, so what the reference says of the IPv4 packet
holds for the IPv6 packet, but for what is special in IPv4: broadcasts, and classes of addresses.
"""
import re

from policy_model import *  # noqa: F403

ICMP6 = 58
COMMON = int(ipaddress.ip_address("2001:db8:a5c3:3c5a:96a5:c3a5:5a3c:69c3"))
ECHO = {8: 128}
ADDRESS = re.compile(r"\b(\d+\.\d+\.\d+\.\d+)(?:/(\d+))?\b(?![-.:])")


class Model6(Model):
    def __init__(self, seed, policies, shift):
        self.shift = shift
        super().__init__(seed, policies)
        # The engine is told, by the names of what is ICMP in IPv6.
        self.lines = ["set security forwarding-options family inet6 mode flow-based", *(self.translated(line) for line in self.lines)]

    def wide(self, narrow, length=None):
        """An address, or the prefix of that length, whose rest is then zero."""
        rest = 96 - self.shift
        value = COMMON >> 128 - self.shift << 128 - self.shift | int(narrow) << rest
        if length is None:
            return ipaddress.ip_address(value | COMMON & (1 << rest) - 1)
        return ipaddress.ip_network((value, length + self.shift)) if length else ipaddress.ip_network("::/0")

    def translated(self, line):
        if " time-zone " in line or " scheduler" in line.split(" policy ")[0]:
            return line

        def one(found):
            narrow = ipaddress.ip_address(found[1])
            if " family inet address" in line:
                return f"{self.wide(narrow)}/{int(found[2]) + self.shift}"
            return str(self.wide(narrow) if found[2] is None else self.wide(narrow, int(found[2])))

        line = ADDRESS.sub(one, line).replace(" family inet address", " family inet6 address")
        line = line.replace("set routing-options static", "set routing-options rib inet6.0 static")
        line = line.replace("vr routing-options static", "vr routing-options rib vr.inet6.0 static").replace("next-table inet.0", "next-table inet6.0")
        line = line.replace("-address ::/0", "-address 0::/0")  # the name of a prefix begins with a digit
        return re.sub(r" protocol 1$", f" protocol {ICMP6}", line).replace("icmp-type 13", "icmp6-type 129").replace("junos-ping", "junos-pingv6")

    def special(self, destination):
        return None

    def broadcast(self, port, narrow):
        return False
