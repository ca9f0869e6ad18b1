/*
 * The chassis file. See chassis.h.
 *
 * A line is cut into words by blanks; each word is checked before anything is kept, because device and namespace names
 * end up in paths and in arguments of device drivers, where `/`, `,` and the like have a meaning.
 */
#include "chassis.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	NETDEV_NAME = 15,     /* IFNAMSIZ less its NUL */
	NAMESPACE_NAME = 255, /* a file's name in /run/netns */
	PORT_NAME = 31,
	VDEV_NAME = 31,
	WORDS = 6, /* one more than a line may have */
};

struct word {
	const char *start;
	size_t length;
};

struct chassis_reader {
	struct chassis *chassis;
	const char *file;
	struct text *errors;
	uint32_t line;
};

static void
chassis_error(const struct chassis_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
chassis_error(const struct chassis_reader *reader, const char *format, ...)
{
	va_list arguments;

	text_printf(reader->errors, "%s:%u: ", reader->file, (unsigned)reader->line);
	va_start(arguments, format);
	text_vprintf(reader->errors, format, arguments);
	va_end(arguments);
	text_append_char(reader->errors, '\n');
}

static bool
word_is(const struct word *word, const char *text)
{
	return word->length == strlen(text) && memcmp(word->start, text, word->length) == 0;
}

static char *
word_copy(const struct word *word)
{
	return strndup(word->start, word->length);
}

/* A run of digits at *at; moves it on. */
static bool
take_digits(const struct word *word, size_t *at)
{
	const size_t first = *at;

	while (*at < word->length && isdigit((unsigned char)word->start[*at])) {
		(*at)++;
	}
	return *at > first && *at - first <= 3;
}

static bool
take_character(const struct word *word, size_t *at, char c)
{
	if (*at >= word->length || word->start[*at] != c) {
		return false;
	}
	(*at)++;
	return true;
}

/* type-slot/pic/port: letters, then three numbers. REQ-ZN-001 */
static bool
port_name_valid(const struct word *word)
{
	size_t at = 0;

	while (at < word->length && islower((unsigned char)word->start[at])) {
		at++;
	}
	return at >= 2 && word->length <= PORT_NAME && take_character(word, &at, '-') && take_digits(word, &at) &&
	    take_character(word, &at, '/') && take_digits(word, &at) && take_character(word, &at, '/') &&
	    take_digits(word, &at) && at == word->length;
}

/* A name that the kernel takes and that is harmless as a path's last part and as a driver's argument. */
static bool
device_name_valid(const struct word *word, size_t most)
{
	if (word->length == 0 || word->length > most || word_is(word, ".") || word_is(word, "..")) {
		return false;
	}
	for (size_t i = 0; i < word->length; i++) {
		const char c = word->start[i];

		if (!isalnum((unsigned char)c) && strchr("._-", c) == NULL) {
			return false;
		}
	}
	return word->start[0] != '-';
}

/* DDDD:BB:DD.F in hexadecimal digits. */
static bool
pci_address_valid(const struct word *word)
{
	static const char form[] = "xxxx:xx:xx.x";

	if (word->length != sizeof(form) - 1) {
		return false;
	}
	for (size_t i = 0; i < word->length; i++) {
		const char c = word->start[i];

		if (form[i] == 'x' ? !isxdigit((unsigned char)c) : c != form[i]) {
			return false;
		}
	}
	return true;
}

static bool
capture_path_valid(const struct word *word)
{
	for (size_t i = 0; i < word->length; i++) {
		if (!isprint((unsigned char)word->start[i]) || word->start[i] == '=') {
			return false;
		}
	}
	return word->length > 0;
}

/* Cuts `word` at the first `separator`; `rest` is what follows, empty when there is none. */
static struct word
word_cut(const struct word *word, char separator, struct word *rest)
{
	const char *here = memchr(word->start, separator, word->length);

	if (here == NULL) {
		*rest = (struct word){.start = word->start + word->length, .length = 0};
		return *word;
	}
	const size_t length = (size_t)(here - word->start);

	*rest = (struct word){.start = here + 1, .length = word->length - length - 1};
	return (struct word){.start = word->start, .length = length};
}

static bool
read_netdev(const struct chassis_reader *reader, const struct word *what, struct chassis_port *port)
{
	struct word namespace;
	const struct word device = word_cut(what, '@', &namespace);

	if (!device_name_valid(&device, NETDEV_NAME)) {
		chassis_error(reader, "'%.*s' is not an interface name: 1 to 15 letters, digits, '.', '_' or '-'",
		    (int)device.length, device.start);
		return false;
	}
	if (device.length != what->length && !device_name_valid(&namespace, NAMESPACE_NAME)) {
		chassis_error(reader, "'%.*s' is not the name of a network namespace", (int)namespace.length,
		    namespace.start);
		return false;
	}
	port->device = word_copy(&device);
	port->namespace = device.length == what->length ? NULL : word_copy(&namespace);
	if (port->device == NULL || (device.length != what->length && port->namespace == NULL)) {
		chassis_error(reader, "out of memory");
		return false;
	}
	return true;
}

static bool
read_pci(const struct chassis_reader *reader, const struct word *what, struct chassis_port *port)
{
	if (!pci_address_valid(what)) {
		chassis_error(reader, "'%.*s' is not a PCI address; it reads like 0000:03:00.0", (int)what->length,
		    what->start);
		return false;
	}
	port->device = word_copy(what);
	if (port->device == NULL) {
		chassis_error(reader, "out of memory");
	}
	return port->device != NULL;
}

static bool
read_pcap(const struct chassis_reader *reader, const struct word *what, struct chassis_port *port)
{
	struct word output;
	const struct word input = word_cut(what, ',', &output);

	if (!capture_path_valid(&input) || !capture_path_valid(&output) ||
	    memchr(output.start, ',', output.length) != NULL) {
		chassis_error(reader, "'%.*s' does not name two captures; it reads like pcap:in.pcap,out.pcap",
		    (int)what->length, what->start);
		return false;
	}
	port->device = word_copy(&input);
	port->output = word_copy(&output);
	if (port->device == NULL || port->output == NULL) {
		chassis_error(reader, "out of memory");
		return false;
	}
	return true;
}

/* DPDK's name of a virtual device, and what its driver is told: no blanks, so that the line's words stay whole. */
static bool
read_vdev(const struct chassis_reader *reader, const struct word *what, struct chassis_port *port)
{
	struct word arguments;
	const struct word device = word_cut(what, ',', &arguments);

	if (!device_name_valid(&device, VDEV_NAME)) {
		chassis_error(reader, "'%.*s' is not a virtual device; it reads like vdev:net_vhost0,iface=/run/vm1.sock",
		    (int)what->length, what->start);
		return false;
	}
	port->device = word_copy(&device);
	port->output = arguments.length == 0 ? NULL : word_copy(&arguments);
	if (port->device == NULL || (arguments.length != 0 && port->output == NULL)) {
		chassis_error(reader, "out of memory");
		return false;
	}
	return true;
}

struct kind_row {
	const char *word;
	enum chassis_kind kind;
	bool (*read)(const struct chassis_reader *reader, const struct word *what, struct chassis_port *port);
};

static const struct kind_row kinds[] = {
    {"netdev", CHASSIS_NETDEV, read_netdev},
    {"xdp", CHASSIS_XDP, read_netdev},
    {"pci", CHASSIS_PCI, read_pci},
    {"vdev", CHASSIS_VDEV, read_vdev},
    {"pcap", CHASSIS_PCAP, read_pcap},
};

static void
port_release(struct chassis_port *port)
{
	free(port->name);
	free(port->device);
	free(port->namespace);
	free(port->output);
}

static bool
same_text(const char *left, const char *right)
{
	return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

/* Neither a port nor a device may be named twice. */
static bool
port_is_new(const struct chassis_reader *reader, const struct chassis_port *port)
{
	for (size_t i = 0; i < reader->chassis->count; i++) {
		const struct chassis_port *other = &reader->chassis->ports[i];

		if (strcmp(other->name, port->name) == 0) {
			chassis_error(reader, "port %s stands in line %u already", port->name, (unsigned)other->line);
			return false;
		}
		if (port->kind != CHASSIS_PCAP && other->kind != CHASSIS_PCAP &&
		    same_text(other->device, port->device) && same_text(other->namespace, port->namespace)) {
			chassis_error(reader, "port %s in line %u has the device %s already", other->name,
			    (unsigned)other->line, port->device);
			return false;
		}
	}
	if (reader->chassis->count == CHASSIS_PORTS) {
		chassis_error(reader, "more than %d ports", CHASSIS_PORTS);
		return false;
	}
	return true;
}

static bool
port_keep(const struct chassis_reader *reader, const struct chassis_port *port)
{
	struct chassis *chassis = reader->chassis;
	struct chassis_port *ports = realloc(chassis->ports, (chassis->count + 1) * sizeof(*ports));

	if (ports == NULL) {
		chassis_error(reader, "out of memory");
		return false;
	}
	chassis->ports = ports;
	ports[chassis->count++] = *port;
	return true;
}

static bool
read_device(const struct chassis_reader *reader, const struct word *device, struct chassis_port *port)
{
	struct word what;
	const struct word kind = word_cut(device, ':', &what);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kind.length < device->length && word_is(&kind, kinds[i].word)) {
			port->kind = kinds[i].kind;
			return kinds[i].read(reader, &what, port);
		}
	}
	chassis_error(reader, "'%.*s' is none of netdev:NAME[@NETNS], xdp:NAME[@NETNS], pci:ADDRESS, vdev:NAME[,ARGUMENTS], pcap:IN,OUT",
	    (int)device->length, device->start);
	return false;
}

