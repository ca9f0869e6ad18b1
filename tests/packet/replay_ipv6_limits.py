#!/usr/bin/python3
"""IPv6 by the same limits as IPv4: the largest TCP segment, what our own host gets (a source is its network), and the log of
what must be dropped.

usage: replay_ipv6_limits.py BUILD
"""
from replay_ipv6 import *  # noqa: F403

place = Place()


def syn(flags, size, back=False, **keywords):
    ends = {"sport": 80, "dport": 4000} if back else {"sport": 4000, "dport": 80}
    return ip(*((SERVER, CLIENT) if back else (CLIENT, SERVER))) / TCP(
        flags=flags, options=[("MSS", size), ("WScale", 7)], **ends, **keywords)


# --- tcp-mss ---
scene = Scene(place, CONFIG + FLOW + PERMIT + "set security flow tcp-mss all-tcp mss 1220\n")
scene.send(INSIDE, syn("S", 1440, seq=1000), "forward", "session")
scene.send(OUTSIDE, syn("SA", 8940, back=True, seq=5000, ack=1001), "forward", "session")
scene.send(INSIDE, ip() / TCP(sport=4001, dport=80, flags="S", options=[("MSS", 1000)]), "forward", "session")
run = scene.run("tcp-mss")
out = sent(run, OUTSIDE)
equal([dict(packet[TCP].options)["MSS"] for packet in out + sent(run, INSIDE)], [1220, 1000, 1220], "segment sizes")
equal(dict(out[0][TCP].options)["WScale"], 7, "the other options stay")

# --- our own host: a flood from all over one network is that of one source ---
scene = Scene(place, CONFIG + FLOW + "set security zones security-zone inside host-inbound-traffic system-services ping\n", "--arp", "auto")
for number in range(1000):
    scene.send(INSIDE, ip(f"2001:db8:1:0:{number + 1:x}::9", GATE) / ICMPv6EchoRequest(id=number), "proxy", "echo-reply", after=0)
scene.send(INSIDE, ip("2001:db8:1::abcd", GATE) / ICMPv6EchoRequest(), "drop", "host-source-rate", after=0)
scene.send(INSIDE, ip("2001:db8:1::abcd", GATE) / ICMPv6EchoRequest(), "proxy", "echo-reply", after=0.1)
scene.run("limits of the host")

# --- the log of what must be dropped ---
scene = Scene(place, CONFIG + FLOW + PERMIT + "set security flow log dropped-illegal-packet\nset security flow log dropped-icmp-packet\n")
scene.send(INSIDE, ip("::1") / UDP(sport=4000, dport=53), "drop", "source-loopback")
scene.send(INSIDE, ip("ff02::1") / UDP(sport=4001, dport=53), "drop", "source-multicast")
scene.send(INSIDE, ip() / UDP(sport=4002, dport=53, chksum=1), "drop", "udp-bad-checksum")
scene.send(INSIDE, ip() / ICMPv6EchoReply(id=3), "drop", "icmp-no-session")
run = scene.run("log")
drops = [(event["reason"], event["source"]) for event in run.events if event["event"] == "packet-drop"]
equal(drops, [("source-loopback", "[::1]:4000"), ("source-multicast", "[ff02::1]:4001"),
              ("udp-bad-checksum", f"[{CLIENT}]:4002"), ("icmp-no-session", CLIENT)], "records")
finish()
