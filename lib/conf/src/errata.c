/*
 * The table of spellings. See errata.h.
 *
 * A row says where (the schema path of the place where reading stands), which word is met there though it is no
 * statement, and what it is read as. Spellings that need the whole configuration (bare application names, "all") are
 * canonical.c's; those of values (10.0.0.1 for 10.0.0.1/32) belong to their type in value_formats.c.
 */
#include "errata.h"

#include <string.h>
#include <strings.h>

#include "schema_private.h"
#include "secrets.h"
#include "tree_private.h"

enum word_match {
	MATCH_WORD,     /* the row's word */
	MATCH_BEGINS,   /* begins with the row's word; "&" is the rest */
	MATCH_ANY,      /* any word */
	MATCH_NUMBER,   /* a number */
	MATCH_PREFIX,   /* an IPv4 address or prefix */
	MATCH_INSTANCE, /* the name of a configured routing instance */
	MATCH_SECRET,   /* any word that is no keyword with a secret stuck to it (ascii-text1234) */
};

struct rewrite {
	const char *erratum;
	const char *where;    /* names from the top, separated by blanks */
	const char *word;
	const char *next;     /* the word that must follow, alternatives separated by blanks; NULL: any */
	const char *previous; /* the word that must stand before; NULL: any */
	const char *reading;  /* words put in its place; "&" is the word itself */
	const char *erase;    /* a statement of the top that is deleted as well: names separated by blanks */
	const char *erase_here; /* a statement beside the word that is deleted as well */
	enum word_match match;
	bool lenient;
	bool drop_next;
	bool climb; /* goes on one level up */
};

#define POLICY "security policies from-zone policy"
#define SCREEN_GROUPS "icmp ip tcp udp limit-session"
#define IKE_PROPOSAL "security ike proposal"
#define IKE_POLICY "security ike policy"
#define GATEWAY "security ike gateway"
#define IPSEC_PROPOSAL "security ipsec proposal"
#define IPSEC_POLICY "security ipsec policy"
#define VPN "security ipsec vpn"

