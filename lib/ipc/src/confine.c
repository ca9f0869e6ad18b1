/*
 * What a daemon that only reads, writes and talks never needs: other programs, other processes' memory, mounts,
 * namespaces, modules, keys, raw and kernel sockets. Such calls fail with EPERM.
 *
 * A list of what is refused, not of what is allowed: libc and libyang may change which of the harmless calls they use, and a
 * gateway must not die of that. Built with the address sanitizer what its leak check needs is let through: it starts a
 * process of its own that traces this one.
 */
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/socket.h>

#include "ipc/daemon.h"

#if defined(__SANITIZE_ADDRESS__)
#define LEAKS_ARE_SOUGHT true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAKS_ARE_SOUGHT true
#endif
#endif
#ifndef LEAKS_ARE_SOUGHT
#define LEAKS_ARE_SOUGHT false
#endif

enum { PROGRAM_CALLS = 2 }; /* that begin the list */

static const int refused[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
};

/* What a program that only reads has no use for besides. It is run by an execve() of ours. */
static const int refused_to_readers[] = {
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(clone), /* what fork(3) is */
    SCMP_SYS(clone3),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat2),
};

static bool
leak_check_needs(int call)
{
	return LEAKS_ARE_SOUGHT && (call == SCMP_SYS(ptrace) || call == SCMP_SYS(clone));
}

static int
refuse(scmp_filter_ctx filter, const int *calls, size_t count)
{
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++) {
		if (!leak_check_needs(calls[i])) {
			result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
		}
	}
	return result;
}

static bool
load(scmp_filter_ctx filter, int result, struct text *error)
{
	if (result == 0) {
		result = seccomp_load(filter);
	}
	seccomp_release(filter);
	if (result != 0) {
		text_printf(error, "seccomp: %s", strerror(-result));
	}
	return result == 0;
}

static scmp_filter_ctx
start(struct text *error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (filter == NULL) {
		text_append(error, "seccomp: out of memory");
	}
	return filter;
}

bool
daemon_confine(struct text *error)
{
	const struct scmp_arg_cmp family = {.arg = 0, .op = SCMP_CMP_GT, .datum_a = AF_INET6};
	scmp_filter_ctx filter = start(error);
	int result;

	if (filter == NULL) {
		return false;
	}
	result = refuse(filter, refused, sizeof(refused) / sizeof(refused[0]));
	/* Sockets of the machine and of IP only. */
	if (result == 0) {
		result = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1, &family);
	}
	return load(filter, result, error);
}

bool
daemon_confine_reader(struct text *error)
{
	scmp_filter_ctx filter = start(error);
	int result;

	if (filter == NULL) {
		return false;
	}
	result = refuse(filter, refused + PROGRAM_CALLS, sizeof(refused) / sizeof(refused[0]) - PROGRAM_CALLS);
	if (result == 0) {
		result = refuse(filter, refused_to_readers, sizeof(refused_to_readers) / sizeof(refused_to_readers[0]));
	}
	return load(filter, result, error);
}
