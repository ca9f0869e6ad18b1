"""The gateway of the branch office: its configuration, its start, and the servers that live on it."""
import os
import time

import servers
import topology
from common.state import LabError, run

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "examples", "03-albuquerque-firewall.set")
OVERLAY = os.path.join(HERE, "overlay.set")
PATIENCE = 20.0


def program(state):
    """The program that the lab was brought up with."""
    return os.path.join(state.read("build").strip(), "sallyport")


def configuration():
    """The example and then the overlay; `delete` lines take away what the example has set before."""
    with open(EXAMPLE, encoding="utf-8") as example, open(OVERLAY, encoding="utf-8") as overlay:
        return example.read() + overlay.read()


def start(state, build):
    """Starts the supervisor and waits until the gateway forwards; then the servers on the gateway itself."""
    binary = os.path.join(build, "sallyport")
    if not os.access(binary, os.X_OK):
        raise LabError(f"no program {binary}; build it first (ninja -C {build}), or name the folder with --build")
    state.write("build", build + "\n")
    chassis = state.write("chassis", topology.chassis(state))
    text = state.write("albuquerque.set", configuration())
    folder = state.path("gateway")
    state.spawn("gateway", [binary, "up", "--chassis", chassis, "--config", text, "--state", folder])
    began = time.monotonic()
    wait(state, "its host namespace", lambda: host_namespace(state))
    wait(state, "an answer to bank managers' ping", lambda: answers_ping(state))
    state.write("forwarding-after", f"{time.monotonic() - began:.2f}\n")
    wait(state, "its address in the host namespace", lambda: has_address(state))
    servers.start_sshd(state, host_namespace(state), "sshd-gateway", [topology.GATEWAY_MANAGERS],
                       f"{binary} cli --state {folder}")
    wait(state, "its ssh server", lambda: listens(state))


def wait(state, what, question):
    end = time.monotonic() + PATIENCE
    while not question():
        if not state.alive("gateway"):
            raise LabError("the gateway ended; its last words are above")
        if time.monotonic() > end:
            raise LabError(f"the gateway runs, but {what} did not come within {PATIENCE:.0f} s")
        state.reap()
        time.sleep(0.1)


def host_namespace(state):
    """The namespace in which the gateway's own servers live, as a name that ip netns knows; "" while there is none."""
    return os.path.basename(state.read("gateway/run/host-netns").strip())


def answers_ping(state):
    shown = run("ip", "netns", "exec", state.namespace("managers"), "ping", "-n", "-c", "1", "-W", "1",
                topology.GATEWAY_MANAGERS, check=False)
    return " 0% packet loss" in shown


def has_address(state):
    """The bank managers' port's address, on which the gateway's own servers may listen."""
    shown = run("ip", "-n", host_namespace(state), "-brief", "address", check=False)
    return f" {topology.GATEWAY_MANAGERS}/32" in shown


def listens(state):
    return f"{topology.GATEWAY_MANAGERS}:22 " in run("ss", "-N", host_namespace(state), "-Hltn", check=False)


def show_log(state, lines=20):
    """The gateway's last words, for somebody who has to find out why it did not start."""
    for line in state.read("logs/gateway.log").splitlines()[-lines:]:
        print("   | " + line)
