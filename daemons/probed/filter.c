/*
 * Filters of monitor traffic. See filter.h.
 */
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "base/output.h"
#include "ipc/daemon.h"

enum {
	WHOLE_FRAME = 262144,   /* pcap's longest */
	SECONDS_MOST = 5,       /* of a processor */
	ANSWER_MOST = 1 << 20,  /* octets; no filter that flowd takes has as many */
	PIECE = 4096,
	UNDERSTOOD = 0, /* exit statuses of the process; what it wrote is the filter, */
	REFUSED = 1,    /* or why there is none */
};

/* --- in the process --------------------------------------------------------------------------------------------- */

static bool
compile(const char *expression, struct text *out)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, WHOLE_FRAME);
	struct bpf_program program = {.bf_len = 0};

	if (pcap == NULL || pcap_compile(pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		text_append(out, pcap == NULL ? "out of memory" : pcap_geterr(pcap));
		return false;
	}
	for (unsigned i = 0; i < program.bf_len; i++) {
		const struct bpf_insn *one = &program.bf_insns[i];

		text_printf(out, "%u %u %u %u;", one->code, one->jt, one->jf, one->k);
	}
	return !text_failed(out);
}

static void
run(const char *expression, int output)
{
	const struct rlimit limit = {.rlim_cur = SECONDS_MOST, .rlim_max = SECONDS_MOST};
	struct text answer = TEXT_EMPTY;
	int status = REFUSED;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (setrlimit(RLIMIT_CPU, &limit) == 0 && daemon_confine_reader(&answer) && compile(expression, &answer)) {
		status = UNDERSTOOD;
	}
	_exit(output_all(output, text_string(&answer), answer.length) ? status : REFUSED);
}

/* --- outside ---------------------------------------------------------------------------------------------------- */

static bool
read_all(int input, struct text *answer)
{
	char bytes[PIECE];
	ssize_t got;

	do {
		got = read(input, bytes, sizeof(bytes));
		if (got > 0) {
			text_append_bytes(answer, bytes, (size_t)got);
		}
	} while ((got > 0 && answer->length <= ANSWER_MOST) || (got < 0 && errno == EINTR));
	return got == 0 && !text_failed(answer);
}

/* Waits for the process; what it wrote is a filter, or a reason. */
static bool
conclude(pid_t process, int input, struct text *answer)
{
	const bool whole = read_all(input, answer);
	int status = 0;

	if (!whole) {
		(void)kill(process, SIGKILL);
	}
	while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
	}
	if (whole && WIFEXITED(status) && WEXITSTATUS(status) == UNDERSTOOD) {
		return true;
	}
	if (!whole || !WIFEXITED(status) || answer->length == 0) {
		text_clear(answer);
		text_append(answer, "the expression is too much for libpcap");
	}
	return false;
}

bool
filter_compile(const char *expression, struct text *out, struct text *error)
{
	struct text answer = TEXT_EMPTY;
	bool good = false;
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) != 0) {
		text_printf(error, "matching: %s", strerror(errno));
		return false;
	}
	const pid_t process = fork();

	if (process == 0) {
		run(expression, pipes[1]);
	}
	close(pipes[1]);
	if (process < 0) {
		text_append(&answer, strerror(errno));
	} else {
		good = conclude(process, pipes[0], &answer);
	}
	close(pipes[0]);
	if (good) {
		text_append_bytes(out, answer.bytes, answer.length);
	} else {
		text_printf(error, "matching: %s", text_string(&answer));
	}
	text_release(&answer);
	return good && !text_failed(out);
}
