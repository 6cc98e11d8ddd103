/* SPDX-License-Identifier: MPL-2.0 */
/* Waiting for children. */
#include <linux/resource.h>
#include <linux/wait.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/leave.h"
#include "posix/core/process.h"
#include "posix/files/path.h"
#include "posix/process/pidfd.h"
#include "protocol/posix.h"

struct changed {
	uint32_t pid, status, uid;
	uint64_t user_ns, system_ns;
};

/* Whom a call waits for. */
struct whom {
	uint32_t kind, id, serial;
};

static int64_t ask(uint32_t options, const struct whom *w, struct changed *c)
{
	int32_t outcome = 0;
	enum err e = posix_wait(&process.posix, options, w->kind, w->id, w->serial, &c->user_ns,
				&c->system_ns, &outcome, &c->pid, &c->status, &c->uid);

	return e != OK ? file_error(e) : outcome;
}

/* posixd interrupts one of our threads when a child has changed; it counts that in child_turn. */
static int64_t wait_for_news(uint32_t turn)
{
	enum err e =
		fut_futex_wait((uint64_t)&process.child_turn, turn, ~0u, FUTEX_PRIVATE, TIME_NEVER);

	return e == ERR_INTERRUPTED && interrupted() ? -ERESTARTSYS : 0;
}

static int64_t wait(uint32_t options, const struct whom *w, struct changed *c)
{
	for (;;) {
		uint32_t turn = atomic_load(&process.child_turn);
		int64_t result = ask(options, w, c);

		if (result != -EAGAIN || (options & WNOHANG) != 0)
			return result;
		int64_t interrupted = wait_for_news(turn);
		if (interrupted == 0)
			continue;
		/* The signal may be that of the very child: Linux looks once more. */
		result = ask(options, w, c);
		return result != -EAGAIN ? result : interrupted;
	}
}

static int64_t put_usage(uint64_t to, const struct changed *c)
{
	struct rusage u = {};

	u.ru_utime.tv_sec = (long)(c->user_ns / 1'000'000'000);
	u.ru_utime.tv_usec = (long)(c->user_ns % 1'000'000'000 / 1000);
	u.ru_stime.tv_sec = (long)(c->system_ns / 1'000'000'000);
	u.ru_stime.tv_usec = (long)(c->system_ns % 1'000'000'000 / 1000);
	return to != 0 ? guest_put(to, &u, sizeof(u)) : 0;
}

CALL4(wait4, int, pid, uint64_t, status, uint32_t, options, uint64_t, usage)
{
	struct whom w = { .kind = pid == -1 ? P_ALL
				  : pid > 0 ? P_PID
					    : P_PGID,
			  .id = pid >= -1 ? (uint32_t)pid : 0u - (uint32_t)pid };
	struct changed c = {};
	int64_t result;

	if ((options &
	     ~(uint32_t)(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)) != 0)
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	result = wait(options | WEXITED, &w, &c);
	if (result != 0)
		return result == -EAGAIN ? 0 : result;
	if (status != 0 && guest_put(status, &c.status, sizeof(c.status)) != 0)
		return -EFAULT;
	return put_usage(usage, &c) != 0 ? -EFAULT : (int64_t)c.pid;
}

/* si_code and si_status from wait4's status. */
static void describe(const struct changed *c, siginfo_t *info)
{
	constexpr uint32_t STOPPED = 0x7f, CONTINUED = 0xffff, CORE = 0x80;

	info->si_signo = SIGCHLD;
	info->si_pid = (int)c->pid;
	info->si_uid = c->uid;
	if (c->status == CONTINUED) {
		info->si_code = CLD_CONTINUED;
		info->si_status = SIGCONT;
	} else if ((c->status & 0x7f) == 0) {
		info->si_code = CLD_EXITED;
		info->si_status = (int)(c->status >> 8 & 0xff);
	} else if ((c->status & 0xff) == STOPPED) {
		info->si_code = CLD_STOPPED;
		info->si_status = (int)(c->status >> 8 & 0xff);
	} else {
		info->si_code = (c->status & CORE) != 0 ? CLD_DUMPED : CLD_KILLED;
		info->si_status = (int)(c->status & 0x7f);
	}
}

CALL5(waitid, uint32_t, kind, uint32_t, id, uint64_t, to, uint32_t, options, uint64_t, usage)
{
	constexpr uint32_t STATES = WEXITED | WSTOPPED | WCONTINUED;
	struct whom w = { .kind = kind, .id = id };
	struct changed c = {};
	siginfo_t info = {};
	int64_t result;
	bool nonblocking = false;

	if ((options & ~(STATES | WNOHANG | WNOWAIT | __WNOTHREAD | __WCLONE | __WALL)) != 0 ||
	    (options & STATES) == 0 || kind > P_PIDFD || (kind == P_PID && (int32_t)id <= 0) ||
	    (kind == P_PGID && (int32_t)id < 0))
		return -EINVAL;
	if (kind == P_PIDFD) {
		w.kind = P_PID;
		result = pidfd_process((int)id, &w.id, &w.serial, &nonblocking);
		if (result != 0)
			return result;
	}
	result = wait(options | (nonblocking ? WNOHANG : 0), &w, &c);
	if (result == -EAGAIN && nonblocking && (options & WNOHANG) == 0)
		return -EAGAIN;
	if (result != 0 && result != -EAGAIN)
		return result;
	if (result == 0)
		describe(&c, &info);
	if (to != 0 && guest_put(to, &info, sizeof(info)) != 0)
		return -EFAULT;
	return put_usage(usage, &c);
}
