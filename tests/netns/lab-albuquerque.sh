#!/usr/bin/env bash
# The branch office of Albuquerque with real clients and servers: up, tour, down, and nothing stays behind.
#
# The tour proves with traffic (each of its lines is an expectation that can fail):
#   REQ-POL-025 REQ-POL-026 REQ-POL-027  who reaches what in the example; REQ-POL-004 REQ-POL-005 the rest is silently denied
#   REQ-POL-007 REQ-FW-003               replies come back, the other side cannot begin
#   REQ-POL-016 REQ-POL-017              names of both books, members of sets
#   REQ-ZN-003 REQ-ZN-004 REQ-ZN-009     tags in and out (each host takes its own tag only), mail to web within one zone
#   REQ-RT-011 REQ-RT-017 REQ-RT-019     interface next hops, rib-groups, the tellers' instance
#   REQ-FW-009                           no route: unreachable
#   REQ-HI-001 REQ-HI-002 REQ-HI-009 REQ-HI-010 REQ-HI-013  ping, traceroute, ssh and telnet to the gateway itself
#   REQ-FW-002                           a download across a commit
#   REQ-POL-013 REQ-CFG-010 cs09197      RT_FLOW lines of every policy in the file and at the collector
#   REQ-SCR-003 REQ-SCR-054              attacks from two zones, each met by a screen of its own zone, counted and logged
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$(realpath "${1:-$top/build}")
lab=$top/labs/albuquerque/lab
export SALLYPORT_LAB_ID=t$$
name=albuquerque-$SALLYPORT_LAB_ID

[ "$(id -u)" = 0 ] || { echo "needs root for network namespaces"; exit 77; }
[ -x "$build/sallyport" ] || { echo "no program $build/sallyport"; exit 1; }

trap '"$lab" down > /dev/null 2>&1' EXIT
bad=0
"$lab" up --build "$build" || exit 1
host_netns=$(basename "$(cat "/run/sallyport-lab/$name/gateway/run/host-netns")")
"$lab" tour || bad=1
if [ $bad = 1 ]; then
	echo "--- the gateway's last words"
	tail -n 30 "/run/sallyport-lab/$name/logs/gateway.log"
fi
"$lab" down || bad=1
"$lab" down || { echo "a second down failed"; bad=1; }

if ip netns list | grep -E "^($name-|$host_netns( |\$))"; then
	echo "these namespaces stayed behind"
	bad=1
fi
if [ -e "/run/sallyport-lab/$name" ]; then
	echo "/run/sallyport-lab/$name stayed behind"
	bad=1
fi
if grep -lsa "sallyport-lab/[a]${name#a}/" /proc/[0-9]*/cmdline; then
	echo "these processes stayed behind"
	bad=1
fi
exit $bad
