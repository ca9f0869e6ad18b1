"""What the tests of fragments share: a link with a smaller MTU beside inside and outside, and what a receiver makes of fragments."""
from replay_help import *  # noqa: F403

# Inside may go everywhere, but not to UDP port 99; policies in between are the test's.
ZONES = """
set security zones security-zone inside interfaces ge-0/0/0.0
set security zones security-zone inside host-inbound-traffic system-services ping
set security zones security-zone outside interfaces ge-0/0/1.0
set security zones security-zone narrow interfaces ge-0/0/2.0
set applications application closed protocol udp
set applications application closed destination-port 99
set security policies from-zone inside to-zone outside policy no match source-address any destination-address any
set security policies from-zone inside to-zone outside policy no match application closed
set security policies from-zone inside to-zone outside policy no then deny
"""
PERMIT = """
set security policies from-zone inside to-zone outside policy all match source-address any destination-address any application any
set security policies from-zone inside to-zone outside policy all then permit
set security policies from-zone inside to-zone narrow policy all match source-address any destination-address any application any
set security policies from-zone inside to-zone narrow policy all then permit
"""
FORWARD = ("forward", "session")
HELD = ("consume", "fragment-held")


def put_together(parts):
    """Of (start, octets, more, ...) by identification: the octets, and the last part, of each datagram that is complete and has no
    overlap."""
    done = {}
    for number, pieces in parts.items():
        data = b""
        for piece in sorted(pieces):
            if piece[0] != len(data):
                break
            data += piece[1]
            if not piece[2]:
                done[number] = (data, piece)
    return done


def outcomes(run):
    return [(verdict["verdict"], verdict["reason"]) for verdict in run.verdicts]
