"""The command lines of bench/*: usage and help are the program's first text, and what is wrong is said in a line."""
import argparse
import os


def parser_of(text):
    """A parser whose usage and help are a program's text: what it is, `usage: ...`, the rest, each apart by an empty line."""
    head, usage, rest = text.split("\n\n", 2)
    return argparse.ArgumentParser(usage=usage.removeprefix("usage: ").replace("%", "%%"), description=f"{head}\n\n{rest}",
                                   formatter_class=argparse.RawDescriptionHelpFormatter)


def number(least, most):
    """A type of whole numbers."""
    def read(text):
        value = int(text) if text.isdecimal() else least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"'{text}' is no number of {least} to {most}")
        return value
    return read


def list_of(read, what):
    """A type of words with commas between them, each of type `read`."""
    def split(text):
        try:
            return [read(word) for word in text.split(",")]
        except (KeyError, argparse.ArgumentTypeError) as error:
            raise argparse.ArgumentTypeError(f"'{text}' is no list of {what}") from error
    return split


def one_of(values):
    """One of those, by how it is written."""
    return {str(value): value for value in values}.__getitem__


def build_of(parser, options, *programs):
    """The build directory that was named, as a whole path; it has these programs."""
    build = os.path.abspath(options.build)
    for name in programs:
        if not os.access(os.path.join(build, name), os.X_OK):
            parser.error(f"{build} is no build: there is no {name}")
    return build
