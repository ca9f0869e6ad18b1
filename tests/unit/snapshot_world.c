/*
 * See snapshot_world.h.
 */
#include "snapshot_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/packet.h"

enum {
	EXAMPLE_MOST = 256 * 1024,
};

static void
print_diagnostics(const struct world *world)
{
	struct text out = TEXT_EMPTY;

	diagnostics_render_lines(&world->list, &out);
	print_message("%s", text_string(&out));
	text_release(&out);
}

void
world_open(struct world *world)
{
	struct text error = TEXT_EMPTY;

	memset(world, 0, sizeof(*world));
	world->schema = schema_create(&error);
	assert_non_null(world->schema);
	text_release(&error);
	world->registry = snapshot_registry_create();
	assert_non_null(world->registry);
	world->tree = conf_tree_create(world->schema);
	assert_non_null(world->tree);
}

static void
forget_compiled(struct world *world)
{
	snapshot_fib_destroy(world->fib);
	rib_destroy(world->rib);
	snapshot_destroy(world->snapshot);
	world->fib = NULL;
	world->rib = NULL;
	world->snapshot = NULL;
	diagnostics_release(&world->list);
	world->list = DIAGNOSTICS_EMPTY;
}

void
world_close(struct world *world)
{
	forget_compiled(world);
	conf_tree_destroy(world->tree);
	snapshot_registry_destroy(world->registry);
	schema_destroy(world->schema);
}

void
world_clear(struct world *world)
{
	forget_compiled(world);
	conf_tree_destroy(world->tree);
	snapshot_registry_destroy(world->registry);
	world->tree = conf_tree_create(world->schema);
	assert_non_null(world->tree);
	world->registry = snapshot_registry_create();
	assert_non_null(world->registry);
}

void
world_set(struct world *world, const char *lines)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	const bool loaded = conf_load(world->tree, CONF_FORMAT_SET, NULL, lines, strlen(lines), &list);

	if (!loaded) {
		struct text out = TEXT_EMPTY;
		diagnostics_render_lines(&list, &out);
		print_message("%s", text_string(&out));
		text_release(&out);
	}
	assert_true(loaded);
	diagnostics_release(&list);
}

void
world_delete(struct world *world, const char *words)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct conf_editor editor = {.tree = world->tree, .level = TEXT_EMPTY};

	assert_true(conf_edit(&editor, CONF_EDIT_DELETE, words, &list));
	text_release(&editor.level);
	diagnostics_release(&list);
}

void
world_load_example(struct world *world, const char *name)
{
	char path[512];
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	char *bytes = malloc(EXAMPLE_MOST);

	assert_non_null(bytes);
	(void)snprintf(path, sizeof(path), "%s/%s", EXAMPLES, name);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	const size_t length = fread(bytes, 1, EXAMPLE_MOST, file);
	assert_true(length > 0 && length < EXAMPLE_MOST);
	assert_int_equal(fclose(file), 0);
	assert_true(conf_load(world->tree, CONF_FORMAT_AUTO, name, bytes, length, &list));
	diagnostics_release(&list);
	free(bytes);
}

bool
world_compile(struct world *world)
{
	forget_compiled(world);
	const struct snapshot_options options = {.id = ++world->id, .wall = world->wall, .advice = world->advice, .names = world->names};
	world->snapshot = snapshot_compile(world->tree, world->registry, &options, &world->list);
	if (world->snapshot == NULL) {
		return false;
	}
	world->rib = snapshot_rib_create(world->tree, world->registry, world->snapshot);
	assert_non_null(world->rib);
	world->fib = snapshot_fib_create(world->rib, world->snapshot, world->id);
	assert_non_null(world->fib);
	return true;
}

void
world_run(struct world *world)
{
	if (!world_compile(world)) {
		print_diagnostics(world);
		fail();
	}
}

uint16_t
world_unit(const struct world *world, const char *name)
{
	for (uint16_t i = 0; i < world->snapshot->unit_count; i++) {
		const struct snapshot_unit *unit = &world->snapshot->units[i];
		if (unit->present && strcmp(unit->name, name) == 0) {
			assert_string_equal(snapshot_unit_name(world->registry, i), name);
			return i;
		}
	}
	fail_msg("no unit %s", name);
	return SNAPSHOT_NONE;
}

uint16_t
world_zone(const struct world *world, const char *name)
{
	for (uint16_t i = 0; i < world->snapshot->zone_count; i++) {
		const struct snapshot_zone *zone = &world->snapshot->zones[i];
		if (zone->present && strcmp(zone->name, name) == 0) {
			assert_string_equal(snapshot_zone_name(world->registry, i), name);
			return i;
		}
	}
	fail_msg("no zone %s", name);
	return SNAPSHOT_NONE;
}

uint16_t
world_instance(const struct world *world, const char *name)
{
	for (uint16_t i = 0; i < world->snapshot->instance_count; i++) {
		const struct snapshot_instance *instance = &world->snapshot->instances[i];
		if (instance->present && strcmp(instance->name, name) == 0) {
			assert_string_equal(snapshot_instance_name(world->registry, i), name);
			return i;
		}
	}
	fail_msg("no instance %s", name);
	return SNAPSHOT_NONE;
}

uint32_t
world_count(const struct world *world, enum diagnostic_severity severity, const char *part)
{
	uint32_t count = 0;

	for (size_t i = 0; i < world->list.count; i++) {
		const struct diagnostic *item = &world->list.items[i];
		count += item->severity == severity && strstr(item->message, part) != NULL ? 1 : 0;
	}
	return count;
}

const char *
world_policy(const struct world *world, const char *from, const char *to, uint32_t source, uint32_t destination,
    uint16_t port)
{
	const struct classifier_key key = {
	    .from_zone = world_zone(world, from),
	    .to_zone = world_zone(world, to),
	    .source = source,
	    .destination = destination,
	    .source_port = 40000,
	    .destination_port = port,
	    .protocol = 6,
	};
	const struct classifier_match match = classifier_lookup(world->snapshot, &key, world->wall);

	if (match.policy == PACKET_NO_POLICY) {
		return "default-policy";
	}
	assert_true(world->snapshot->policies[match.policy].present);
	assert_string_equal(
	    world->snapshot->policies[match.policy].name, snapshot_policy_name(world->registry, match.policy));
	return world->snapshot->policies[match.policy].name;
}
