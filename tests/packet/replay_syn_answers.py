#!/usr/bin/python3
"""SYN floods, both ways of answering: what the client is promised and the server gets, number by number (REQ-SCR-032, REQ-SCR-033,
REQ-SCR-041, REQ-SCR-042, REQ-SCR-043, E-127).

usage: replay_syn_answers.py BUILD
"""
from scapy.layers.inet6 import ICMPv6PacketTooBig
from syn_help import *  # noqa: F403

SERVER_FULL = [("MSS", 1400), ("SAckOK", b""), ("Timestamp", (99000, 7001)), ("NOP", None), ("WScale", 5)]


def stamps(value, echo):
    return [("NOP", None), ("NOP", None), ("Timestamp", (value, echo))]


def greet(talk, what, options=FULL, window=64000, ack_window=500):
    """SYN, answer, ACK: returns our answer and the SYN that the server gets."""
    syn = talk.client_sends(0.5, "S", seq=0xfffffff0, window=window, options=options)
    out = talk.run()
    equal(out[INSIDE][1:], [], f"{what}: nothing goes to the server yet")
    answer = only(out[OUTSIDE], f"{what}: answer")
    mode = talk.verdict(syn)
    equal(mode[0], "proxy", f"{what}: verdict of the SYN")
    equal(talk.done.summary()["sessions"]["created"], 1, f"{what}: no session for the SYN")
    equal((str(answer[TCP].flags), answer[TCP].ack, answer[TCP].window), ("SA", 0xfffffff1, 0), f"{what}: answer")
    own = option(answer, "Timestamp")
    more = stamps(7001, own[0]) if own else []
    ack = talk.client_sends(0.6, "A", seq=0xfffffff1, ack=(answer[TCP].seq + 1) & 0xffffffff, window=ack_window, options=more)
    out = talk.run()
    equal(talk.verdict(ack), ("forward", "session"), f"{what}: verdict of the ACK")
    equal(out[OUTSIDE], [], f"{what}: nothing to the client yet")
    equal(talk.done.summary()["sessions"]["created"], 2, f"{what}: a session for the ACK")
    return answer, only(out[INSIDE], f"{what}: SYN to the server"), mode[1]


