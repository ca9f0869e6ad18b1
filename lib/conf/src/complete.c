/*
 * Completion of configuration lines: what may stand next, from the schema and from the names that exist.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "complete_private.h"
#include "conf/applications.h"
#include "op_private.h"
#include "tree_private.h"

enum {
	OFFERED_MOST = 4096, /* names in one answer: nobody reads more */
	OFFERED_SLOTS = 4 * OFFERED_MOST,
};

struct offering {
	const struct place *place;
	const struct text *typed; /* the beginning of the word that is being completed */
	void (*each)(void *context, const struct conf_candidate *candidate);
	void *context;
	char **offered; /* names so far, by their hash: none comes twice; NULL before the first */
	size_t count;
};

static void
offer(struct offering *offering, enum conf_candidate_kind kind, const char *word, const char *help)
{
	const struct conf_candidate candidate = {.kind = kind, .word = word, .help = help == NULL ? "" : help};
	const bool fixed = kind != CONF_CANDIDATE_PLACEHOLDER && kind != CONF_CANDIDATE_ENTER;

	if (kind == CONF_CANDIDATE_ENTER && offering->typed->length > 0) {
		return;
	}
	if (!fixed || strncmp(word, text_string(offering->typed), offering->typed->length) == 0) {
		offering->each(offering->context, &candidate);
	}
}

/* Is it the first time that the name comes? Also false when memory is short, and for more names than anybody reads. */
static bool
offer_first(struct offering *offering, const char *name)
{
	static const struct hash_key key = {0, 0}; /* the names are the configuration's own */
	size_t slot = (size_t)hash_bytes(&key, name, strlen(name)) % OFFERED_SLOTS;

	if (offering->offered == NULL) {
		offering->offered = calloc(OFFERED_SLOTS, sizeof(*offering->offered));
	}
	if (offering->offered == NULL || offering->count == OFFERED_MOST) {
		return false;
	}
	while (offering->offered[slot] != NULL) {
		if (strcmp(offering->offered[slot], name) == 0) {
			return false;
		}
		slot = (slot + 1) % OFFERED_SLOTS;
	}
	offering->offered[slot] = strdup(name);
	offering->count += offering->offered[slot] != NULL;
	return offering->offered[slot] != NULL;
}

static void
offer_release(struct offering *offering)
{
	for (size_t i = 0; offering->offered != NULL && i < OFFERED_SLOTS; i++) {
		free(offering->offered[i]);
	}
	free(offering->offered);
}

void
complete_name(const char *name, void (*each)(void *context, const struct conf_candidate *candidate), void *context)
{
	struct text word = TEXT_EMPTY;

	tree_append_word(&word, name);
	if (!text_failed(&word)) {
		each(context, &(struct conf_candidate){.kind = CONF_CANDIDATE_NAME, .word = text_string(&word), .help = ""});
	}
	text_release(&word);
}

static void
offer_name(void *context, const char *name)
{
	struct offering *offering = context;

	if (strncmp(name, text_string(offering->typed), offering->typed->length) == 0 && offer_first(offering, name)) {
		complete_name(name, offering->each, offering->context);
	}
}

/* What a value is called; names of one kind and of the other are names. */
static const char *
type_word(const struct schema_node *type)
{
	const char *word = type->range != NULL ? type->range : type->type_name == NULL ? type->name : type->type_name;

	return strcmp(word, "object-name") == 0 ? "name" : word;
}

/* <name>, <0..16385>: with what the schema says of the value. */
static void
offer_placeholder(struct offering *offering, const struct schema_node *type, const struct schema_node *about)
{
	struct text word = TEXT_EMPTY;
	struct text help = TEXT_EMPTY;

	text_printf(&word, "<%s>", type_word(type));
	text_append(&help, about->help[0] != '\0' ? about->help : type->help);
	if (type->units != NULL && strstr(text_string(&help), type->units) == NULL) {
		text_printf(&help, ", in %s", type->units);
	}
	if (type->default_value != NULL && strstr(text_string(&help), "default") == NULL) {
		text_printf(&help, " (default %s)", type->default_value);
	}
	offer(offering, CONF_CANDIDATE_PLACEHOLDER, text_string(&word), text_string(&help));
	text_release(&word);
	text_release(&help);
}

/* What a reference may be besides the names that exist. */
static void
offer_any(struct offering *offering, const struct schema_node *type)
{
	if (type->type_name != NULL &&
	    (strcmp(type->type_name, "address-reference") == 0 || strcmp(type->type_name, "application-reference") == 0)) {
		offer(offering, CONF_CANDIDATE_KEYWORD, "any", "All of them");
	}
	if (type->type_name != NULL && strcmp(type->type_name, "application-reference") == 0) {
		for (size_t i = 0; conf_application_predefined(i) != NULL; i++) {
			offer_name(offering, conf_application_predefined(i));
		}
	}
}

