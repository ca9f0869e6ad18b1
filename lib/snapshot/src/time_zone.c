/*
 * TZif files to segments. See time_zone.h.
 *
 * Files are read with the bounded reader: a broken one is an error, never more. Behind the last transition of the file
 * the rule in its footer counts ("CET-1CEST,M3.5.0,M10.5.0/3").
 */
#include "time_zone.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/reader.h"
#include "calendar.h"

#define ZONE_FOLDER "/usr/share/zoneinfo/"

enum {
	FILE_MOST = 64 * 1024, /* the largest zone has less than 4 KiB */
	NAME_MOST = 63,
	TYPES_MOST = 256,
};

struct zone_header {
	uint32_t version;
	uint32_t universal_count;
	uint32_t standard_count;
	uint32_t leap_count;
	uint32_t time_count;
	uint32_t type_count;
	uint32_t character_count;
};

struct builder {
	struct arena *arena;
	int64_t from;
	int64_t until;
	struct time_segment *segments;
	uint32_t count;
	uint32_t capacity;
};

/* From `from` on the offset holds. Those before the span only say what holds at its start. */
static bool
add_segment(struct builder *builder, int64_t from, int64_t offset)
{
	if (from >= builder->until) {
		return true;
	}
	if (builder->count > 0 && from <= builder->from) {
		builder->segments[0].offset = offset;
		return true;
	}
	struct time_segment *moved = arena_grow(builder->arena, builder->segments, builder->count, &builder->capacity,
	    sizeof(*moved));
	if (moved == NULL) {
		return false;
	}
	builder->segments = moved;
	moved[builder->count++] =
	    (struct time_segment){.from = from < builder->from ? builder->from : from, .offset = offset};
	return true;
}

static bool
read_header(struct reader *reader, struct zone_header *header)
{
	const uint8_t *magic = reader_bytes(reader, 4);

	header->version = reader_u8(reader);
	reader_skip(reader, 15);
	header->universal_count = reader_u32(reader);
	header->standard_count = reader_u32(reader);
	header->leap_count = reader_u32(reader);
	header->time_count = reader_u32(reader);
	header->type_count = reader_u32(reader);
	header->character_count = reader_u32(reader);
	return !reader_failed(reader) && memcmp(magic, "TZif", 4) == 0 && header->type_count > 0 &&
	    header->type_count <= TYPES_MOST && header->time_count <= FILE_MOST &&
	    header->leap_count <= FILE_MOST && header->character_count <= FILE_MOST &&
	    header->standard_count <= TYPES_MOST && header->universal_count <= TYPES_MOST;
}

static void
skip_block(struct reader *reader, const struct zone_header *header, size_t time_size)
{
	reader_skip(reader, header->time_count * (time_size + 1) + (size_t)header->type_count * 6 +
		header->character_count + header->leap_count * (time_size + 4) + header->standard_count +
		header->universal_count);
}

/* The block of 64-bit times: transitions and the offsets they lead to. `last` is the last transition. */
static bool
read_block(struct reader *reader, const struct zone_header *header, struct builder *builder, int64_t *last)
{
	struct reader times = reader_sub(reader, (size_t)header->time_count * 8);
	struct reader indices = reader_sub(reader, header->time_count);
	struct reader types = reader_sub(reader, (size_t)header->type_count * 6);
	int64_t offsets[TYPES_MOST];

	for (uint32_t i = 0; i < header->type_count; i++) {
		offsets[i] = (int32_t)reader_u32(&types);
		reader_skip(&types, 2);
	}
	reader_skip(reader, (size_t)header->character_count + (size_t)header->leap_count * 12 +
		header->standard_count + header->universal_count);
	if (reader_failed(reader) || reader_failed(&types) || !add_segment(builder, INT64_MIN, offsets[0])) {
		return false;
	}
	*last = INT64_MIN;
	for (uint32_t i = 0; i < header->time_count; i++) {
		const int64_t time = (int64_t)reader_u64(&times);
		const uint8_t type = reader_u8(&indices);
		if (type >= header->type_count || (i > 0 && time <= *last) ||
		    !add_segment(builder, time, offsets[type])) {
			return false;
		}
		*last = time;
	}
	return true;
}

/* The rule's changes of each year that the span touches, behind `last`. */
static bool
add_rule_segments(struct builder *builder, const struct time_rule *rule, int64_t last)
{
	const int64_t day = 86400;
	const int64_t start = last > builder->from ? last : builder->from;

	if (!rule->has_summer) {
		return last >= builder->until || add_segment(builder, start, rule->standard_offset);
	}
	/* what holds at `start` comes from the change before it: one year back is enough */
	for (int64_t year = calendar_year(start / day) - 1; year <= calendar_year(builder->until / day) + 1; year++) {
		struct time_segment changes[2];
		time_rule_changes(rule, year, changes);
		for (uint32_t i = 0; i < 2; i++) {
			if (changes[i].from > last && !add_segment(builder, changes[i].from, changes[i].offset)) {
				return false;
			}
		}
	}
	return true;
}

