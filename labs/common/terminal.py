"""Lines for the person at the terminal: coloured there, plain everywhere else."""
import os
import sys

COLOURS = {"green": "32", "red": "31", "yellow": "33", "bold": "1", "dim": "2"}


def coloured(text, colour, stream=sys.stdout):
    if stream.isatty() and os.environ.get("TERM", "dumb") != "dumb" and "NO_COLOR" not in os.environ:
        return f"\033[{COLOURS[colour]}m{text}\033[0m"
    return text


def progress(text):
    """One line about what is being done now."""
    print("   " + text, flush=True)


def heading(text):
    print("\n" + coloured(text, "bold"), flush=True)
