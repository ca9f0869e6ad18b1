/*
 * Runs a packet script: packet-script FILE. Exit status 0 when all is as the script says. See script.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "script.h"
#include "source.h"

enum {
	LINE_SIZE = 4096,
	PATH_SIZE = 4096,
	SESSIONS = 1024,
	TAILROOM = 1024,
	FAILURES_SHOWN = 50,
};

void
script_fail(struct script *script, const char *format, ...)
{
	va_list arguments;

	script->failures++;
	if (script->failures > FAILURES_SHOWN) {
		return;
	}
	fprintf(stderr, "%s:%u: ", script->path, script->line);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n    %s\n", script->text);
}

/* A SYN with ACK over IPv4, untagged? */
static bool
is_answer(const struct packet *packet)
{
	enum { TYPE_AT = 12, IP_AT = 14, PROTOCOL_AT = IP_AT + 9, FLAGS_AT = IP_AT + 20 + 13 };

	return packet->length > FLAGS_AT && packet->data[TYPE_AT] == 8 && packet->data[IP_AT] == 0x45 &&
	       packet->data[PROTOCOL_AT] == 6 && packet->data[FLAGS_AT] == 0x12;
}

static void
record_output(void *context, uint64_t now, const struct engine_output *output)
{
	struct script *script = context;
	struct left_packet *left = &script->outputs[script->output_count];
	const struct packet *packet = output->packet;

	(void)now;
	if (script->once && script->waiting && output->verb == ENGINE_SEND && is_answer(packet)) {
		return;
	}
	if (script->output_count == OUTPUTS_MAX || packet->length > sizeof(left->bytes)) {
		script_fail(script, "too much left at once");
		return;
	}
	left->verb = output->verb;
	left->port = output->verb == ENGINE_SEND ? packet->port : packet->instance;
	left->length = packet->length;
	memcpy(left->bytes, packet->data, packet->length);
	script->output_count++;
}

static void
record_event(void *context, const struct event *event)
{
	struct script *script = context;

	if (script->event_count < EVENTS_MAX) {
		script->events[script->event_count++] = *event;
	}
}

static bool
start_gateway(struct script *script)
{
	const struct gateway_sink sink = {.output = record_output, .event = record_event, .context = script};

	if (script->gateway == NULL) {
		script->gateway = gateway_create(&script->options, &sink);
	}
	if (script->gateway == NULL) {
		script_fail(script, "out of memory");
	}
	return script->gateway != NULL;
}

/* Whatever the step before let out must have been claimed. */
static void
finish_step(struct script *script)
{
	if (script->output_next < script->output_count) {
		struct text seen = TEXT_EMPTY;
		const struct left_packet *left = &script->outputs[script->output_next];
		static struct frame_words frame;
		uint16_t tag;

		(void)frame_read(left->bytes, left->length, left->verb == ENGINE_SEND, &frame, &tag, &seen);
		frame_describe(&frame, &seen);
		script_fail(script, "before this line %u packet(s) left that nobody expected, first (port %u, vlan %u): %s",
		    script->output_count - script->output_next, left->port, tag, text_string(&seen));
		text_release(&seen);
	}
	script->output_count = 0;
	script->output_next = 0;
	script->event_count = 0;
	script->has_result = false;
}

static void
print_diagnostics(struct diagnostics *list)
{
	struct text lines = TEXT_EMPTY;

	diagnostics_render_lines(list, &lines);
	fputs(text_string(&lines), stderr);
	text_release(&lines);
}

static bool
has_message(const struct diagnostics *list, enum diagnostic_severity severity, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		struct text whole = TEXT_EMPTY;
		bool found;

		text_printf(&whole, "[edit %s] '%s': %s", list->items[i].path == NULL ? "" : list->items[i].path,
		    list->items[i].statement == NULL ? "" : list->items[i].statement, list->items[i].message);
		found = list->items[i].severity == severity && strstr(text_string(&whole), text) != NULL;
		text_release(&whole);
		if (found) {
			return true;
		}
	}
	return false;
}

