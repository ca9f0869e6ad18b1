"""A whole gateway (`sallyport up`) with real hosts around it, for the tests with real programs.

    client (inside) .2 --- 10.1.1.0/24 2001:db8:1::/64 --- ge-0/0/0 \
    guest  (guest)  .2 --- 10.4.4.0/24 2001:db8:4::/64 --- ge-0/0/2  gateway
    server (outside) .2 -- 10.2.2.0/24 2001:db8:2::/64 --- ge-0/0/1 /
       \\-- routes, by a link of MTU 1300 -- 10.3.3.0/24 2001:db8:3::/64 --- deep .2

The gateway has .1 and ::1. Everything lives in namespaces that carry this process's mark; leaving the `with` block ends
every process that was started, by id, and deletes every namespace, also after a failure.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mgd_house import House, build_of_arguments, expect, heed_interrupt, wait_until  # noqa: E402, F401

NETWORKS = {"client": 1, "server": 2, "guest": 4}
SMALL_MTU = 1300
INTERFACES = """
interfaces {
    ge-0/0/0 { unit 0 { family inet { address 10.1.1.1/24; } family inet6 { address 2001:db8:1::1/64; } } }
    ge-0/0/1 { unit 0 { family inet { address 10.2.2.1/24; } family inet6 { address 2001:db8:2::1/64; } } }
    ge-0/0/2 { unit 0 { family inet { address 10.4.4.1/24; } family inet6 { address 2001:db8:4::1/64; } } }
}
routing-options {
    rib inet6.0 { static { route 2001:db8:3::/64 next-hop 2001:db8:2::2; } }
    static { route 10.3.3.0/24 next-hop 10.2.2.2; }
}
security { forwarding-options { family { inet6 { mode flow-based; } } } }
"""
NGINX = """daemon off; master_process off; user root; worker_processes 1; worker_rlimit_nofile 8192; pid {folder}/nginx.pid; error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_timeout 0; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
    fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5; client_max_body_size 0;
    server {{
        listen 80 backlog=4096; listen [::]:80 ipv6only=on backlog=4096; root {folder};
        {more}
    }}
}}
"""
SSHD = """HostKey {folder}/key
PidFile none
AuthorizedKeysFile {folder}/key.pub
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PermitRootLogin prohibit-password
MaxStartups 100
ForceCommand /bin/cat
"""


def address(host, family, last=2):
    """Of a host (last 2) or of the gateway beside it (last 1), in family 4 or 6."""
    number = {**NETWORKS, "deep": 3}[host]
    return f"10.{number}.{number}.{last}" if family == 4 else f"2001:db8:{number}::{last}"


def in_url(text):
    return f"[{text}]" if ":" in text else text


def run(*words, check=True, timeout=300, text=None):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", input=text,
                          timeout=timeout)
    expect(not check or done.returncode == 0, f"{' '.join(words)}: exit {done.returncode}: {done.stdout.strip()}")
    return done


class Site(House):
    def __init__(self, build):
        super().__init__(build, double=False)
        self.mark = f"r{os.getpid() % 100000:05d}"
        self.namespaces = []
        self.processes = []
        self.files = tempfile.mkdtemp(prefix="real-site-")

    def __enter__(self):
        super().__enter__()
        try:
            self.build_network()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *what):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        try:
            super().__exit__(*what)
        finally:
            for name in self.namespaces:
                run("ip", "netns", "delete", name, check=False)
            shutil.rmtree(self.files, ignore_errors=True)

    # --- the network ---

    def name(self, host):
        """The namespace of a host; "gateway" is that of the gateway's own services."""
        if host == "gateway":
            with open(self.path("state", "run", "host-netns"), encoding="utf-8") as content:
                return content.read().strip()
        return f"{self.mark}-{host}"

    def inside(self, host, *words, **keywords):
        return run("ip", "netns", "exec", self.name(host), *words, **keywords)

    def start_inside(self, host, *words, **keywords):
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **keywords}
        process = subprocess.Popen(("ip", "netns", "exec", self.name(host), *words), **streams)
        self.processes.append(process)
        return process

    def add_wire(self, left, left_name, right, right_name):
        run("ip", "link", "add", left_name, "netns", self.name(left), "type", "veth", "peer", "name", right_name, "netns",
            self.name(right))
        for host, netdev in ((left, left_name), (right, right_name)):
            self.inside(host, "ip", "link", "set", netdev, "up")
            if host != "gw":
                self.inside(host, "ethtool", "-K", netdev, "tx", "off", "gro", "off")

    def add_addresses(self, host, netdev, number, last=2):
        self.inside(host, "ip", "address", "add", f"10.{number}.{number}.{last}/24", "dev", netdev)
        self.inside(host, "ip", "address", "add", f"2001:db8:{number}::{last}/64", "dev", netdev, "nodad")

    def build_network(self):
        for host in ("gw", "client", "server", "guest", "deep"):
            run("ip", "netns", "add", self.name(host))
            self.namespaces.append(self.name(host))
            self.inside(host, "ip", "link", "set", "lo", "up")
        # Errors are part of what is looked at: no host keeps back any.
        for host in ("client", "server", "guest", "deep"):
            self.inside(host, "sh", "-c", "echo 0 > /proc/sys/net/ipv4/icmp_ratelimit; echo 10000 > /proc/sys/net/ipv4/icmp_msgs_per_sec 2> /dev/null; "
                        "echo 0 > /proc/sys/net/ipv6/icmp/ratelimit", check=False)
        for port, (host, number) in enumerate(NETWORKS.items()):
            self.add_wire("gw", f"port{port}", host, "eth0")
            self.add_addresses(host, "eth0", number)
            for family in (4, 6):
                self.inside(host, "ip", f"-{family}", "route", "replace", "default", "via", address(host, family, 1))
        self.add_wire("server", "eth1", "deep", "eth0")
        for host, netdev in (("server", "eth1"), ("deep", "eth0")):
            self.inside(host, "ip", "link", "set", netdev, "mtu", str(SMALL_MTU))
        self.add_addresses("server", "eth1", 3, 1)
        self.add_addresses("deep", "eth0", 3)
        self.inside("server", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
        for family in (4, 6):
            self.inside("deep", "ip", f"-{family}", "route", "replace", "default", "via", address("deep", family, 1))
        self.chassis = self.write("chassis", "".join(f"port ge-0/0/{port} netdev:port{port}@{self.name('gw')}\n"
                                                     for port in range(len(NETWORKS))))

    # --- servers ---

    def listening(self, host, port, protocol="t"):
        wait_until(lambda: re.search(rf":{port}\s", self.inside(host, "ss", f"-Hln{protocol}").stdout),
                   f"{host} listens on port {port}")

    def file(self, name, octets):
        """Makes a file of random octets for the web servers."""
        path = os.path.join(self.files, name)
        with open(path, "wb") as out:
            out.write(os.urandom(octets))
        return path

    def serve_web(self, host, uploads=False):
        """A page is a file of file(); what is uploaded goes to a folder of its own."""
        configuration = os.path.join(self.files, f"nginx-{host}.conf")
        with open(configuration, "w", encoding="utf-8") as out:
            out.write(NGINX.format(folder=self.files, more="dav_methods PUT;" if uploads else ""))
        process = self.start_inside(host, "nginx", "-p", self.files, "-e", "stderr", "-c", configuration)
        self.listening(host, 80)
        return process

    def serve_ssh(self, host, port=22):
        """Every login gets back what it says. It sees a shadow file of its own, because sshd refuses locked accounts."""
        if not os.path.exists(os.path.join(self.files, "key")):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(self.files, "key"))
            for name, text in (("shadow", "root:*:19000:0:99999:7:::\nsshd:!:19000::::::\n"),
                               ("sshd_config", SSHD.format(folder=self.files))):
                with open(os.path.join(self.files, name), "w", encoding="utf-8") as out:
                    out.write(text)
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # sshd's own, empty
        self.start_inside(host, "sh", "-c", f'mount --bind "$1/shadow" /etc/shadow && exec /usr/sbin/sshd -D -e -p {port} -f "$1/sshd_config"',
                          "sshd", self.files)
        self.listening(host, port)

    def ssh(self, host, target):
        """A login that lasts until it is ended; answers(ssh, line) talks to it."""
        options = [word for option in ("BatchMode=yes", "UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no",
                                       "LogLevel=ERROR", "IdentitiesOnly=yes", "ConnectTimeout=60")
                   for word in ("-o", option)]
        return self.start_inside(host, "ssh", "-F", "none", "-T", "-i", os.path.join(self.files, "key"), *options,
                                 f"root@{target}", stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    # --- what the gateway says ---

    def sessions(self, *filters):
        """How many there are."""
        shown = self.must(" ".join(("show security flow session", *filters, "summary")))
        found = re.search(r"^Valid sessions: (\d+)", shown, re.MULTILINE) or re.search(r"[Ss]essions-in-use: (\d+)", shown)
        expect(found, f"no number of sessions: {shown}")
        return int(found.group(1))

    def commit(self, *lines):
        return self.must("configure", *lines, "commit")


def need_programs(*names):
    for name in names:
        if shutil.which(name, path="/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin") is None:
            print(f"skipped: needs {name}")
            sys.exit(77)