static const struct rewrite rewrites[] = {
    {.erratum = "E-004", .lenient = true, .where = "", .match = MATCH_INSTANCE, .reading = "routing-instances &"},
    {.erratum = "E-004", .lenient = true, .where = "", .match = MATCH_WORD, .word = "ike", .reading = "security &"},
    {.erratum = "E-004", .lenient = true, .where = "", .match = MATCH_WORD, .word = "ipsec", .reading = "security &"},
    {.erratum = "E-057", .lenient = true, .where = "routing-instances instance", .match = MATCH_WORD, .word = "static",
        .reading = "routing-options &"},
    {.erratum = "E-071", .lenient = true, .where = "security zones security-zone address-book address-set",
        .match = MATCH_PREFIX, .reading = "address &"},
    {.erratum = "E-072", .lenient = true, .where = "security zones security-zone address-book", .match = MATCH_ANY,
        .next = "address", .reading = "address &", .drop_next = true},
    {.erratum = "E-078", .where = POLICY " match", .match = MATCH_WORD, .word = "application-set",
        .reading = "application"},
    {.erratum = "E-079", .lenient = true, .where = POLICY " match", .match = MATCH_WORD, .word = "then",
        .reading = "&", .climb = true, .previous = "match"},
    {.erratum = "E-088", .where = POLICY, .match = MATCH_WORD, .word = "schedule", .reading = "scheduler-name"},
    {.erratum = "E-102", .lenient = true, .where = "security screen ids-option", .match = MATCH_WORD,
        .word = "security", .reading = ""},
    {.erratum = "E-100", .where = "security screen", .match = MATCH_ANY, .reading = "ids-option &"},
    {.erratum = "E-101", .lenient = true, .where = "security", .match = MATCH_ANY, .next = SCREEN_GROUPS,
        .reading = "screen ids-option &"},
    {.erratum = "E-103", .where = "security screen ids-option ip", .match = MATCH_WORD, .word = "filter-source",
        .reading = "source-route-option"},
    {.erratum = "E-104", .where = "security screen ids-option tcp syn-ack-ack-proxy", .match = MATCH_NUMBER,
        .reading = "threshold &"},
    {.erratum = "E-113", .lenient = true, .where = "security flow", .match = MATCH_WORD, .word = "tcp-syn-check",
        .reading = "", .erase = "security flow tcp-session no-syn-check"},
    {.erratum = "E-114", .where = "security flow", .match = MATCH_WORD, .word = "syn-proxy",
        .next = "syn-cookie syn-proxy", .reading = "syn-flood-protection-mode"},
    {.erratum = "E-130", .lenient = true, .where = "firewall filter term from", .match = MATCH_BEGINS,
        .word = "icmp-type-", .reading = "icmp-type &"},
    {.erratum = "E-136", .where = "firewall", .match = MATCH_WORD, .word = "family", .reading = ""},
    {.erratum = "E-136", .where = "firewall", .match = MATCH_WORD, .word = "inet", .reading = ""},
    {.erratum = "E-140", .where = IKE_POLICY, .match = MATCH_WORD, .word = "proposal", .reading = "proposals"},
    {.erratum = "E-140", .where = IPSEC_POLICY, .match = MATCH_WORD, .word = "proposal", .reading = "proposals"},
    {.erratum = "E-142", .where = IKE_POLICY, .match = MATCH_WORD, .word = "preshared-key",
        .reading = "pre-shared-key"},
    {.erratum = "E-142", .where = IKE_POLICY, .match = MATCH_WORD, .word = "pre-shared-keys",
        .reading = "pre-shared-key"},
    {.erratum = "E-142", .where = IKE_POLICY " pre-shared-key", .match = MATCH_SECRET, .previous = "pre-shared-key",
        .reading = "ascii-text &"},
    {.erratum = "E-143", .lenient = true, .where = GATEWAY, .match = MATCH_WORD, .word = "policy",
        .reading = "ike-policy"},
    {.erratum = "E-143", .lenient = true, .where = "security", .match = MATCH_WORD, .word = "gateway",
        .reading = "ike &"},
    {.erratum = "E-146", .where = IKE_PROPOSAL, .match = MATCH_WORD, .word = "authentication", .next = "algorithm",
        .reading = "authentication-algorithm", .drop_next = true},
    {.erratum = "E-146", .where = IKE_PROPOSAL, .match = MATCH_WORD, .word = "encryption", .next = "algorithm",
        .reading = "encryption-algorithm", .drop_next = true},
    {.erratum = "E-146", .where = IPSEC_PROPOSAL, .match = MATCH_WORD, .word = "authentication", .next = "algorithm",
        .reading = "authentication-algorithm", .drop_next = true},
    {.erratum = "E-146", .where = IPSEC_PROPOSAL, .match = MATCH_WORD, .word = "encryption", .next = "algorithm",
        .reading = "encryption-algorithm", .drop_next = true},
    {.erratum = "E-146", .lenient = true, .where = IPSEC_PROPOSAL, .match = MATCH_WORD, .word = "hmac-md5-96",
        .reading = "authentication-algorithm &"},
    {.erratum = "E-146", .lenient = true, .where = IPSEC_PROPOSAL, .match = MATCH_WORD, .word = "hmac-md5-95",
        .reading = "authentication-algorithm &"},
    {.erratum = "E-146", .lenient = true, .where = IPSEC_PROPOSAL, .match = MATCH_WORD, .word = "hmac-sha1-96",
        .reading = "authentication-algorithm &"},
    {.erratum = "E-150", .where = VPN " ike", .match = MATCH_WORD, .word = "no-anti-replay-check",
        .reading = "no-anti-replay"},
    {.erratum = "E-150", .where = VPN " ike", .match = MATCH_WORD, .word = "no", .next = "anti-replay",
        .reading = "no-anti-replay", .drop_next = true},
    {.erratum = "E-150", .where = VPN " ike", .match = MATCH_WORD, .word = "anti-replay", .reading = "",
        .erase_here = "no-anti-replay"},
    {.erratum = "E-152", .where = "security ipsec", .match = MATCH_WORD, .word = "vpn-monitoring-options",
        .reading = "vpn-monitor-options"},
    {.erratum = "E-153", .where = VPN, .match = MATCH_WORD, .word = "vpn-monitor-options", .reading = "vpn-monitor"},
    {.erratum = "E-153", .where = VPN " vpn-monitor", .match = MATCH_WORD, .word = "destination",
        .reading = "destination-ip"},
    {.erratum = "E-162", .where = IKE_POLICY " certificate", .match = MATCH_WORD, .word = "peer-cert-type",
        .reading = "peer-certificate-type"},
    {.erratum = "E-183", .where = GATEWAY " dynamic", .match = MATCH_WORD, .word = "user-at-home",
        .reading = "user-at-hostname"},
    {.erratum = "E-191", .where = GATEWAY, .match = MATCH_WORD, .word = "access-profile",
        .reading = "xauth access-profile"},
    {.erratum = "E-191", .where = GATEWAY " dynamic", .match = MATCH_WORD, .word = "access-profile", .reading = "&",
        .climb = true},
    {.erratum = "E-210", .where = "security nat destination-nat", .match = MATCH_WORD, .word = "addr-range",
        .reading = "address-range"},
    {.erratum = "E-210", .where = "security nat interface source-nat pool", .match = MATCH_WORD, .word = "addr-range",
        .reading = "address-range"},
};

