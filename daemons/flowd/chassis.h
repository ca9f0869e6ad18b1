/*
 * The chassis file: one line a physical port, and one for each table whose size is not to be the machine's own.
 *
 *   port ge-0/0/0 netdev:sp0            a Linux interface by AF_PACKET
 *   port ge-0/0/0 netdev:sp0@branch     the same in the network namespace `branch`
 *   port ge-0/0/1 xdp:eth1              a Linux interface by AF_XDP
 *   port ge-0/0/2 pci:0000:03:00.0      a DPDK device
 *   port ge-0/0/2 vdev:net_vhost0,iface=/run/vm1.sock  a virtual device of DPDK with its arguments
 *   port ge-0/0/3 pcap:in.pcap,out.pcap a capture
 *   port ge-0/0/4 xdp:eth2 queues 4     not for captures: by so many queues
 *
 *   workers 4                           threads that move packets
 *   sessions 2000000                    a table's size: chassis_settings.def
 *
 * `#` starts a comment. A port's place in the file is its number in the data plane. Pure: text in, ports or errors out.
 */
#ifndef FLOWD_CHASSIS_H
#define FLOWD_CHASSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
	CHASSIS_PORTS = 32,      /* as many as DPDK has room for */
	CHASSIS_QUEUES = 16,     /* of a port */
	CHASSIS_WORKERS_MOST = 16,
	CHASSIS_FILE_SIZE = 65536, /* no chassis file is larger */
};

enum chassis_kind {
	CHASSIS_NETDEV,
	CHASSIS_XDP,
	CHASSIS_PCI,
	CHASSIS_VDEV,
	CHASSIS_PCAP,
};

struct chassis_port {
	char *name;      /* ge-0/0/0 */
	char *device;    /* netdev's name, PCI address, virtual device, or input capture */
	char *namespace; /* NULL: the one that flowd was started in */
	char *output;    /* output capture, or a virtual device's arguments; NULL: none */
	enum chassis_kind kind;
	uint16_t queues; /* 0: not said */
	uint32_t line;
};

/* What a line of a word and a number may say; chassis_settings.def is the table. */
enum chassis_setting {
#define SETTING(symbol, word, least, most, help) CHASSIS_##symbol,
#include "chassis_settings.def"
#undef SETTING
	CHASSIS_SETTINGS
};

struct chassis {
	struct chassis_port *ports;
	size_t count;
	uint32_t settings[CHASSIS_SETTINGS]; /* 0: not said */
};

/*
 * Reads a chassis file's octets; `file` names it in errors. All errors at once, one `FILE:LINE: message` line each, in
 * `errors`; false when there was one, and then `chassis` is empty. The caller frees with chassis_release().
 */
bool chassis_parse(struct chassis *chassis, const char *file, const struct text *content, struct text *errors)
    __attribute__((warn_unused_result));
void chassis_release(struct chassis *chassis);
/* The word of a setting. */
const char *chassis_setting_word(enum chassis_setting setting);
/* "netdev:sp0@branch": the device as the file wrote it, for messages. */
void chassis_describe(const struct chassis_port *port, struct text *out);

#endif
