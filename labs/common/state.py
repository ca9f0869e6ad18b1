"""What a running lab leaves on the machine, and how all of it goes away again.

A lab that runs has one folder, /run/sallyport-lab/NAME: logs, generated configurations, the gateway's own folder, one file
a process (process id and start time, so that a number that was given to somebody else is never signalled) and the list of
its namespaces. Everything is written down before it is made, so that down() finds it after a crash as well. A lock on the
folder keeps two commands of one lab apart; labs with other ids have folders and namespaces of their own.
"""
import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import time

RUN = "/run/sallyport-lab"
IDENTIFIER = re.compile(r"^[a-z0-9]([a-z0-9-]{0,14}[a-z0-9])?$")


class LabError(Exception):
    """Something that the person at the terminal has to be told; no traceback."""


def run(*argv, check=True, text=None, timeout=60):
    """Runs a command to its end and returns what it printed; its errors become a LabError."""
    done = subprocess.run(argv, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", timeout=timeout)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(argv)}: {done.stdout.strip() or 'exit ' + str(done.returncode)}")
    return done.stdout


def start_time(pid):
    """When the process was started, in clock ticks since boot; None when it is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


class State:
    """The folder of one lab and the processes and namespaces recorded in it."""

    def __init__(self, name, identifier=""):
        if identifier and not IDENTIFIER.match(identifier):
            raise LabError(f"'{identifier}' is no lab id: small letters, digits and hyphens, 16 at most")
        self.name = f"{name}-{identifier}" if identifier else name
        self.folder = os.path.join(RUN, self.name)
        self.kept = []  # (process, log) of children of this very run, to be reaped

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    @contextlib.contextmanager
    def locked(self):
        """One command at a time changes the lab."""
        path = os.path.join(RUN, f".{self.name}.lock")
        while True:
            os.makedirs(RUN, mode=0o755, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                lock = open(path, "w", encoding="utf-8")
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    raise LabError(f"another command is at work on the lab {self.name}") from None
                if os.fstat(lock.fileno()).st_ino == os.stat(path).st_ino:
                    break  # else its last holder has just removed it
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.unlink(path)
                os.rmdir(RUN)
            lock.close()

    def exists(self):
        return os.path.isdir(self.folder)

    def create(self):
        for folder in ("", "logs", "processes"):
            os.makedirs(self.path(folder), mode=0o755, exist_ok=True)

    def write(self, name, text, mode=0o644):
        """A file in the lab's folder; returns its path."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def read(self, name, default=""):
        try:
            with open(self.path(name), encoding="utf-8", errors="replace") as content:
                return content.read()
        except OSError:
            return default

    # --- namespaces

    def namespace(self, host):
        """The machine-wide name of a host's namespace."""
        return f"{self.name}-{host}"

    def add_namespace(self, host):
        with open(self.path("namespaces"), "a", encoding="utf-8") as out:
            out.write(self.namespace(host) + "\n")
        run("ip", "netns", "add", self.namespace(host))

    def namespaces(self):
        return self.read("namespaces").split()

    # --- processes

    def spawn(self, label, argv, namespace=None):
        """Starts a long-lived process, in the namespace of that (machine-wide) name, and writes it down."""
        if namespace is not None:
            argv = ["ip", "netns", "exec", namespace, *argv]
        with open(self.path("logs", label + ".log"), "ab") as log:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True, cwd="/")
        self.kept.append(process)
        self.write(f"processes/{label}", f"{process.pid} {start_time(process.pid) or 0}\n")
        return process.pid

    def processes(self):
        """label -> (pid, alive)"""
        found = {}
        with contextlib.suppress(OSError):
            for label in sorted(os.listdir(self.path("processes"))):
                words = self.read(f"processes/{label}").split()
                if len(words) == 2 and words[0].isdigit():
                    pid = int(words[0])
                    found[label] = (pid, start_time(pid) == words[1])
        return found

    def alive(self, label):
        return self.processes().get(label, (0, False))[1]

    def end_process(self, label, patience=5.0):
        """TERM, then KILL when it does not listen."""
        pid, alive = self.processes().get(label, (0, False))
        if alive:
            end_all([pid], patience)
        with contextlib.suppress(OSError):
            os.unlink(self.path("processes", label))

    def reap(self):
        for process in self.kept:
            process.poll()

    # --- the way back

    def down(self, first=()):
        """Ends every process, removes every namespace and the folder. `first`: labels to end before all others."""
        labels = self.processes()
        for label in first:
            if label in labels:
                self.end_process(label, patience=15.0)
        end_all([pid for label, (pid, alive) in self.processes().items() if alive], 3.0)
        extra = self.read("gateway/run/host-netns").split()
        for name in self.namespaces() + [os.path.basename(word) for word in extra]:
            if not os.path.exists(os.path.join("/run/netns", name)):
                continue
            pids = [int(word) for word in run("ip", "netns", "pids", name, check=False).split() if word.isdigit()]
            end_all(pids, 2.0)
            run("ip", "netns", "delete", name, check=False)
        self.reap()
        shutil.rmtree(self.folder, ignore_errors=True)


def end_all(pids, patience):
    """TERM to all, KILL to those that are still there when patience ends."""
    waiting = {pid: start_time(pid) for pid in pids}
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in waiting:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        end = time.monotonic() + (patience if number == signal.SIGTERM else 2.0)
        while waiting and time.monotonic() < end:
            for pid in list(waiting):
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            waiting = {pid: began for pid, began in waiting.items()
                       if began is not None and start_time(pid) == began}
            if waiting:
                time.sleep(0.02)
