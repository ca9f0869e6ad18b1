/*
 * Frames in words: parsing and printing. See frame.h.
 */
#include <string.h>

#include "frame.h"

static const char *const field_names[FIELD_COUNT] = {
    [FIELD_SEQ] = "seq",
    [FIELD_ACK] = "ack",
    [FIELD_WIN] = "win",
    [FIELD_MSS] = "mss",
    [FIELD_WSCALE] = "wscale",
    [FIELD_LEN] = "len",
    [FIELD_TTL] = "ttl",
    [FIELD_ID] = "id",
    [FIELD_TOS] = "tos",
    [FIELD_DF] = "df",
    [FIELD_MF] = "mf",
    [FIELD_OFFSET] = "offset",
    [FIELD_IDENT] = "ident",
    [FIELD_NUMBER] = "number",
    [FIELD_MTU] = "mtu",
    [FIELD_OPTIONS] = "options",
};

/* Bit i of the TCP flags. */
static const char flag_letters[] = "FSRPAU";

static bool
parse_flags(const char *word, uint8_t *flags)
{
	*flags = 0;
	if (strcmp(word, ".") == 0) {
		return true;
	}
	for (; *word != '\0'; word++) {
		const char *letter = strchr(flag_letters, *word);

		if (letter == NULL) {
			return false;
		}
		*flags |= (uint8_t)(1 << (letter - flag_letters));
	}
	return true;
}

static bool
parse_ends(struct words *words, bool ports, struct ip_words *ip)
{
	bool good;

	if (ports) {
		good = words_parse_endpoint(words_take(words), &ip->source, &ip->source_port);
		good = words_accept(words, ">") && good;
		return words_parse_endpoint(words_take(words), &ip->destination, &ip->destination_port) && good;
	}
	good = words_parse_address(words_take(words), &ip->source);
	good = words_accept(words, ">") && good;
	return words_parse_address(words_take(words), &ip->destination) && good;
}

static bool
parse_icmp(struct words *words, struct ip_words *ip)
{
	uint64_t type = 0;
	uint64_t code = 0;

	if (words_accept(words, "echo")) {
		type = 8;
	} else if (words_accept(words, "type")) {
		if (!words_number(words, &type) || !words_accept(words, "code") || !words_number(words, &code)) {
			return false;
		}
	} else if (!words_accept(words, "echo-reply")) {
		return false;
	}
	ip->type = (uint8_t)type;
	ip->code = (uint8_t)code;
	return true;
}

/* Protocol, ends and what belongs to the protocol. */
static bool
parse_head(struct words *words, struct ip_words *ip)
{
	uint64_t protocol;

	if (words_accept(words, "tcp")) {
		ip->protocol = 6;
		ip->ports = true;
		return parse_ends(words, true, ip) && parse_flags(words_take(words), &ip->flags);
	}
	if (words_accept(words, "udp")) {
		ip->protocol = 17;
		ip->ports = true;
		return parse_ends(words, true, ip);
	}
	if (words_accept(words, "udp-lite")) {
		ip->protocol = 136;
		ip->ports = true;
		return parse_ends(words, true, ip);
	}
	if (words_accept(words, "sctp")) {
		ip->protocol = 132;
		ip->ports = true;
		return parse_ends(words, true, ip);
	}
	if (words_accept(words, "icmp")) {
		ip->protocol = 1;
		return parse_ends(words, false, ip) && parse_icmp(words, ip);
	}
	if (words_accept(words, "ip") && parse_ends(words, false, ip) && words_accept(words, "protocol") &&
	    words_number(words, &protocol)) {
		ip->protocol = (uint8_t)protocol;
		ip->bare = true;
		return true;
	}
	return false;
}

/* One option of the IP packet; false when the next word is none. */
static bool
parse_field(struct words *words, struct ip_words *ip)
{
	const char *word = words_peek(words);

	for (int i = 0; i < FIELD_COUNT; i++) {
		if (strcmp(word, field_names[i]) == 0) {
			uint64_t value = 1;

			words->next++;
			if (i != FIELD_DF && i != FIELD_MF && !words_number(words, &value)) {
				return false;
			}
			ip->fields[i] = (struct field){.given = true, .value = (uint32_t)value};
			return true;
		}
	}
	if (words_accept(words, "no-df")) {
		ip->fields[FIELD_DF] = (struct field){.given = true, .value = 0};
		return true;
	}
	if (words_accept(words, "bad-checksum")) {
		ip->bad_checksum = true;
		return true;
	}
	if (words_accept(words, "bad-ip-checksum")) {
		ip->bad_ip_checksum = true;
		return true;
	}
	return false;
}

static bool
parse_option(struct words *words, struct frame_words *frame)
{
	uint64_t value;

	if (words_accept(words, "smac")) {
		frame->has_smac = true;
		return words_parse_mac(words_take(words), frame->smac);
	}
	if (words_accept(words, "dmac")) {
		frame->has_dmac = true;
		return words_parse_mac(words_take(words), frame->dmac);
	}
	if (words_accept(words, "mac")) {
		frame->has_arp_mac = true;
		return words_parse_mac(words_take(words), frame->arp_mac);
	}
	if (words_accept(words, "pad")) {
		if (!words_number(words, &value)) {
			return false;
		}
		frame->pad = (uint32_t)value;
		return true;
	}
	if (words_accept(words, "of")) {
		frame->has_inner = true;
		return parse_head(words, &frame->inner);
	}
	return parse_field(words, frame->has_inner ? &frame->inner : &frame->ip);
}