/* A decimal number up to UINT32_MAX; 0: it is none. */
static uint32_t
number_of(const struct word *word)
{
	uint64_t number = 0;

	for (size_t i = 0; i < word->length; i++) {
		if (!isdigit((unsigned char)word->start[i])) {
			return 0;
		}
		number = number * 10 + (uint64_t)(word->start[i] - '0');
		if (number > UINT32_MAX) {
			return 0;
		}
	}
	return (uint32_t)number;
}

/* queues N */
static bool
read_queues(const struct chassis_reader *reader, const struct word *words, struct chassis_port *port)
{
	if (!word_is(&words[0], "queues")) {
		chassis_error(reader, "'%.*s' is not known here; a line reads: port NAME DEVICE [queues NUMBER]",
		    (int)words[0].length, words[0].start);
		return false;
	}
	const uint32_t number = number_of(&words[1]);

	if (number == 0 || number > CHASSIS_QUEUES) {
		chassis_error(reader, "'%.*s' is not a number of queues: 1 to %d", (int)words[1].length, words[1].start,
		    CHASSIS_QUEUES);
		return false;
	}
	if (port->kind == CHASSIS_PCAP) {
		chassis_error(reader, "a capture has no queues");
		return false;
	}
	port->queues = (uint16_t)number;
	return true;
}