static void
go_back(struct script *script)
{
	struct conf_tree *back = script->committed != NULL ? conf_tree_copy(script->committed) :
	    conf_tree_create(script->schema);

	if (back == NULL) {
		script_fail(script, "out of memory");
		return;
	}
	conf_tree_destroy(script->candidate);
	script->candidate = back;
}

/* Keeps what loading warned of for the next commit. */
static void
note_warnings(struct script *script, const struct diagnostics *list)
{
	diagnostics_render_lines(list, &script->notes);
}

static void
commit(struct script *script, const char *warns, const char *refused)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct conf_tree *copy = conf_tree_copy(script->candidate);
	bool good;

	script->dirty = false;
	if (copy == NULL || !start_gateway(script)) {
		script_fail(script, "out of memory");
		return;
	}
	finish_step(script);
	good = gateway_configure(script->gateway, copy, &list);
	if (good) {
		if (script->committed != NULL) {
			conf_tree_destroy(script->committed);
		}
		script->committed = copy;
	} else {
		conf_tree_destroy(copy);
	}
	if (good != (refused == NULL)) {
		script_fail(script, good ? "the commit went through" : "the commit was refused");
		print_diagnostics(&list);
	} else if (refused != NULL && !has_message(&list, DIAGNOSTIC_ERROR, refused)) {
		script_fail(script, "refused for another reason");
		print_diagnostics(&list);
	} else if (warns != NULL && !has_message(&list, DIAGNOSTIC_WARNING, warns) &&
	    strstr(text_string(&script->notes), warns) == NULL) {
		script_fail(script, "no such warning");
		print_diagnostics(&list);
	}
	if (!good) {
		go_back(script);
	}
	text_clear(&script->notes);
	diagnostics_release(&list);
}

static void
run_config(struct script *script)
{
	struct conf_editor editor = {.tree = script->candidate, .level = TEXT_EMPTY};
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	const char *rest = words_rest(&script->words, script->text);
	bool good;

	if (strncmp(rest, "delete ", 7) == 0) {
		good = conf_edit(&editor, CONF_EDIT_DELETE, rest + 7, &list);
	} else if (strncmp(rest, "insert ", 7) == 0) {
		good = conf_edit(&editor, CONF_EDIT_INSERT, rest + 7, &list);
	} else {
		good = conf_load(script->candidate, CONF_FORMAT_SET, NULL, rest, strlen(rest), &list);
	}
	if (!good) {
		script_fail(script, "the statement was refused");
		print_diagnostics(&list);
	}
	note_warnings(script, &list);
	text_release(&editor.level);
	diagnostics_release(&list);
	script->dirty = true;
}

/* The statement must be refused at once, and then the candidate is what it was. */
static void
run_refused(struct script *script)
{
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	const char *rest = words_rest(&script->words, script->text);
	struct conf_tree *copy = conf_tree_copy(script->candidate);

	if (copy == NULL || conf_load(copy, CONF_FORMAT_SET, NULL, rest, strlen(rest), &list)) {
		script_fail(script, "the statement was taken");
	}
	if (copy != NULL) {
		conf_tree_destroy(copy);
	}
	diagnostics_release(&list);
}

static void
run_config_file(struct script *script)
{
	const char *name = words_take(&script->words);
	const char *slash = strrchr(script->path, '/');
	struct diagnostics list = DIAGNOSTICS_EMPTY;
	struct source source;
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%.*s%s", slash == NULL ? 0 : (int)(slash - script->path + 1), script->path, name);
	if (!source_open(&source, "test", path, CONF_FORMAT_AUTO)) {
		script_fail(script, "cannot open the file");
		return;
	}
	if (!source_load(&source, script->candidate, &list)) {
		script_fail(script, "a statement was refused");
		print_diagnostics(&list);
	}
	note_warnings(script, &list);
	diagnostics_release(&list);
	source_release(&source);
	script->dirty = true;
}

