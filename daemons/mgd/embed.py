"""Writes a configuration file (argument 2) into a C file (argument 1) as the factory default: one string a line."""
import sys


def main():
    output, source = sys.argv[1:3]
    with open(source, encoding="ascii") as content:
        lines = content.read().splitlines()
    rows = ["\t\"" + line.replace("\\", "\\\\").replace('"', '\\"') + "\"," for line in lines]
    with open(output, "w", encoding="ascii") as result:
        result.write("\n".join(['#include <stddef.h>', "", '#include "factory.h"', "", "const char *const factory_default[] = {", *rows,
                                "\tNULL,", "};", ""]))


main()