struct value_rewrite {
	const char *erratum;
	const char *where; /* of the leaf */
	const char *value; /* in any case */
	const char *next;  /* the word that must follow and goes with it; NULL: none */
	const char *reading;
	bool lenient;
};

#define METHOD IKE_PROPOSAL " authentication-method"

static const struct value_rewrite value_rewrites[] = {
    {"E-026", "security forwarding-options family iso mode", "flow-based", NULL, "packet-based", true},
    {"E-145", METHOD, "dsa-signature", NULL, "dsa-signatures", false},
    {"E-145", METHOD, "dsa", "signatures", "dsa-signatures", false},
    {"E-145", METHOD, "rsa-signature", NULL, "rsa-signatures", false},
    {"E-145", METHOD, "rsa", "signatures", "rsa-signatures", false},
    {"E-145", METHOD, "pre-shared-key", NULL, "pre-shared-keys", false},
    {"E-145", METHOD, "pre-shared", "keys", "pre-shared-keys", false},
    {"E-146", IPSEC_PROPOSAL " authentication-algorithm", "hmac-md5-95", NULL, "hmac-md5-96", false},
    {"E-148", IKE_PROPOSAL " dh-group", "group", "1", "group1", false},
    {"E-148", IKE_PROPOSAL " dh-group", "group", "2", "group2", false},
    {"E-148", IKE_PROPOSAL " dh-group", "group", "5", "group5", false},
    {"E-148", IPSEC_POLICY " perfect-forward-secrecy keys", "group", "1", "group1", false},
    {"E-148", IPSEC_POLICY " perfect-forward-secrecy keys", "group", "2", "group2", false},
    {"E-148", IPSEC_POLICY " perfect-forward-secrecy keys", "group", "5", "group5", false},
    {"E-161", IKE_PROPOSAL " authentication-algorithm", "sha2", NULL, "sha-256", false},
    {"E-161", IPSEC_PROPOSAL " authentication-algorithm", "hmac-sha2", NULL, "hmac-sha-256-128", false},
    {"E-163", IKE_POLICY " proposal-set", "basic", NULL, "basic", false},
    {"E-163", IKE_POLICY " proposal-set", "compatible", NULL, "compatible", false},
    {"E-163", IKE_POLICY " proposal-set", "standard", NULL, "standard", false},
    {"E-163", IPSEC_POLICY " proposal-set", "basic", NULL, "basic", false},
    {"E-163", IPSEC_POLICY " proposal-set", "compatible", NULL, "compatible", false},
    {"E-163", IPSEC_POLICY " proposal-set", "standard", NULL, "standard", false},
};

/* Spellings that cannot be saved, and what to say. */
static const struct {
	const char *where;
	const char *word;
	const char *sentence;
} explanations[] = {
    {"security ike", "proposals", "'proposals' belongs to a policy: security ike policy NAME proposals (E-141)"},
    {"security ipsec", "proposals", "'proposals' belongs to a policy: security ipsec policy NAME proposals"},
    {"routing-options static route", "no-re", "the statement is no-readvertise (E-060)"},
    {"routing-instances instance routing-options static route", "no-re", "the statement is no-readvertise (E-060)"},
};

/* Is the schema node the one at this path? */
static bool
is_at(const struct schema_node *schema, const char *where)
{
	const char *end = where + strlen(where);

	for (; schema->parent != NULL; schema = schema->parent) {
		const size_t length = strlen(schema->name);

		if ((size_t)(end - where) < length || memcmp(end - length, schema->name, length) != 0) {
			return false;
		}
		end -= length;
		if (end > where) {
			if (end[-1] != ' ') {
				return false;
			}
			end--;
		}
	}
	return end == where;
}

/* Is `word` one of the alternatives? */
static bool
is_among(const char *alternatives, const char *word)
{
	const size_t length = strlen(word);

	for (const char *at = alternatives; *at != '\0';) {
		const size_t span = strcspn(at, " ");

		if (span == length && memcmp(at, word, length) == 0) {
			return true;
		}
		at += span + (at[span] == ' ' ? 1 : 0);
	}
	return false;
}

