/*
 * From the embedded YANG to our own schema nodes: the one file that knows libyang.
 *
 * libyang compiles the modules and matches patterns; everything else that a value needs is copied out into
 * struct value_type at start, so that checking is fast and every sentence is ours. libyang's context lives as long as
 * the schema; its calls that we make afterwards are safe in threads (its dictionary has a lock).
 */
#include <assert.h>
#include <libyang/libyang.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/schema.h"
#include "schema_embedded.h"
#include "schema_private.h"

#define EXTENSIONS_MODULE "sallyport-extensions"
#define OPERATIONS_SUFFIX "-op"

static char *
module_text(const char *name)
{
	for (const struct schema_module *module = schema_modules; module->name != NULL; module++) {
		if (strcmp(module->name, name) == 0) {
			struct text text = TEXT_EMPTY;

			for (const char *const *line = module->lines; *line != NULL; line++) {
				text_append(&text, *line);
			}
			return text_take(&text);
		}
	}
	return NULL;
}

static void
import_free(void *text, void *context)
{
	(void)context;
	free(text);
}

static LY_ERR
import(const char *name, const char *revision, const char *submodule, const char *submodule_revision, void *context,
    LYS_INFORMAT *format, const char **text, ly_module_imp_data_free_clb *release)
{
	(void)revision;
	(void)submodule_revision;
	(void)context;
	if (submodule != NULL) {
		return LY_ENOTFOUND;
	}
	char *found = module_text(name);

	if (found == NULL) {
		return LY_ENOTFOUND;
	}
	*format = LYS_IN_YANG;
	*text = found;
	*release = import_free;
	return LY_SUCCESS;
}

static const struct lys_module *
load_module(struct ly_ctx *context, const char *name)
{
	char *text = module_text(name);
	struct lys_module *module = NULL;

	if (text == NULL) {
		return NULL;
	}
	if (lys_parse_mem(context, text, LYS_IN_YANG, &module) != LY_SUCCESS) {
		module = NULL;
	}
	free(text);
	return module;
}

static const char *
copy_string(struct schema *schema, const char *string)
{
	const size_t length = strlen(string);
	char *copy = schema_allocate(schema, length + 1, 1);

	if (copy != NULL) {
		memcpy(copy, string, length + 1);
	}
	return copy;
}

/* Descriptions are wrapped in the module: one line, single blanks. */
static const char *
one_line(struct schema *schema, const char *string)
{
	char *copy = schema_allocate(schema, strlen(string) + 1, 1);
	size_t length = 0;

	if (copy == NULL) {
		return NULL;
	}
	for (const char *c = string; *c != '\0'; c++) {
		const bool blank = *c == ' ' || *c == '\n' || *c == '\t';

		if (blank && (length == 0 || copy[length - 1] == ' ')) {
			continue;
		}
		copy[length++] = blank ? ' ' : *c;
	}
	return copy;
}

static bool
copy_extensions(struct schema *schema, struct compiled_node *node, struct lysc_ext_instance *extensions)
{
	LY_ARRAY_COUNT_TYPE i;

	node->arguments = schema_allocate(schema, LY_ARRAY_COUNT(extensions), sizeof(*node->arguments));
	if (node->arguments == NULL) {
		return false;
	}
	LY_ARRAY_FOR(extensions, i)
	{
		struct schema_argument *to = &node->arguments[node->argument_count++];

		to->name = extensions[i].def->name;
		to->argument = extensions[i].argument == NULL ? "" : extensions[i].argument;
	}
	return true;
}

static bool
add_words(struct schema *schema, struct value_type *type, const struct lysc_type_enum *enumeration)
{
	const size_t count = LY_ARRAY_COUNT(enumeration->enums);
	struct schema_word *words = schema_allocate(schema, type->word_count + count, sizeof(*words));

	if (words == NULL) {
		return false;
	}
	if (type->word_count > 0) {
		memcpy(words, type->words, type->word_count * sizeof(*words));
	}
	for (size_t i = 0; i < count; i++) {
		const struct lysc_type_bitenum_item *item = &enumeration->enums[i];

		words[type->word_count].name = item->name;
		words[type->word_count].help = one_line(schema, item->dsc == NULL ? "" : item->dsc);
		if (words[type->word_count].help == NULL) {
			return false;
		}
		type->word_count++;
	}
	type->words = words;
	return true;
}

