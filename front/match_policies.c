/*
 * sallyport match-policies: `show security match-policies` without a gateway: a configuration file, and the same words.
 *
 * All links count as up. The questions of a file are answered one after the other over one compiled configuration.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "conf/op.h"
#include "explain/explain.h"
#include "gateway.h"
#include "source.h"

#define COMMAND_WORDS "show security match-policies"

enum {
	SESSIONS = 1, /* the gateway forwards nothing */
	MICROSECONDS = 1000000,
	PIECE = 65536, /* octets of output at a time */
};

struct match_options {
	const char *config;
	const char *questions; /* a file of them; NULL: the words of the command line */
	enum conf_format format;
	enum op_format output;
	int64_t wall; /* UTC seconds */
	struct text line; /* the command line's words */
};

struct asking {
	const struct match_options *options;
	const struct op_table *table;
	struct gateway *gateway;
	const struct conf_tree *tree;
};

static void
print_help(void)
{
	puts("usage: sallyport match-policies --config FILE [OPTION]... WORDS...\n\n"
	     "Tells which policy takes a flow, and why: interface, zones, routes, host-inbound-traffic, each policy passed over\n"
	     "with what did not match, the policy that matched, the session, the verdict. WORDS are those of the command\n"
	     "'show security match-policies', with or without '--' before them:\n\n"
	     "  source-ip ADDRESS destination-ip ADDRESS protocol NAME|NUMBER\n"
	     "  source-port N destination-port N   where the protocol has ports\n"
	     "  icmp-type N icmp-code N            for icmp (default: 8 0, an echo request)\n"
	     "  interface NAME                     where the packet arrives (default: where the route to its source leads)\n"
	     "  from-zone NAME to-zone NAME        without interface: only the policies between these zones\n"
	     "  result-count N                     tell this many policies that match (default: 1)\n\n"
	     "  --config FILE                      the configuration ('-': standard input)\n"
	     "  --format auto|set|text|json|xml    its form (default: auto)\n"
	     "  --at YYYY-MM-DDTHH:MM:SS           when, in UTC: for schedulers (default: now)\n"
	     "  --output text|json|xml             the form of the answer (default: text)\n"
	     "  --questions FILE                   WORDS line by line, instead of those of the command line\n\n"
	     "Exit status: 0 answered, 2 bad usage or a question that has no answer.");
}

static bool
parse_time(const char *word, int64_t *seconds)
{
	struct tm parts = {.tm_mday = 1};
	const char *end = strptime(word, "%Y-%m-%dT%H:%M:%S", &parts);

	const struct tm said = parts;

	/* timegm() makes the second of March of the thirtieth of February. */
	*seconds = (int64_t)timegm(&parts);
	if (end == NULL || (*end != '\0' && strcmp(end, "Z") != 0) || parts.tm_mday != said.tm_mday || parts.tm_sec != said.tm_sec) {
		command_usage_error("match-policies", "--at wants a time such as 2007-10-03T10:00:00, not '%s'", word);
		return false;
	}
	return true;
}

static bool
parse_output(const char *word, enum op_format *format)
{
	static const struct {
		const char *name;
		enum op_format format;
	} names[] = {{"text", OP_FORMAT_TEXT}, {"json", OP_FORMAT_JSON}, {"xml", OP_FORMAT_XML}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, word) == 0) {
			*format = names[i].format;
			return true;
		}
	}
	command_usage_error("match-policies", "--output is text, json or xml, not '%s'", word);
	return false;
}

static bool
print_output(struct text *out)
{
	const bool good = !text_failed(out);

	(void)fputs(text_string(out), stdout);
	text_clear(out);
	return good;
}

/* Answers a question that was read. */
static bool
answer(const struct asking *asking, const struct op_command *command, const struct explain_question *question,
    struct text *error)
{
	const struct explain_sources sources = {
	    .tree = asking->tree,
	    .snapshot = gateway_snapshot(asking->gateway),
	    .fib = gateway_fib(asking->gateway),
	    .rib = gateway_rib(asking->gateway),
	    .registry = gateway_registry(asking->gateway),
	    .wall = asking->options->wall,
	};
	struct explanation *explanation = explain_create(&sources, question, error);
	enum explain_progress progress = EXPLAIN_MORE;
	struct op_renderer renderer;
	struct text out = TEXT_EMPTY;
	bool good = true;

