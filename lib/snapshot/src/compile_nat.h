/*
 * What the files of address translation share.
 */
#ifndef SNAPSHOT_COMPILE_NAT_H
#define SNAPSHOT_COMPILE_NAT_H

#include "compile.h"

/*
 * compile_nat_addresses.c: which translated addresses are in whose way (errors and warnings), and which a unit answers for.
 * => pools and mappings are there
 */
bool compile_nat_addresses(struct compilation *compilation) __attribute__((warn_unused_result));

#endif
