#!/usr/bin/python3
"""cs11458: what we say of the number of published services (VIPs) is what is enforced: the number that a refused configuration is told fits,
and one more does not.

usage: nat_limits.py BUILD
"""
import re

from replay_help import Place, check, equal, finish, program, subprocess

GROUND = """
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/16
set interfaces ge-0/0/1 unit 0 family inet address 198.51.100.1/24
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone untrust interfaces ge-0/0/1.0
set security nat destination pool inside address 10.0.0.5/32
set security nat destination rule-set s from zone untrust
"""
place = Place()


def services(count):
    """(status, what is said) of a configuration with so many."""
    lines = [GROUND]
    for number in range(count):
        public = f"20.{number >> 16}.{number >> 8 & 255}.{number & 255}/32"
        lines.append(f"set security nat destination rule-set s rule r{number} match destination-address {public}\n"
                     f"set security nat destination rule-set s rule r{number} then destination-nat pool inside\n")
    done = subprocess.run([program(), "check", place.write(f"{count}.set", "".join(lines))],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


status, said = services(20000)
told = re.search(r"all (\d+) numbers are taken", said)
equal(status, 2, "twenty thousand")
check(told is not None, f"nothing is told of the limit: {said[:300]}")
most = int(told[1]) if told else 0
equal(services(most)[0], 0, f"as many as told ({most})")
status, said = services(most + 1)
equal((status, f"'rule r{most}'" in said), (2, True), "one more, and which")
finish()
