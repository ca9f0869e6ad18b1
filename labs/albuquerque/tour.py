"""The tour: with real traffic, what the branch's policies permit and what they do not, expected against seen.

Each line is one attempt. Attempts of a part run side by side (they are separate clients) and are shown in order. The tour
leaves the lab as it found it: the policy that it adds is taken back by rollback.
"""
import collections
import concurrent.futures
import dataclasses
import os
import re
import subprocess
import time

import attacks
import gateway
import servers
import topology as place
from common import probe
from common.state import LabError
from common.terminal import coloured, heading

AT_ONCE = 8
LONGEST_GAP = 0.5  # seconds; two TCP retransmissions in a row would take longer


class Score:
    """Counts, and prints one line an expectation."""

    def __init__(self):
        self.good = 0
        self.bad = 0

    def line(self, good, who, what, expected, seen, why):
        self.good += good
        self.bad += not good
        mark = coloured(" ok ", "green") if good else coloured("FAIL", "red")
        verdict = f"expected {expected}, saw {seen}"
        print(f"{mark} {who:10} {what:34} {verdict if good else coloured(verdict, 'red'):44} {coloured(why, 'dim')}",
              flush=True)


def expect(state, score, rows):
    """rows: (probe, expected word, why). All at once, shown in order."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        running = [(pool.submit(probe.attempt, state, what, expected), what, expected, why)
                   for what, expected, why in rows]
        for future, what, expected, why in running:
            result = future.result()
            score.line(result.word == expected, what.host, what.what, expected, result.word, why)


def permitted(state):
    """Each flow that a policy of the example names."""
    key, trust = state.path("client_key"), state.path("web.crt")
    rows = [(probe.ask("tellers", place.BANK_RECORDS_1, 7001, "BankRec1"), "TellCustRec"),
            (probe.smtp("tellers", place.MAIL, "the mail server"), "TellMailOut"),
            (pop3("tellers"), "TellMailOut")]
    for host, policy, records in (("financial", "FinRecPolOut", ("2",)), ("managers", "BankManHQServOut", ("1", "2"))):
        for number in records:
            address = place.BANK_RECORDS_1 if number == "1" else place.BANK_RECORDS_2
            rows += [(probe.ssh(host, address, f"BankRec{number}", key, "welcome to the bank records"), policy),
                     (probe.ask(host, address, 23, f"BankRec{number} (telnet)"), policy),
                     (probe.ask(host, address, 7001, f"BankRec{number}"), policy)]
    for host, policy in (("financial", "FinMailWebOut"), ("managers", "BankManMailWebOut")):
        rows += [(probe.smtp(host, place.MAIL, "the mail server"), policy), (pop3(host), policy),
                 (probe.http(host, place.WEB, "the web server"), policy),
                 (probe.http(host, place.WEB, "the web server", "https", trust), policy)]
    rows += [(probe.ssh("managers", place.WEB, "the web server", key, "welcome to the web server"), "BankMantoWebApps"),
             (probe.ask("mail", place.MANAGER, 7003, "a bank manager"), "ManRecServIn"),
             (probe.ask("web", place.MANAGER, 7003, "a bank manager"), "ManRecServIn")]
    for host in ("financial", "managers"):
        rows += [(probe.http(host, place.INTERNET, "the Internet"), "InternetAccess"),
                 (probe.http(host, place.INTERNET, "the Internet", "https", trust), "InternetAccess"),
                 (probe.ping(host, place.INTERNET, "the Internet"), "InternetAccess"),
                 (probe.ask(host, place.INTERNET, 7, "the Internet", "udp"), "InternetAccess"),
                 (probe.ask(host, place.INTERNET, 2222, "the Internet"), "InternetAccess")]
    return [(what, "answer", why) for what, why in rows]


def pop3(host):
    return probe.pop3(host, place.MAIL, "the mail server", servers.MAIL_USER, servers.MAIL_PASSWORD)


def denied():
    """One flow of each pair of zones; where the instance has no route the gateway says so before any policy is asked."""
    none, nothing, lost = "no policy", "no policy names it", "no route in its instance"
    silence = [
        (probe.http("tellers", place.WEB, "the web server"), nothing),
        (probe.ask("tellers", place.BANK_RECORDS_2, 7001, "BankRec2"), nothing),
        (probe.ask("financial", place.BANK_RECORDS_1, 7001, "BankRec1"), nothing),
        (probe.ask("financial", place.WEB, 22, "the web server (ssh)", proof="SSH"), nothing),
        (probe.ask("financial", place.MANAGER, 7001, "a bank manager"), none),
        (probe.ask("financial", place.TELLER, 7001, "a teller"), none),
        (probe.ask("managers", place.FINANCIAL, 7001, "a financial manager"), none),
        (probe.ask("managers", place.TELLER, 7001, "a teller"), none),
        (probe.ask("managers", place.MAIL, 7001, "the mail server"), nothing),
        (probe.ask("managers", place.BANK_RECORDS_1, 7002, "BankRec1"), nothing),
        (probe.ask("web", place.MANAGER, 7001, "a bank manager"), nothing),
        (probe.ask("web", place.FINANCIAL, 7001, "a financial manager"), none),
        (probe.ask("mail", place.TELLER, 7001, "a teller"), none),
        (probe.http("mail", place.WEB, "the web server"), "no policy within the zone"),
        (probe.ask("web", place.BANK_RECORDS_1, 7001, "BankRec1"), none),
        (probe.ask("hq", place.MANAGER, 7001, "a bank manager"), none),
        (probe.ask("hq", place.FINANCIAL, 7001, "a financial manager"), none),
        (probe.ask("hq", place.TELLER, 7001, "a teller"), none),
        (probe.ask("internet", place.MANAGER, 7001, "a bank manager"), none),
        (probe.ask("internet", place.FINANCIAL, 7001, "a financial manager"), none),
        (probe.ask("internet", place.TELLER, 7001, "a teller"), none),
        (probe.http("internet", place.WEB, "the web server"), none),
        (probe.ping("internet", place.MANAGER, "a bank manager"), none),
        (probe.ask("internet", place.BANK_RECORDS_1, 7001, "BankRec1"), none),
    ]
    unreachable = [
        (probe.http("tellers", place.INTERNET, "the Internet"), lost),
        (probe.ask("tellers", place.MANAGER, 7001, "a bank manager"), lost),
        (probe.ask("tellers", place.FINANCIAL, 7001, "a financial manager"), lost),
        (probe.http("web", place.INTERNET, "the Internet"), lost),
        (probe.http("hq", place.WEB, "the web server"), lost),
        (probe.http("hq", place.INTERNET, "the Internet"), lost),
    ]
    return ([(what, "silence", why) for what, why in silence] +
            [(what, "unreachable", why) for what, why in unreachable])


def to_the_gateway(state):
    """Traffic to the gateway itself is a matter of host-inbound-traffic, not of policies."""
    key = state.path("client_key")
    return [
        (probe.ping("managers", place.GATEWAY_MANAGERS, "the gateway"), "answer", "all at ge-0/0/1.3"),
        (probe.ssh("managers", place.GATEWAY_MANAGERS, "the gateway", key, "ge-0/0/1.3",
                   feed="show interfaces terse | no-more\nexit\n"), "answer", "all, and system services ssh"),
        (probe.ask("managers", place.GATEWAY_MANAGERS, 23, "the gateway (telnet)"), "refused", "all, but telnet is not started"),
        (probe.ping("financial", place.GATEWAY_FINANCIAL, "the gateway"), "answer", "all"),
        (probe.ping("hq", "10.11.15.7", "the gateway"), "answer", "all"),
        (probe.trace("tellers", place.GATEWAY_TELLERS, "the gateway", " 1  " + place.GATEWAY_TELLERS), "answer",
         "traceroute"),
        (probe.ping("tellers", place.GATEWAY_TELLERS, "the gateway"), "silence", "traceroute and snmp only"),
        (probe.ask("tellers", place.GATEWAY_TELLERS, 22, "the gateway (ssh)"), "silence", "traceroute and snmp only"),
        (probe.ping("mail", place.GATEWAY_MAIL, "the gateway"), "silence", "traceroute and snmp only"),
        (probe.ping("internet", "10.11.16.5", "the gateway"), "silence", "ike only"),
        (probe.ping("managers", place.GATEWAY_MAIL, "another port's address"), "silence",
         "needs a policy between the zones"),
        (probe.trace("managers", place.INTERNET, "the Internet", " 1  " + place.GATEWAY_MANAGERS), "answer",
         "time exceeded comes from the gateway"),
    ]


def cli(state, *commands):
    """Commands in one go, as `sallyport cli -c ... -c ...`; (exit status, output)."""
    words = [gateway.program(state), "cli", "--state", state.path("gateway")]
    for command in commands:
        words += ["-c", command]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", timeout=30)
    return done.returncode, done.stdout


def show(text, limit=12):
    lines = [line.rstrip() for line in text.strip().splitlines()]
    for line in lines[:limit]:
        print("     " + coloured(line, "dim"))
    if len(lines) > limit:
        print(f"     ... {len(lines) - limit} more lines")


def session_table(state, score):
    """An open connection must stand in the table with its policy."""
    with subprocess.Popen(["ip", "netns", "exec", state.namespace("managers"), probe.PYTHON, "-c", HOLD,
                           place.BANK_RECORDS_2, "7001"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as holder:
        opened = holder.stdout.readline().strip() == "open"
        code, text = cli(state, "show security flow session")
        holder.stdin.close()
    sessions = text.split("\n\n")
    held = [session for session in sessions
            if "BankManHQServOut" in session and f"{place.MANAGER}/" in session and f"{place.BANK_RECORDS_2}/7001" in session]
    show("\n".join(held))
    print(f"     ... {len(sessions) - len(held)} more")
    there = code == 0 and len(held) > 0
    score.line(opened and there, "gateway", "show security flow session", "the session",
               "the session" if there else f"exit {code}", "managers to BankRec2, policy BankManHQServOut")


HOLD = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=8) as sock:
    sock.recv(100)
    print("open", flush=True)
    sys.stdin.read()
"""


