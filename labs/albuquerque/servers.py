"""The branch office's servers: real programs, each with a configuration, folder and namespace of its own.

They run as nobody where they can (the lab's namespaces let anybody bind low ports). sshd needs root to start a session; it
offers nothing but a fixed command to one key that was made for this lab, and sees a shadow file of its own, because sshd
refuses users whose password is locked, as root's often is.
"""
import hashlib
import os
import time

import topology
from common.state import LabError, run

SERVICES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "common", "services")
NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--no-new-privs")
PYTHON = "/usr/bin/python3"
MAIL_USER = "branch"
MAIL_PASSWORD = "albuquerque"
DOWNLOAD_BYTES = 12 * 1024 * 1024
DOWNLOAD_RATE = 2 * 1024 * 1024  # octets a second

NGINX = """# written by the lab
daemon off;
worker_processes 1;
user nobody nogroup;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    default_type text/plain;
    server {{
        listen {address}:80;
        listen {address}:443 ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        location = / {{ return 200 "{name} over $scheme, hello $remote_addr\\n"; }}
        location = /download {{ alias {download}; limit_rate {rate}; }}
    }}
}}
"""

DOVECOT = """# written by the lab
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
protocols = pop3
listen = {address}
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{mail}
first_valid_uid = 1
passdb {{
  driver = static
  args = user={user} password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}
}}
service pop3-login {{
  inet_listener pop3s {{
    port = 0
  }}
}}
"""

SSHD = """# written by the lab
ListenAddress {address}
HostKey {folder}/host_key
PidFile {folder}/sshd.pid
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowUsers root
DisableForwarding yes
PermitUserRC no
UseDNS no
LogLevel VERBOSE
{command}
"""


def make_secrets(state):
    """The certificate of both web servers, a host key and a client key; all of them live as long as the lab."""
    names = ",".join(f"IP:{address}" for address in (topology.WEB, topology.INTERNET))
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=albuquerque lab", "-addext", f"subjectAltName={names}",
        "-keyout", state.path("web.key"), "-out", state.path("web.crt"))
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", state.path("host_key"))
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", state.path("client_key"))


def make_download(state):
    """A file that does not compress and is the same each time; its checksum stands beside it."""
    content = hashlib.shake_128(b"albuquerque").digest(DOWNLOAD_BYTES)
    with open(state.path("download"), "wb") as out:
        out.write(content)
    state.write("download.sha256", hashlib.sha256(content).hexdigest() + "\n")


def own_folder(state, label):
    """A folder for one server, which its unprivileged process may write."""
    folder = state.path(label)
    os.makedirs(folder, mode=0o755, exist_ok=True)
    os.chown(folder, 65534, 65534)
    return folder


def start_nginx(state, host, address, name):
    label = f"nginx-{host}"
    folder = own_folder(state, label)
    configuration = state.write(f"{label}/nginx.conf", NGINX.format(
        folder=folder, address=address, name=name, certificate=state.path("web.crt"), key=state.path("web.key"),
        download=state.path("download"), rate=DOWNLOAD_RATE))
    state.spawn(label, ["nginx", "-p", folder, "-e", "stderr", "-c", configuration], state.namespace(host))


def start_mail(state):
    """SMTP puts what it takes into a maildir, POP3 hands it out."""
    folder = own_folder(state, "mail")
    maildir = os.path.join(folder, "maildir")
    state.spawn("smtp", [*NOBODY, PYTHON, "-m", "aiosmtpd", "-n", "-l", f"{topology.MAIL}:25",
                         "-c", "aiosmtpd.handlers.Mailbox", maildir], state.namespace("mail"))
    configuration = state.write("mail/dovecot.conf", DOVECOT.format(
        folder=folder, address=topology.MAIL, mail=maildir, user=MAIL_USER, password=MAIL_PASSWORD))
    state.spawn("pop3", ["dovecot", "-F", "-c", configuration], state.namespace("mail"))


