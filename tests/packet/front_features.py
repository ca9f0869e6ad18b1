#!/usr/bin/python3
"""08256: what the gateway says it can do is what it does. Each row of what has no effect yet is told for a statement below its path,
and nothing is told for the options of sessions, rst-invalidate-session among them, whose effect session_reset.script shows.
usage: front_features.py BUILD
"""
import re

from replay_help import *  # noqa: F403

place = Place()
with open(os.path.join(TOP, "lib", "snapshot", "src", "unsupported.def"), encoding="utf-8") as file:
    ROWS = re.findall(r'^UNSUPPORTED\("([^"]+)",\s+"([^"]+)",', file.read(), re.MULTILINE)
# One statement for each path.
LINES = {
    "security flow tcp-mss ipsec-vpn": "set security flow tcp-mss ipsec-vpn mss 1350",
    "security screen ids-option tcp syn-ack-ack-proxy": "set security screen ids-option s tcp syn-ack-ack-proxy threshold 512",
    "security ike respond-bad-spi": "set security ike respond-bad-spi 5",
    "security forwarding-options family iso mode": "set security forwarding-options family iso mode packet-based",
    "policy-options prefix-list": "set policy-options prefix-list p 10.0.0.0/8",
    "system autoinstallation": "set system autoinstallation delete-upon-commit",
    "system services telnet": "set system services telnet",
    "system services netconf ssh": "set system services netconf ssh",
}
TOLD = re.compile(r"not supported yet: (.*) \((\d+)\)(?:;.*)?$", re.MULTILINE)


def told(lines):
    path = place.write("features.set", "".join(line + "\n" for line in lines))
    done = subprocess.run([program(), "check", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
    return dict(TOLD.findall(done.stderr)), done.stderr


always, _ = told(["set system host-name x"])
check(len(ROWS) >= 10, "rows were read")
for path, feature in ROWS:
    if path in LINES:
        found, said = told([LINES[path]])
        check(feature in found, f"{LINES[path]} has no effect, and that is not told: {said}")
        check(set(found) - set(always) == {feature}, f"{LINES[path]}: something else is told: {found}")
check(sum(path in LINES for path, _ in ROWS) >= 6, "most rows are tried")
found, said = told([f"set security flow tcp-session {option}" for option in (
    "rst-invalidate-session", "rst-sequence-check", "no-syn-check", "no-sequence-check", "tcp-initial-timeout 30")])
equal(found, always, f"options that have an effect: {said}")
check(not any(path.startswith("security flow tcp-session") for path, _ in ROWS), "an option of sessions is among them")
finish()