def change_under_load(state, score):
    """A commit turns a denied flow into a permitted one; a download that runs meanwhile does not notice."""
    wanted = state.read("download.sha256").strip()
    web = probe.http("tellers", place.WEB, "the web server")
    base = "security policies from-zone TellersALBQ to-zone PublicAppServersALBQ policy TellWebOut"
    with subprocess.Popen(["ip", "netns", "exec", state.namespace("managers"), probe.PYTHON,
                           os.path.join(probe.SERVICES, "download.py"), place.INTERNET, "/download"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as download:
        try:
            expect(state, score, [(web, "silence", "before the commit")])
            code, text = cli(state, "configure",
                             f"set {base} match source-address tellers destination-address PubApps2Web",
                             f"set {base} match application junos-http", f"set {base} then permit", "show | compare",
                             "commit")
            show(text, 20)
            score.line(code == 0, "gateway", "commit of policy TellWebOut", "exit 0", f"exit {code}", "sallyport cli -c ...")
            expect(state, score, [(web, "answer", "after the commit: TellWebOut")])
            during = download.poll() is None
            out, _ = download.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            download.kill()
            out, during = "", False
    words = out.split()
    whole = len(words) == 3 and int(words[0]) == servers.DOWNLOAD_BYTES and words[1] == wanted
    score.line(whole and during, "managers", f"download of {servers.DOWNLOAD_BYTES >> 20} MB across the commit",
               "whole", "whole" if whole and during else out.strip() or "nothing", "same session, checksum compared")
    gap = float(words[2]) if len(words) == 3 and whole else 99.0
    score.line(gap <= LONGEST_GAP, "managers", "longest pause in the download", f"{LONGEST_GAP} s at most", f"{gap:.3f} s",
               "")
    code, text = cli(state, "configure", "rollback 1", "commit")
    if code != 0:
        show(text)
    score.line(code == 0, "gateway", "rollback 1, commit", "exit 0", f"exit {code}", "as it was")
    expect(state, score, [(web, "silence", "the policy is gone")])


def translated(state, score):
    """The policy gets source-nat interface: the Internet sees the gateway's address, the answer comes back. Then as it was."""
    whole = probe.http("financial", place.INTERNET, "the Internet")
    own, public = (dataclasses.replace(whole, proof=f"hello {address}\n") for address in (place.FINANCIAL, place.GATEWAY_INTERNET))
    expect(state, score, [(own, "answer", "the Internet sees " + place.FINANCIAL)])
    code, text = cli(state, "configure", "set security policies from-zone FinancialALBQ to-zone InternetALBQ policy InternetAccess "
                     "then permit source-nat interface", "commit")
    if code != 0:
        show(text)
    score.line(code == 0, "gateway", "commit of source-nat interface", "exit 0", f"exit {code}", "InternetAccess of FinancialALBQ")
    expect(state, score, [(public, "answer", "the Internet sees " + place.GATEWAY_INTERNET)])
    code, text = cli(state, "configure", "rollback 1", "commit")
    score.line(code == 0, "gateway", "rollback 1, commit", "exit 0", f"exit {code}", "as it was")
    expect(state, score, [(own, "answer", "the Internet sees " + place.FINANCIAL)])


def logged(text, tag, rows):
    """How many of the permitted flows have a line with this tag, by policy."""
    lines = [line for line in text.splitlines() if tag in line]
    found = collections.Counter()
    for flow, _, policy in rows:
        pattern = re.compile(rf"{re.escape(place.CLIENTS[flow.host])}/\d+->{re.escape(flow.address)}/"
                             rf"{flow.port or '[0-9]+'} .* {policy} ")
        found[policy] += any(pattern.search(line) for line in lines)
    return found


LOGS = {"the file": "gateway/log/messages", "the collector": "collector/messages"}


def log_sizes(state):
    return {name: len(state.read(path)) for name, path in LOGS.items()}


def logs(state, score, before):
    """
    Each permitted flow has its lines with the policy's name, in the gateway's file and at the collector. `before`: how long
    the logs were when the tour began.
    """
    rows = permitted(state)
    closing = [row for row in rows if row[0].protocol == "tcp"]
    wanted = {"RT_FLOW_SESSION_CREATE": rows, "RT_FLOW_SESSION_CLOSE": closing}
    end = time.monotonic() + 5
    while True:  # records are on their way
        seen = {(name, tag): logged(state.read(path)[before[name]:], tag, flows)
                for name, path in LOGS.items() for tag, flows in wanted.items()}
        whole = all(found.total() == len(wanted[tag]) for (_, tag), found in seen.items())
        if whole or time.monotonic() > end:
            break
        time.sleep(0.2)
    for tag in wanted:
        lines = [line for line in state.read(LOGS["the collector"]).splitlines() if tag in line and "TellCustRec" in line]
        show(lines[-1] if lines else f"no {tag} of TellCustRec")
    for policy, count in collections.Counter(policy for _, _, policy in rows).items():
        there = {name: seen[name, "RT_FLOW_SESSION_CREATE"][policy] for name in LOGS}
        words = ", ".join(f"{there[name]} in {name}" for name in LOGS)
        score.line(set(there.values()) == {count}, "gateway", f"flows logged as {policy}", str(count), words, "")
    for name in LOGS:
        found = seen[name, "RT_FLOW_SESSION_CLOSE"].total()
        score.line(found == len(closing), "gateway", f"ends of TCP sessions in {name}", str(len(closing)), str(found), "")


def untouched(state):
    """The tour commits; it must not commit what somebody has left in the candidate configuration."""
    code, text = cli(state, "configure", "show | compare")
    if code != 0 or "[edit" in text:
        show(text)
        raise LabError("the candidate configuration has changes; commit or roll them back first")


def go(state):
    """All parts in order; 1 when something was not as expected."""
    began = time.monotonic()
    score = Score()
    untouched(state)
    before = log_sizes(state)
    heading("What the policies permit")
    expect(state, score, permitted(state))
    heading("What they do not")
    expect(state, score, denied())
    heading("The gateway itself")
    expect(state, score, to_the_gateway(state))
    heading("The session table")
    session_table(state, score)
    heading("A change while a download runs")
    change_under_load(state, score)
    heading("The logs")
    logs(state, score, before)
    heading("What is translated")
    translated(state, score)
    heading("What is screened")
    attacks.screened(state, score, cli, show)
    expect(state, score, [(probe.http("managers", place.WEB, "the web server"), "answer", "after all that")])
    words = f"{score.good} as expected, {score.bad} not, in {time.monotonic() - began:.0f} s"
    print("\n" + coloured(words, "green" if score.bad == 0 else "red"), flush=True)
    return 0 if score.bad == 0 else 1