	if (explanation == NULL) {
		return false;
	}
	op_renderer_start(&renderer, command->rpc, command->request.root, asking->options->output, &out);
	while (progress == EXPLAIN_MORE && good) {
		struct op_tree tree = {.root = NULL};

		op_tree_start(&tree, command->rpc->root);
		progress = explain_step(explanation, &sources, PIECE, &tree, error);
		good = !tree.failed;
		if (good) {
			op_renderer_add(&renderer, &tree, &out);
			good = print_output(&out);
		}
		op_tree_release(&tree);
	}
	op_renderer_end(&renderer, &out);
	good = print_output(&out) && good && progress == EXPLAIN_END;
	text_release(&out);
	free(explanation);
	return good;
}

/* What a file says may be anything, and goes to a terminal. */
static void
tell(const char *place, const char *words, const struct text *error)
{
	bool failed = false;
	char *said = diagnostics_copy_statement(words, &failed);
	char *why = diagnostics_copy_shown(error->length == 0 ? "out of memory" : text_string(error), SIZE_MAX, &failed);

	fprintf(stderr, "%s: %s: %s\n", place, said == NULL ? "" : said, why == NULL ? "out of memory" : why);
	free(said);
	free(why);
}

/* => `origin` is named when there is no answer */
static bool
ask(const struct asking *asking, const char *origin, const char *words)
{
	struct op_error place = OP_ERROR_EMPTY;
	struct op_command command = {.rpc = NULL};
	struct explain_question question;
	struct text line = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;
	bool good = false;

	text_printf(&line, "%s %s", COMMAND_WORDS, words);
	if (text_failed(&line)) {
		text_append(&error, "out of memory");
	} else if (!op_parse(asking->table, OP_MODE_OPERATIONAL, text_string(&line), &command, &place)) {
		text_append(&error, text_string(&place.message));
	} else if (command.rpc == NULL || strcmp(command.rpc->words, COMMAND_WORDS) != 0) {
		text_append(&error, "these are no words of match-policies");
	} else if (explain_question_read(command.request.root, &question, &error)) {
		good = answer(asking, &command, &question, &error);
	}
	if (!good) {
		tell(origin, words, &error);
	}
	op_command_release(&command);
	op_error_release(&place);
	text_release(&line);
	text_release(&error);
	return good;
}

static bool
ask_file(const struct asking *asking, const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	const char *name = file == stdin ? "stdin" : path;
	struct text place = TEXT_EMPTY;
	char *line = NULL;
	size_t room = 0;
	size_t number = 0;
	bool good = true;

	if (file == NULL) {
		fprintf(stderr, "sallyport match-policies: %s: %s\n", path, strerror(errno));
		return false;
	}
	while (getline(&line, &room, file) >= 0) {
		line[strcspn(line, "\r\n")] = '\0';
		text_clear(&place);
		text_printf(&place, "%s:%zu", name, ++number);
		if (line[0] != '\0' && line[0] != '#') {
			good = ask(asking, text_string(&place), line) && good;
		}
	}
	if (ferror(file)) {
		fprintf(stderr, "sallyport match-policies: %s: %s\n", name, strerror(errno));
		good = false;
	}
	text_release(&place);
	free(line);
	if (file != stdin) {
		(void)fclose(file);
	}
	return good;
}

/* Nothing leaves and nothing happens: no packet is ever handed in. */
static void
no_output(void *context, uint64_t now, const struct engine_output *output)
{
	(void)context;
	(void)now;
	(void)output;
}

static void
no_event(void *context, const struct event *event)
{
	(void)context;
	(void)event;
}