/* Is a type all words, so that no placeholder is of use? */
static bool
offer_words(struct offering *offering, const struct schema_node *type)
{
	size_t count = 0;
	const struct schema_word *words = schema_words(type, &count);

	for (size_t i = 0; i < count; i++) {
		offer(offering, CONF_CANDIDATE_KEYWORD, words[i].name, words[i].help);
	}
	return count > 0 && type->type_name != NULL && strcmp(type->type_name, "enumeration") == 0;
}

/* Does the verb write what need not be there yet? */
static bool
verb_writes(enum conf_verb verb)
{
	return verb == CONF_VERB_SET || verb == CONF_VERB_EDIT;
}

static void
offer_values(struct offering *offering, const struct schema_node *leaf)
{
	const struct place *place = offering->place;

	if (place->verb != CONF_VERB_SET) {
		for (const struct conf_node *value = conf_first(place->node, leaf->name); value != NULL;
		     value = conf_next(value)) {
			offer_name(offering, value->value == NULL ? "" : value->value);
		}
		return;
	}
	complete_reference(place, leaf->reference, leaf->name, offer_name, offering);
	offer_any(offering, leaf);
	if (!offer_words(offering, leaf)) {
		offer_placeholder(offering, leaf, leaf);
	}
	if (leaf->kind == SCHEMA_LEAF_LIST && place->state == PLACE_WANTS_VALUE) {
		offer(offering, CONF_CANDIDATE_KEYWORD, "[", "Open a set of values");
	} else if (place->state == PLACE_IN_BRACKETS) {
		offer(offering, CONF_CANDIDATE_KEYWORD, "]", "Close the set of values");
	}
}

static void
offer_keys(struct offering *offering, const struct schema_node *list)
{
	const struct place *place = offering->place;

	for (const struct conf_node *entry = conf_first(place->node, list->name); entry != NULL; entry = conf_next(entry)) {
		offer_name(offering, entry->value == NULL ? "" : entry->value);
	}
	if (!verb_writes(place->verb) || list->key_node == NULL) {
		return;
	}
	complete_reference(place, list->key_node->reference, list->key_node->name, offer_name, offering);
	if (!offer_words(offering, list->key_node)) {
		offer_placeholder(offering, list->key_node, list);
	}
}

static void
offer_second_keys(struct offering *offering, const struct schema_node *list)
{
	const struct place *place = offering->place;

	for (const struct conf_node *entry = conf_first(place->node, list->name); entry != NULL; entry = conf_next(entry)) {
		if (entry->value != NULL && entry->value2 != NULL && strcmp(entry->value, text_string(&place->key)) == 0) {
			offer_name(offering, entry->value2);
		}
	}
	if (!verb_writes(place->verb) || list->second_key_node == NULL) {
		return;
	}
	complete_reference(place, list->second_key_node->reference, list->second_key_node->name, offer_name, offering);
	if (!offer_words(offering, list->second_key_node)) {
		offer_placeholder(offering, list->second_key_node, list);
	}
}

static bool
child_fits(const struct place *place, const struct schema_node *child)
{
	if (child->hidden || child->keyword_less) {
		return false;
	}
	switch (place->verb) {
	case CONF_VERB_SET:
		return true;
	case CONF_VERB_EDIT:
		return child->kind == SCHEMA_LIST || child->kind == SCHEMA_CONTAINER ||
		    (child->kind == SCHEMA_PRESENCE && child->child_count > 0);
	case CONF_VERB_INSERT:
	case CONF_VERB_RENAME:
		return place_has(place->node, child) && (child->kind == SCHEMA_LIST || child->child_count > 0);
	case CONF_VERB_DELETE:
	case CONF_VERB_SHOW:
		return place_has(place->node, child);
	}
	return false;
}

static enum conf_candidate_kind
child_candidate(const struct schema_node *child)
{
	switch (child->kind) {
	case SCHEMA_LEAF:
		return CONF_CANDIDATE_KEYWORD;
	case SCHEMA_LEAF_LIST:
		return CONF_CANDIDATE_SET;
	case SCHEMA_CONTAINER:
	case SCHEMA_LIST:
		return CONF_CANDIDATE_LEVEL;
	case SCHEMA_PRESENCE:
		return child->child_count == 0 ? CONF_CANDIDATE_KEYWORD : CONF_CANDIDATE_LEVEL;
	}
	return CONF_CANDIDATE_KEYWORD;
}