bool
script_port(struct script *script, uint16_t *port, uint16_t *tag)
{
	const struct snapshot *snapshot = gateway_snapshot(script->gateway);
	const char *name = words_take(&script->words);
	uint64_t vlan = 0;

	*port = gateway_port(script->gateway, name);
	if (*port != SNAPSHOT_NONE) {
		if (words_accept(&script->words, "vlan") && !words_number(&script->words, &vlan)) {
			script_fail(script, "vlan wants a number");
			return false;
		}
		*tag = (uint16_t)vlan;
		return true;
	}
	const uint16_t unit = snapshot_find_unit(snapshot, name);

	if (unit == SNAPSHOT_NONE) {
		script_fail(script, "there is no port or interface '%s'", name);
		return false;
	}
	*port = snapshot->units[unit].port;
	*tag = snapshot->units[unit].vlan;
	return true;
}

uint16_t
script_instance(struct script *script, const char *name)
{
	const struct snapshot *snapshot = gateway_snapshot(script->gateway);

	if (strcmp(name, "default") == 0) {
		return SNAPSHOT_INSTANCE_DEFAULT;
	}
	const uint16_t instance = snapshot_find_instance(snapshot, name);

	if (instance == SNAPSHOT_NONE) {
		script_fail(script, "there is no instance '%s'", name);
	}
	return instance;
}

/* The frame of the words as bytes, sent to us if it does not say otherwise. */
static void
inject(struct script *script, bool from_host, uint16_t port, uint16_t tag)
{
	static const uint8_t stranger[MAC_LENGTH] = {0x02, 0xaa, 0, 0, 0, 1};
	static const uint8_t everyone[MAC_LENGTH] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct frame_words *frame = &script->frame;
	struct text error = TEXT_EMPTY;
	uint8_t bytes[FRAME_SIZE];
	size_t length;

	if (!frame_parse(&script->words, frame, &error)) {
		script_fail(script, "%s", text_string(&error));
		text_release(&error);
		return;
	}
	if (!frame->has_smac) {
		memcpy(frame->smac, stranger, MAC_LENGTH);
	}
	if (!frame->has_dmac && frame->kind == FRAME_ARP && frame->arp_operation == 1) {
		memcpy(frame->dmac, everyone, MAC_LENGTH);
	} else if (!frame->has_dmac && !from_host) {
		memcpy(frame->dmac, gateway_snapshot(script->gateway)->ports[port].mac, MAC_LENGTH);
	}
	length = frame_build(frame, !from_host, tag, bytes, sizeof(bytes));
	if (!gateway_process(script->gateway, bytes, (uint32_t)length, port, from_host ? PACKET_FROM_HOST : 0,
	    &script->result)) {
		script_fail(script, "out of memory");
	}
	script->has_result = true;
}

static void
run_at(struct script *script)
{
	const char *word = words_peek(&script->words);
	const bool relative = word[0] == '+';
	uint64_t when;
	uint16_t port = 0;
	uint16_t tag = 0;

	if (relative) {
		script->words.items[script->words.next]++;
	}
	if (!words_seconds(&script->words, &when)) {
		script_fail(script, "'%s' is no time", word);
		return;
	}
	if (script->dirty) {
		commit(script, NULL, NULL);
	}
	finish_step(script);
	if (gateway_snapshot(script->gateway) == NULL) {
		return;
	}
	when += relative ? gateway_now(script->gateway) : 0;
	if (!relative && when < gateway_now(script->gateway)) {
		script_fail(script, "time does not go back");
	}
	script->waiting = true;
	if (!gateway_advance(script->gateway, when)) {
		script_fail(script, "the configuration does not compile any more");
	}
	script->waiting = false;
	if (words_accept(&script->words, "in")) {
		if (!script_port(script, &port, &tag)) {
			return;
		}
		inject(script, false, port, tag);
	} else if (words_accept(&script->words, "host")) {
		port = script_instance(script, words_take(&script->words));
		if (port == SNAPSHOT_NONE) {
			return;
		}
		inject(script, true, port, 0);
	}
	if (words_accept(&script->words, "expect")) {
		script_expect(script, true);
	} else if (words_peek(&script->words)[0] != '\0') {
		script_fail(script, "'%s' is one word too many", words_peek(&script->words));
	}
}

