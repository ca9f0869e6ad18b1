"""A gateway's management daemon on its own, and the command line at a pseudo terminal: for the tests cli-*.

Everything lives in a temporary directory; leaving the `with` block ends what was started.
"""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

CONFIGURATION = """
system {
    host-name fw1;
}
interfaces {
    ge-0/0/0 {
        unit 0 {
            family inet {
                address 10.1.1.1/24;
            }
        }
    }
    ge-0/0/1 {
        unit 0 {
            family inet {
                address 10.2.2.1/24;
            }
        }
    }
}
security {
    policies {
        from-zone inside to-zone outside {
            policy web {
                match {
                    source-address any;
                    destination-address any;
                    application junos-http;
                }
                then {
                    permit;
                }
            }
            policy rest {
                match {
                    source-address any;
                    destination-address any;
                    application any;
                }
                then {
                    deny;
                }
            }
        }
    }
    zones {
        security-zone inside {
            interfaces {
                ge-0/0/0.0;
            }
        }
        security-zone outside {
            interfaces {
                ge-0/0/1.0;
            }
        }
    }
}
"""
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\0\r\a]")


class Failure(Exception):
    """A check that did not hold."""


def expect(condition, sentence):
    if not condition:
        raise Failure(sentence)


def expect_equal(seen, wanted, what):
    expect(seen == wanted, f"{what}\n--- wanted\n{wanted}\n--- seen\n{seen}")


class Gateway:
    """sallyport-mgd with a state directory of its own."""

    def __init__(self, build):
        self.build = build
        self.directory = tempfile.mkdtemp(prefix="sallyport-cli-")
        self.state = os.path.join(self.directory, "state")
        self.process = None
        self.terminals = []
        os.makedirs(os.path.join(self.state, "run"))
        os.makedirs(os.path.join(self.state, "log"))
        self.configuration = os.path.join(self.directory, "first.conf")
        with open(self.configuration, "w", encoding="ascii") as out:
            out.write(CONFIGURATION)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        for terminal in self.terminals:
            terminal.close()
        self.stop(signal.SIGTERM)
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        log = open(os.path.join(self.directory, "mgd.log"), "ab")
        with log:
            self.process = subprocess.Popen(
                [os.path.join(self.build, "sallyport-mgd"), "--state", self.state, "--config", self.configuration],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while self.cli("show version").returncode != 0:
            if time.monotonic() > deadline or self.process.poll() is not None:
                with open(os.path.join(self.directory, "mgd.log"), encoding="utf-8", errors="replace") as lines:
                    raise Failure("the management daemon did not start:\n" + lines.read())
            time.sleep(0.1)

    def stop(self, how):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(20)
            self.process = None

    def cli(self, *commands, text=None, before=()):
        words = [*before, os.path.join(self.build, "sallyport"), "cli", "--state", self.state]
        for command in commands:
            words += ["-c", command]
        return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              input="" if text is None else text, timeout=60)

    def terminal(self, rows=24, columns=80):
        terminal = Terminal([os.path.join(self.build, "sallyport"), "cli", "--state", self.state], rows, columns)
        self.terminals.append(terminal)
        return terminal


class Terminal:
    """A program at a pseudo terminal. What it writes is kept without the sequences that move the cursor."""

    def __init__(self, words, rows, columns):
        self.text = ""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "dumb"
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execv(words[0], words)
        self.ended = None

    def _read(self, seconds):
        ready, _, _ = select.select([self.descriptor], [], [], seconds)
        if not ready:
            return False
        try:
            octets = os.read(self.descriptor, 65536)
        except OSError:
            return False
        self.text += CONTROL.sub("", octets.decode("utf-8", "replace"))
        return bool(octets)

    def type(self, keys):
        """Writes keys; what was seen before is forgotten."""
        self.text = ""
        os.write(self.descriptor, keys.encode())

    def wait(self, pattern, seconds=10):
        """Reads until the pattern is there; returns all that was written since the last keys."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.text):
            if time.monotonic() > deadline:
                raise Failure(f"waited {seconds} s for {pattern!r}; seen was\n{self.text}")
            self._read(0.2)
        while self._read(0.1):
            pass
        return self.text

    def run(self, line, prompt):
        """Types a line with Enter and waits for the prompt; returns what stands between."""
        self.type(line + "\n")
        seen = self.wait(r"\n" + prompt + r" $")
        body = seen.split("\n", 1)[1]
        return re.sub(prompt + r" $", "", body)

    def modes(self):
        """The line discipline's flags: what a shell would find."""
        return termios.tcgetattr(self.descriptor)[:4]

    def leave(self, seconds=10):
        """Waits for the end; returns the exit status."""
        deadline = time.monotonic() + seconds
        while self.ended is None and time.monotonic() < deadline:
            self._read(0.1)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid == self.pid:
                self.ended = os.waitstatus_to_exitcode(status)
        expect(self.ended is not None, f"the command line did not end; seen was\n{self.text}")
        return self.ended

    def close(self):
        if self.ended is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.ended = -signal.SIGKILL
        os.close(self.descriptor)


def main(test):
    build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
    for program in ("sallyport", "sallyport-mgd"):
        if not os.access(os.path.join(build, program), os.X_OK):
            print(f"no program {build}/{program}")
            return 1
    try:
        with Gateway(build) as gateway:
            test(gateway)
    except (Failure, subprocess.TimeoutExpired) as failure:
        print(f"failed: {failure}")
        return 1
    return 0
