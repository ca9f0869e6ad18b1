/*
 * The ledger: which interfaces have been made ports, and what they were like before, in DIR/run/flowd-netdevs.
 *
 * An entry is written before an interface is touched and struck out after it was given back, so that a flowd that was
 * killed can be cleaned up after by the next one. One line an entry: NAMESPACE NETDEV ipv6 gro gso tso checksum lro
 * queues tags, with "-" for the namespace that flowd was started in; without the last two words by a former release. The file stays open: it is written after privileges are dropped. Its
 * lock says that one flowd alone runs with this state directory.
 */
#ifndef FLOWD_LEDGER_H
#define FLOWD_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "netdev.h"

struct ledger_entry {
	char *namespace; /* NULL: flowd's own */
	char *netdev;
	struct netdev_before before;
};

struct ledger;

/* Opens or makes the file and reads what a former run left; lines that make no sense are skipped. NULL with a sentence. */
struct ledger *ledger_open(const char *path, struct text *error) __attribute__((warn_unused_result));
void ledger_close(struct ledger *ledger);
size_t ledger_count(const struct ledger *ledger);
/* => index < ledger_count(); valid until the ledger changes */
const struct ledger_entry *ledger_at(const struct ledger *ledger, size_t index);
const struct ledger_entry *ledger_find(const struct ledger *ledger, const char *namespace, const char *netdev);
/* Adds or replaces. False when it could not be kept: the interface must not be touched then. */
bool ledger_put(struct ledger *ledger, const struct ledger_entry *entry) __attribute__((warn_unused_result));
void ledger_strike(struct ledger *ledger, const char *namespace, const char *netdev);

#endif