/* A keyword with its help, and what its value is when it is not written. */
static void
offer_child(struct offering *offering, const struct schema_node *child)
{
	struct text help = TEXT_EMPTY;

	text_append(&help, child->help);
	if (child->kind == SCHEMA_LEAF && child->range != NULL && strstr(child->help, child->range) == NULL) {
		text_printf(&help, " (%s)", child->range);
	}
	if (child->default_value != NULL && strstr(child->help, "default") == NULL) {
		text_printf(&help, " (default %s)", child->default_value);
	}
	offer(offering, child_candidate(child), child->name, text_string(&help));
	text_release(&help);
}

static void
offer_children(struct offering *offering)
{
	const struct place *place = offering->place;
	const struct schema_node *bare = place->schema->keyword_less_child;

	if (bare != NULL && bare->kind == SCHEMA_LIST) {
		offer_keys(offering, bare);
	} else if (bare != NULL && bare->kind != SCHEMA_CONTAINER) {
		offer_values(offering, bare);
	}
	for (size_t i = 0; i < place->schema->child_count; i++) {
		const struct schema_node *child = place->schema->children[i];

		if (child_fits(place, child)) {
			offer_child(offering, child);
		}
	}
	if (place->verb == CONF_VERB_INSERT && place->schema->kind == SCHEMA_LIST && place->schema->user_ordered) {
		offer(offering, CONF_CANDIDATE_KEYWORD, "after", "Move it behind another one");
		offer(offering, CONF_CANDIDATE_KEYWORD, "before", "Move it in front of another one");
	}
	if (place->verb == CONF_VERB_RENAME && place->schema->kind == SCHEMA_LIST) {
		offer(offering, CONF_CANDIDATE_KEYWORD, "to", "The new name follows");
	}
}

static void
offer_neighbours(struct offering *offering)
{
	const struct conf_node *node = offering->place->node;

	if (offering->place->verb == CONF_VERB_RENAME) {
		offer_placeholder(offering, offering->place->schema->key_node, offering->place->schema);
		return;
	}
	for (const struct conf_node *entry = node == NULL ? NULL : conf_first(node->parent, node->schema->name);
	     entry != NULL; entry = conf_next(entry)) {
		if (entry != node) {
			offer_name(offering, entry->value == NULL ? "" : entry->value);
		}
	}
}

static void
offer_place(struct offering *offering)
{
	const struct place *place = offering->place;
	bool whole = place->whole;

	switch (place->verb) {
	case CONF_VERB_SET:
	case CONF_VERB_EDIT:
		whole = whole && place->words > 0;
		break;
	case CONF_VERB_INSERT:
	case CONF_VERB_RENAME:
		whole = whole && place->state == PLACE_DONE;
		break;
	case CONF_VERB_DELETE:
	case CONF_VERB_SHOW:
		break;
	}
	if (whole) {
		offer(offering, CONF_CANDIDATE_ENTER, "", "Execute this command");
	}
	switch (place->state) {
	case PLACE_AT_NODE:
		offer_children(offering);
		break;
	case PLACE_WANTS_KEY:
		offer_keys(offering, place->child);
		break;
	case PLACE_WANTS_KEYWORD:
		offer(offering, CONF_CANDIDATE_KEYWORD, place->child->second_key, place->child->help);
		break;
	case PLACE_WANTS_KEY2:
		offer_second_keys(offering, place->child);
		break;
	case PLACE_WANTS_VALUE:
	case PLACE_IN_BRACKETS:
		offer_values(offering, place->child);
		break;
	case PLACE_WANTS_LIST:
		offer(offering, CONF_CANDIDATE_KEYWORD, place->schema->name, place->schema->help);
		break;
	case PLACE_WANTS_NEIGHBOUR:
		offer_neighbours(offering);
		break;
	case PLACE_DONE:
		break;
	}
}

/* Takes whole words; the last one goes to `typed` when no blank ends it. False: a word that cannot stand there. */
static bool
read_words(struct place *place, const char *words, struct text *typed)
{
	struct op_word word;
	const char *cursor = words;

	while (op_next_word(&cursor, &word)) {
		struct text text = TEXT_EMPTY;

		op_word_text(&word, &text);
		if (typed != NULL && *cursor == '\0') {
			*typed = text;
			return true;
		}
		const bool taken = place_take(place, text_string(&text));

		text_release(&text);
		if (!taken) {
			return false;
		}
	}
	return true;
}

void
conf_complete(const struct conf_editor *editor, enum conf_verb verb, const char *words,
    void (*each)(void *context, const struct conf_candidate *candidate), void *context)
{
	struct place place;
	struct text typed = TEXT_EMPTY;
	struct offering offering = {.place = &place, .typed = &typed, .each = each, .context = context};

	place_start(&place, editor->tree, verb);
	if (read_words(&place, text_string(&editor->level), NULL)) {
		place.words = 0;
		if (read_words(&place, words, &typed)) {
			offer_place(&offering);
		}
	}
	text_release(&typed);
	offer_release(&offering);
	place_release(&place);
}
