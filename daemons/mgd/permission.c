/*
 * See permission.h. The rule where an allow and a deny expression both match: the one that
 * describes more of the words wins; when they describe as much, the deny expression does.
 */
#include "permission.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { PATH_DEEP = 32 };

struct command_row {
	enum op_mode mode;
	const char *words;
	uint32_t permissions;
};

struct statement_row {
	const char *path;
	uint32_t see;
	uint32_t change;
};

struct permission_name {
	const char *name;
	uint32_t bit;
};

static const struct permission_name names[] = {
#define PERMISSION(symbol, name) {name, PERMISSION_##symbol},
    PERMISSIONS
#undef PERMISSION
};

static const struct command_row command_rows[] = {
#define COMMAND(mode, words, permissions) {mode, words, permissions},
#include "permissions.def"
};

static const struct statement_row statement_rows[] = {
#define STATEMENTS(path, see, change) {path, see, change},
#include "permissions.def"
};

uint32_t
permission_of(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, name) == 0) {
			return names[i].bit;
		}
	}
	return 0;
}

const char *
permission_name(size_t number)
{
	return number < sizeof(names) / sizeof(names[0]) ? names[number].name : NULL;
}

/* control is every permission that ends in -control; one of these implies the one without. */
static uint32_t
with_implied(uint32_t permissions)
{
	static const char ending[] = "-control";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const size_t length = strlen(names[i].name);
		char bare[64];

		if (length < sizeof(ending) ||
		    strcmp(names[i].name + length - (sizeof(ending) - 1), ending) != 0) {
			continue;
		}
		if ((permissions & PERMISSION_CONTROL) != 0) {
			permissions |= names[i].bit;
		}
		if ((permissions & names[i].bit) != 0) {
			(void)snprintf(bare, sizeof(bare), "%.*s",
			    (int)(length - (sizeof(ending) - 1)), names[i].name);
			permissions |= permission_of(bare);
		}
	}
	return permissions;
}

static void
start(struct permission_class *class, const char *name, uint32_t permissions)
{
	*class = (struct permission_class){.permissions = with_implied(permissions)};
	(void)snprintf(class->name, sizeof(class->name), "%s", name);
}

bool
permission_predefined(const char *name, struct permission_class *class)
{
	static const struct {
		const char *name;
		uint32_t permissions;
	} classes[] = {
	    {"super-user", PERMISSION_ALL},
	    {"superuser", PERMISSION_ALL},
	    {"operator", PERMISSION_CLEAR | PERMISSION_NETWORK | PERMISSION_RESET |
			     PERMISSION_TRACE | PERMISSION_VIEW},
	    {"read-only", PERMISSION_VIEW},
	    {"unauthorized", 0},
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (strcmp(classes[i].name, name) == 0) {
			start(class, name, classes[i].permissions);
			return true;
		}
	}
	return false;
}

static bool
read_expression(const struct conf_node *node, const char *leaf, struct conf_expression *expression)
{
	const char *pattern = conf_value(node, leaf);
	struct text error = TEXT_EMPTY;
	bool good = pattern == NULL || conf_expression_compile(expression, pattern, &error);

	text_release(&error);
	return good;
}

bool
permission_read(const struct conf_node *node, struct permission_class *class)
{
	const struct conf_node *one = conf_first(node, "permissions");
	uint32_t permissions = 0;

	for (; one != NULL; one = conf_next(one)) {
		permissions |= permission_of(one->value);
	}
	start(class, node->value, permissions);
	class->idle_minutes = conf_number(node, "idle-timeout", 0);
	if (!read_expression(node, "allow-commands", &class->allow_commands) ||
	    !read_expression(node, "deny-commands", &class->deny_commands) ||
	    !read_expression(node, "allow-configuration", &class->allow_statements) ||
	    !read_expression(node, "deny-configuration", &class->deny_statements)) {
		permission_release(class);
		return false;
	}
	return true;
}

void
permission_release(struct permission_class *class)
{
	conf_expression_release(&class->allow_commands);
	conf_expression_release(&class->deny_commands);
	conf_expression_release(&class->allow_statements);
	conf_expression_release(&class->deny_statements);
	class->permissions = 0;
}

bool
permission_unlimited(const struct permission_class *class)
{
	return (class->permissions & PERMISSION_ALL) != 0 && !class->deny_commands.present &&
	       !class->deny_statements.present;
}

static bool
has(const struct permission_class *class, uint32_t permissions)
{
	return (class->permissions & (permissions | PERMISSION_ALL)) != 0;
}

/* How much of the words an expression describes, with the quotation marks of names or without. */
static size_t
describes_bare(const struct conf_expression *expression, const char *words)
{
	size_t length = conf_expression_match(expression, words);
	struct text bare = TEXT_EMPTY;

	if (!expression->present || strchr(words, '"') == NULL) {
		return length;
	}
	for (const char *c = words; *c != '\0'; c++) {
		if (*c != '"' && *c != '\\') {
			text_append_char(&bare, *c);
		}
	}
	const size_t other = text_failed(&bare) ? strlen(words) : conf_expression_match(expression, text_string(&bare));

	length = other > length ? other : length;
	text_release(&bare);
	return length;
}

/*
 * What the permissions say, unless an expression says otherwise. What is denied is so by either spelling of a name with blanks;
 * only what is written in full is allowed: "a b" is not what an expression says of a.
 */
