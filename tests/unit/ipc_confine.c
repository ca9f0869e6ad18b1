/*
 * What a confined process can do no more: tried in a child, whose exit status says how far it got.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/daemon.h"

/* The leak check of the address sanitizer starts a process by clone(2), as fork(3) does: see confine.c. */
#if defined(__SANITIZE_ADDRESS__)
enum { READER_FORKS = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { READER_FORKS = 1 };
#else
enum { READER_FORKS = 0 };
#endif
#else
enum { READER_FORKS = 0 };
#endif

enum {
	CONFINED = 1 << 0,
	FORKS = 1 << 1,
	CONNECTS = 1 << 2,
	EXECUTES = 1 << 3,
};

static bool
forks(void)
{
	const pid_t child = fork();

	if (child == 0) {
		_exit(0);
	}
	return child > 0 || errno != EPERM;
}

/* A program that is not there: the answer is EPERM when the call is refused before anybody looks. */
static bool
executes(void)
{
	return execl("/nowhere/program", "program", (char *)NULL) != 0 && errno != EPERM;
}

static int
try_all(bool (*confine)(struct text *error))
{
	struct text error = TEXT_EMPTY;
	int can = confine(&error) ? CONFINED : 0;

	text_release(&error);
	can |= forks() ? FORKS : 0;
	can |= socket(AF_PACKET, SOCK_RAW, 0) >= 0 || errno != EPERM ? CONNECTS : 0;
	return can | (executes() ? EXECUTES : 0);
}

static int
in_child(bool (*confine)(struct text *error))
{
	int status = 0;
	const pid_t child = fork();

	if (child == 0) {
		_exit(try_all(confine));
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_daemon(void **state)
{
	(void)state;
	assert_int_equal(in_child(daemon_confine), CONFINED | FORKS);
}

static void
test_reader(void **state)
{
	(void)state;
	assert_int_equal(in_child(daemon_confine_reader), CONFINED | EXECUTES | (READER_FORKS == 1 ? FORKS : 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_daemon),
	    cmocka_unit_test(test_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