def conversation(mode, six):
    """REQ-SCR-033, REQ-SCR-043: a whole conversation, with everything agreed on both sides."""
    what = f"{mode or 'proxy'} {'inet6' if six else 'inet'}"
    talk = Talk(PERMIT + mode + syn_flood(attack_threshold=1), what, six)
    talk.fill(0.1, 1)
    answer, syn, reason = greet(talk, what)
    equal(reason, "syn-cookie" if mode else "syn-proxy", f"{what}: reason")
    own = answer[TCP].seq
    # the client is promised what a path of 1500 octets holds, and everything it offered
    equal((option(answer, "MSS"), option(answer, "SAckOK"), option(answer, "WScale"), option(answer, "Timestamp")[1]),
          (1440 if six else 1460, b"", 7, 7000), f"{what}: promised")
    # the server gets the client's own SYN again: number, options, and a window that is not scaled (500 << 9 > 65535)
    equal((str(syn[TCP].flags), syn[TCP].seq, syn[TCP].ack, syn[TCP].window), ("S", 0xfffffff0, 0, 65535), f"{what}: SYN")
    equal(syn[TCP].options, [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (7001, 0)), ("NOP", None), ("WScale", 9)], f"{what}: SYN's options")
    equal(syn[IPv6].hlim if six else syn[IP].ttl, 63, f"{what}: one hop less")
    # impatient data is taken and forgotten: the window is closed, and nothing of it is acknowledged
    early = talk.client_sends(0.65, "PA", seq=0xfffffff1, ack=(own + 1) & 0xffffffff, window=500, payload=b"GET", options=stamps(7002, option(answer, "Timestamp")[0]))
    out = talk.run()
    equal((talk.verdict(early), out[INSIDE], out[OUTSIDE]), (("proxy", "syn-proxy"), [], []), f"{what}: early data")
    # a stranger's answer in the server's name
    wrong = talk.server_sends(0.66, "SA", seq=1, ack=0x1234, options=SERVER_FULL)
    talk.run()
    equal(talk.verdict(wrong), ("drop", "tcp-state"), f"{what}: an answer to another SYN")
    # the server's answer: both get an ACK; 65000 octets are 65000 >> 7 for the client
    theirs = 0xffffff00
    took = talk.server_sends(0.7, "SA", seq=theirs, ack=0xfffffff1, window=65000, options=SERVER_FULL)
    out = talk.run()
    equal(talk.verdict(took), ("proxy", "syn-proxy"), f"{what}: verdict of the server's answer")
    done = only(out[INSIDE], f"{what}: ACK to the server")
    equal((str(done[TCP].flags), done[TCP].seq, done[TCP].ack, done[TCP].window), ("A", 0xfffffff1, theirs + 1, 65535 >> 9), f"{what}: ACK to the server")
    equal(option(done, "Timestamp"), (7001, 99000), f"{what}: its timestamps")
    opened = only(out[OUTSIDE], f"{what}: window for the client")
    value = option(answer, "Timestamp")[0]
    equal((str(opened[TCP].flags), opened[TCP].seq, opened[TCP].ack, opened[TCP].window),
          ("A", (own + 1) & 0xffffffff, 0xfffffff1, 65000 >> 7), f"{what}: window for the client")
    equal(option(opened, "Timestamp"), (value, 7001), f"{what}: its timestamps")
    # data of the client: its number stays, what it acknowledges is the server's; past 2^32 on the way
    talk.client_sends(0.8, "PA", seq=0xfffffff1, ack=(own + 1) & 0xffffffff, window=501, payload=b"x" * 100, options=stamps(7003, value))
    out = talk.run()
    data = only(out[INSIDE], f"{what}: data to the server")
    equal((data[TCP].seq, data[TCP].ack, data[TCP].window, option(data, "Timestamp"), bytes(data[TCP].payload)),
          (0xfffffff1, theirs + 1, 501, (7003, 99000), b"x" * 100), f"{what}: data to the server")
    # the server's: 300 octets with 1000 << 5 of window, and the clock 10 further on; the numbers go past 2^32
    talk.server_sends(0.9, "PA", seq=theirs + 1, ack=0x55, window=1000, payload=b"y" * 300, options=stamps(99010, 7003))
    out = talk.run()
    data = only(out[OUTSIDE], f"{what}: data to the client")
    equal((data[TCP].seq, data[TCP].ack, data[TCP].window, option(data, "Timestamp"), bytes(data[TCP].payload)),
          ((own + 1) & 0xffffffff, 0x55, (1000 << 5) >> 7, (value + 10, 7003), b"y" * 300), f"{what}: data to the client")
    # SACK blocks of the client name the server's numbers; those of the server the client's
    far = (own + 1 + 300) & 0xffffffff
    blocks = ((far + 1000) & 0xffffffff, (far + 2000) & 0xffffffff)
    talk.server_sends(0.91, "A", seq=(theirs + 301) & 0xffffffff, ack=0x55, window=1000, payload=b"1" * 1000, options=stamps(99011, 7003))
    talk.server_sends(0.92, "A", seq=(theirs + 1301) & 0xffffffff, ack=0x55, window=1000, payload=b"2" * 1000, options=stamps(99011, 7003))
    talk.client_sends(0.93, "A", seq=0x55, ack=far, window=501, options=stamps(7004, value + 10) + [("NOP", None), ("NOP", None), ("SAck", blocks)])
    talk.server_sends(0.94, "A", seq=(theirs + 2301) & 0xffffffff, ack=0x55, window=1000,
                      options=stamps(99012, 7004) + [("NOP", None), ("NOP", None), ("SAck", (0x155, 0x255))])
    out = talk.run()
    sacked = only(out[INSIDE], f"{what}: SACK to the server")
    equal((sacked[TCP].ack, option(sacked, "SAck")), ((theirs + 301) & 0xffffffff, ((theirs + 1301) & 0xffffffff, (theirs + 2301) & 0xffffffff)),
          f"{what}: SACK to the server")
    equal(option(out[OUTSIDE][2], "SAck"), (0x155, 0x255), f"{what}: SACK to the client")
    for number, packet in enumerate(out[OUTSIDE]):
        right(packet, f"{what}: to the client {number}")
    # a stranger outside of the windows changes nothing
    odd = talk.client_sends(0.95, "PA", seq=0x55, ack=(theirs + 1) & 0xffffffff, window=501, payload=b"z")
    talk.run()
    equal(talk.verdict(odd), ("drop", "tcp-window"), f"{what}: the server's own numbers are not the client's")
    # the end
    talk.client_sends(1.0, "FA", seq=0x55, ack=(far + 2000) & 0xffffffff, window=501, options=stamps(7005, value + 12))
    talk.server_sends(1.1, "FA", seq=(theirs + 2301) & 0xffffffff, ack=0x56, window=1000, options=stamps(99020, 7005))
    talk.client_sends(1.2, "A", seq=0x56, ack=(far + 2001) & 0xffffffff, window=501, options=stamps(7006, value + 20))
    out = talk.run(until=5)
    equal([str(p[TCP].flags) for p in out[INSIDE]], ["FA", "A"], f"{what}: FIN")
    equal(out[INSIDE][-1][TCP].ack, (theirs + 2302) & 0xffffffff, f"{what}: last ACK")
    closes = [e for e in talk.done.events if e["event"] == "session-close" and e["session"] == 2]
    equal([e["reason"] for e in closes], ["tcp-fin"], f"{what}: end")


