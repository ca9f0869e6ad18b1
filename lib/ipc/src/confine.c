/*
 * What a daemon that only reads, writes and talks never needs: other programs, other processes' memory, mounts,
 * namespaces, modules, keys, raw and kernel sockets. Such calls fail with EPERM.
 *
 * A list of what is refused, not of what is allowed: libc and libyang may change which of the harmless calls they use, and a
 * gateway must not die of that. Built with the address sanitizer nothing is refused: its leak check traces its own process.
 */
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/socket.h>

#include "ipc/daemon.h"

#if defined(__SANITIZE_ADDRESS__)
enum { CONFINED = 0 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { CONFINED = 0 };
#else
enum { CONFINED = 1 };
#endif
#else
enum { CONFINED = 1 };
#endif

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

bool
daemon_confine(struct text *error)
{
	const uint32_t action = SCMP_ACT_ERRNO(EPERM);
	scmp_filter_ctx filter = CONFINED == 1 ? seccomp_init(SCMP_ACT_ALLOW) : NULL;
	int result = 0;

	if (CONFINED == 0) {
		return true;
	}
	if (filter == NULL) {
		text_append(error, "seccomp: out of memory");
		return false;
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]) && result == 0; i++) {
		result = seccomp_rule_add(filter, action, refused[i], 0);
	}
	/* Sockets of the machine and of IP only. */
	if (result == 0) {
		const struct scmp_arg_cmp family = {.arg = 0, .op = SCMP_CMP_GT, .datum_a = AF_INET6};

		result = seccomp_rule_add_array(filter, action, SCMP_SYS(socket), 1, &family);
	}
	if (result == 0) {
		result = seccomp_load(filter);
	}
	seccomp_release(filter);
	if (result != 0) {
		text_printf(error, "seccomp: %s", strerror(-result));
	}
	return result == 0;
}