static bool
run(const struct match_options *options, const struct schema *schema)
{
	const struct gateway_options wanted = {.sessions = SESSIONS, .seed = 1, .neighbours_auto = true};
	const struct gateway_sink sink = {.output = no_output, .event = no_event};
	struct asking asking = {.options = options, .gateway = gateway_create(&wanted, &sink)};
	struct conf_tree *tree = conf_tree_create(schema);
	struct op_table *table = op_table_create(schema);
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct source source;
	bool good = asking.gateway != NULL && tree != NULL && table != NULL;

	if (!good) {
		fputs("sallyport match-policies: out of memory\n", stderr);
	} else if (!source_open(&source, "match-policies", options->config, options->format)) {
		good = false;
	} else {
		gateway_set_wall(asking.gateway, options->wall * MICROSECONDS);
		good = source_load(&source, tree, &list) && source_expand(&tree, &list);
		good = gateway_configure(asking.gateway, tree, &list) && good;
		good = source_report(&list, "match-policies", &source) && good;
		source_release(&source);
		asking.table = table;
		asking.tree = tree;
		good = good && (options->questions != NULL ? ask_file(&asking, options->questions) :
		                                             ask(&asking, "sallyport match-policies", text_string(&options->line)));
	}
	gateway_destroy(asking.gateway);
	op_table_destroy(table);
	conf_tree_destroy(tree);
	return good;
}

/* Quotes what the words of a command line would not hold together otherwise. */
static void
append_word(struct text *line, const char *word)
{
	const bool plain = word[0] != '\0' && strpbrk(word, " \t\"|;#") == NULL;

	text_append(line, line->length == 0 ? "" : " ");
	if (plain) {
		text_append(line, word);
		return;
	}
	text_append_char(line, '"');
	for (; *word != '\0'; word++) {
		if (*word == '"' || *word == '\\') {
			text_append_char(line, '\\');
		}
		text_append_char(line, *word);
	}
	text_append_char(line, '"');
}

/* One option with its value. False: it is none of ours, so it is a word of the question. */
static bool
take_option(const char *name, const char *value, struct match_options *options, bool *good)
{
	if (strcmp(name, "config") == 0) {
		options->config = value;
	} else if (strcmp(name, "format") == 0) {
		*good = source_format("match-policies", value, &options->format);
	} else if (strcmp(name, "at") == 0) {
		*good = parse_time(value, &options->wall);
	} else if (strcmp(name, "output") == 0) {
		*good = parse_output(value, &options->output);
	} else if (strcmp(name, "questions") == 0) {
		options->questions = value;
	} else {
		return false;
	}
	return true;
}

/* The words by hand: getopt would take those of the question for options that it does not know. */
static bool
parse_words(int argc, char **argv, struct match_options *options)
{
	bool good = true;

	for (int i = 1; i < argc && good; i++) {
		const bool dashed = strncmp(argv[i], "--", 2) == 0;
		char *name = dashed ? argv[i] + 2 : argv[i];
		char *value = dashed ? strchr(name, '=') : NULL;

		if (value != NULL) {
			*value++ = '\0';
		} else if (i + 1 < argc) {
			value = argv[i + 1];
		}
		if (dashed && value == NULL) {
			command_usage_error("match-policies", "--%s wants a value", name);
			return false;
		}
		if (dashed && take_option(name, value, options, &good)) {
			i += i + 1 < argc && value == argv[i + 1] ? 1 : 0;
			continue;
		}
		append_word(&options->line, name);
		if (dashed && (i + 1 >= argc || value != argv[i + 1])) {
			append_word(&options->line, value);
		}
	}
	return good;
}

int
command_match_policies(int argc, char **argv)
{
	struct match_options options = {
	    .format = CONF_FORMAT_AUTO,
	    .output = OP_FORMAT_TEXT,
	    .wall = (int64_t)time(NULL),
	    .line = TEXT_EMPTY,
	};
	int status = COMMAND_FAILED;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			print_help();
			return COMMAND_OK;
		}
	}
	if (parse_words(argc, argv, &options)) {
		if (options.config == NULL || (options.line.length == 0) != (options.questions != NULL)) {
			command_usage_error(
			    "match-policies", "--config FILE and either the words of one question or --questions FILE are needed");
		} else {
			struct schema *schema = source_schema("match-policies");

			if (schema != NULL) {
				status = run(&options, schema) ? COMMAND_OK : COMMAND_FAILED;
				schema_destroy(schema);
			}
		}
	}
	text_release(&options.line);
	return status;
}
