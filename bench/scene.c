/*
 * See scene.h.
 */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/packet.h"
#include "scene_packet.h"
#include "scene_world.h"
#include "snapshot/classifier.h"
#include "snapshot/snapshot.h"
#include "wire/bytes.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

enum {
	HUGE_PAGE = 2 << 20,
	POOL_ADDRESSES = 64,
	POOL_ADDRESSES_MANY = 256, /* for more sessions than 64 have ports for */
	SESSIONS_MANY = 2000000,
};

#define POOL_LOW 0xcb007100U /* 203.0.113.0 */

static void
scene_configuration(struct scene *scene)
{
	static const uint32_t addresses[3] = {0, SCENE_ADDRESS_IN, SCENE_ADDRESS_OUT};

	memset(scene->tags, 0xff, sizeof scene->tags);
	for (uint16_t i = 0; i < 2; i++) {
		scene->ports[i] = (struct snapshot_port){.name = "port",
		    .present = true,
		    .enabled = true,
		    .mtu = 1500,
		    .mac = {2, 0x53, 0x50, 0, 0, (uint8_t)i},
		    .unit_by_tag = scene->tags[i]};
		scene->tags[i][0] = (uint16_t)(i + 1);
		scene->addresses[i + 1] = (struct snapshot_address){addresses[i + 1], 24};
		scene->addresses6[i + 1] = (struct snapshot_address6){
		    scene_inet6_of(addresses[i + 1]), SCENE_INET6_BITS + 24};
		scene->units[i + 1] = (struct snapshot_unit){.name = "unit",
		    .present = true,
		    .enabled = true,
		    .has_inet = true,
		    .has_inet6 = true,
		    .mtu6 = 1500,
		    .address6_count = 1,
		    .addresses6 = &scene->addresses6[i + 1],
		    .port = i,
		    .mtu = 1500,
		    .zone = (uint16_t)(SCENE_ZONE_IN + i),
		    .address_count = 1,
		    .addresses = &scene->addresses[i + 1]};
	}
	for (uint16_t i = 0; i < 4; i++) {
		scene->zones[i] = (struct snapshot_zone){.name = "zone", .present = true};
	}
	scene->instance = (struct snapshot_instance){.name = "", .present = true};
	scene->snapshot = (struct snapshot){.id = 1,
	    .flow = {.inet6_mode = INET6_MODE_FLOW_BASED, .syn_check = true, .sequence_check = true},
	    .port_count = 2,
	    .unit_count = 3,
	    .zone_count = 4,
	    .instance_count = 1,
	    .policy_count = scene->plan.policies,
	    .ports = scene->ports,
	    .units = scene->units,
	    .zones = scene->zones,
	    .instances = &scene->instance,
	    .policies = scene->policies,
	    .classifier = scene->classifier};
}

struct engine_sharing
scene_sharing(const struct scene *scene)
{
	return engine_sharing_of(&(struct hash_key){.low = 5, .high = 6}, scene->plan.workers);
}