static bool
looks_like_prefix(const char *word)
{
	return *word >= '0' && *word <= '9' && strchr(word, '.') != NULL &&
	    strspn(word, "0123456789./") == strlen(word);
}

static bool
row_matches(const struct rewrite *row, const struct statement *statement, size_t token)
{
	const char *word = tokens_word(&statement->tokens, token);

	if (!is_at(statement->at, row->where)) {
		return false;
	}
	if (row->next != NULL) {
		const bool follows = token + 1 < statement->tokens.count &&
		    statement->tokens.items[token + 1].kind == TOKEN_WORD &&
		    is_among(row->next, tokens_word(&statement->tokens, token + 1));

		if (!follows) {
			return false;
		}
	}
	if (row->previous != NULL && (token == 0 || !tokens_is(&statement->tokens, token - 1, row->previous))) {
		return false;
	}
	switch (row->match) {
	case MATCH_WORD:
		return strcmp(word, row->word) == 0;
	case MATCH_BEGINS:
		return strncmp(word, row->word, strlen(row->word)) == 0 && word[strlen(row->word)] != '\0';
	case MATCH_ANY:
		return true;
	case MATCH_NUMBER:
		return strspn(word, "0123456789") == strlen(word);
	case MATCH_PREFIX:
		return looks_like_prefix(word);
	case MATCH_INSTANCE:
		return conf_entry(conf_child(conf_tree_top(statement->tree), "routing-instances"), "instance", word,
		           NULL) != NULL;
	case MATCH_SECRET:
		return secrets_stuck(word, strlen(word)) == 0;
	}
	return false;
}

/* Puts the row's reading in the word's place. */
static bool
put_reading(const struct rewrite *row, struct statement *statement, size_t token)
{
	struct token_list *tokens = &statement->tokens;
	struct text word = TEXT_EMPTY;
	struct text piece = TEXT_EMPTY;
	size_t at = token;
	bool good = true;

	text_append(&word, tokens_word(tokens, token));
	const size_t skip = row->match == MATCH_BEGINS ? strlen(row->word) : 0;

	tokens_remove(tokens, token, row->drop_next ? 2 : 1);
	for (const char *reading = row->reading; good && *reading != '\0';) {
		const size_t span = strcspn(reading, " ");

		text_clear(&piece);
		if (span == 1 && *reading == '&') {
			text_append(&piece, text_string(&word) + skip);
		} else {
			text_append_bytes(&piece, reading, span);
		}
		good = !text_failed(&piece) && !text_failed(&word) && tokens_insert(tokens, at++, text_string(&piece));
		reading += span + (reading[span] == ' ' ? 1 : 0);
	}
	tokens->failed = tokens->failed || !good;
	text_release(&word);
	text_release(&piece);
	return good;
}

static struct conf_node *
find_by_names(const struct conf_tree *tree, const char *names)
{
	struct conf_node *node = conf_tree_top(tree);

	while (node != NULL && *names != '\0') {
		const size_t span = strcspn(names, " ");
		const struct schema_node *schema = schema_child(node->schema, names, span);

		node = schema == NULL ? NULL : tree_first(node, schema);
		names += span + (names[span] == ' ' ? 1 : 0);
	}
	return node;
}

/* "E-072 'address-book NAME address' ...": the warning of a lenient row. */
static void
tell_reading(const struct rewrite *row, struct statement *statement, size_t token)
{
	const char *word = tokens_word(&statement->tokens, token);

	if (row->climb) {
		statement_tell(statement, DIAGNOSTIC_WARNING, "%s '%s' before '%s' is skipped", row->erratum,
		    row->previous, word);
	} else if (row->erase != NULL) {
		statement_tell(statement, DIAGNOSTIC_WARNING, "%s '%s' is read as: delete %s", row->erratum, word,
		    row->erase);
	} else if (row->reading[0] == '\0') {
		statement_tell(statement, DIAGNOSTIC_WARNING, "%s '%s' is skipped", row->erratum, word);
	} else {
		const size_t skip = row->match == MATCH_BEGINS ? strlen(row->word) : 0;
		const size_t before = strcspn(row->reading, "&");

		statement_tell(statement, DIAGNOSTIC_WARNING, "%s '%.60s' is read as '%.*s%.60s'", row->erratum, word,
		    (int)before, row->reading, row->reading[before] == '&' ? word + skip : "");
	}
}