static void
copy_text_limits(struct value_type *type, const struct lysc_type_str *string)
{
	type->base = VALUE_TEXT;
	type->minimum = 0;
	type->maximum = UINT32_MAX;
	if (string->length != NULL && LY_ARRAY_COUNT(string->length->parts) > 0) {
		type->minimum = string->length->parts[0].min_u64;
		type->maximum = string->length->parts[LY_ARRAY_COUNT(string->length->parts) - 1].max_u64;
		type->message = string->length->emsg;
	}
	if (LY_ARRAY_COUNT(string->patterns) > 0) {
		type->has_pattern = true;
		type->message = string->patterns[LY_ARRAY_COUNT(string->patterns) - 1]->emsg;
	}
}

static bool
copy_number_limits(struct schema *schema, struct schema_node *node, struct value_type *type,
    const struct lysc_type_num *number)
{
	static const uint64_t widest[] = {
	    [LY_TYPE_UINT8] = UINT8_MAX,
	    [LY_TYPE_UINT16] = UINT16_MAX,
	    [LY_TYPE_UINT32] = UINT32_MAX,
	    [LY_TYPE_UINT64] = UINT64_MAX,
	};
	char range[64];

	type->base = VALUE_NUMBER;
	type->minimum = 0;
	type->maximum = widest[number->basetype];
	if (number->range != NULL && LY_ARRAY_COUNT(number->range->parts) > 0) {
		type->minimum = number->range->parts[0].min_u64;
		type->maximum = number->range->parts[LY_ARRAY_COUNT(number->range->parts) - 1].max_u64;
		type->message = number->range->emsg;
	}
	(void)snprintf(range, sizeof(range), "%llu..%llu", (unsigned long long)type->minimum,
	    (unsigned long long)type->maximum);
	node->range = copy_string(schema, range);
	return node->range != NULL;
}

static bool
copy_type(struct schema *schema, struct schema_node *node, struct value_type *type, const struct lysc_type *from)
{
	switch (from->basetype) {
	case LY_TYPE_UINT8:
	case LY_TYPE_UINT16:
	case LY_TYPE_UINT32:
	case LY_TYPE_UINT64:
		return copy_number_limits(schema, node, type, (const struct lysc_type_num *)from);
	case LY_TYPE_ENUM:
		type->base = VALUE_WORDS;
		return add_words(schema, type, (const struct lysc_type_enum *)from);
	case LY_TYPE_EMPTY:
		type->base = VALUE_NOTHING;
		return true;
	case LY_TYPE_STRING:
		copy_text_limits(type, (const struct lysc_type_str *)from);
		return true;
	case LY_TYPE_UNION: {
		const struct lysc_type_union *members = (const struct lysc_type_union *)from;
		LY_ARRAY_COUNT_TYPE i;

		type->base = VALUE_WORDS;
		LY_ARRAY_FOR(members->types, i)
		{
			if (members->types[i]->basetype == LY_TYPE_ENUM) {
				if (!add_words(schema, type, (const struct lysc_type_enum *)members->types[i])) {
					return false;
				}
			} else {
				type->open = true;
				type->has_pattern = true;
				type->maximum = UINT32_MAX;
			}
		}
		return true;
	}
	default: /* libyang's enum, not ours: other types are matched by libyang alone */
		type->base = VALUE_TEXT;
		type->maximum = UINT32_MAX;
		type->has_pattern = true;
		return true;
	}
}

/* The name that the module gives the type: "types:ipv4-prefix" -> "ipv4-prefix". */
static const char *
type_name(const struct lysc_node *from)
{
	const struct lysp_node *parsed = from->priv;
	const char *name = NULL;

	if (parsed != NULL && parsed->nodetype == LYS_LEAF) {
		name = ((const struct lysp_node_leaf *)parsed)->type.name;
	} else if (parsed != NULL && parsed->nodetype == LYS_LEAFLIST) {
		name = ((const struct lysp_node_leaflist *)parsed)->type.name;
	}
	if (name == NULL) {
		return "value";
	}
	const char *colon = strchr(name, ':');

	return colon == NULL ? name : colon + 1;
}

