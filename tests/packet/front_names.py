#!/usr/bin/python3
"""Which characters a name may have, by the properties that the Unicode standard gives them: nothing that is not seen, turns what
follows around, or looks like a plain blank or quotation mark; whatever else people write. Each refusal names the character.

The pattern of the YANG module (types:object-name) refuses nothing that a name may have.
usage: front_names.py BUILD
"""
import re
import unicodedata

from replay_help import *  # noqa: F403

place = Place()

# Default ignorable (DerivedCoreProperties.txt) or drawn as an empty space, though letters, marks and symbols by their category.
NOT_SEEN = [*range(0x115f, 0x1161), *range(0x17b4, 0x17b6), *range(0x180b, 0x1810), *range(0xfe00, 0xfe10), *range(0xfff0, 0xfffc),
            0x034f, 0x2065, 0x2800, 0x3164, 0xffa0, *range(0xe0000, 0xe1000, 61), 0xe0fff]
NO_CHARACTERS = [*range(0xfdd0, 0xfdf0), *(plane << 16 | last for plane in range(17) for last in (0xfffe, 0xffff))]
QUOTATION_MARKS = [0x2018, 0x2019, 0x201c, 0x201d]  # E-008: they may open a quotation
ALL = [code for code in range(0xa0, 0x110000) if not 0xd800 <= code < 0xe000]
BY_CATEGORY = [code for code in ALL if unicodedata.category(chr(code)) in ("Cf", "Zs", "Zl", "Zp")]
REFUSED = sorted(set(BY_CATEGORY + NOT_SEEN + NO_CHARACTERS + QUOTATION_MARKS))
ACCEPTED = sorted(set([code for code in ALL if unicodedata.category(chr(code))[0] in "LNPSM"][::53]) - set(REFUSED) - set(range(0xe0000, 0xe1000)))


def complaints(codes):
    """{code point: message} of those that `check` complains about as a part of a name."""
    path = place.write("names.set", "".join(f'set security screen ids-option "a{chr(code)}b" tcp land\n' for code in codes))
    done = subprocess.run([program(), "check", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
    found = {}
    for line in done.stderr.split("\n"):
        at = re.search(r"names\.set:(\d+): (.*)", line)
        if at:
            found[codes[int(at[1]) - 1]] = at[2]
    return found


def in_pieces(codes):
    found = {}
    for at in range(0, len(codes), 100):
        found.update(complaints(codes[at:at + 100]))
    return found


check(len(REFUSED) > 300 and len(ACCEPTED) > 2000, "there is something to try")
told = in_pieces(REFUSED)
equal([f"U+{code:04X}" for code in REFUSED if code not in told], [], "names with these are accepted")
for code in REFUSED:
    check(f"U+{code:04X}" in told[code], f"which character it is: {told[code]}")
told = in_pieces(ACCEPTED)
equal([(f"U+{code:04X}", told[code]) for code in told], [], "names with these are refused")

# An error turns no terminal's text around, and hides nothing.
for code in (0x202e, 0x2066, 0x200b, 0xfeff, 0xe0041):
    check(chr(code) not in complaints([code])[code] and "a?b" in complaints([code])[code], f"U+{code:04X} is shown: {complaints([code])}")

# What looks like a blank is said to, as a user who pasted it has to know; it separates no words either.
for code, said in ((0xa0, "looks like a blank"), (0x3000, "looks like a blank"), (0x2009, "looks like a blank"), (0x200b, "is not seen"),
                   (0x202e, "is not seen"), (0xfff9, "is not seen"), (0x180e, "is not seen"), (0x1d173, "is not seen"),
                   (0x2019, "looks like a quotation mark")):
    check(said in complaints([code]).get(code, ""), f"U+{code:04X}: {complaints([code])}")
finish()