struct setting_row {
	const char *word;
	uint32_t least;
	uint32_t most;
};

static const struct setting_row settings[CHASSIS_SETTINGS] = {
#define SETTING(symbol, word, least, most, help) [CHASSIS_##symbol] = {(word), (least), (most)},
#include "chassis_settings.def"
#undef SETTING
};

const char *
chassis_setting_word(enum chassis_setting setting)
{
	return settings[setting].word;
}

/* False: the line is no setting. */
static bool
read_setting(const struct chassis_reader *reader, const struct word *words, size_t count)
{
	for (size_t i = 0; i < CHASSIS_SETTINGS; i++) {
		const struct setting_row *row = &settings[i];

		if (!word_is(&words[0], row->word)) {
			continue;
		}
		const uint32_t number = count == 2 ? number_of(&words[1]) : 0;

		if (number < row->least || number > row->most) {
			chassis_error(reader, "a line reads: %s NUMBER, from %u to %u", row->word, (unsigned)row->least,
			    (unsigned)row->most);
		} else if (reader->chassis->settings[i] != 0) {
			chassis_error(reader, "%s stands in the file already", row->word);
		} else {
			reader->chassis->settings[i] = number;
		}
		return true;
	}
	return false;
}

/* A line of no kind: says which kinds there are. */
static void
refuse_line(const struct chassis_reader *reader, const struct word *first)
{
	struct text words = TEXT_EMPTY;

	for (size_t i = 0; i < CHASSIS_SETTINGS; i++) {
		text_printf(&words, "%s%s", i == 0 ? "" : ", ", settings[i].word);
	}
	chassis_error(reader,
	    "'%.*s' is not known here; a line reads: port NAME DEVICE [queues NUMBER], or one of these with a NUMBER: %s",
	    (int)first->length, first->start, text_string(&words));
	text_release(&words);
}