static bool
decide(const struct conf_expression *allow, const struct conf_expression *deny, const char *words,
    bool otherwise)
{
	const size_t allowed = conf_expression_match(allow, words);
	const size_t denied = describes_bare(deny, words);

	if (allowed == 0 && denied == 0) {
		return otherwise;
	}
	return allowed > denied;
}

/* --- commands
 * ---------------------------------------------------------------------------------------------------
 */

/* The length of the row's words when the words begin with them, else 0. */
static size_t
fits(const char *row, const char *words)
{
	const size_t length = strlen(row);

	return strncmp(row, words, length) == 0 && (words[length] == ' ' || words[length] == '\0')
		   ? length
		   : 0;
}

bool
permission_command(const struct permission_class *class, enum op_mode mode, const char *words)
{
	uint32_t permissions = PERMISSION_ALL;
	size_t longest = 0;

	for (size_t i = 0; i < sizeof(command_rows) / sizeof(command_rows[0]); i++) {
		const size_t length =
		    command_rows[i].mode == mode ? fits(command_rows[i].words, words) : 0;

		if (length > longest) {
			longest = length;
			permissions = command_rows[i].permissions;
		}
	}
	return decide(&class->allow_commands, &class->deny_commands, words,
	    permissions == 0 || has(class, permissions));
}

/* --- statements
 * -------------------------------------------------------------------------------------------------
 */

/* The names from the top down, behind `groups NAME` anew, separated by blanks. */
static void
append_names(struct text *out, const struct conf_node *node)
{
	const struct conf_node *chain[PATH_DEEP];
	size_t depth = 0;

	for (; node->parent != NULL && depth < PATH_DEEP; node = node->parent) {
		chain[depth++] = node;
	}
	if (depth > 1 && strcmp(chain[depth - 1]->schema->name, "groups") == 0) {
		depth--;
	}
	while (depth-- > 0) {
		text_append(out, chain[depth]->schema->name);
		text_append(out, depth > 0 ? " " : "");
	}
}

static const struct statement_row *
row_of_names(const struct text *path)
{
	static const struct statement_row otherwise = {"", PERMISSION_ALL, PERMISSION_ALL};
	const struct statement_row *best = &otherwise;
	size_t longest = 0;

	for (size_t i = 0;
	     i < sizeof(statement_rows) / sizeof(statement_rows[0]) && !text_failed(path); i++) {
		const size_t length = fits(statement_rows[i].path, text_string(path));

		if (length > longest) {
			longest = length;
			best = &statement_rows[i];
		}
	}
	return best;
}

static const struct statement_row *
row_of(const struct conf_node *statement)
{
	const struct statement_row *row;
	struct text path = TEXT_EMPTY;

	append_names(&path, statement);
	row = row_of_names(&path);
	text_release(&path);
	return row;
}

void
permission_needed(const struct schema_node *node, uint32_t *see, uint32_t *change)
{
	const struct schema_node *chain[PATH_DEEP];
	const struct statement_row *row;
	struct text path = TEXT_EMPTY;
	size_t depth = 0;

	for (; node->parent != NULL && depth < PATH_DEEP; node = node->parent) {
		chain[depth++] = node;
	}
	while (depth-- > 0) {
		text_printf(&path, "%s%s", chain[depth]->name, depth > 0 ? " " : "");
	}
	row = row_of_names(&path);
	*see = row->see;
	*change = row->change;
	text_release(&path);
}

/* The expressions see the path without the group that it stands in: what a group holds is as much
 * as what it becomes. */
static bool
decide_statement(
    const struct permission_class *class, const struct conf_node *statement, bool otherwise)
{
	struct text path = TEXT_EMPTY;
	const char *words;
	bool good;

	if (!class->allow_statements.present && !class->deny_statements.present) {
		return otherwise;
	}
	conf_path(statement, &path);
	words = text_string(&path);
	if (strncmp(words, "groups ", 7) == 0 && strchr(words + 7, ' ') != NULL) {
		words = strchr(words + 7, ' ') + 1;
	}
	good = !text_failed(&path) &&
	       decide(&class->allow_statements, &class->deny_statements, words, otherwise);
	text_release(&path);
	return good;
}

bool
permission_see(const struct permission_class *class, const struct conf_node *statement)
{
	return decide_statement(class, statement,
	    has(class, row_of(statement)->see | (uint32_t)PERMISSION_VIEW_CONFIGURATION));
}

/* Groups reach what an expression denies by names such as <*>, and by being applied around it. */
static bool
is_of_groups(const struct conf_node *statement)
{
	static const char apply[] = "apply-groups";

	for (; statement->parent != NULL; statement = statement->parent) {
		if (strncmp(statement->schema->name, apply, sizeof(apply) - 1) == 0 ||
		    strcmp(statement->schema->name, "apply-path") == 0 ||
		    (statement->parent->parent == NULL &&
			strcmp(statement->schema->name, "groups") == 0)) {
			return true;
		}
	}
	return false;
}

bool
permission_change(const struct permission_class *class, const struct conf_node *statement)
{
	if (class->deny_statements.present && is_of_groups(statement)) {
		return false;
	}
	return decide_statement(class, statement, has(class, row_of(statement)->change)) &&
	       (!statement->schema->secret || has(class, PERMISSION_SECRET_CONTROL));
}

bool
permission_secrets(const struct permission_class *class)
{
	return has(class, PERMISSION_SECRET);
}
