"""A probe is one attempt with a real client on one of the lab's hosts, and what came of it in one of a few words.

  answer        the other side answered as it should
  refused       a RST or a port unreachable came back
  unreachable   an ICMP network or host unreachable came back
  silence       nothing came back in time
Anything else is told in the client's own last words.
"""
import dataclasses
import os
import subprocess

SERVICES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "services")
PYTHON = "/usr/bin/python3"
SLOWEST = 8   # seconds for something that is expected to answer; machines may be busy
SILENCE = 1.5  # seconds after which nobody is expected to answer any more


@dataclasses.dataclass(frozen=True)
class Probe:
    host: str         # where the client runs
    what: str         # for the person who reads: "http to the web server"
    argv: tuple       # the client; "{patience}" stands for seconds
    proof: str = ""   # what the answer must contain
    feed: str = ""    # what the client reads from its standard input
    address: str = "" # where it goes, as a log line would name it
    port: int = 0     # 0: the protocol has none
    protocol: str = "tcp"


@dataclasses.dataclass(frozen=True)
class Result:
    word: str
    text: str


def http(host, address, what, scheme="http", certificate=None):
    trust = ("--cacert", certificate) if certificate else ()
    return Probe(host, f"{scheme} to {what}", ("curl", "-sS", "-v", "-m", "{patience}", *trust, f"{scheme}://{address}/"),
                 proof=f" over {scheme}, hello ", address=address, port=443 if scheme == "https" else 80)


def smtp(host, address, what):
    return Probe(host, f"smtp to {what}",
                 ("curl", "-sS", "-v", "-m", "{patience}", f"smtp://{address}/{host}.branch", "--mail-from",
                  f"{host}@albuquerque.example", "--mail-rcpt", "branch@albuquerque.example", "-T", "-"),
                 proof="250 OK", feed=f"Subject: from {host}\r\n\r\nThe drawer is balanced.\r\n",
                 address=address, port=25)


def pop3(host, address, what, user, password):
    return Probe(host, f"pop3 to {what}", ("curl", "-sS", "-v", "-m", "{patience}", f"pop3://{user}:{password}@{address}/"),
                 proof="+OK Logged in", address=address, port=110)


def ssh(host, address, what, key, proof, feed=""):
    options = [word for option in ("BatchMode=yes", "UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no",
                                   "LogLevel=ERROR", "IdentitiesOnly=yes", "ConnectTimeout={patience}")
               for word in ("-o", option)]
    return Probe(host, f"ssh to {what}", ("ssh", "-F", "none", "-T", "-i", key, *options, f"root@{address}"), proof, feed,
                 address=address, port=22)


def ask(host, address, port, what, protocol="tcp", proof="hello"):
    return Probe(host, f"{protocol} {port} to {what}",
                 (PYTHON, os.path.join(SERVICES, "ask.py"), protocol, address, str(port), "{patience}"),
                 proof, address=address, port=port, protocol=protocol)


def ping(host, address, what):
    return Probe(host, f"ping to {what}", ("ping", "-n", "-c", "1", "-W", "{patience}", address), "1 received",
                 address=address, protocol="icmp")


def trace(host, address, what, proof):
    return Probe(host, f"traceroute to {what}",
                 ("traceroute", "-n", "-q", "1", "-m", "5", "-w", "{patience}", address), proof)


def attempt(state, probe, expected):
    """Runs the client; what is expected only decides how long it may take."""
    patience = SLOWEST if expected == "answer" else SILENCE
    # ssh and traceroute count whole seconds at least
    argv = [word.replace("{patience}", str(int(patience + 0.5))) for word in probe.argv]
    command = ["ip", "netns", "exec", state.namespace(probe.host), *argv]
    try:
        done = subprocess.run(command, input=probe.feed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", timeout=patience + 8)
        return Result(judge(probe, done.returncode, done.stdout), done.stdout)
    except subprocess.TimeoutExpired as expired:
        return Result("silence", (expired.stdout or b"").decode(errors="replace"))


def judge(probe, code, text):
    if code == 0 and probe.proof in text:
        return "answer"
    small = text.lower()
    if "connection refused" in small:
        return "refused"
    if any(words in small for words in ("no route to host", "network is unreachable", "host unreachable",
                                        "net unreachable")):
        return "unreachable"
    if any(words in small for words in ("timed out", "no answer", "0 received", "timeout")):
        return "silence"
    if code == 0 and probe.argv[0] == "traceroute":
        return "silence"
    lines = small.strip().splitlines()
    return f"exit {code}: {lines[-1] if lines else 'no word'}"
