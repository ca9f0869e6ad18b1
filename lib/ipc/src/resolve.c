/*
 * Questions and answers of the resolver as octets. See ipc/resolve.h.
 */
#include "ipc/resolve.h"

#include <arpa/inet.h>
#include <string.h>

#include "ipc/payload.h"

bool
resolve_address_parse(const char *text, struct resolve_address *address)
{
	*address = (struct resolve_address){.family = 4};
	if (inet_pton(AF_INET, text, address->octets) == 1) {
		return true;
	}
	address->family = 6;
	return inet_pton(AF_INET6, text, address->octets) == 1;
}

void
resolve_address_print(const struct resolve_address *address, struct text *out)
{
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->octets, text, sizeof(text)) != NULL) {
		text_append(out, text);
	}
}

int
resolve_address_compare(const struct resolve_address *left, const struct resolve_address *right)
{
	const int family = (int)left->family - (int)right->family;

	return family != 0 ? family : memcmp(left->octets, right->octets, sizeof(left->octets));
}

static void
put_address(const struct resolve_address *address, struct text *out)
{
	ipc_put_u8(out, address->family);
	text_append_bytes(out, (const char *)address->octets, sizeof(address->octets));
}

/* `none` says whether there may be none. */
static bool
get_address(struct reader *reader, struct resolve_address *address, bool none)
{
	address->family = reader_u8(reader);
	(void)reader_copy(reader, address->octets, sizeof(address->octets));
	return address->family == 4 || address->family == 6 || (none && address->family == 0);
}

/* A string that fits with its end. */
static bool
get_text(struct reader *reader, char *to, size_t size)
{
	const size_t length = reader_u32(reader);
	const uint8_t *bytes = reader_bytes(reader, length);

	if (bytes == NULL || length >= size || memchr(bytes, '\0', length) != NULL) {
		return false;
	}
	memcpy(to, bytes, length);
	to[length] = '\0';
	return true;
}

static bool
at_end(const struct reader *reader)
{
	return !reader_failed(reader) && reader_left(reader) == 0;
}

void
resolve_question_encode(const struct resolve_question *question, struct text *out)
{
	ipc_put_string(out, question->name);
	ipc_put_u8(out, question->family);
	put_address(&question->server, out);
	put_address(&question->source, out);
}

bool
resolve_question_decode(struct resolve_question *question, const void *payload, size_t length)
{
	struct reader reader = reader_over(payload, length);

	memset(question, 0, sizeof(*question));
	if (!get_text(&reader, question->name, sizeof(question->name)) || question->name[0] == '\0') {
		return false;
	}
	question->family = reader_u8(&reader);
	return (question->family == 4 || question->family == 6) && get_address(&reader, &question->server, false) &&
	    get_address(&reader, &question->source, true) && at_end(&reader);
}

void
resolve_answer_encode(const struct resolve_answer *answer, struct text *out)
{
	ipc_put_u8(out, (uint8_t)answer->status);
	ipc_put_u32(out, answer->ttl);
	ipc_put_string(out, answer->reason);
	ipc_put_u16(out, answer->count);
	for (uint16_t i = 0; i < answer->count; i++) {
		put_address(&answer->addresses[i], out);
	}
}

bool
resolve_answer_decode(struct resolve_answer *answer, const void *payload, size_t length)
{
	struct reader reader = reader_over(payload, length);
	uint8_t status;

	memset(answer, 0, sizeof(*answer));
	status = reader_u8(&reader);
	answer->ttl = reader_u32(&reader);
	if (status >= RESOLVE_STATUSES || !get_text(&reader, answer->reason, sizeof(answer->reason))) {
		return false;
	}
	answer->status = (enum resolve_status)status;
	answer->count = reader_u16(&reader);
	if (answer->count > RESOLVE_ADDRESSES) {
		return false;
	}
	for (uint16_t i = 0; i < answer->count; i++) {
		if (!get_address(&reader, &answer->addresses[i], false)) {
			return false;
		}
	}
	return at_end(&reader);
}