static bool
compile_value(struct schema *schema, struct schema_node *node, const struct lysc_node *from,
    const struct lysc_type *from_type)
{
	struct value_type *type = schema_allocate(schema, 1, sizeof(*type));

	if (type == NULL) {
		return false;
	}
	type->handle = from;
	node->type = type;
	node->type_name = type_name(from);
	if (!copy_type(schema, node, type, from_type)) {
		return false;
	}
	type->format = value_format_find(node->type_name, strlen(node->type_name));
	return true;
}

static bool compile_node(struct schema *schema, struct compiled_node *to, const struct lysc_node *from,
    const struct schema_node *parent);

/* All data children, choices and cases flattened. */
static bool
compile_children(struct schema *schema, struct compiled_node *to, const struct lysc_node *from,
    const struct lysc_module *module, uint32_t options)
{
	const struct lysc_node *child = NULL;
	size_t count = 0;

	while ((child = lys_getnext(child, from, module, options)) != NULL) {
		count++;
	}
	struct compiled_node *nodes = schema_allocate(schema, count, sizeof(*nodes));
	const struct schema_node **children = schema_allocate(schema, count, sizeof(const struct schema_node *));

	if (nodes == NULL || children == NULL) {
		return false;
	}
	const bool list = to->node.kind == SCHEMA_LIST;
	size_t used = 0;
	size_t keys = 0;

	while ((child = lys_getnext(child, from, module, options)) != NULL) {
		struct compiled_node *node = &nodes[used + keys];

		if (!compile_node(schema, node, child, &to->node)) {
			return false;
		}
		if (list && (child->flags & LYS_KEY) != 0) {
			if (to->node.key == NULL) {
				to->node.key = node->node.name;
				to->node.key_node = &node->node;
			} else {
				to->node.second_key_node = &node->node;
			}
			keys++;
			continue;
		}
		if (node->node.keyword_less) {
			to->node.keyword_less_child = &node->node;
		}
		to->node.holds_secret = to->node.holds_secret || node->node.secret || node->node.holds_secret;
		node->ordinal = (uint32_t)used;
		children[used++] = &node->node;
	}
	to->node.children = children;
	to->node.child_count = used;
	return schema_index_children(schema, to);
}

static void
compile_choice(struct schema_node *node, const struct lysc_node *from)
{
	const struct lysc_node *parent = from->parent;

	if (parent == NULL || parent->nodetype != LYS_CASE) {
		return;
	}
	node->choice_case = parent->name;
	node->choice = parent->parent->name;
	node->choice_mandatory = (parent->parent->flags & LYS_MAND_TRUE) != 0;
	LY_ARRAY_COUNT_TYPE i;

	LY_ARRAY_FOR(parent->parent->exts, i)
	{
		if (strcmp(parent->parent->exts[i].def->name, "later-wins") == 0) {
			node->choice_later_wins = true;
		}
	}
}

static bool
compile_extensions(struct schema *schema, struct compiled_node *to, const struct lysc_node *from)
{
	struct schema_node *node = &to->node;

	if (!copy_extensions(schema, to, from->exts)) {
		return false;
	}
	node->keyword_less = schema_extension(node, "keyword-less") != NULL;
	node->oneliner = schema_extension(node, "oneliner") != NULL;
	node->prefix_form = schema_extension(node, "prefix-form") != NULL;
	node->sorted = schema_extension(node, "sorted") != NULL;
	node->flat = schema_extension(node, "flat") != NULL;
	node->hidden = schema_extension(node, "hidden") != NULL;
	node->secret = schema_extension(node, "secret") != NULL;
	node->omitted = schema_extension(node, "omitted");
	node->second_key = schema_extension(node, "second-keyword");
	node->reference = schema_extension(node, "reference");
	node->element = schema_extension(node, "element");
	if (node->element == NULL) {
		node->element = node->name;
	}
	return true;
}

