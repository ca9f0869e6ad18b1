/*
 * Values that a script cannot know before, as a translated port: the first expectation that has the name takes what it stands
 * for from the packet that left, and from then on it is that value. See script.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

enum {
	IPV4_HEADER_LEAST = 20,
	ETHERNET_LENGTH = 14,
	TAG_LENGTH = 4,
};

static size_t
name_length(const char *at)
{
	return strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789");
}

static struct variable *
find(struct script *script, const char *name, size_t length)
{
	for (uint32_t i = 0; i < script->variable_count; i++) {
		if (strlen(script->variables[i].name) == length &&
		    memcmp(script->variables[i].name, name, length) == 0) {
			return &script->variables[i];
		}
	}
	return NULL;
}

void
variables_expand(struct script *script, const char *line, struct text *expanded)
{
	while (*line != '\0') {
		const size_t length = *line == '$' ? name_length(line + 1) : 0;
		const struct variable *variable = length > 0 ? find(script, line + 1, length) : NULL;

		if (variable != NULL) {
			text_append(expanded, variable->value);
			line += 1 + length;
		} else {
			text_append_char(expanded, *line++);
		}
	}
}

static void
bind(struct script *script, const char *name, const char *value)
{
	const size_t length = name_length(name);
	struct variable *variable = &script->variables[script->variable_count];

	if (script->variable_count == VARIABLES_MAX || length == 0 || length >= sizeof(variable->name)) {
		script_fail(script, "$%s is one variable too many, or no name", name);
		return;
	}
	memcpy(variable->name, name, length);
	variable->name[length] = '\0';
	snprintf(variable->value, sizeof(variable->value), "%s", value);
	script->variable_count++;
}

/* The IPv4 packet that left, or NULL. */
static const uint8_t *
packet_of(const struct left_packet *left)
{
	const uint8_t *ip = left->bytes;

	if (left->verb == ENGINE_SEND) {
		ip += left->bytes[12] == 0x81 ? ETHERNET_LENGTH + TAG_LENGTH : ETHERNET_LENGTH;
	}
	return left->length >= IPV4_HEADER_LEAST + 8 && ip[0] >> 4 == 4 ? ip : NULL;
}

static uint16_t
load_16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* What a word with names in it is in this packet: an address, a port, or both, of one side. */
static void
take_end(struct script *script, const char *word, const uint8_t *ip, bool destination)
{
	const uint8_t *address = ip + (destination ? 16 : 12);
	const uint8_t *transport = ip + (ip[0] & 0xf) * 4;
	const char *colon = strchr(word, ':');
	char value[VARIABLE_SIZE];

	if (word[0] == '$') {
		snprintf(value, sizeof(value), "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
		bind(script, word + 1, value);
	}
	if (colon != NULL && colon[1] == '$') {
		snprintf(value, sizeof(value), "%u", load_16(transport + (destination ? 2 : 0)));
		bind(script, colon + 2, value);
	}
}

void
variables_bind(struct script *script)
{
	struct words *words = &script->words;
	const uint8_t *ip =
	    script->output_next < script->output_count ? packet_of(&script->outputs[script->output_next]) : NULL;
	bool destination = false;
	char value[VARIABLE_SIZE];

	for (uint32_t i = words->next; ip != NULL && i < words->count && strcmp(words->items[i], "+") != 0; i++) {
		struct text expanded = TEXT_EMPTY;

		if (strcmp(words->items[i], "of") == 0) {
			return; /* what an error quotes has only known values */
		}
		variables_expand(script, words->items[i], &expanded);
		if (strchr(text_string(&expanded), '$') != NULL) {
			if (strcmp(words->items[i - 1], "ident") == 0) {
				snprintf(value, sizeof(value), "%u", load_16(ip + (ip[0] & 0xf) * 4 + 4));
				bind(script, words->items[i] + 1, value);
			} else {
				take_end(script, text_string(&expanded), ip, destination);
			}
		}
		text_release(&expanded);
		destination = destination || strcmp(words->items[i], ">") == 0;
	}
	for (uint32_t i = words->next; i < words->count; i++) {
		struct text expanded = TEXT_EMPTY;

		variables_expand(script, words->items[i], &expanded);
		if (strcmp(text_string(&expanded), words->items[i]) != 0) {
			snprintf(script->words_bound[i], VARIABLE_SIZE * 2, "%s", text_string(&expanded));
			words->items[i] = script->words_bound[i];
		}
		text_release(&expanded);
	}
}