enum time_zone_result
time_zone_parse(struct arena *arena, const uint8_t *bytes, size_t length, int64_t from, int64_t until,
    struct time_zone *zone)
{
	struct reader reader = reader_over(bytes, length);
	struct builder builder = {.arena = arena, .from = from, .until = until};
	struct zone_header header;
	struct time_rule rule;
	int64_t last = INT64_MIN;

	if (!read_header(&reader, &header) || header.version < '2') {
		return TIME_ZONE_BROKEN;
	}
	skip_block(&reader, &header, 4);
	if (!read_header(&reader, &header) || !read_block(&reader, &header, &builder, &last)) {
		return arena_failed(arena) ? TIME_ZONE_MEMORY : TIME_ZONE_BROKEN;
	}
	const size_t footer_length = reader_left(&reader);
	const uint8_t *footer = reader_bytes(&reader, footer_length);
	switch (time_rule_parse(footer, footer_length, &rule)) {
	case TIME_RULE_NONE:
		break;
	case TIME_RULE_BROKEN:
		return TIME_ZONE_BROKEN;
	case TIME_RULE_PARSED:
		if (!add_rule_segments(&builder, &rule, last)) {
			return TIME_ZONE_MEMORY;
		}
		break;
	}
	assert(builder.count > 0);
	zone->segments = builder.segments;
	zone->count = builder.count;
	return TIME_ZONE_LOADED;
}

/* Names as the schema allows them: nothing that leads out of the folder. */
static bool
name_is_safe(const char *name)
{
	const size_t length = strlen(name);

	return length > 0 && length <= NAME_MOST && name[0] != '/' && strstr(name, "..") == NULL &&
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == length;
}

/*
 * GMT+5 is five hours behind GMT, as JUNOS and the Etc/GMT+5 of the tz database have it: the sign is POSIX's, and the range
 * GMT-14 to GMT+12. False: another kind of name.
 */
static bool
fixed_offset(const char *name, int64_t *offset)
{
	enum { AHEAD_MOST = 14, BEHIND_MOST = 12, HOUR = 3600 };
	int64_t hours = 0;

	if (strcmp(name, "UTC") == 0 || strcmp(name, "GMT") == 0) {
		*offset = 0;
		return true;
	}
	if (strncmp(name, "GMT", 3) != 0 || (name[3] != '+' && name[3] != '-')) {
		return false;
	}
	const size_t digits = strspn(name + 4, "0123456789");

	if (digits < 1 || digits > 2 || name[4 + digits] != '\0') {
		return false;
	}
	for (size_t i = 0; i < digits; i++) {
		hours = hours * 10 + (name[4 + i] - '0');
	}
	if (hours > (name[3] == '+' ? BEHIND_MOST : AHEAD_MOST)) {
		return false;
	}
	*offset = (name[3] == '+' ? -hours : hours) * HOUR;
	return true;
}

enum time_zone_result
time_zone_load(struct arena *arena, const char *name, int64_t from, int64_t until, struct time_zone *zone)
{
	char path[sizeof(ZONE_FOLDER) + NAME_MOST] = ZONE_FOLDER;

	int64_t offset = 0;

	if (fixed_offset(name, &offset)) {
		zone->segments = arena_take(arena, 1, sizeof(*zone->segments));
		if (zone->segments == NULL) {
			return TIME_ZONE_MEMORY;
		}
		zone->segments[0] = (struct time_segment){.from = from, .offset = offset};
		zone->count = 1;
		return TIME_ZONE_LOADED;
	}
	if (!name_is_safe(name)) {
		return TIME_ZONE_UNKNOWN;
	}
	memcpy(path + strlen(ZONE_FOLDER), name, strlen(name) + 1);
	uint8_t *bytes = arena_take(arena, FILE_MOST, 1);
	if (bytes == NULL) {
		return TIME_ZONE_MEMORY;
	}
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		return TIME_ZONE_UNKNOWN;
	}
	const size_t length = fread(bytes, 1, FILE_MOST, file);
	const bool failed = ferror(file) != 0;
	(void)fclose(file);
	if (failed || length == FILE_MOST) {
		return TIME_ZONE_BROKEN;
	}
	return time_zone_parse(arena, bytes, length, from, until, zone);
}
