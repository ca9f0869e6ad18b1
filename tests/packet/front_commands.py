#!/usr/bin/python3
"""check, convert, help and version as a user meets them: exit status, what is printed where, the form of errors.

REQ-CFG-015: missing references with path and name. REQ-CFG-016: lenient readings warn and the rest of the file loads.
usage: front_commands.py BUILD
"""
import re

from replay_help import *  # noqa: F403

place = Place()


def run(*arguments, want=0, stdin=""):
    done = subprocess.run([program(), *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          errors="replace")
    check(not any(word in done.stderr for word in SANITIZER), f"{arguments}: sanitizer: {done.stderr[:2000]}")
    equal(done.returncode, want, f"status of {' '.join(arguments)}: {done.stderr[:300]}")
    return done


# help, version, typing errors
check("check" in run("--help").stdout and "replay" in run("--help").stdout, "help lists the commands")
check(re.fullmatch(r"sallyport [0-9.]+\n", run("--version").stdout), "version")
check("usage" in run(want=2).stderr, "without arguments the usage is shown")
for typed, meant in (("chek", "check"), ("repaly", "replay"), ("convrt", "convert")):
    wrong = run(typed, want=2).stderr
    check(f"'{typed}'" in wrong and f"did you mean '{meant}'" in wrong, f"{typed}: {wrong}")
check("did you mean" not in run("xyzzy", want=2).stderr, "nothing is near xyzzy")
for command in ("check", "convert", "replay"):
    check("usage: sallyport " + command in run(command, "--help").stdout, f"help of {command}")
    check("--help" in run(command, "--bogus", want=2).stderr, f"a wrong option of {command}")
    run(command, want=2)
for words, said in (("check --bogus", "'--bogus' is not an option"), ("check --format", "--format wants a value"), ("check -x", "'-x' is not an option"),
                    ("convert --to", "--to wants a value"), ("replay --until", "--until wants a value"), ("schema --yaml", "'--yaml' is not an option")):
    wrong = run(*words.split(), want=2).stderr
    equal(wrong.splitlines()[0], f"sallyport {words.split()[0]}: {said}", words)

# good files: exit 0, both forms, several at once, standard input
curly = os.path.join(EXAMPLES, "03-albuquerque-firewall.conf")
run("check", BRANCH, curly)
run("check", "--format", "set", BRANCH)
run("check", "--format", "text", curly)
with open(BRANCH, encoding="utf-8") as file:
    branch = file.read()
run("check", "-", stdin=branch)

# every error on stderr as FILE:LINE: [edit path] 'statement': message; warnings are marked, and alone do not fail
bad = place.write("bad.set", """set system host-name gate
set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
set security zones security-zone trust interfaces ge-0/0/9.0
set security zones security-zone trust host-inbound-traffic system-services dhcp
set security zones security-zone trust host-inbound-traffic system-services sssh
set nonsense
set security policies from-zone trust to-zone away policy p match source-address ghost
""")
errors = run("check", bad, want=2)
equal(errors.stdout, "", "errors go to stderr alone")
lines = errors.stderr.splitlines()
form = re.compile(re.escape(bad) + r"(:\d+)?: (\[edit[^\]]*\] )?('[^']*': )?(warning: )?.+")
check(all(form.fullmatch(line) for line in lines), f"the form of every line: {errors.stderr}")
check(any(line.startswith(bad + ":5: [edit security zones security-zone trust host-inbound-traffic") and "'system-services" in line
          or line.startswith(bad + ":5: ") and "sssh" in line for line in lines), f"line 5: {errors.stderr}")
check(any(line.startswith(bad + ":6: ") and "nonsense" in line for line in lines), "line 6")
check(any(line.startswith(bad + ":3: [edit security zones security-zone trust] 'interfaces ge-0/0/9.0': ") for line in lines),
      f"line 3, a reference: {errors.stderr}")
check(any("ghost" in line for line in lines) and any("away" in line for line in lines), "references of line 7")
check(any("warning: " in line and "E-049" in line for line in lines), f"the warning of line 4 is marked: {errors.stderr}")
check(all("host-name" not in line and ":2:" not in line for line in lines), "what is good is not complained of")
lenient = place.write("lenient.set", "set security zones security-zone t host-inbound-traffic system-services dhcp\n")
check("warning: " in run("check", lenient).stderr, "warnings alone: exit 0")
# ... also where the text itself is broken, in each form
for name, line, text in (
        ("word.set", 2, "set system host-name a\nfoo bar\n"),
        ("alone.set", 1, "set\n"),
        ("nothing.set", 1, "copy security zones security-zone nowhere to security-zone there\n"),
        ("quote.set", 1, "set system host-name \"abc\n"),
        ("control.set", 2, "set system host-name a\nset system host-name a\x01b\n"),
        ("open.conf", 3, "security {\n    zones {\n"),
        ("surplus.conf", 3, "system {\n}\n}\n"),
        ("comment.conf", 1, "system {\n    /* no end\n}\n"),
        ("quote.conf", 2, "system {\n    host-name \"abc;\n}\n"),
        ("cut.json", 1, "{\"configuration\": {\"system\": {\"host-name\": \"a\""),
        ("word.json", 2, "{\"configuration\":\n{\"foo\": 1}}"),
        ("type.json", 3, "{\"configuration\": {\n\n\"system\": 5}}"),
        ("cut.xml", 2, "<configuration>\n<system>"),
        ("word.xml", 2, "<configuration>\n<foo/>\n</configuration>"),
        ("type.xml", 3, "<!-- -->\n<!-- -->\n<!DOCTYPE x [<!ENTITY a \"b\">]><configuration/>")):
    broken = place.write(name, text)
    lines = [answer for answer in run("check", broken, want=2).stderr.splitlines() if "warning: " not in answer]
    check(lines and all(re.fullmatch(re.escape(broken) + r":\d+: \[edit[^\]]*\] '.+': .+", answer) for answer in lines)
          and any(answer.startswith(f"{broken}:{line}: ") for answer in lines), f"{name}, line {line}: {lines}")
both = run("check", bad, BRANCH, want=2)
check(bad in both.stderr and "succeeds" in both.stdout, "one bad file of two: each is judged by itself")
run("check", "/nonexistent.set", want=2)
run("check", place.folder.name, want=2)
check("bad.set" in run("check", "--format", "text", bad, want=2).stderr, "the wrong form")
check("ScreenOS" in run("check", "--format", "screenos", bad, want=2).stderr, "a form that is not there yet")

# rubbish: an error, no crash
for name, content in (("noise", bytes((i * 37 + 11) & 255 for i in range(5000))), ("zeros", bytes(5000)), ("long", b"set system host-name " + b"a" * (1 << 20)),
                      ("deep", b"a { " * 200000), ("deep-json", b'{"configuration":' + b"[" * 200000), ("open", b"system { host-name"),
                      ("quote", b'set system host-name "abc'), ("nul", b"set system host-name a\0b\n")):
    with open(place.path(name), "wb") as file:
        file.write(content)
    answer = run("check", place.path(name), want=2)
    check(place.path(name) in answer.stderr, f"{name} is named: {answer.stderr[:200]}")
    check(len(answer.stderr) < 400000, f"{name}: {len(answer.stderr)} octets of errors")
    equal(run("convert", "--to", "set", place.path(name), want=2).stdout, "", f"{name}: nothing is printed")

# What is quoted of a broken line is UTF-8 without controls of terminals (C1 too), and no secret.
with open(place.path("quoted.set"), "wb") as file:
    file.write(b'set system host-name a\x9b31mb\xff\x01c\nset security ike policy p pre-shared-key ascii-text Sesame\x01\n'
               b'set system root-authentication encrypted-password "$6$Sesame\n')
raw = subprocess.run([program(), "check", place.path("quoted.set")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
equal(raw.returncode, 2, "a broken file")
told = raw.stderr.decode("utf-8", "replace")
check("\ufffd" not in told and "a?31mb??c" in told, f"octets that are no text: {told}")
check("Sesame" not in told and told.count("SECRET-DATA") == 2, f"a secret in a broken line: {told}")

# A byte order mark is not part of the first word, in any form.
for form in ("set", "text", "json", "xml"):
    with open(place.path("marked"), "wb") as file:
        file.write(b"\xef\xbb\xbf" + run("convert", "--to", form, "-", stdin="set system host-name a\n").stdout.encode())
    equal(run("convert", "--to", "set", place.path("marked")).stdout, "set system host-name a\n", f"{form} with a byte order mark")

# convert: all forms, and back; the canonical form is a fixed point
for source in sorted(os.listdir(EXAMPLES)):
    if source[:2] > "03":
        continue
    path = os.path.join(EXAMPLES, source)
    one = run("convert", "--to", "set", path).stdout
    text = run("convert", "--to", "text", path).stdout
    check(one.startswith("set "), f"{source} as set")
    equal(run("convert", "--to", "set", "-", stdin=text).stdout, one, f"{source}: set, text, set")
    equal(run("convert", "--to", "text", "-", stdin=one).stdout, text, f"{source}: text, set, text")
    configuration = json.loads(run("convert", "--to", "json", path).stdout)
    check("configuration" in configuration, f"{source} as JSON")
    import xml.etree.ElementTree as tree
    markup = run("convert", "--to", "xml", path).stdout
    equal(tree.fromstring(markup).tag.split("}")[-1], "configuration", f"{source} as XML")
    equal(run("convert", "--to", "set", "-", stdin=markup).stdout, one, f"{source}: set, XML, set")
run("schema", "unexpected", want=2)
schema = json.loads(run("schema", "--json").stdout)
check(schema["format"] == "sallyport-schema" and len(schema["configuration"]["children"]) > 8, "the schema as JSON")
run("convert", BRANCH, want=2)
run("convert", "--to", "yaml", BRANCH, want=2)
run("convert", "--to", "set", BRANCH, BRANCH, want=2)
check("nonsense" in run("convert", "--to", "set", bad, want=2).stderr, "convert says what it cannot read")
finish()
