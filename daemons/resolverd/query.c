/*
 * Questions by c-ares. See query.h.
 *
 * What a server says is parsed by c-ares alone, in this process, which holds nothing and may nothing. Addresses that no host
 * can have (unspecified, loopback, multicast) are left out of answers.
 */
#include "query.h"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum {
	TIME_OUT = 2000, /* milliseconds of the first try; the second waits twice as long */
	TRIES = 2,
};

struct query {
	ares_channel channel;
	bool done;
	uint8_t family;
	struct resolve_answer answer;
};

static void
fail(struct query *query, int status)
{
	query->answer.status = RESOLVE_FAILED;
	(void)snprintf(query->answer.reason, sizeof(query->answer.reason), "%s", ares_strerror(status));
}

static void
add(struct query *query, const void *octets, int ttl)
{
	struct resolve_answer *answer = &query->answer;
	const uint32_t seconds = ttl < 0 ? 0 : (uint32_t)ttl;

	if (answer->count == RESOLVE_ADDRESSES) {
		return;
	}
	answer->addresses[answer->count].family = query->family;
	memcpy(answer->addresses[answer->count].octets, octets, query->family == 4 ? 4 : 16);
	answer->ttl = answer->count == 0 || seconds < answer->ttl ? seconds : answer->ttl;
	answer->count++;
}

static bool
usable4(struct in_addr address)
{
	const uint32_t host = ntohl(address.s_addr);

	return host >> 24 != 0 && host >> 24 != 127 && host >> 28 < 14;
}

static bool
usable6(const struct in6_addr *address)
{
	return !IN6_IS_ADDR_UNSPECIFIED(address) && !IN6_IS_ADDR_LOOPBACK(address) && !IN6_IS_ADDR_MULTICAST(address) &&
	    !IN6_IS_ADDR_V4MAPPED(address);
}

static int
read_records(struct query *query, const unsigned char *bytes, int length)
{
	struct ares_addrttl records4[RESOLVE_ADDRESSES];
	struct ares_addr6ttl records6[RESOLVE_ADDRESSES];
	int count = RESOLVE_ADDRESSES;
	int status;

	if (query->family == 4) {
		status = ares_parse_a_reply(bytes, length, NULL, records4, &count);
		for (int i = 0; status == ARES_SUCCESS && i < count; i++) {
			if (usable4(records4[i].ipaddr)) {
				add(query, &records4[i].ipaddr, records4[i].ttl);
			}
		}
		return status;
	}
	status = ares_parse_aaaa_reply(bytes, length, NULL, records6, &count);
	for (int i = 0; status == ARES_SUCCESS && i < count; i++) {
		struct in6_addr address;

		memcpy(&address, &records6[i].ip6addr, sizeof(address));
		if (usable6(&address)) {
			add(query, &address, records6[i].ttl);
		}
	}
	return status;
}

static void
on_answer(void *context, int status, int timeouts, unsigned char *bytes, int length)
{
	struct query *query = context;

	(void)timeouts;
	query->done = true;
	if (status == ARES_SUCCESS) {
		status = read_records(query, bytes, length);
	}
	if (status == ARES_SUCCESS && query->answer.count > 0) {
		query->answer.status = RESOLVE_FOUND;
	} else if (status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND) {
		query->answer.status = RESOLVE_ABSENT;
	} else {
		fail(query, status);
	}
}

static void
use_source(struct query *query, const struct resolve_address *source)
{
	if (source->family == 4) {
		uint32_t address;

		memcpy(&address, source->octets, sizeof(address));
		ares_set_local_ip4(query->channel, ntohl(address));
	} else if (source->family == 6) {
		ares_set_local_ip6(query->channel, source->octets);
	}
}

struct query *
query_start(const struct resolve_question *question)
{
	static char lookups[] = "b"; /* DNS alone */
	struct ares_options options = {
	    .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP,
	    .timeout = TIME_OUT,
	    .tries = TRIES,
	    .lookups = lookups,
	};
	struct ares_addr_node server = {.family = question->server.family == 4 ? AF_INET : AF_INET6};
	struct query *query = calloc(1, sizeof(*query));

	if (query == NULL) {
		return NULL;
	}
	query->family = question->family;
	if (ares_init_options(&query->channel, &options,
		ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS) != ARES_SUCCESS) {
		free(query);
		return NULL;
	}
	memcpy(&server.addr, question->server.octets, question->server.family == 4 ? 4 : 16);
	if (ares_set_servers(query->channel, &server) != ARES_SUCCESS) {
		query_destroy(query);
		return NULL;
	}
	use_source(query, &question->source);
	ares_query(query->channel, question->name, ns_c_in, question->family == 4 ? ns_t_a : ns_t_aaaa, on_answer, query);
	return query;
}

void
query_destroy(struct query *query)
{
	if (query == NULL) {
		return;
	}
	ares_destroy(query->channel); /* calls on_answer() for what is open */
	free(query);
}

size_t
query_polls(const struct query *query, struct pollfd *polls, int *milliseconds)
{
	/* One server: a datagram socket and perhaps a connection. */
	ares_socket_t sockets[QUERY_POLLS];
	const int mask = ares_getsock(query->channel, sockets, QUERY_POLLS);
	struct timeval most = {.tv_sec = 1};
	struct timeval left;
	const struct timeval *next = ares_timeout(query->channel, &most, &left);
	const int wait = (int)(next->tv_sec * 1000 + next->tv_usec / 1000);
	size_t count = 0;

	for (int i = 0; i < QUERY_POLLS; i++) {
		const short events = (short)((ARES_GETSOCK_READABLE(mask, i) ? POLLIN : 0) |
		    (ARES_GETSOCK_WRITABLE(mask, i) ? POLLOUT : 0));

		if (events != 0) {
			polls[count++] = (struct pollfd){.fd = sockets[i], .events = events};
		}
	}
	*milliseconds = wait < *milliseconds ? wait : *milliseconds;
	return count;
}

void
query_serve(struct query *query, const struct pollfd *polls, size_t count)
{
	for (size_t i = 0; i < count && !query->done; i++) {
		if (polls[i].revents != 0) {
			ares_process_fd(query->channel, polls[i].events & POLLIN ? polls[i].fd : ARES_SOCKET_BAD,
			    polls[i].events & POLLOUT ? polls[i].fd : ARES_SOCKET_BAD);
		}
	}
	if (!query->done) {
		ares_process_fd(query->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* time-outs */
	}
}

const struct resolve_answer *
query_done(const struct query *query)
{
	return query->done ? &query->answer : NULL;
}