static bool
parse_hex(const char *word, struct frame_words *frame)
{
	static const char digits[] = "0123456789abcdef";

	frame->raw_length = 0;
	for (; word[0] != '\0'; word += 2) {
		const char *high = strchr(digits, word[0]);
		const char *low = word[1] == '\0' ? NULL : strchr(digits, word[1]);

		if (high == NULL || low == NULL || frame->raw_length == FRAME_SIZE) {
			return false;
		}
		frame->raw[frame->raw_length++] = (uint8_t)((high - digits) << 4 | (low - digits));
	}
	return true;
}

bool
frame_parse(struct words *words, struct frame_words *frame, struct text *error)
{
	bool good;

	memset(frame, 0, sizeof(*frame));
	if (words_accept(words, "raw")) {
		frame->kind = FRAME_RAW;
		good = parse_hex(words_take(words), frame);
	} else if (words_accept(words, "arp")) {
		frame->kind = FRAME_ARP;
		frame->arp_operation = strcmp(words_peek(words), "request") == 0 ? 1 : 2;
		words_take(words);
		good = parse_ends(words, false, &frame->ip);
	} else {
		frame->kind = FRAME_IP;
		good = parse_head(words, &frame->ip);
	}
	while (good && words_peek(words)[0] != '\0' && strcmp(words_peek(words), "expect") != 0 &&
	    strcmp(words_peek(words), "+") != 0) {
		good = parse_option(words, frame);
	}
	if (!good) {
		text_printf(error, "cannot read the packet at '%s'", words_peek(words));
	}
	return good;
}

static void
describe_address(uint32_t address, struct text *out)
{
	text_printf(out, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

static void
describe_ip(const struct ip_words *ip, struct text *out)
{
	text_append(out, ip->protocol == 6 ? "tcp " : ip->protocol == 17 ? "udp " : ip->protocol == 1 ? "icmp " :
	    ip->protocol == 132 ? "sctp " : ip->protocol == 136 ? "udp-lite " : "ip ");
	describe_address(ip->source, out);
	if (ip->ports) {
		text_printf(out, ":%u", ip->source_port);
	}
	text_append(out, " > ");
	describe_address(ip->destination, out);
	if (ip->ports) {
		text_printf(out, ":%u", ip->destination_port);
	}
	if (ip->protocol == 6) {
		text_append_char(out, ' ');
		for (int i = 0; i < 6; i++) {
			if ((ip->flags & 1 << i) != 0) {
				text_append_char(out, flag_letters[i]);
			}
		}
	} else if (ip->protocol == 1) {
		text_printf(out, " type %u code %u", ip->type, ip->code);
	} else if (!ip->ports) {
		text_printf(out, " protocol %u", ip->protocol);
	}
	for (int i = 0; i < FIELD_COUNT; i++) {
		if (ip->fields[i].given) {
			text_printf(out, " %s %u", field_names[i], ip->fields[i].value);
		}
	}
}

static void
describe_mac(const char *name, const uint8_t mac[MAC_LENGTH], struct text *out)
{
	text_printf(out, " %s %02x:%02x:%02x:%02x:%02x:%02x", name, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

void
frame_describe(const struct frame_words *frame, struct text *out)
{
	if (frame->kind == FRAME_RAW) {
		text_append(out, "raw");
	} else if (frame->kind == FRAME_ARP) {
		text_append(out, frame->arp_operation == 1 ? "arp request " : "arp reply ");
		describe_address(frame->ip.source, out);
		text_append(out, " > ");
		describe_address(frame->ip.destination, out);
		describe_mac("mac", frame->arp_mac, out);
	} else {
		describe_ip(&frame->ip, out);
	}
	if (frame->has_inner) {
		text_append(out, " of ");
		describe_ip(&frame->inner, out);
	}
	describe_mac("smac", frame->smac, out);
	describe_mac("dmac", frame->dmac, out);
}

static void
compare_ip(const struct ip_words *expected, const struct ip_words *got, struct text *difference)
{
	if (expected->protocol != got->protocol) {
		text_append(difference, " protocol");
	}
	if (expected->source != got->source || (expected->ports && expected->source_port != got->source_port)) {
		text_append(difference, " source");
	}
	if (expected->destination != got->destination ||
	    (expected->ports && expected->destination_port != got->destination_port)) {
		text_append(difference, " destination");
	}
	if (expected->protocol == 6 && !expected->bare && expected->flags != got->flags) {
		text_append(difference, " flags");
	}
	if (expected->protocol == 1 && !expected->bare && (expected->type != got->type || expected->code != got->code)) {
		text_append(difference, " type");
	}
	for (int i = 0; i < FIELD_COUNT; i++) {
		if (expected->fields[i].given &&
		    (!got->fields[i].given || expected->fields[i].value != got->fields[i].value)) {
			text_printf(difference, " %s", field_names[i]);
		}
	}
}

void
frame_compare(const struct frame_words *expected, const struct frame_words *got, struct text *difference)
{
	if (expected->kind != got->kind) {
		text_append(difference, " kind");
		return;
	}
	if (expected->kind == FRAME_IP) {
		compare_ip(&expected->ip, &got->ip, difference);
	}
	if (expected->kind == FRAME_ARP && (expected->arp_operation != got->arp_operation ||
	    expected->ip.source != got->ip.source || expected->ip.destination != got->ip.destination ||
	    (expected->has_arp_mac && memcmp(expected->arp_mac, got->arp_mac, MAC_LENGTH) != 0))) {
		text_append(difference, " arp");
	}
	if (expected->has_inner && !got->has_inner) {
		text_append(difference, " quoted-packet");
	} else if (expected->has_inner) {
		compare_ip(&expected->inner, &got->inner, difference);
	}
	if (expected->has_smac && memcmp(expected->smac, got->smac, MAC_LENGTH) != 0) {
		text_append(difference, " smac");
	}
	if (expected->has_dmac && memcmp(expected->dmac, got->dmac, MAC_LENGTH) != 0) {
		text_append(difference, " dmac");
	}
}
