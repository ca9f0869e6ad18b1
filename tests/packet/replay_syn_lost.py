#!/usr/bin/python3
"""What gets lost, comes twice or comes late while SYNs are answered for servers: answers are repeated as any host does (RFC 6298 5.5), a forged
SYN takes nobody's place, and a client that was answered by a cookie is understood when the flood is over (REQ-SCR-033, REQ-SCR-034,
REQ-SCR-035, REQ-SCR-043).

usage: replay_syn_lost.py BUILD
"""
from syn_help import *  # noqa: F403

SERVER_FULL = [("MSS", 1400), ("SAckOK", b""), ("Timestamp", (99000, 7001)), ("NOP", None), ("WScale", 5)]


def answers(packets, sequence):
    """Our answers to a SYN of that number."""
    return [p for p in packets if p[TCP].dport == 4000 and p[TCP].ack == sequence + 1]


def repeated(six):
    """REQ-SCR-034: who waits is answered 1, 3, 7 and 15 s later, by the same octets, until the screen's timeout."""
    what = f"repeated {'inet6' if six else 'inet'}"
    talk = Talk(PERMIT + syn_flood(attack_threshold=1, timeout=20), what, six)
    talk.fill(0, 1)
    talk.client_sends(0.5, "S", seq=700, options=FULL)
    out = talk.run(until=60)[OUTSIDE]
    equal([round(p.time - 0.5, 1) for p in out], [0, 1, 3, 7, 15], f"{what}: times")
    for packet in out:
        right(packet, what)
        equal(bytes(packet), bytes(out[0]), f"{what}: the same each time")
    # from the station that asked, and nobody is asked for it
    frames = talk.done.left(OUTSIDE)
    equal({f.dst for f in frames}, {frame().src}, f"{what}: to the station")
    equal([f for f in frames if f.haslayer("ARP")], [], f"{what}: no question")
    equal(talk.done.summary()["reasons"]["syn-proxy-timeout"], 1, f"{what}: forgotten in the end")

    # a short timeout leaves less: forgotten at 3 s, when the second one would come
    talk = Talk(PERMIT + syn_flood(attack_threshold=1, timeout=3), what, six)
    talk.fill(0, 1)
    talk.client_sends(0.5, "S", seq=700, options=FULL)
    equal([round(p.time - 0.5, 1) for p in talk.run(until=60)[OUTSIDE]], [0, 1], f"{what}: timeout 3")

    # who has answered is not told again, nor who said that it never asked
    for flags in ("A", "R"):
        talk = Talk(PERMIT + syn_flood(attack_threshold=1), what, six)
        talk.fill(0, 1)
        talk.client_sends(0.5, "S", seq=700)
        own = only(talk.run()[OUTSIDE], what)[TCP].seq
        talk.client_sends(0.6, flags, seq=701, ack=own + 1 & 0xffffffff)
        equal(answers(talk.run(until=15)[OUTSIDE], 700), [], f"{what}: after {flags}")


def forged(mode, flood):
    """Another SYN of the same addresses and ports: whoever of the two is there gets through, with its own numbers."""
    for who, sequence in (("the first", 700), ("the second", 90000)):
        what = f"forged {mode or 'proxy'}: {who}"
        talk = Talk(PERMIT + mode + syn_flood(attack_threshold=1), what)
        talk.fill(0.1, flood)
        first = talk.client_sends(0.2, "S", seq=700, options=FULL)
        second = talk.client_sends(0.3, "S", seq=90000, options=FULL)
        out = talk.run()[OUTSIDE]
        equal((talk.verdict(first)[0], talk.verdict(second)), ("proxy", ("proxy", "syn-cookie")), f"{what}: both are answered")
        equal([p[TCP].ack for p in out], [701, 90001], f"{what}: each its own")
        answer = out[0 if sequence == 700 else 1]
        echo = option(answer, "Timestamp")[0]
        # numbers of the one are none of the other's
        wrong = talk.client_sends(0.4, "A", seq=sequence + 1, ack=out[1 if sequence == 700 else 0][TCP].seq + 1 & 0xffffffff)
        talk.run()
        equal(talk.verdict(wrong), ("drop", "no-session"), f"{what}: mixed")
        ack = talk.client_sends(0.5, "A", seq=sequence + 1, ack=answer[TCP].seq + 1 & 0xffffffff, window=500,
                                options=[("NOP", None), ("NOP", None), ("Timestamp", (7001, echo))])
        out = talk.run(until=16)
        equal(talk.verdict(ack), ("forward", "session"), f"{what}: proven")
        syns = [p for p in out[INSIDE] if str(p[TCP].flags) == "S"]
        equal((syns[0][TCP].seq, option(syns[0], "WScale")), (sequence, 9), f"{what}: to the server")
        equal([str(p[TCP].flags) for p in answers(out[OUTSIDE], 700)], [], f"{what}: nobody waits any more")


