"""A gateway for the tests of its management: `sallyport up` on a folder of its own, with the double in flowd's place.

    with House(build) as house:
        house.up(config="...")             # waits for the word forwarding
        house.cli("configure", "set system host-name x", "commit")

Everything it starts it ends, by process id, also when the test failed; it prints what `up` said when a test raised.
"""
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
PATIENCE = 60  # seconds; sanitized programs on a busy machine are slow to start


def need_root():
    if os.geteuid() != 0:
        print("skipped: needs root")
        sys.exit(77)


def build_of_arguments():
    need_root()
    return os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(TOP, "build"))


def wait_until(condition, what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


class House:
    def __init__(self, build, double=True):
        self.folder = tempfile.mkdtemp(prefix="sallyport-house-")
        os.chmod(self.folder, 0o700)  # as mktemp makes it: daemons must not need a way through it
        self.bin = os.path.join(self.folder, "bin")
        self.state = os.path.join(self.folder, "state")
        self.process = None
        self.output = os.path.join(self.folder, "output")
        os.mkdir(self.bin)
        for name in ("sallyport", "sallyport-mgd", "sallyport-logd", "sallyport-resolverd", "sallyport-transferd",
                     "sallyport-probed"):
            shutil.copy(os.path.join(build, name), os.path.join(self.bin, name))
        if double:
            target = os.path.join(self.bin, "sallyport-flowd")
            shutil.copy(os.path.join(HERE, "mgd_double.py"), target)
            os.chmod(target, 0o755)
        else:
            shutil.copy(os.path.join(build, "sallyport-flowd"), os.path.join(self.bin, "sallyport-flowd"))
        self.chassis = self.write("chassis", "")
        self.behave("accept")

    def __enter__(self):
        # A test that is told to end takes its gateway with it.
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
        return self

    def __exit__(self, kind, value, trace):
        self.down()
        if kind is not None and kind is not SystemExit:
            print("--- what up said:\n" + self.said())
            print("--- messages:\n" + self.log()[-8000:])
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- files ---

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, content):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(content)
        return path

    def read(self, *names):
        try:
            with open(self.path(*names), encoding="utf-8", errors="replace") as content:
                return content.read()
        except FileNotFoundError:
            return ""

    def said(self):
        return self.read("output")

    def log(self, name="messages"):
        return self.read("state", "log", name)

    def behave(self, how):
        with open(os.path.join(self.bin, "behaviour.new"), "w", encoding="utf-8") as out:
            out.write(how)
        os.replace(os.path.join(self.bin, "behaviour.new"), os.path.join(self.bin, "behaviour"))

    # --- the gateway ---

    def start(self, config=None, environment=None):
        """Starts `up` and returns at once."""
        arguments = [os.path.join(self.bin, "sallyport"), "up", "--chassis", self.chassis,
                     "--state", self.state]
        if config is not None:
            arguments += ["--config", config if os.path.exists(config) else self.write("config", config)]
        with open(self.output, "a", encoding="utf-8") as out:
            self.process = subprocess.Popen(arguments, stdout=out, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, start_new_session=True,
                                            env={**os.environ, **(environment or {})})
        return self.process

    def up(self, config=None):
        before = self.said().count("forwarding")
        self.start(config)
        wait_until(lambda: self.said().count("forwarding") > before or self.process.poll() is not None, "forwarding")
        assert self.process.poll() is None, "up ended: " + self.said()

    def down(self, how=signal.SIGTERM):
        """The exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            for pid in self.children():
                os.kill(pid, signal.SIGKILL)
            self.process.kill()
            status = self.process.wait()
        self.process = None
        assert "Sanitizer" not in self.said() and "runtime error" not in self.said(), "a sanitizer complains: " + self.said()
        return status

    def children(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path, encoding="utf-8") as words:
            return [int(word) for word in words.read().split()]

    def pid_of(self, name):
        """The process id of a daemon, 0 when it does not run."""
        for pid in self.children():
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as words:
                    if any(os.path.basename(word) == f"sallyport-{name}".encode()
                           for word in words.read().split(b"\0")[:3]):
                        return pid
            except OSError:
                pass
        return 0

    def cli(self, *commands, user=None, group="nogroup"):
        """(exit status, output, error output)."""
        arguments = [os.path.join(self.bin, "sallyport"), "cli", "--state", self.state]
        for command in commands:
            arguments += ["-c", command]
        who = {} if user is None else {"user": user, "group": group, "extra_groups": []}
        done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                              text=True, timeout=PATIENCE + 30, **who)
        return done.returncode, done.stdout, done.stderr

    def must(self, *commands):
        status, output, error = self.cli(*commands)
        assert status == 0, f"{commands}: status {status}\n{output}{error}"
        return output

    def tree(self, command):
        return json.loads(self.must(command + " | display json"))

    def host_name(self):
        for line in self.must("show configuration | display set").splitlines():
            if line.startswith("set system host-name "):
                return line.split()[-1]
        return None

    def asked(self):
        with open(os.path.join(self.bin, "asked"), encoding="utf-8") as lines:
            return lines.read().splitlines()

    def force(self):
        """The configuration that the double has in force."""
        with open(os.path.join(self.bin, "force"), encoding="utf-8") as content:
            return content.read()


def reveal(form):
    """The secret behind a $9$ form, by its public description."""
    families = ["QzF3n6/9CAtpu0O", "B1IREhcSyrleKvMW8LXx", "7N-dVbwsY2g4oaJZGUDj", "iHkq.mPf5T"]
    alphabet = "".join(families)
    weights = [[1, 4, 32], [1, 16, 32], [1, 8, 32], [1, 64], [1, 32], [1, 4, 16, 128], [1, 32, 64]]
    expect(form.startswith("$9$"), f"no $9$ form: {form}")
    first = form[3]
    rest = form[4 + next(3 - i for i, family in enumerate(families) if first in family):]
    before, octets = alphabet.index(first), []
    while rest:
        row = weights[len(octets) % len(weights)]
        gaps = []
        for c in rest[:len(row)]:
            gaps.append((alphabet.index(c) - before - 1) % len(alphabet))
            before = alphabet.index(c)
        rest = rest[len(row):]
        octets.append(sum(gap * weight for gap, weight in zip(gaps, row)) % 256)
    return bytes(octets).decode()


def heed_interrupt():
    """preexec_fn of what a test will end by ^C: who runs in the background of a script has inherited that it is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def run_steps(steps, *arguments):
    """Each step in order; with step names behind the build directory only these."""
    chosen = sys.argv[2:]
    for step in steps:
        if not chosen or step.__name__ in chosen:
            started = time.monotonic()
            step(*arguments)
            print(f"{step.__name__}: good ({time.monotonic() - started:.1f} s)", flush=True)


def make_readable(folder):
    """For a command that another user runs: the folder and the programs in it."""
    os.chmod(folder, os.stat(folder).st_mode | stat.S_IXOTH)
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name.startswith("sallyport"):
            os.chmod(path, os.stat(path).st_mode | stat.S_IXOTH | stat.S_IROTH)


def listen_udp():
    """(socket, port) of a collector on loopback of the caller's namespace."""
    collector = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    collector.bind(("127.0.0.1", 0))
    collector.settimeout(0.2)
    return collector, collector.getsockname()[1]
