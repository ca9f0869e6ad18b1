/*
 * Inside the compilation of classifiers, what its files share: classifier_build.c (rules, sets, contexts), classifier_terms.c
 * (lists of terms), classifier_number.c (inet6 addresses to numbers), classifier_index.c (which list a rule goes to),
 * classifier_entries.c (the lists) and classifier_dimension.c (prefixes to intervals).
 */
#ifndef SNAPSHOT_CLASSIFIER_BUILD_H
#define SNAPSHOT_CLASSIFIER_BUILD_H

#include "arena.h"
#include "snapshot/classifier.h"

/* A hash map from two numbers to a number, in scratch memory. Values are never CLASSIFIER_NONE. */
struct pair_map {
	struct pair_map_slot *slots;
	uint32_t mask;
	uint32_t count;
};

struct pair_map_slot {
	uint32_t first;
	uint32_t second;
	uint32_t value;
	uint32_t used;
};

/* The place of the key's value, new ones hold `fresh`; NULL when memory ran out. Valid until the next call. */
uint32_t *pair_map_place(struct pair_map *map, struct arena *scratch, uint32_t first, uint32_t second, uint32_t fresh);
/* The key's value, or CLASSIFIER_NONE. */
uint32_t pair_map_find(const struct pair_map *map, uint32_t first, uint32_t second);

/*
 * A prefix of either family as the addresses, or the numbers that stand for addresses, from `first` to `last`. Two either
 * lie apart or one in the other.
 */
struct build_prefix {
	uint32_t first;
	uint32_t last;
	uint32_t narrow; /* how much of a network's and host's part it fixes, 0 to 32 */
};

/* A rule's distinct prefixes, ascending, none inside another. */
struct build_prefixes {
	uint32_t count;
	struct build_prefix *prefixes;
};

#define DIGEST_START 0xcbf29ce484222325U

/* Of what may be equal to something that is known. Who makes others collide by choice only makes a compilation share less. */
static inline uint64_t
digest_add(uint64_t digest, uint64_t value)
{
	digest = (digest ^ value) * 0x9e3779b97f4a7c15U;
	return digest ^ digest >> 29;
}

/* Lists of terms, one after the other, in scratch memory. */
struct build_terms {
	struct pair_map map; /* a digest to a place where such terms may stand */
	struct classifier_term *rows;
	uint32_t count;
	uint32_t capacity;
};

/* Where such terms stand, from now on if not before. => count > 0 */
bool build_terms_place(struct build_terms *known, struct arena *scratch, const struct classifier_term *terms,
    uint32_t count, uint32_t *start) __attribute__((warn_unused_result));

/* Cuts the inet6 addresses at all prefixes that some rule names, and numbers the intervals. */
bool classifier_number_addresses6(struct classifier *classifier, struct arena *arena,
    const struct classifier_source_context *contexts, uint32_t count) __attribute__((warn_unused_result));

struct build_rule {
	struct build_prefixes source;
	struct build_prefixes destination;
	uint32_t term_count;
	const struct classifier_term *terms;
};

struct build_context {
	struct arena *arena;   /* the classifier's own */
	struct arena *scratch; /* for the time of the compilation */
	struct classifier_context *context;
	struct build_rule *rules; /* as context->rules */
};

/* One rule's stand in a list under a key: sorted by key, then rule, they become lists. */
struct build_entry {
	uint32_t first;
	uint32_t second;
	uint32_t rule;
};

struct build_entries {
	struct build_entry *items;
	uint32_t count;
	uint32_t capacity;
};

void build_entries_sort(struct build_entries *entries);

struct build_span { /* of entries */
	uint32_t start;
	uint32_t count;
};

/* The entries from `at` on that have the same key. => sorted, at < count */
struct build_span build_entries_span(const struct build_entries *entries, uint32_t at);

/*
 * The lists of a context while they come to be: words in scratch memory, see engine/classifier_layout.h.
 * Room is taken beforehand: a word for each entry, and one for each list.
 */
struct build_lists {
	uint32_t *words;
	uint32_t count;
	uint32_t room;
};

/* The entries of one key, sorted by rule, as a list that leads to `next`: its reference. A rule that stands there twice is taken
 * once. => count > 0, there is room */
uint32_t build_list(struct build_lists *lists, const struct build_entry *entries, uint32_t count, uint32_t next);

bool build_entries_push(struct build_entries *entries, struct arena *scratch, uint32_t first, uint32_t second,
    uint32_t rule) __attribute__((warn_unused_result));

/* Decides for each rule of the context which list it goes to and fills the context's lists and tables. */
bool classifier_index_context(struct build_context *build) __attribute__((warn_unused_result));

/*
 * Fills a dimension from distinct prefixes: `spans[i]` are those entries that stand under prefix i, with count 0 none;
 * `pair_of[i]` is its pair number or CLASSIFIER_NONE.
 */
struct build_dimension {
	uint32_t prefix_count;
	const struct build_prefix *prefixes;
	const struct build_span *spans;
	const uint32_t *pair_of;
	uint32_t pair_count;
	const struct build_entry *entries; /* sorted */
	struct build_lists *lists;
};

bool classifier_fill_dimension(struct arena *arena, struct arena *scratch, const struct build_dimension *build,
    struct classifier_dimension *dimension) __attribute__((warn_unused_result));

#endif