static bool
compile_leaf(struct schema *schema, struct schema_node *node, const struct lysc_node *from)
{
	const struct lysc_node_leaf *leaf = (const struct lysc_node_leaf *)from;

	node->kind = leaf->type->basetype == LY_TYPE_EMPTY ? SCHEMA_PRESENCE : SCHEMA_LEAF;
	node->units = leaf->units;
	if (leaf->dflt != NULL) {
		node->default_value = lyd_value_get_canonical(schema->context, leaf->dflt);
	}
	return compile_value(schema, node, from, leaf->type);
}

static bool
compile_leaf_list(struct schema *schema, struct schema_node *node, const struct lysc_node *from)
{
	const struct lysc_node_leaflist *values = (const struct lysc_node_leaflist *)from;

	node->kind = SCHEMA_LEAF_LIST;
	node->units = values->units;
	node->mandatory = values->min > 0;
	node->most = values->max == UINT32_MAX ? 0 : values->max;
	node->user_ordered = (from->flags & LYS_ORDBY_USER) != 0;
	return compile_value(schema, node, from, values->type);
}

/* => recursion goes as deep as our own modules, not as deep as any input */
static bool
compile_node(struct schema *schema, struct compiled_node *to, const struct lysc_node *from,
    const struct schema_node *parent)
{
	struct schema_node *node = &to->node;

	node->name = from->name;
	node->parent = parent;
	node->help = one_line(schema, from->dsc == NULL ? "" : from->dsc);
	node->mandatory = (from->flags & LYS_MAND_TRUE) != 0 && from->nodetype == LYS_LEAF;
	if (node->help == NULL || !compile_extensions(schema, to, from)) {
		return false;
	}
	compile_choice(node, from);
	switch (from->nodetype) {
	case LYS_LEAF:
		return compile_leaf(schema, node, from);
	case LYS_LEAFLIST:
		return compile_leaf_list(schema, node, from);
	case LYS_LIST:
		node->kind = SCHEMA_LIST;
		node->user_ordered = (from->flags & LYS_ORDBY_USER) != 0;
		node->most = ((const struct lysc_node_list *)from)->max == UINT32_MAX
		    ? 0
		    : ((const struct lysc_node_list *)from)->max;
		return compile_children(schema, to, from, NULL, 0);
	case LYS_CONTAINER:
		node->kind = ((from->flags & LYS_PRESENCE) != 0) ? SCHEMA_PRESENCE : SCHEMA_CONTAINER;
		return compile_children(schema, to, from, NULL, 0);
	default: /* libyang's own bits: containers of operations (rpc, input, output) */
		node->kind = SCHEMA_CONTAINER;
		return compile_children(schema, to, from, NULL, 0);
	}
}

/* The operations' rpcs: input and output are containers of their own. */
static bool
compile_rpc(struct schema *schema, struct compiled_node *to, const struct lysc_node *from)
{
	const struct lysc_node_action *rpc = (const struct lysc_node_action *)from;
	struct compiled_node *sides = schema_allocate(schema, 2, sizeof(*sides));
	const struct schema_node **children = schema_allocate(schema, 2, sizeof(const struct schema_node *));

	if (sides == NULL || children == NULL) {
		return false;
	}
	to->node.name = from->name;
	to->node.parent = &schema->operations.node;
	to->node.kind = SCHEMA_CONTAINER;
	to->node.help = one_line(schema, from->dsc == NULL ? "" : from->dsc);
	if (to->node.help == NULL || !compile_extensions(schema, to, from)) {
		return false;
	}
	for (size_t i = 0; i < 2; i++) {
		struct compiled_node *side = &sides[i];
		const struct lysc_node *source = i == 0 ? &rpc->input.node : &rpc->output.node;

		side->node.name = i == 0 ? "input" : "output";
		side->node.element = side->node.name;
		side->node.help = "";
		side->node.parent = &to->node;
		side->node.kind = SCHEMA_CONTAINER;
		if (!copy_extensions(schema, side, source->exts) ||
		    !compile_children(schema, side, source, NULL, i == 0 ? 0 : LYS_GETNEXT_OUTPUT)) {
			return false;
		}
		children[i] = &side->node;
	}
	to->node.children = children;
	to->node.child_count = 2;
	return schema_index_children(schema, to);
}