def plain(mode):
    """A client that offers nothing: no scale, no SACK, no timestamps, and its own segment size."""
    what = f"{mode or 'proxy'}: nothing offered"
    talk = Talk(PERMIT + mode + syn_flood(attack_threshold=1), what)
    talk.fill(0.1, 1)
    answer, syn, _ = greet(talk, what, options=[], ack_window=3000)
    equal(answer[TCP].options, [("MSS", 1460)], f"{what}: promised")
    equal((syn[TCP].options, syn[TCP].window), ([("MSS", 536)], 3000), f"{what}: SYN")
    talk.server_sends(0.7, "SA", seq=5, ack=0xfffffff1, window=8000, options=SERVER_FULL)
    out = talk.run()
    opened = only(out[OUTSIDE], f"{what}: window")
    equal((opened[TCP].window, opened[TCP].options), (8000, []), f"{what}: window")
    equal(only(out[INSIDE], f"{what}: ACK")[TCP].options, [], f"{what}: ACK")
    talk.server_sends(0.8, "A", seq=6, ack=0xfffffff1, window=7000, payload=b"abc")
    out = talk.run()
    equal(only(out[OUTSIDE], f"{what}: data")[TCP].window, 7000, f"{what}: unscaled")


def disagreement(mode):
    """The server agrees to nothing of what the client was promised: scaled windows are cut, SACK and timestamps become padding."""
    what = f"{mode or 'proxy'}: a server that agrees to nothing"
    talk = Talk(PERMIT + mode + syn_flood(attack_threshold=1), what)
    talk.fill(0.1, 1)
    answer, syn, _ = greet(talk, what, ack_window=20)
    own = answer[TCP].seq
    value = option(answer, "Timestamp")[0]
    equal(syn[TCP].window, 20 << 9, f"{what}: SYN's window")
    talk.server_sends(0.7, "SA", seq=5, ack=0xfffffff1, window=40000, options=[("MSS", 1000)])
    out = talk.run()
    equal(only(out[OUTSIDE], f"{what}: window")[TCP].window, 40000 >> 7, f"{what}: window")
    acked = only(out[INSIDE], f"{what}: ACK")
    equal((acked[TCP].window, acked[TCP].options), (20 << 9, []), f"{what}: ACK")
    talk.client_sends(0.8, "PA", seq=0xfffffff1, ack=(own + 1) & 0xffffffff, window=500, payload=b"x" * 10,
                      options=stamps(7003, value) + [("NOP", None), ("NOP", None), ("SAck", ((own + 9) & 0xffffffff, (own + 19) & 0xffffffff))])
    out = talk.run()
    data = only(out[INSIDE], f"{what}: data")
    equal((data[TCP].window, data[TCP].ack), (65535, 6), f"{what}: 500 << 9 is more than it can be told")
    equal({kind for kind, _ in data[TCP].options}, {"NOP"}, f"{what}: padding")
    talk.server_sends(0.9, "A", seq=6, ack=0xfffffffb, window=30001, payload=b"abc")
    out = talk.run()
    equal(only(out[OUTSIDE], f"{what}: to the client")[TCP].window, 30001 >> 7, f"{what}: to the client")
    # REQ-FW, RFC 1191: it was promised 1460, and the server takes 1000: who sends more hears of it; 1000 pass
    fits = talk.client_sends(1.0, "A", seq=0xfffffffb, ack=(own + 4) & 0xffffffff, window=500, payload=b"x" * 988, options=stamps(7004, value))
    large = talk.client_sends(1.1, "A", seq=(0xfffffffb + 988) & 0xffffffff, ack=(own + 4) & 0xffffffff, window=500, payload=b"x" * 989, options=stamps(7004, value))
    talk.frames[OUTSIDE][-1][IP].flags = "DF"
    out = talk.run()
    equal((talk.verdict(fits), talk.verdict(large)), (("forward", "session"), ("reject", "fragmentation-needed")), f"{what}: large segments")
    said = [p for p in out[OUTSIDE] if p.haslayer(ICMP)]
    equal([(p[ICMP].type, p[ICMP].code, p[ICMP].nexthopmtu) for p in said], [(3, 4, 1040)], f"{what}: ICMP")