static bool
scene_engine(struct scene *scene)
{
	scene->config = engine_config_for(scene->plan.sessions);
	scene->config.neighbours_auto = true;
	scene->config.records_logged_only = true; /* as flowd has it */
	scene->config.random = &scene->random;
	if (scene->plan.workers > 0) {
		scene->config.workers = scene->plan.workers;
		scene->config.worker = scene->plan.worker;
		scene->config.sharing = scene_sharing(scene).secret;
	}
	scene->random = random_seeded(1);
	scene->size = (engine_size(&scene->config) + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
	scene->memory =
	    mmap(NULL, scene->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (scene->memory == MAP_FAILED) {
		scene->memory = NULL;
		return false;
	}
	(void)madvise(scene->memory, scene->size, scene->plan.small_pages ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
	scene->engine = engine_init(scene->memory, scene->size, &scene->config);
	return scene->engine != NULL;
}

static bool
scene_translate(struct scene *scene)
{
	const uint32_t addresses =
	    scene->plan.sessions > SESSIONS_MANY ? POOL_ADDRESSES_MANY : POOL_ADDRESSES;

	const size_t size =
	    (scene->plan.sessions * sizeof *scene->ports_of + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);

	/* In huge pages too: it is read to make a packet, and is not to push the engine's out of the processor's tables. */
	scene->ports_of = aligned_alloc(HUGE_PAGE, size);
	if (scene->ports_of != NULL) {
		(void)madvise(scene->ports_of, size, scene->plan.small_pages ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
		memset(scene->ports_of, 0, size);
	}
	scene->range = (struct snapshot_nat_range){POOL_LOW, POOL_LOW + addresses - 1};
	scene->pool = (struct snapshot_nat_pool){.name = "pool",
	    .present = true,
	    .unit = SCENE_UNIT_OUT,
	    .overflow = SNAPSHOT_NAT_NONE,
	    .port_low = SNAPSHOT_NAT_PORT_LOW,
	    .port_high = SNAPSHOT_NAT_PORT_HIGH,
	    .range_count = 1,
	    .ranges = &scene->range,
	    .size = addresses};
	scene->source = (struct snapshot_nat_source){
	    .kind = NAT_SOURCE_POOLS, .pool_count = 1, .pools = &scene->pool_number};
	scene->snapshot.nat = (struct snapshot_nat){.active = true,
	    .pool_count = 1,
	    .pools = &scene->pool,
	    .source_count = 1,
	    .sources = &scene->source};
	return scene->ports_of != NULL;
}

struct scene *
scene_create(const struct scene_plan *plan)
{
	struct scene *scene = calloc(1, sizeof *scene);

	if (scene == NULL) {
		return NULL;
	}
	scene->plan = *plan;
	scene->blocks = aligned_alloc(64, (size_t)ENGINE_BURST * SCENE_BLOCK);
	if (scene->blocks == NULL || !scene_policies(scene)) {
		scene_destroy(scene);
		return NULL;
	}
	memset(scene->blocks, 0, (size_t)ENGINE_BURST * SCENE_BLOCK);
	scene_configuration(scene);
	if ((plan->translated && !scene_translate(scene)) || (plan->rules > 0 && !scene_rules(scene)) || !scene_routes(scene) || !scene_engine(scene)) {
		scene_destroy(scene);
		return NULL;
	}
	scene->now = 1000000000U;
	engine_set_wall(scene->engine, 0, 0);
	scene_publish(scene, scene->fib);
	for (uint32_t i = 0; i < ENGINE_BURST; i++) {
		scene->burst[i] = &scene->packets[i];
	}
	return scene;
}

void
scene_destroy(struct scene *scene)
{
	if (scene->memory != NULL) {
		(void)munmap(scene->memory, scene->size);
	}
	classifier_destroy(scene->classifier);
	snapshot_fib_destroy(scene->fib);
	free(scene->policies);
	free(scene->blocks);
	free(scene->ports_of);
	classifier_destroy(scene->rule_classifier);
	free(scene->rules);
	free(scene);
}

uint32_t
scene_huge_percent(const struct scene *scene, uint64_t *resident)
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	const uintptr_t first = (uintptr_t)scene->memory;
	uint64_t huge = 0;
	bool ours = false;
	char line[512];

	*resident = 0;
	while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
		char *end;
		const uintptr_t low = (uintptr_t)strtoull(line, &end, 16);

		/* The kernel may make several mappings of one, or one of several. */
		if (*end == '-') {
			ours = low < first + scene->size && (uintptr_t)strtoull(end + 1, NULL, 16) > first;
		} else if (ours && strncmp(line, "Rss:", 4) == 0) {
			*resident += strtoull(line + 4, NULL, 10) * 1024;
		} else if (ours && strncmp(line, "AnonHugePages:", 14) == 0) {
			huge += strtoull(line + 14, NULL, 10) * 1024;
		}
	}
	if (maps != NULL) {
		(void)fclose(maps);
	}
	return *resident == 0 ? 0 : (uint32_t)(huge * 100 / *resident);
}

void
scene_publish(struct scene *scene, const struct fib *fib)
{
	scene->turn ^= 1;
	scene->published[scene->turn] = scene->snapshot;
	scene->published[scene->turn].id += scene->turn;
	engine_apply(scene->engine, &scene->published[scene->turn], fib);
}

void
scene_set_screens(struct scene *scene, uint64_t on, uint32_t threshold)
{
	scene->screens = (struct snapshot_screens){.on = on};
	for (unsigned i = 0; i < SCREEN_COUNT; i++) {
		scene->screens.thresholds[i] = threshold;
	}
	scene->zones[SCENE_ZONE_IN].screens = on == 0 ? NULL : &scene->screens;
	scene->zones[SCENE_ZONE_OUT].screens = scene->zones[SCENE_ZONE_IN].screens;
	scene_publish(scene, scene->fib);
}

void
scene_drain(struct scene *scene)
{
	struct engine_output outputs[ENGINE_BURST];
	struct event event;

	while (engine_take_output(scene->engine, outputs, ENGINE_BURST) > 0) {
	}
	while (engine_take_event(scene->engine, &event)) {
	}
}

void
scene_run(struct scene *scene, uint32_t count)
{
	engine_process(scene->engine, scene->now, scene->burst, count);
	scene_drain(scene);
}

/* What the sources of a burst became: the packets lie where they were. */
static void
learn_ports(struct scene *scene, uint32_t flow, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *ip = scene->packets[i].data + ETHERNET_HEADER;

		scene->ports_of[flow + i] = (struct scene_port){
		    .place = (uint16_t)(bytes_load_32(ip + 12) - scene->range.low), .port = bytes_load_16(ip + IPV4_HEADER)};
	}
}

bool
scene_establish(struct scene *scene, uint32_t count)
{
	static const struct scene_segment steps[] = {
	    {.flags = TCP_SYN, .sequence = 1000},
	    {.back = true, .flags = TCP_SYN | TCP_ACK, .sequence = 5000, .acknowledgement = 1001},
	    {.flags = TCP_ACK, .sequence = 1001, .acknowledgement = 5001},
	};

	for (uint32_t flow = 0; flow < count; flow += ENGINE_BURST) {
		const uint32_t burst = count - flow < ENGINE_BURST ? count - flow : ENGINE_BURST;

		for (unsigned step = 0; step < sizeof steps / sizeof steps[0]; step++) {
			for (uint32_t i = 0; i < burst; i++) {
				struct scene_segment segment = steps[step];

				segment.flow = flow + i;
				scene_make(scene, i, &segment);
			}
			scene_run(scene, burst);
			if (scene->plan.translated && step == 0) {
				learn_ports(scene, flow, burst);
			}
		}
	}
	return engine_session_count(scene->engine) == count;
}