static void
run_wall(struct script *script)
{
	struct tm parts = {.tm_sec = 0};
	const char *word = words_take(&script->words);
	const char *end = strptime(word, "%Y-%m-%dT%H:%M:%S", &parts);

	if (end == NULL || *end != '\0') {
		script_fail(script, "'%s' is no time such as 2007-10-03T10:00:00", word);
	} else if (start_gateway(script)) {
		gateway_set_wall(script->gateway, (int64_t)timegm(&parts) * 1000000);
	}
}

static void
run_option(struct script *script)
{
	uint64_t value = 0;
	bool good = true;

	if (script->gateway != NULL) {
		script_fail(script, "options come before anything else");
	} else if (words_accept(&script->words, "once")) {
		script->once = true;
	} else if (words_accept(&script->words, "arp")) {
		script->options.neighbours_auto = strcmp(words_take(&script->words), "real") != 0;
	} else if (words_accept(&script->words, "sessions")) {
		good = words_number(&script->words, &value);
		script->options.sessions = (uint32_t)value;
	} else if (words_accept(&script->words, "policies")) {
		good = words_number(&script->words, &value);
		script->options.policies_most = (uint32_t)value;
	} else if (words_accept(&script->words, "tailroom")) {
		good = words_number(&script->words, &value);
		script->options.tailroom = (uint16_t)value;
	} else {
		good = words_accept(&script->words, "seed") && words_number(&script->words, &script->options.seed);
	}
	if (!good) {
		script_fail(script, "that option is not known");
	}
}

static void
run_commit(struct script *script)
{
	if (words_accept(&script->words, "refused")) {
		commit(script, NULL, words_rest(&script->words, script->text));
	} else if (words_accept(&script->words, "warns")) {
		commit(script, words_rest(&script->words, script->text), NULL);
	} else {
		commit(script, NULL, NULL);
	}
}

static void run_line(struct script *script, const char *line);

/* A handshake as three steps. */
static void
run_open(struct script *script)
{
	char line[LINE_SIZE];
	char words[8][64];

	for (int i = 0; i < 8; i++) {
		snprintf(words[i], sizeof(words[i]), "%s", words_take(&script->words));
	}
	/* 0 time, 1 in, 2 port, 3 out, 4 port, 5 client, 6 >, 7 server */
	snprintf(line, sizeof(line), "at %s in %s tcp %s > %s S seq 1000 expect out %s tcp %s > %s S seq 1000", words[0],
	    words[2], words[5], words[7], words[4], words[5], words[7]);
	run_line(script, line);
	snprintf(line, sizeof(line), "at +0 in %s tcp %s > %s SA seq 5000 ack 1001 expect out %s tcp %s > %s SA seq 5000 ack 1001",
	    words[4], words[7], words[5], words[2], words[7], words[5]);
	run_line(script, line);
	snprintf(line, sizeof(line), "at +0 in %s tcp %s > %s A seq 1001 ack 5001 expect out %s tcp %s > %s A seq 1001 ack 5001",
	    words[2], words[5], words[7], words[4], words[5], words[7]);
	run_line(script, line);
}

static void
run_repeat(struct script *script)
{
	char pattern[LINE_SIZE];
	uint64_t times = 0;

	if (!words_number(&script->words, &times)) {
		script_fail(script, "repeat wants a number");
		return;
	}
	snprintf(pattern, sizeof(pattern), "%s", words_rest(&script->words, script->text));
	for (uint64_t i = 0; i < times; i++) {
		struct text line = TEXT_EMPTY;

		for (const char *at = pattern; *at != '\0'; at++) {
			if (at[0] == '%' && at[1] == 'd') {
				text_printf(&line, "%u", (unsigned)i);
				at++;
			} else {
				text_append_char(&line, *at);
			}
		}
		run_line(script, text_string(&line));
		text_release(&line);
	}
}

