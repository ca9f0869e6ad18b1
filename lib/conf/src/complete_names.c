/*
 * Names that exist: the entries of the lists that a reference's paths lead to.
 *
 * A unit's name is its port's with its own: ge-0/0/1.2. Addresses of a policy are those of its from-zone (source) and
 * to-zone (destination). The recursion is as deep as a path of the schema.
 */
#include <string.h>

#include "complete_private.h"

enum {
	PATH_WORD = 64,
};

struct name_search {
	const struct place *place;
	const char *leaf;
	void (*each)(void *context, const char *name);
	void *context;
};

/* Addresses in other zones than the policy's are no use to it. */
static bool
name_zone_fits(const struct name_search *search, const struct conf_node *entry)
{
	const struct text *zone = NULL;

	if (strcmp(entry->schema->name, "security-zone") != 0 || entry->value == NULL) {
		return true;
	}
	if (strncmp(search->leaf, "source", strlen("source")) == 0) {
		zone = &search->place->from_zone;
	} else if (strncmp(search->leaf, "destination", strlen("destination")) == 0) {
		zone = &search->place->to_zone;
	}
	return zone == NULL || zone->length == 0 || strcmp(text_string(zone), entry->value) == 0;
}

static void
name_emit(const struct name_search *search, const struct conf_node *entry)
{
	const struct conf_node *parent = entry->parent;

	if (entry->value == NULL) {
		return;
	}
	if (strcmp(entry->schema->name, "unit") == 0 && parent != NULL && parent->value != NULL) {
		struct text name = TEXT_EMPTY;

		text_printf(&name, "%s.%s", parent->value, entry->value);
		search->each(search->context, text_string(&name));
		text_release(&name);
		return;
	}
	search->each(search->context, entry->value);
}

static void
name_descend(const struct name_search *search, const struct conf_node *node, const char *path)
{
	const size_t length = strcspn(path, "/ ");
	char word[PATH_WORD];

	if (length == 0 || length >= sizeof(word)) {
		return;
	}
	memcpy(word, path, length);
	word[length] = '\0';
	const char *rest = path[length] == '/' ? path + length + 1 : NULL;

	for (const struct conf_node *entry = conf_first(node, word); entry != NULL; entry = conf_next(entry)) {
		if (rest == NULL) {
			name_emit(search, entry);
		} else if (name_zone_fits(search, entry)) {
			name_descend(search, entry, rest);
		}
	}
}

void
complete_reference(const struct place *place, const char *reference, const char *leaf,
    void (*each)(void *context, const char *name), void *context)
{
	const struct name_search search = {.place = place, .leaf = leaf, .each = each, .context = context};
	const char *path = reference;

	while (path != NULL && *path != '\0') {
		name_descend(&search, conf_tree_top(place->tree), path);
		path += strcspn(path, " ");
		path += strspn(path, " ");
	}
}
