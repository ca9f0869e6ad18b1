#!/usr/bin/python3
"""Random schedulers against a model in a few lines of Python, over years, time zones and changes to summer time.

REQ-SCH-002 REQ-SCH-003 REQ-SCH-004 REQ-SCH-005 REQ-SCH-006 REQ-SCH-010; E-091, E-092, E-096.
usage: replay_schedulers.py BUILD
"""
import datetime
import random
import zoneinfo

from replay_help import *  # noqa: F403

DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
FIRST = datetime.datetime(2007, 1, 1)
place = Place()


def clock(seconds):
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def make(draw):
    """A scheduler: (start, stop, {day or daily: "exclude" | "all-day" | (from, to)}), and its statements."""
    days = {}
    for day in draw.sample(DAYS, draw.choice([0, 1, 2, 4])) + (["daily"] if draw.random() < 0.4 else []):
        low = draw.randrange(0, 86000)
        window = (low, draw.randrange(low + 1, 86400))
        days[day] = draw.choice(["exclude", window, window, "all-day"]) if day != "daily" else draw.choice([window, window, "all-day"])
    start = stop = None
    if draw.random() < 0.5:
        start = FIRST + datetime.timedelta(minutes=draw.randrange(2 * 365 * 1440))
        if draw.random() < 0.7:
            stop = start + datetime.timedelta(minutes=draw.randrange(1, 2 * 365 * 1440))
    if start and stop and not any(entry != "exclude" for entry in days.values()):
        if not days:
            days = {draw.choice(DAYS): "exclude"}
        if start.time() >= stop.time():  # a window that crosses midnight is not what E-092 speaks of
            stop = stop.replace(hour=23, minute=59)
            start = start.replace(hour=min(start.hour, 22))
    if not days and not start:
        days = {"monday": "all-day"}
    lines = []
    if start:
        lines.append(start.strftime("start-date %Y-%m-%d.%H:%M"))
    if stop:
        lines.append(stop.strftime("stop-date %Y-%m-%d.%H:%M"))
    for day, entry in days.items():
        lines += [f"{day} {entry}"] if isinstance(entry, str) else [f"{day} start-time {clock(entry[0])}", f"{day} stop-time {clock(entry[1])}"]
    return (start, stop, days), lines


def active(scheduler, local):
    start, stop, days = scheduler
    if (start and local < start) or (stop and local >= stop):
        return False
    seconds = local.hour * 3600 + local.minute * 60 + local.second
    entry = days.get(DAYS[local.weekday()], days.get("daily"))
    if entry is None:
        if any(other != "exclude" for other in days.values()):
            return False
        if start and stop:
            entry = (start.hour * 3600 + start.minute * 60, stop.hour * 3600 + stop.minute * 60)
        else:
            entry = "all-day"
    if isinstance(entry, str):
        return entry == "all-day"
    return entry[0] <= seconds < entry[1]


def agree(seed, zone):
    draw = random.Random(seed)
    lines = ["set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24",
             "set interfaces ge-0/0/1 unit 0 family inet address 10.1.0.1/24",
             "set security zones security-zone a interfaces ge-0/0/0.0", "set security zones security-zone b interfaces ge-0/0/1.0"]
    if zone != "UTC":
        lines.append(f"set system time-zone {zone}")
    schedulers = []
    for number in range(40):
        scheduler, words = make(draw)
        schedulers.append(scheduler)
        lines += [f"set schedulers scheduler s{number} {word}" for word in words]
    used = []
    for number in range(60):
        used.append(draw.sample(range(40), draw.choice([1, 1, 1, 2])))
        where = f"set security policies from-zone a to-zone b policy p{number}"
        lines += [f"set applications application port{number} protocol udp", f"set applications application port{number} destination-port {1000 + number}",
                  f"{where} match source-address any", f"{where} match destination-address any", f"{where} match application port{number}",
                  f"{where} then permit"] + [f"{where} scheduler-name s{one}" for one in used[-1]]
    config = place.write(f"schedulers-{seed}.set", "\n".join(lines) + "\n")
    tz = zoneinfo.ZoneInfo(zone)
    base = int(FIRST.replace(tzinfo=datetime.timezone.utc).timestamp())
    packets = []
    wanted = []
    moments = []
    while len(moments) < 1500:
        number = draw.randrange(60)
        scheduler = schedulers[draw.choice(used[number])]
        moment = base + draw.randrange(1460 * 86400)
        edges = [entry for entry in scheduler[2].values() if not isinstance(entry, str)]
        if edges and draw.random() < 0.6:  # at an edge of a window, a second before or at it
            local = datetime.datetime.fromtimestamp(moment, tz)
            seconds = draw.choice(draw.choice(edges)) - draw.choice([0, 1])
            moment += max(seconds, 0) - (local.hour * 3600 + local.minute * 60 + local.second)
        elif scheduler[0] and draw.random() < 0.3:  # at an edge of its dates
            date = (draw.choice([date for date in scheduler[:2] if date])).replace(tzinfo=tz)
            moment = int(date.timestamp()) - draw.choice([0, 1])
        moments.append((moment, number))
    for index, (moment, number) in enumerate(sorted(moments)):
        local = datetime.datetime.fromtimestamp(moment, tz).replace(tzinfo=None)
        packets.append(at(moment, frame() / IP(src="10.0.0.5", dst="10.1.0.5") / UDP(sport=1024 + index, dport=1000 + number)))
        wanted.append((number, local, any(active(schedulers[one], local) for one in used[number])))
    run = place.replay("--config", config, "--in", "ge-0/0/0=" + place.capture(f"schedulers-{seed}.pcap", packets), what=f"schedulers, seed {seed}")
    wrong = 0
    for (number, local, on), got in zip(wanted, run.verdicts):
        good = (got["verdict"] == "forward") == on and got["policy"] == (f"p{number}" if on else "default-policy")
        if not good and wrong < 5:
            print(f"seed {seed}, {zone}: {local} {local.strftime('%A')}: model says {on}, got {got}: {[schedulers[one] for one in used[number]]}")
        wrong += not good
    equal(wrong, 0, f"schedulers, seed {seed}, {zone}: packets that the model sees otherwise")
    share = sum(on for _, _, on in wanted) / len(wanted)
    check(0.1 < share < 0.9, f"seed {seed}: {share:.0%} of the packets are within hours")


for seed, zone in ((1, "UTC"), (2, "America/Denver"), (3, "Australia/Lord_Howe"), (4, "Asia/Kathmandu")):
    agree(seed, zone)
if os.environ.get("SALLYPORT_TEST_LONG"):
    for seed in range(100, 120):
        agree(seed, random.Random(seed).choice(["UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Pacific/Auckland"]))
finish()