/* The statement `name` at the place where reading stands, when the tree has it. */
static struct conf_node *
find_here(const struct statement *statement, const char *name)
{
	ptrdiff_t chain[32] = {0};
	struct conf_node *node = statement->level;
	size_t depth = 0;

	for (ptrdiff_t step = statement->at_step; step != STEP_LEVEL && depth < 32; step = statement->steps[step].parent) {
		chain[depth++] = step;
	}
	while (node != NULL && depth-- > 0) {
		const struct step *step = &statement->steps[chain[depth]];

		node = tree_find(node, step->schema, statement_value(statement, step->value),
		    statement_value(statement, step->value2));
	}
	return node == NULL ? NULL : tree_first(node, schema_child(node->schema, name, strlen(name)));
}

/* Is it an enumeration or a number? Of texts, every word could be one. */
static bool
has_known_values(const struct schema_node *leaf)
{
	const struct value_type *type = leaf->type;

	return leaf->kind == SCHEMA_LEAF && !leaf->keyword_less && !type->open &&
	    (type->base == VALUE_NUMBER || type->base == VALUE_WORDS);
}

bool
errata_split(struct statement *statement, size_t token)
{
	for (size_t i = 0; i < statement->at->child_count; i++) {
		const struct schema_node *leaf = statement->at->children[i];
		const char *word = tokens_word(&statement->tokens, token);
		const size_t length = strlen(leaf->name);
		struct text value = TEXT_EMPTY;
		struct text ignored = TEXT_EMPTY;

		if (!has_known_values(leaf) || strncmp(word, leaf->name, length) != 0 || word[length] == '\0') {
			continue;
		}
		bool good =
		    schema_check_value(conf_tree_schema(statement->tree), leaf, word + length, &value, &ignored);

		if (good) {
			text_clear(&value);
			text_append(&value, word + length);
			statement_tell(statement, DIAGNOSTIC_WARNING, "E-182 '%.60s' is read as '%s %.60s'", word, leaf->name,
			    word + length);
			tokens_remove(&statement->tokens, token, 1);
			good = !text_failed(&value) && tokens_insert(&statement->tokens, token, leaf->name) &&
			    tokens_insert(&statement->tokens, token + 1, text_string(&value));
			statement->tokens.failed = statement->tokens.failed || !good;
		}
		text_release(&value);
		text_release(&ignored);
		if (good) {
			return true;
		}
	}
	return false;
}

bool
errata_rewrite(struct statement *statement, size_t *token)
{
	if (statement->tokens.items[*token].kind != TOKEN_WORD) {
		return false;
	}
	for (size_t i = 0; i < sizeof(rewrites) / sizeof(rewrites[0]); i++) {
		const struct rewrite *row = &rewrites[i];

		if (!row_matches(row, statement, *token)) {
			continue;
		}
		if (row->climb && statement->at_step == STEP_LEVEL) {
			return false;
		}
		if (row->lenient) {
			tell_reading(row, statement, *token);
		}
		if (row->erase != NULL && !statement->quiet) {
			statement->erase[0] = find_by_names(statement->tree, row->erase);
		}
		if (row->erase_here != NULL && !statement->quiet) {
			statement->erase[0] = find_here(statement, row->erase_here);
		}
		if (row->climb) {
			statement->at = statement->at->parent;
			statement->at_step = statement->steps[statement->at_step].parent;
			return true;
		}
		return put_reading(row, statement, *token);
	}
	return false;
}

bool
errata_rewrite_value(struct statement *statement, const struct schema_node *schema, size_t token)
{
	const char *word = tokens_word(&statement->tokens, token);

	for (size_t i = 0; i < sizeof(value_rewrites) / sizeof(value_rewrites[0]); i++) {
		const struct value_rewrite *row = &value_rewrites[i];

		if (strcasecmp(row->value, word) != 0 || !is_at(schema, row->where) ||
		    (row->next != NULL && !tokens_is(&statement->tokens, token + 1, row->next))) {
			continue;
		}
		if (row->lenient) {
			statement_tell(statement, DIAGNOSTIC_WARNING, "%s '%s' is read as '%s'", row->erratum, row->value,
			    row->reading);
		}
		tokens_remove(&statement->tokens, token, row->next == NULL ? 1 : 2);
		return tokens_insert(&statement->tokens, token, row->reading);
	}
	return false;
}

const char *
errata_explain(const struct statement *statement, size_t token)
{
	const char *word = tokens_word(&statement->tokens, token);

	for (size_t i = 0; i < sizeof(explanations) / sizeof(explanations[0]); i++) {
		if (strcmp(explanations[i].word, word) == 0 && is_at(statement->at, explanations[i].where)) {
			return explanations[i].sentence;
		}
	}
	return NULL;
}
