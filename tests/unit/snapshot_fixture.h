/*
 * One world for all tests of a file: opened before the first, emptied before or after each, closed behind the last. Setup and
 * teardown functions of cmocka's groups.
 */
#ifndef TESTS_SNAPSHOT_FIXTURE_H
#define TESTS_SNAPSHOT_FIXTURE_H

#include "snapshot_world.h"

static struct world world;

static inline int
open_world(void **state)
{
	(void)state;
	world_open(&world);
	return 0;
}

static inline int
close_world(void **state)
{
	(void)state;
	world_close(&world);
	return 0;
}

static inline int
clear_world(void **state)
{
	(void)state;
	world_clear(&world);
	return 0;
}

static inline const struct snapshot_unit *
unit(const char *name)
{
	return &world.snapshot->units[world_unit(&world, name)];
}

#endif
