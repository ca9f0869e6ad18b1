#!/usr/bin/python3
"""E-246: address sets have no limit of their own: every one of 3,000 members counts, through sets of sets.

usage: replay_sets.py BUILD
"""
from replay_help import *  # noqa: F403

MEMBERS = 3000
BOOK = "set security zones security-zone inside address-book"
POLICY = "set security policies from-zone inside to-zone outside policy some"


def address(number):
    """10.2.0.1, 10.2.0.3 and so on: every second one, so that no prefix holds two of them."""
    return f"10.2.{number // 120}.{number % 120 * 2 + 1}"


place = Place()
config = place.write("sets.set", "\n".join(
    ["set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24", "set interfaces ge-0/0/1 unit 0 family inet address 10.0.1.1/24",
     "set routing-options static route 10.2.0.0/16 next-hop 10.0.0.9",
     "set security zones security-zone inside interfaces ge-0/0/0.0", "set security zones security-zone outside interfaces ge-0/0/1.0"] +
    [f"{BOOK} address a{number} {address(number)}/32" for number in range(MEMBERS)] +
    [f"{BOOK} address-set part{number // 1000} address a{number}" for number in range(MEMBERS)] +
    [f"{BOOK} address-set whole address-set part{number}" for number in range(MEMBERS // 1000)] +
    [f"{POLICY} match source-address whole", f"{POLICY} match destination-address any", f"{POLICY} match application any", f"{POLICY} then permit"]) + "\n")
chosen = [0, 1, 999, 1000, 1999, 2000, MEMBERS - 1]
sources = [address(number) for number in chosen] + ["10.2.0.2", address(MEMBERS), "10.2.9.4"]
packets = [at(START + index, frame() / IP(src=source, dst="10.0.1.5") / UDP(sport=4000, dport=99)) for index, source in enumerate(sources)]
run = place.replay("--config", config, "--in", "ge-0/0/0=" + place.capture("sets.pcap", packets))
equal([verdict["policy"] for verdict in run.verdicts], ["some"] * len(chosen) + ["default-policy"] * 3, "the policy of each source")
finish()
