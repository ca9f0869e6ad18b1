#!/usr/bin/python3
"""Names with blanks and signs, in quotation marks: kept octet by octet in every form, and each is somebody else.

cs09142: objects that a policy refers to. cs09803, cs08337, cs07883, cs10381: zones.
usage: replay_names.py BUILD
"""
import subprocess

from replay_help import *  # noqa: F403

# "a b" + "c" and "a" + "b c" are two contexts, though their words are the same
ZONES = {"a": ("ge-0/0/0", "10.0.0.1"), "a b": ("ge-0/0/1", "10.0.1.1"), "c": ("ge-0/0/2", "10.0.2.1"), "b c": ("ge-0/0/3", "10.0.3.1")}
POLICIES = [("a", "b c", "p", "permit"), ("a b", "c", "p", "deny"), ("a", "c", "Bob's way (old) & new!", "permit")]


def quoted(word):
    return f'"{word}"' if any(sign in word for sign in " '()&!#") else word


lines = []
for zone, (port, address) in ZONES.items():
    lines += [f"set interfaces {port} unit 0 family inet address {address}/24",
              f"set security zones security-zone {quoted(zone)} interfaces {port}.0"]
lines += ['set security zones security-zone a address-book address "head office" 10.0.0.0/25',
          'set security zones security-zone a address-book address-set "all of us" address "head office"',
          'set applications application "our app" protocol udp',
          'set applications application "our app" destination-port 99',
          'set applications application-set "our apps" application "our app"',
          'set schedulers scheduler "every day" daily all-day']
for source, destination, name, action in POLICIES:
    head = f"set security policies from-zone {quoted(source)} to-zone {quoted(destination)} policy {quoted(name)}"
    lines += [f'{head} description "what {name} is for"', f"{head} match source-address " + ('"all of us"' if source == "a" else "any"),
              f"{head} match destination-address any", f'{head} match application "our apps"', f"{head} then {action}",
              f'{head} scheduler-name "every day"']

place = Place()
first = place.write("first.set", "\n".join(lines) + "\n")


def convert(path, form):
    done = subprocess.run([program(), "convert", "--to", form, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    equal((done.returncode, done.stderr), (0, ""), f"convert of {path} to {form}")
    return done.stdout


canonical = convert(first, "set")
equal(sorted(canonical.splitlines()), sorted(lines), "every line comes back as it went")
for form in ("text", "json", "xml"):
    other = place.write("other." + form, convert(first, form))
    equal(convert(other, "set"), canonical, f"the way through {form}")


def packet(source, destination, port, number):
    return at(START + number, frame() / IP(src=source, dst=destination) / UDP(sport=4000 + number, dport=port))


run = place.replay("--config", first,
                   "--in", "ge-0/0/0=" + place.capture("a.pcap", [packet("10.0.0.5", "10.0.3.5", 99, 0), packet("10.0.0.5", "10.0.2.5", 99, 1),
                                                                  packet("10.0.0.200", "10.0.2.5", 99, 2)]),
                   "--in", "ge-0/0/1=" + place.capture("b.pcap", [packet("10.0.1.5", "10.0.2.5", 99, 3)]))
equal([(verdict["verdict"], verdict["policy"]) for verdict in run.verdicts],
      [("forward", "p"), ("forward", POLICIES[2][2]), ("drop", "default-policy"), ("drop", "p")], "verdicts")

# Names in every form: quotation marks, backslashes and bars too.
for name in ('a\\"b', "a\\\\b", "a|b"):
    good = place.write("good.set", f'set security zones security-zone "{name}" tcp-rst\n')
    done = subprocess.run([program(), "convert", "--to", "set", good], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(f'security-zone "{name}" tcp-rst' in done.stdout, f"{name!r}: {done.returncode} {done.stdout} {done.stderr}")
# What no name may have: blanks at its ends, control characters.
for name in (" a", "a ", "a\tb", "a[b", ""):
    bad = place.write("bad.set", f'set security zones security-zone "{name}" tcp-rst\n')
    done = subprocess.run([program(), "check", bad], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(done.returncode != 0 and "not possible here" in done.stdout + done.stderr, f"{name!r}: {done.returncode} {done.stdout} {done.stderr}")
# Groups, users and routing instances have names without blanks: other programs see them.
for line in ('groups "a b" system host-name x', 'routing-instances "a b" instance-type virtual-router', 'system login user "a b" class operator'):
    bad = place.write("bad.set", f"set {line}\n")
    done = subprocess.run([program(), "check", bad], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(done.returncode != 0, f"{line}: {done.stdout} {done.stderr}")
finish()
