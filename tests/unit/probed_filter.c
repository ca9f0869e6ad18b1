/*
 * Filters of monitor traffic: what an expression becomes, by pcap-filter(7) and the instructions of bpf(4), and where libpcap
 * reads it: pcap_compile() goes through a function of this test, which tries what a confined process cannot do.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "filter.h"

/* What the process that reads an expression found out; shared with it. */
struct found {
	pid_t process;
	int connects; /* errno of socket(2); 0: it has one */
	int kills;    /* of kill(2) */
	rlim_t seconds;
};

static struct found *found;

int __real_pcap_compile(pcap_t *pcap, struct bpf_program *program, const char *expression, int optimize, bpf_u_int32 mask);
int __wrap_pcap_compile(pcap_t *pcap, struct bpf_program *program, const char *expression, int optimize, bpf_u_int32 mask);

int
__wrap_pcap_compile(pcap_t *pcap, struct bpf_program *program, const char *expression, int optimize, bpf_u_int32 mask)
{
	struct rlimit limit = {.rlim_cur = RLIM_INFINITY};

	found->process = getpid();
	found->connects = socket(AF_INET, SOCK_DGRAM, 0) >= 0 ? 0 : errno;
	found->kills = kill(getppid(), 0) == 0 ? 0 : errno;
	(void)getrlimit(RLIMIT_CPU, &limit);
	found->seconds = limit.rlim_cur;
	if (strcmp(expression, "crash") == 0) {
		(void)signal(SIGSEGV, SIG_DFL);
		(void)raise(SIGSEGV);
		_exit(0);
	}
	return __real_pcap_compile(pcap, program, expression, optimize, mask);
}

static bool
compiles(const char *expression, struct text *out, struct text *error)
{
	text_clear(out);
	text_clear(error);
	memset(found, 0, sizeof(*found));
	return filter_compile(expression, out, error);
}

/* IPv4 is type 0x0800 at octet 12: ldh [12]; jeq #0x800, next, over; ret #262144; ret #0. */
static void
instructions(void **state)
{
	struct text out = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;

	(void)state;
	assert_true(compiles("ip", &out, &error));
	assert_string_equal(text_string(&out), "40 0 0 12;21 0 1 2048;6 0 0 262144;6 0 0 0;");
	assert_string_equal(text_string(&error), "");
	assert_true(compiles("host 10.0.0.1 and tcp port 80 or net 2001:db8::/32", &out, &error));
	text_release(&out);
	text_release(&error);
}

static void
confined(void **state)
{
	struct text out = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;

	(void)state;
	assert_true(compiles("ip", &out, &error));
	assert_int_not_equal(found->process, 0);
	assert_int_not_equal(found->process, getpid());
	assert_int_equal(found->connects, EPERM);
	assert_int_equal(found->kills, EPERM);
	assert_in_range(found->seconds, 1, 10);
	text_release(&out);
	text_release(&error);
}

static void
refusals(void **state)
{
	static const char *const expressions[] = {"tcp prot 80", "$(id)", "host nowhere.invalid", "ip and (", "crash"};
	struct text out = TEXT_EMPTY;
	struct text error = TEXT_EMPTY;

	(void)state;
	for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
		assert_false(compiles(expressions[i], &out, &error));
		assert_int_equal(out.length, 0);
		assert_ptr_equal(strstr(text_string(&error), "matching: "), text_string(&error));
		assert_true(error.length > strlen("matching: "));
	}
	assert_non_null(strstr(text_string(&error), "too much for libpcap"));
	text_release(&out);
	text_release(&error);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(instructions),
	    cmocka_unit_test(confined),
	    cmocka_unit_test(refusals),
	};

	found = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (found == MAP_FAILED || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