static void
read_words(const struct chassis_reader *reader, const struct word *words, size_t count)
{
	struct chassis_port port = {.line = reader->line};

	if (read_setting(reader, words, count)) {
		return;
	}
	if (!word_is(&words[0], "port")) {
		refuse_line(reader, &words[0]);
		return;
	}
	if (count != 3 && count != 5) {
		chassis_error(reader, "a line reads: port NAME DEVICE [queues NUMBER]");
		return;
	}
	if (!port_name_valid(&words[1])) {
		chassis_error(reader, "'%.*s' is not a port's name; it reads like ge-0/0/0", (int)words[1].length,
		    words[1].start);
		return;
	}
	bool kept = false;

	port.name = word_copy(&words[1]);
	if (port.name == NULL) {
		chassis_error(reader, "out of memory");
	} else if (read_device(reader, &words[2], &port) && (count == 3 || read_queues(reader, &words[3], &port))) {
		kept = port_is_new(reader, &port) && port_keep(reader, &port);
	}
	if (!kept) {
		port_release(&port);
	}
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
read_line(const struct chassis_reader *reader, const char *line, size_t length)
{
	struct word words[WORDS];
	size_t count = 0;
	size_t at = 0;

	while (at < length && line[at] != '#') {
		if (is_blank(line[at])) {
			at++;
			continue;
		}
		const size_t first = at;

		while (at < length && !is_blank(line[at]) && line[at] != '#') {
			if (!isprint((unsigned char)line[at])) {
				chassis_error(reader, "an octet that is no printable character");
				return;
			}
			at++;
		}
		if (count < WORDS) {
			words[count++] = (struct word){.start = line + first, .length = at - first};
		}
	}
	if (count > 0) {
		read_words(reader, words, count);
	}
}

bool
chassis_parse(struct chassis *chassis, const char *file, const struct text *content, struct text *errors)
{
	const size_t before = errors->length;
	struct chassis_reader reader = {.chassis = chassis, .file = file, .errors = errors, .line = 0};
	const char *bytes = text_string(content);
	size_t at = 0;

	*chassis = (struct chassis){.ports = NULL, .count = 0};
	if (content->length > CHASSIS_FILE_SIZE) {
		text_printf(errors, "%s: larger than any chassis file (%d octets)\n", file, CHASSIS_FILE_SIZE);
		return false;
	}
	while (at < content->length) {
		const char *end = memchr(bytes + at, '\n', content->length - at);
		const size_t length = end == NULL ? content->length - at : (size_t)(end - bytes) - at;

		reader.line++;
		read_line(&reader, bytes + at, length);
		at += length + 1;
	}
	if (errors->length == before && chassis->count == 0) {
		text_printf(errors, "%s: names no port; a line reads: port ge-0/0/0 netdev:eth1\n", file);
	}
	if (errors->length != before || text_failed(errors)) {
		chassis_release(chassis);
		return false;
	}
	return true;
}

void
chassis_release(struct chassis *chassis)
{
	for (size_t i = 0; i < chassis->count; i++) {
		port_release(&chassis->ports[i]);
	}
	free(chassis->ports);
	*chassis = (struct chassis){.ports = NULL, .count = 0};
}

void
chassis_describe(const struct chassis_port *port, struct text *out)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].kind == port->kind) {
			text_printf(out, "%s:%s", kinds[i].word, port->device);
		}
	}
	if (port->namespace != NULL) {
		text_printf(out, "@%s", port->namespace);
	}
	if (port->output != NULL) {
		text_printf(out, ",%s", port->output);
	}
}