def late(mode):
    """A cookie is on its way while the flood ends and the SYN comes once more: the server's answer is not what the client believes."""
    what = f"late {mode}"
    talk = Talk(PERMIT + COOKIE + syn_flood(attack_threshold=1), what)
    talk.fill(0.1, 1)
    talk.client_sends(0.2, "S", seq=700, options=FULL)
    cookie = only(talk.run()[OUTSIDE], f"{what}: cookie")
    again = talk.client_sends(2.2, "S", seq=700, options=FULL)
    equal(len(talk.run()[INSIDE]), 1, f"{what}: below the threshold it goes to the server")
    equal(talk.verdict(again), ("forward", "session"), what)
    if mode == "answered":
        talk.server_sends(2.3, "SA", seq=5000, ack=701, options=SERVER_FULL)
        equal(only(talk.run()[OUTSIDE], what)[TCP].seq, 5000, f"{what}: the server's own number")
    stamps = [("NOP", None), ("NOP", None), ("Timestamp", (7001, option(cookie, "Timestamp")[0]))]
    # a guess is none
    guess = talk.client_sends(2.35, "A", seq=701, ack=cookie[TCP].seq + 2 & 0xffffffff, window=500, options=stamps)
    talk.run()
    equal(talk.verdict(guess)[0], "drop", f"{what}: a guess")
    ack = talk.client_sends(2.4, "A", seq=701, ack=cookie[TCP].seq + 1 & 0xffffffff, window=500, options=stamps)
    out = talk.run()
    equal(talk.verdict(ack), ("forward", "session"), f"{what}: the cookie counts")
    syn = only(out[INSIDE], f"{what}: SYN")
    equal((str(syn[TCP].flags), syn[TCP].seq), ("S", 700), f"{what}: the same SYN to the server")
    closes = [e["reason"] for e in talk.done.events if e["event"] == "session-close"]
    equal(closes, ["session-replaced"], f"{what}: the session that nobody was to answer")
    # the server says once more what it said, and now both understand each other
    talk.server_sends(2.5, "SA", seq=5000, ack=701, window=65000, options=SERVER_FULL)
    out = talk.run()
    equal(only(out[INSIDE], f"{what}: to the server")[TCP].ack, 5001, f"{what}: to the server")
    opened = only(out[OUTSIDE], f"{what}: window")
    equal((opened[TCP].seq, opened[TCP].window), (cookie[TCP].seq + 1 & 0xffffffff, 65000 >> 7), f"{what}: the client's window opens")
    talk.client_sends(2.6, "PA", seq=701, ack=cookie[TCP].seq + 1 & 0xffffffff, window=500, payload=b"GET", options=stamps)
    equal(only(talk.run()[INSIDE], f"{what}: data")[TCP].ack, 5001, f"{what}: data")


def established():
    """Once the server was believed a cookie is a stranger's, or old: it changes nothing."""
    what = "established"
    talk = Talk(PERMIT + COOKIE + syn_flood(attack_threshold=1), what)
    talk.fill(0.1, 1)
    talk.client_sends(0.2, "S", seq=700)
    cookie = only(talk.run()[OUTSIDE], f"{what}: cookie")
    talk.client_sends(2.2, "S", seq=700)
    talk.server_sends(2.3, "SA", seq=5000, ack=701)
    talk.client_sends(2.4, "A", seq=701, ack=5001)
    old = talk.client_sends(2.5, "A", seq=701, ack=cookie[TCP].seq + 1 & 0xffffffff)
    fine = talk.client_sends(2.6, "PA", seq=701, ack=5001, payload=b"x")
    talk.run()
    equal(talk.verdict(old), ("drop", "tcp-window"), f"{what}: a cookie")
    equal(talk.verdict(fine), ("forward", "session"), f"{what}: goes on")


for family in (False, True):
    repeated(family)
forged("", 1)
forged(COOKIE, 1)
for what_came in ("answered", "not answered"):
    late(what_came)
established()
finish()