static bool
compile_operations(struct schema *schema)
{
	const struct lys_module *module;
	size_t count = 0;
	uint32_t index = 0;

	while ((module = ly_ctx_get_module_iter(schema->context, &index)) != NULL) {
		for (const struct lysc_node *rpc = module->compiled == NULL ? NULL : (const void *)module->compiled->rpcs;
		     rpc != NULL; rpc = rpc->next) {
			count++;
		}
	}
	struct compiled_node *nodes = schema_allocate(schema, count, sizeof(*nodes));
	const struct schema_node **children = schema_allocate(schema, count, sizeof(const struct schema_node *));

	if (nodes == NULL || children == NULL) {
		return false;
	}
	size_t used = 0;

	index = 0;
	while ((module = ly_ctx_get_module_iter(schema->context, &index)) != NULL) {
		for (const struct lysc_node *rpc = module->compiled == NULL ? NULL : (const void *)module->compiled->rpcs;
		     rpc != NULL; rpc = rpc->next) {
			if (!compile_rpc(schema, &nodes[used], rpc)) {
				return false;
			}
			children[used] = &nodes[used].node;
			used++;
		}
	}
	schema->operations.node.children = children;
	schema->operations.node.child_count = used;
	return schema_index_children(schema, &schema->operations);
}

static bool
load_operations(struct schema *schema)
{
	const size_t suffix = strlen(OPERATIONS_SUFFIX);

	for (const struct schema_module *module = schema_modules; module->name != NULL; module++) {
		const size_t length = strlen(module->name);

		if (length > suffix && strcmp(module->name + length - suffix, OPERATIONS_SUFFIX) == 0 &&
		    load_module(schema->context, module->name) == NULL) {
			return false;
		}
	}
	return true;
}

static bool
schema_fill(struct schema *schema)
{
	struct ly_ctx *context = NULL;

	/* Nothing of libyang's is printed; its last message is kept for a broken build. */
	(void)ly_log_options(LY_LOSTORE_LAST);
	if (ly_ctx_new(NULL,
	        LY_CTX_NO_YANGLIBRARY | LY_CTX_DISABLE_SEARCHDIRS | LY_CTX_DISABLE_SEARCHDIR_CWD |
	            LY_CTX_SET_PRIV_PARSED,
	        &context) != LY_SUCCESS) {
		return false;
	}
	schema->context = context;
	ly_ctx_set_module_imp_clb(context, import, NULL);

	const struct lys_module *module = load_module(context, "sallyport-configuration");

	if (module == NULL || !load_operations(schema)) {
		return false;
	}
	schema->top.node.name = "";
	schema->top.node.element = "configuration";
	schema->top.node.help = "";
	schema->operations.node = schema->top.node;
	return compile_children(schema, &schema->top, NULL, module->compiled, 0) && schema_add_groups(schema) &&
	    compile_operations(schema);
}

struct schema *
schema_create(struct text *error)
{
	struct schema *schema = calloc(1, sizeof(*schema));

	if (schema == NULL) {
		text_append(error, "out of memory");
		return NULL;
	}
	if (!schema_fill(schema)) {
		const char *message = schema->context == NULL ? NULL : ly_errmsg(schema->context);

		text_printf(error, "the schema does not compile: %s", message == NULL ? "out of memory" : message);
		schema_destroy(schema);
		return NULL;
	}
	return schema;
}

void
schema_destroy(struct schema *schema)
{
	if (schema == NULL) {
		return;
	}
	if (schema->context != NULL) {
		ly_ctx_destroy(schema->context);
	}
	schema_release_arena(schema);
	free(schema);
}

bool
schema_pattern_matches(const struct schema *schema, const struct value_type *type, const char *value, size_t length)
{
	return lyd_value_validate(schema->context, type->handle, value, length, NULL, NULL, NULL) == LY_SUCCESS;
}
