"""Writes the YANG modules given as arguments 2.. into argument 1 as a C table of names and texts, in ASCII order.

The table is declared in lib/conf/src/schema_embedded.h. Comments and indentation stay out of the program.
"""
import os
import re
import sys


def c_string(line):
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n"'


def main():
    output, modules = sys.argv[1], sorted(sys.argv[2:], key=os.path.basename)
    lines = ['#include "schema_embedded.h"', ""]
    rows = []
    for number, path in enumerate(modules):
        name = os.path.basename(path)[: -len(".yang")]
        if not re.fullmatch(r"[a-z0-9-]+", name):
            sys.exit(f"{path}: not a module name")
        with open(path, encoding="ascii") as module:
            text = [line.strip() for line in module if line.strip()]
        # One literal a line: no compiler's limit on literals is in the way, they go into an array of lines.
        lines.append(f"static const char *const module_{number}[] = {{")
        lines += ["\t" + c_string(line) + "," for line in text]
        lines += ["\tNULL,", "};", ""]
        rows.append(f'\t{{"{name}", module_{number}}},')
    lines.append("const struct schema_module schema_modules[] = {")
    lines += rows + ["\t{NULL, NULL},", "};", ""]
    with open(output, "w", encoding="ascii") as result:
        result.write("\n".join(lines))


main()