def small_server(mode):
    """RFC 8200 5: an IPv6 client need not send less than 1280 octets at a time, however little the server takes."""
    what = f"{mode or 'proxy'}: an IPv6 server of small segments"
    talk = Talk(PERMIT + mode + syn_flood(attack_threshold=1), what, True)
    talk.fill(0.1, 1)
    answer, _, _ = greet(talk, what, options=[("MSS", 1440)], ack_window=3000)
    own = answer[TCP].seq
    talk.server_sends(0.7, "SA", seq=5, ack=0xfffffff1, window=8000, options=[("MSS", 1000)])
    talk.run()
    # 40 and 20 octets of headers: 1280 in all, and one more
    least = talk.client_sends(0.8, "A", seq=0xfffffff1, ack=(own + 1) & 0xffffffff, window=3000, payload=b"x" * 1220)
    more = talk.client_sends(0.9, "A", seq=(0xfffffff1 + 1220) & 0xffffffff, ack=(own + 1) & 0xffffffff, window=3000, payload=b"x" * 1221)
    out = talk.run()
    equal((talk.verdict(least), talk.verdict(more)), (("forward", "session"), ("reject", "fragmentation-needed")), f"{what}: verdicts")
    equal(len(only(out[INSIDE], f"{what}: to the server")[TCP].payload), 1220, f"{what}: whole")
    equal([p[ICMPv6PacketTooBig].mtu for p in out[OUTSIDE] if p.haslayer(ICMPv6PacketTooBig)], [1280], f"{what}: told")


def refusals(mode):
    """The server refuses, is gone, or has an old connection; the client gives up."""
    what = f"{mode or 'proxy'}: a server that refuses"
    talk = Talk(PERMIT + mode + syn_flood(attack_threshold=1), what)
    talk.fill(0.1, 1)
    answer, _, _ = greet(talk, what)
    challenge = talk.server_sends(0.7, "A", seq=777, ack=0x4321)
    out = talk.run()
    reset = only(out[INSIDE], f"{what}: reset of an old connection")
    equal((talk.verdict(challenge)[0], str(reset[TCP].flags), reset[TCP].seq), ("proxy", "R", 0x4321), f"{what}: reset of an old connection")
    talk.server_sends(0.8, "RA", seq=0, ack=0xfffffff1)
    out = talk.run()
    told = only(out[OUTSIDE], f"{what}: reset")
    equal((str(told[TCP].flags), told[TCP].seq, told[TCP].ack), ("RA", (answer[TCP].seq + 1) & 0xffffffff, 0xfffffff1), f"{what}: reset")
    closes = [e["reason"] for e in talk.done.events if e["event"] == "session-close"]
    equal(closes, ["tcp-rst"], f"{what}: end")

    what = f"{mode or 'proxy'}: a server that is silent"
    talk = Talk(PERMIT + mode + syn_flood(attack_threshold=1), what)
    talk.fill(0.1, 1)
    answer, first, _ = greet(talk, what)
    out = talk.run(until=40)
    # asked again after 1, 3, 7, 15 seconds; after 20 it is given up, and the client hears of it
    asked = [p for p in out[INSIDE] if str(p[TCP].flags) == "S"]
    equal([round(float(p.time) - 0.6, 1) - 0.0 for p in asked], [1.0, 3.0, 7.0, 15.0], f"{what}: asked again")
    for packet in asked:
        right(packet, f"{what}: asked again")
        equal((packet[TCP].seq, packet[TCP].window, packet[TCP].options), (first[TCP].seq, first[TCP].window, first[TCP].options), f"{what}: the same")
    told = only(out[OUTSIDE], f"{what}: reset")
    equal((str(told[TCP].flags), told[TCP].seq), ("RA", (answer[TCP].seq + 1) & 0xffffffff), f"{what}: reset")
    closes = [e["reason"] for e in talk.done.events if e["event"] == "session-close" and e["session"] == 2]
    equal(closes, ["handshake-timeout"], f"{what}: end")

    what = f"{mode or 'proxy'}: a client that gives up"
    talk = Talk(PERMIT + mode + syn_flood(attack_threshold=1), what)
    talk.fill(0.1, 1)
    answer, _, _ = greet(talk, what)
    guess = talk.client_sends(0.7, "R", seq=0xfffffff2)
    gone = talk.client_sends(0.8, "RA", seq=0xfffffff1, ack=(answer[TCP].seq + 1) & 0xffffffff)
    out = talk.run()
    equal(talk.verdict(guess), ("proxy", "syn-proxy"), f"{what}: a guess")
    told = only(out[INSIDE], f"{what}: reset")
    equal((talk.verdict(gone)[0], str(told[TCP].flags), told[TCP].seq), ("proxy", "R", 0xfffffff1), f"{what}: reset")


for way in (COOKIE, ""):
    for family in (False, True):
        conversation(way, family)
    plain(way)
    disagreement(way)
    small_server(way)
    refusals(way)
finish()
