"""Ports of sallyport-flowd by one kind of socket: refused with an IP address, kept from the kernel's own stack, lost and
found, and given back as they were after TERM, after a failed start and after kill -9: scenes for flowd-ports and
flowd-xdp.
"""
import os
import signal
import time

from flowd_lab import CONFIGURATION, expect, run, wait_for


def facts(lab, netdev):
    """What flowd changes on an interface."""
    features = lab.inside("gw", "ethtool", "-k", netdev).stdout.splitlines()
    wanted = ("generic-receive-offload", "tcp-segmentation-offload", "generic-segmentation-offload", "tx-checksumming",
              "rx-vlan-offload")
    ipv6 = lab.inside("gw", "cat", f"/proc/sys/net/ipv6/conf/{netdev}/disable_ipv6", check=False).stdout.strip()
    return [line.strip() for line in features if line.startswith(wanted)], ipv6


def guards(lab):
    return lab.inside("gw", "nft", "list", "tables").stdout


def ledger(lab):
    with open(lab.state + "/run/flowd-netdevs", encoding="utf-8") as content:
        return content.read()


def kernel_is_kept_off(lab):
    """An address of the gateway's namespace that is on no port: its kernel would answer ARP for it on every interface."""
    lab.inside("gw", "ip", "address", "add", "10.1.1.77/32", "dev", "lo")
    expect(lab.inside("client", "arping", "-c", "2", "-w", "3", "-I", "eth0", "10.1.1.77", check=False).returncode != 0
           if run("sh", "-c", "command -v arping", check=False).returncode == 0
           else not lab.ping("client", "10.1.1.77"), "the kernel answered on a port's interface")
    expect("10.1.1.2" not in lab.inside("gw", "ip", "neigh").stdout, "the kernel learned a neighbour on a port")
    expect(facts(lab, "gc")[1] in ("1", ""), "IPv6 is on")
    lab.inside("gw", "ip", "address", "delete", "10.1.1.77/32", "dev", "lo")


def oper_status(lab, name):
    for port in lab.mgd.rpc("get-interface-information").all("physical-interface"):
        if port.text("name") == name:
            return port.text("oper-status")
    return None


def active_routes(lab):
    tables = lab.mgd.rpc("get-route-information").all("route-table")
    return {rt.text("rt-destination") for table in tables for rt in table.all("rt")
            if any(entry.text("active-tag") for entry in rt.all("rt-entry"))}


def lost_and_found(lab):
    expect("10.1.1.0/24" in active_routes(lab), "the direct route of a port that is up is not active")
    lab.inside("gw", "ip", "link", "delete", "gc")
    wait_for("the loss is told", 5, lambda: "port ge-0/0/0: interface gc is gone" in lab.said())
    expect(oper_status(lab, "ge-0/0/0") == "down", "a port that is gone is shown as up")
    expect(oper_status(lab, "ge-0/0/1") == "up", "the other port suffered")
    expect("10.1.1.0/24" not in active_routes(lab), "the direct route of a port that is gone is still active")
    expect("10.2.2.0/24" in active_routes(lab), "a route of the other port was lost too")
    lab.add_wire("gc", "client", "10.1.1.2/24", "10.1.1.1")
    wait_for("the port is opened again", 10, lambda: "interface gc is there, opened" in lab.said())
    wait_for("traffic by the port that came back", 5, lambda: lab.ping("client", "10.2.2.2"))
    expect("10.1.1.0/24" in active_routes(lab), "the direct route did not come back")


def carrier(lab):
    lab.inside("client", "ip", "link", "set", "eth0", "down")
    wait_for("the port without carrier is down", 5, lambda: oper_status(lab, "ge-0/0/0") == "down")
    expect("10.1.1.0/24" not in active_routes(lab), "the route of a port without carrier is active")
    lab.inside("client", "ip", "link", "set", "eth0", "up")
    lab.inside("client", "ip", "route", "replace", "default", "via", "10.1.1.1")
    wait_for("the port with carrier is up", 5, lambda: oper_status(lab, "ge-0/0/0") == "up")
    expect(lab.ping("client", "10.2.2.2"), "no traffic after the carrier came back")


