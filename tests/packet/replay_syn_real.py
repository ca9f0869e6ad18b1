#!/usr/bin/python3
"""SYN cookies stop who forges addresses, not who has them: a source that completes its handshakes gets all of its connections through
to the server, however fast (REQ-SCR-044); what stops it is the limit of its sessions (REQ-SCR-027).

usage: replay_syn_real.py BUILD
"""
from syn_help import *  # noqa: F403

CONNECTIONS = 12
LIMIT = 8
AGAIN = "set security screen ids-option s limit-session source-ip-based {}\n"


def attack(more, what):
    """So many handshakes of one source within a tenth of a second; the first connection is below the threshold. How many SYNs the
    server got, and the verdicts of the ACKs."""
    talk = Talk(PERMIT + COOKIE + syn_flood(attack_threshold=1) + more, what)
    ports = range(5000, 5000 + CONNECTIONS)
    for place_of, port in enumerate(ports):
        talk.client_sends(1 + place_of * 0.001, "S", sport=port, seq=port)
    answers = {p[TCP].dport: p[TCP] for p in talk.run()[OUTSIDE] if p.haslayer(TCP)}
    equal(sorted(answers), list(ports)[1:], f"{what}: who is answered by cookie")
    equal([p[TCP].sport for p in talk.left(INSIDE)], [5000], f"{what}: who goes to the server as ever")
    acks = [talk.client_sends(1.05 + port * 0.000001, "A", sport=port, seq=port + 1, ack=(answers[port].seq + 1) & 0xffffffff) for port in list(ports)[1:]]
    syns = [p for p in talk.run()[INSIDE] if p.haslayer(TCP)]
    equal({str(p[TCP].flags) for p in syns}, {"S"}, f"{what}: what goes to the server")
    equal({p[IP].src for p in syns}, {CLIENT}, f"{what}: from whom")
    return [p[TCP].sport for p in syns], [talk.verdict(ack)[1] for ack in acks]


ports, reasons = attack("", "a real source")
equal(ports, list(range(5001, 5000 + CONNECTIONS)), "all of its connections come to the server")
equal(set(reasons), {"session"}, "and have sessions")
ports, reasons = attack(AGAIN.format(LIMIT), "a real source with a limit")
equal(len(ports), LIMIT - 1, "connections within the limit, beside the first")
equal(reasons.count("limit-session-source-ip-based"), CONNECTIONS - LIMIT, "connections beyond it")
finish()
