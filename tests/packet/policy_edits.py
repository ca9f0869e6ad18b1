#!/usr/bin/python3
"""Edits of policies and of what they name, through `sallyport check`.

07218: each predefined application added to a policy and taken out again is safe, alone and all together.
07614: each object of a random configuration deleted on its own: it is refused by a sentence that names it, or nothing used it.
usage: policy_edits.py BUILD
"""
import re

from policy_model import Model
from replay_help import *  # noqa: F403

place = Place()


def checked(lines, what):
    done = subprocess.run([program(), "check", place.write("edits.set", "\n".join(lines) + "\n")],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(done.returncode in (0, 2) and not any(word in done.stderr for word in SANITIZER), f"{what}: {done.returncode} {done.stderr[:800]}")
    return done.returncode, done.stderr


def predefined():
    with open(os.path.join(TOP, "lib/conf/include/conf/applications.def"), encoding="utf-8") as rows:
        text = rows.read()
    return sorted(set(re.findall(r'^APPLICATION(?:_SET)?\("(junos-[\w-]+)"', text, re.M)))


names = predefined()
check(len(names) > 60, f"only {len(names)} predefined applications")
base = ["set security zones security-zone a", "set security zones security-zone b"]
where = "security policies from-zone a to-zone b policy p"
policy = [f"set {where} match source-address any", f"set {where} match destination-address any", f"set {where} match application junos-ping",
          f"set {where} then permit"]
lines = base + policy
for name in names:
    lines += [f"set {where} match application {name}", f"delete {where} match application {name}"]
lines.append(f"set {where} match application junos-icmp-all")
equal(checked(lines, "each predefined application added and deleted")[0], 0, "each one added and deleted")
lines += [f"set {where} match application {name}" for name in names]
status, said = checked(lines, "all predefined applications")
equal((status, said.count("junos-")), (0, 0), f"all together: {said[:300]}")

model = Model(7, 60)
equal(checked(model.lines, "the whole")[0], 0, "the configuration is good as it stands")
objects = set()
for line in model.lines:
    words = line.split()
    for pattern in (r"security zones security-zone \S+ address-book address(?:-set)? \S+", r"security address-book global address(?:-set)? \S+",
                    r"applications application(?:-set)? \S+", r"schedulers scheduler \S+", r"security zones security-zone \S+"):
        found = re.match(f"set ({pattern})(?: |$)", line)
        if found:
            objects.add(found[1])
refused = 0
for number, thing in enumerate(sorted(objects)):
    name = thing.split()[-1]
    status, said = checked([*model.lines, f"delete {thing}"], thing)
    check(status == 0 or f"'{name}'" in said, f"delete {thing}: refused without its name: {said[:300]}")
    refused += status == 2
check(refused > len(objects) // 3, f"{refused} of {len(objects)} deletions were refused")
finish()