def start_sshd(state, namespace, label, addresses, command):
    """An sshd in the namespace of that machine-wide name; every login runs `command` and nothing else."""
    folder = own_folder(state, label)
    for name in ("host_key", "host_key.pub"):
        state.write(f"{label}/{name}", state.read(name), mode=0o600)
    state.write(f"{label}/authorized_keys", state.read("client_key.pub"))
    state.write(f"{label}/shadow", "root:*:19000:0:99999:7:::\nsshd:!:19000::::::\n", mode=0o600)
    configuration = state.write(f"{label}/sshd_config", SSHD.format(
        folder=folder, address="\nListenAddress ".join(addresses), command="ForceCommand " + command))
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # sshd's own, empty
    state.spawn(label, ["sh", "-c", 'mount --bind "$1" /etc/shadow && exec /usr/sbin/sshd -D -e -f "$2"', "sshd",
                        os.path.join(folder, "shadow"), configuration], namespace)


def start_greeter(state, host, name, *sockets):
    state.spawn(f"greeter-{host}", [*NOBODY, PYTHON, os.path.join(SERVICES, "greeter.py"), name, *sockets],
                state.namespace(host))


def start_collector(state):
    folder = own_folder(state, "collector")
    state.spawn("collector", [*NOBODY, PYTHON, os.path.join(SERVICES, "collector.py"), topology.MANAGER, "514",
                              os.path.join(folder, "messages")], state.namespace("managers"))


def start(state):
    """All servers of the branch, of headquarters and of the Internet; returns when they listen."""
    make_secrets(state)
    make_download(state)
    start_nginx(state, "web", topology.WEB, "web server of the branch")
    start_nginx(state, "internet", topology.INTERNET, "a host in the Internet")
    start_mail(state)
    start_sshd(state, state.namespace("web"), "sshd-web", [topology.WEB], "/bin/echo welcome to the web server")
    start_sshd(state, state.namespace("hq"), "sshd-hq", [topology.BANK_RECORDS_1, topology.BANK_RECORDS_2],
               "/bin/echo welcome to the bank records")
    both = (topology.BANK_RECORDS_1, topology.BANK_RECORDS_2)
    start_greeter(state, "hq", "bank records", *(f"tcp:{address}:{port}" for address in both for port in (23, 7001, 7002)))
    start_greeter(state, "managers", "bank manager", f"tcp:{topology.MANAGER}:7003", f"tcp:{topology.MANAGER}:7001")
    start_greeter(state, "mail", "mail server", f"tcp:{topology.MAIL}:7001")
    start_greeter(state, "web", "web server", f"tcp:{topology.WEB}:7001")
    start_greeter(state, "tellers", "teller", f"tcp:{topology.TELLER}:7001")
    start_greeter(state, "financial", "financial manager", f"tcp:{topology.FINANCIAL}:7001")
    start_greeter(state, "internet", "a host in the Internet", f"udp:{topology.INTERNET}:7", f"tcp:{topology.INTERNET}:2222")
    start_collector(state)
    wait_until_listening(state)


LISTENERS = {
    "web": {f"{topology.WEB}:{port}" for port in (22, 80, 443, 7001)},
    "internet": {f"{topology.INTERNET}:{port}" for port in (80, 443, 2222)},
    "mail": {f"{topology.MAIL}:{port}" for port in (25, 110, 7001)},
    "hq": {f"{address}:{port}" for address in (topology.BANK_RECORDS_1, topology.BANK_RECORDS_2)
           for port in (22, 23, 7001, 7002)},
    "managers": {f"{topology.MANAGER}:{port}" for port in (7001, 7003)},
    "tellers": {f"{topology.TELLER}:7001"},
    "financial": {f"{topology.FINANCIAL}:7001"},
}


def wait_until_listening(state, patience=10.0):
    """Asks the kernel of each namespace, so that no server sees a half-open visitor."""
    end = time.monotonic() + patience
    waiting = {host: set(sockets) for host, sockets in LISTENERS.items()}
    while waiting:
        for host in list(waiting):
            shown = run("ss", "-N", state.namespace(host), "-Hltn")
            waiting[host] -= {line.split()[3] for line in shown.splitlines() if len(line.split()) > 3}
            if not waiting[host]:
                del waiting[host]
        if waiting and time.monotonic() > end:
            missing = " ".join(sorted(socket for sockets in waiting.values() for socket in sockets))
            raise LabError(f"not listening: {missing} (logs in {state.path('logs')})")
        time.sleep(0.05)