static void
run_link(struct script *script, bool up)
{
	if (script->dirty) {
		commit(script, NULL, NULL);
	}
	if (!gateway_set_unit_state(script->gateway, words_take(&script->words), up)) {
		script_fail(script, "there is no such interface");
	}
}

static void
run_command(struct script *script)
{
	const char *word = words_take(&script->words);

	if (strcmp(word, "option") == 0) {
		run_option(script);
	} else if (strcmp(word, "config") == 0) {
		run_config(script);
	} else if (strcmp(word, "config-file") == 0) {
		run_config_file(script);
	} else if (strcmp(word, "refused") == 0) {
		run_refused(script);
	} else if (strcmp(word, "commit") == 0) {
		run_commit(script);
	} else if (strcmp(word, "wall") == 0) {
		run_wall(script);
	} else if (strcmp(word, "up") == 0 || strcmp(word, "down") == 0) {
		run_link(script, word[0] == 'u');
	} else if (strcmp(word, "at") == 0) {
		run_at(script);
	} else if (strcmp(word, "+") == 0) {
		script_expect(script, false);
	} else if (strcmp(word, "open") == 0) {
		run_open(script);
	} else if (strcmp(word, "repeat") == 0) {
		run_repeat(script);
	} else if (!script_check(script, word)) {
		script_fail(script, "'%s' is no command of scripts", word);
	}
}

static void
run_line(struct script *script, const char *line)
{
	const char *former = script->text;
	struct text expanded = TEXT_EMPTY;

	/* Each line of a repeat for itself: the one before may have bound what it names. */
	if (strncmp(line, "repeat", 6) == 0) {
		text_append(&expanded, line);
	} else {
		variables_expand(script, line, &expanded);
	}
	script->text = text_string(&expanded);
	if (!words_split(&script->words, text_string(&expanded))) {
		script_fail(script, "the line is too long");
	} else if (script->words.count > 0) {
		run_command(script);
	}
	script->text = former;
	text_release(&expanded);
}

static void
release(struct script *script)
{
	gateway_destroy(script->gateway);
	if (script->committed != NULL) {
		conf_tree_destroy(script->committed);
	}
	if (script->candidate != NULL) {
		conf_tree_destroy(script->candidate);
	}
	if (script->schema != NULL) {
		schema_destroy(script->schema);
	}
	text_release(&script->notes);
	free(script->outputs);
	free(script);
}

int
main(int argc, char **argv)
{
	struct script *script = calloc(1, sizeof(*script));
	FILE *file = argc == 2 ? fopen(argv[1], "re") : NULL;
	char line[LINE_SIZE];
	int status;

	if (script == NULL || file == NULL) {
		fprintf(stderr, "usage: packet-script FILE (%s)\n", strerror(errno));
		return 2;
	}
	script->path = argv[1];
	script->text = "";
	script->options = (struct gateway_options){.sessions = SESSIONS, .seed = 1, .neighbours_auto = true,
	    .tailroom = TAILROOM};
	script->outputs = calloc(OUTPUTS_MAX, sizeof(*script->outputs));
	script->schema = source_schema("test");
	script->candidate = script->schema == NULL ? NULL : conf_tree_create(script->schema);
	if (script->outputs == NULL || script->candidate == NULL) {
		fputs("out of memory\n", stderr);
		return 2;
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		script->line++;
		run_line(script, line);
	}
	finish_step(script);
	fclose(file);
	if (script->line == 0) {
		script_fail(script, "the script is empty");
	}
	status = script->failures == 0 ? 0 : 1;
	if (status != 0) {
		fprintf(stderr, "%u failure(s)\n", script->failures);
	}
	release(script);
	return status;
}