def processor_time(lab):
    """Seconds that all threads of flowd have used."""
    ticks = 0
    for thread in os.listdir(f"/proc/{lab.flowd.pid}/task"):
        with open(f"/proc/{lab.flowd.pid}/task/{thread}/stat", encoding="utf-8") as content:
            ticks += sum(map(int, content.read().rsplit(")", 1)[1].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def switched_off_and_on(lab):
    """An interface that somebody switches off: down, no error to spin on, and back when it is switched on."""
    lab.inside("gw", "ip", "link", "set", "gc", "down")
    wait_for("the port is down", 5, lambda: oper_status(lab, "ge-0/0/0") == "down")
    lab.inside("gw", "ip", "link", "set", "gc", "up")
    wait_for("the port is up", 5, lambda: oper_status(lab, "ge-0/0/0") == "up")
    wait_for("traffic by the port that is on again", 5, lambda: lab.ping("client", "10.2.2.2"))
    time.sleep(0.5)
    used = processor_time(lab)
    time.sleep(3)
    used = processor_time(lab) - used
    expect(used < 0.3, f"an idle flowd used {used} s of a processor in 3 s")


def offloads_of_a_sender(lab):
    """Half-made checksums are completed on the way, and there is nothing to be told."""
    lab.serve_web()
    for word in ("off", "on"):
        lab.inside("client", "ethtool", "-K", "eth0", "tx", word)
        expect(lab.fetch("client", "http://10.2.2.2/").stdout == "200", f"no web page with the client's offloads {word}")
    expect(lab.reason("checksum-partial") + lab.reason("tcp-bad-checksum") == 0, "a half-made checksum was dropped")


def refuse_address(lab, before):
    lab.inside("gw", "ip", "address", "add", "192.0.2.1/24", "dev", "gs")
    lab.forget_said()
    process = run(lab.program, "--state", lab.state, "--chassis", lab.state + "/chassis", check=False)
    expect(process.returncode == 1, "flowd started on an interface with an IP address")
    expect("port ge-0/0/1: interface gs carries the IP address 192.0.2.1" in process.stdout,
           f"the refusal does not name port, interface and address: {process.stdout}")
    expect([facts(lab, "gc"), facts(lab, "gs")] == before, "a refused start left an interface changed")
    expect("sallyport" not in guards(lab), "a refused start left its guard")
    lab.inside("gw", "ip", "address", "delete", "192.0.2.1/24", "dev", "gs")


def after_kill(lab, before):
    lab.start("--user", "nobody", "--group", "nogroup")
    expect(lab.stop(signal.SIGKILL) == -signal.SIGKILL, "flowd survived kill -9")
    expect("sallyport-gc" in guards(lab) and " gc " in ledger(lab), "nothing was left behind: the test shows nothing")
    # One port less: the next start gives its interface back, and keeps the other guarded until its own end.
    lab.write_chassis(f"port ge-0/0/1 {lab.kind}:gs@{lab.name('gw')}")
    lab.forget_said()
    lab.start("--user", "nobody", "--group", "nogroup")
    expect(facts(lab, "gc") == before[0] and "sallyport-gc" not in guards(lab),
           "an interface that is no port any more was not given back")
    expect("sallyport-gs" in guards(lab), "the guard of the port that stayed is gone")
    lab.stop()
    expect(facts(lab, "gs") == before[1], f"after a kill and a clean end gs is not as it was: {facts(lab, 'gs')}")
    lab.write_chassis()
    lab.forget_said()
    lab.start()
    lab.stop(signal.SIGKILL)
    run(lab.program, "--state", lab.state, "--cleanup")
    expect([facts(lab, "gc"), facts(lab, "gs")] == before, "--cleanup did not give the interfaces back")
    expect("sallyport" not in guards(lab) and ledger(lab) == "", "--cleanup left something behind")
    expect(lab.host_namespace() not in run("ip", "netns").stdout, "--cleanup left the host namespace")


def absent_at_first(lab):
    """A port whose interface is not there yet: the others work, it is refused by name while it carries an address, and
    opened once it does not."""
    lab.inside("gw", "ip", "link", "delete", "gc")
    lab.forget_said()
    lab.start("--user", "nobody", "--group", "nogroup")
    expect("port ge-0/0/0: there is no interface gc; it is opened when it comes" in lab.said(), "the absence is not told")
    lab.mgd.commit(1, CONFIGURATION)
    expect(oper_status(lab, "ge-0/0/1") == "up", "the port that is there is not up")
    lab.inside("gw", "ip", "link", "add", "gc-later", "type", "veth", "peer", "name", "eth0", "netns", lab.name("client"))
    lab.inside("gw", "ip", "address", "add", "192.0.2.9/24", "dev", "gc-later")
    lab.inside("gw", "ip", "link", "set", "gc-later", "name", "gc")
    wait_for("the refusal", 5, lambda: "cannot be opened: interface gc carries the IP address 192.0.2.9" in lab.said())
    lab.inside("gw", "ip", "address", "delete", "192.0.2.9/24", "dev", "gc")
    wait_for("the port is opened once the address is gone", 20, lambda: "interface gc is there, opened" in lab.said())
    lab.stop()


def every_scene(lab):
    lab.build()
    before = [facts(lab, "gc"), facts(lab, "gs")]
    lab.start("--user", "nobody", "--group", "nogroup")
    second = run(lab.program, "--state", lab.state, "--chassis", lab.state + "/chassis", check=False)
    expect(second.returncode == 1 and "another flowd runs" in second.stdout, "two flowds with one state directory")
    lab.mgd.commit(1, CONFIGURATION)
    expect(lab.ping("client", "10.2.2.2"), "no traffic")
    kernel_is_kept_off(lab)
    carrier(lab)
    switched_off_and_on(lab)
    offloads_of_a_sender(lab)
    expect(lab.stop() == 0, "TERM did not end flowd cleanly")
    expect([facts(lab, "gc"), facts(lab, "gs")] == before, "TERM did not give the interfaces back as they were")
    expect("sallyport" not in guards(lab) and ledger(lab) == "", "TERM left a guard or an entry in the ledger")
    refuse_address(lab, before)
    after_kill(lab, before)
    lab.forget_said()
    lab.start("--user", "nobody", "--group", "nogroup")
    lab.mgd.commit(1, CONFIGURATION)
    expect(lab.ping("client", "10.2.2.2"), "no traffic after all that")
    lost_and_found(lab)
    lab.stop()
    absent_at_first(lab)

