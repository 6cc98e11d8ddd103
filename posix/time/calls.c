/* SPDX-License-Identifier: MPL-2.0 */
/* Clocks and sleeping. */
#include <linux/time.h>
#include <linux/times.h>
#include "abi/info.h"
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/files/path.h"
#include "posix/process/tids.h"
#include "posix/time/timers.h"
#include "posix/time/timespec.h"
#include "protocol/posix.h"

constexpr uint64_t TICK = 10'000'000; /* USER_HZ is 100 */

static uint64_t task_time(void)
{
	struct task_info info;

	return fut_task_info(0, &info, sizeof(info)) == OK ? info.cpu_ns : 0;
}

static int64_t time_of_process(uint32_t pid, uint64_t *ns)
{
	uint64_t system = 0, rss, faults;
	int32_t outcome = 0;

	if (pid == 0 || pid == process.pid) {
		*ns = task_time();
		return 0;
	}
	enum err e = posix_usage(&process.posix, pid, ns, &system, &rss, &faults, &outcome);
	*ns += system;
	return e != OK || outcome < 0 ? -EINVAL : 0;
}

int64_t thread_cpu_time(uint32_t tid, uint64_t *ns)
{
	struct thread_info info;
	uint32_t size;
	int64_t error = -EINVAL;

	if (tid == self()->tid && self()->handle == 0 && (error = thread_own_handle()) != 0)
		return error;
	mutex_lock(&process.locks.threads);
	for (struct thread *t = process.threads; t != nullptr; t = t->next)
		if (t->tid == tid && t->handle != 0 &&
		    fut_thread_read(t->handle, THREAD_INFO, &info, sizeof(info), &size) == OK) {
			*ns = info.cpu_ns;
			error = 0;
		}
	mutex_unlock(&process.locks.threads);
	return error;
}

/* A process's own thread; alone it has all of the process's time. */
static int64_t thread_time(uint32_t tid, uint64_t *ns)
{
	if (process.nthreads != 1 || tid != self()->tid)
		return thread_cpu_time(tid, ns);
	*ns = task_time();
	return 0;
}

/* The clock of one process or thread: its number, inverted, above three bits that say which of its
 * times (bits 0 and 1: 0 all, 1 user's, 2 as scheduled) and whether it is a thread's (bit 2). */
static int64_t cpu_clock(uint32_t clock, uint64_t *ns)
{
	constexpr uint32_t KIND = 3, THREAD = 4;
	uint32_t number = (uint32_t)(~(int32_t)clock >> 3);

	if ((clock & KIND) == KIND)
		return -EINVAL;
	return (clock & THREAD) != 0 ? thread_time(number != 0 ? number : self()->tid, ns)
				     : time_of_process(number, ns);
}

int64_t read_clock(uint32_t clock, uint64_t *ns)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_TAI:
		*ns = wall_now();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ns = clock_now();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		*ns = task_time();
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		return thread_time(self()->tid, ns);
	default:
		return (int32_t)clock < 0 ? cpu_clock(clock, ns) : -EINVAL;
	}
}

CALL2(clock_gettime, uint32_t, clock, uint64_t, to)
{
	uint64_t ns;
	int64_t error = read_clock(clock, &ns);

	return error != 0 ? error : timespec_put(to, ns);
}

CALL2(clock_getres, uint32_t, clock, uint64_t, to)
{
	uint64_t ns;
	int64_t error = read_clock(clock, &ns);
	bool coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;

	return error != 0 || to == 0 ? error : timespec_put(to, coarse ? 4'000'000 : 1);
}

CALL2(clock_settime, uint32_t, clock, uint64_t, from)
{
	uint64_t ns;
	int64_t error = timespec_get(from, &ns);

	return error != 0 ? error : clock == CLOCK_REALTIME ? -EPERM : -EINVAL;
}

CALL2(gettimeofday, uint64_t, to, uint64_t, zone)
{
	uint64_t ns = wall_now();
	struct __kernel_old_timeval t = { .tv_sec = (long)(ns / SECOND),
					  .tv_usec = (long)(ns % SECOND / 1000) };
	struct timezone z = {};

	if (to != 0 && guest_put(to, &t, sizeof(t)) != 0)
		return -EFAULT;
	return zone != 0 ? guest_put(zone, &z, sizeof(z)) : 0;
}

CALL1(time, uint64_t, to)
{
	int64_t seconds = (int64_t)(wall_now() / SECOND);

	return to != 0 && guest_put(to, &seconds, sizeof(seconds)) != 0 ? -EFAULT : seconds;
}

/* Others may run, however short the sleep is: who asks again and again, with sleeps of no time
 * between, asks for what one of them does. */
static int64_t sleep_to(uint64_t deadline)
{
	if (deadline <= clock_now())
		(void)fut_thread_yield(); /* never fails */
	return wait_until(deadline);
}

/* What is left when a sleep is interrupted, for the program and for restart_syscall. */
static int64_t sleep_until(uint64_t deadline, uint64_t left);

static int64_t sleep_again(struct restart *r)
{
	return sleep_until(r->values[0], r->values[1]);
}

static int64_t sleep_until(uint64_t deadline, uint64_t left)
{
	struct thread *t = self();
	int64_t error = sleep_to(deadline);
	uint64_t now = clock_now();

	if (error == 0)
		return 0;
	if (left != 0 && timespec_put(left, deadline > now ? deadline - now : 0) != 0)
		return -EFAULT;
	t->restart = (struct restart){ .run = sleep_again, .values = { deadline, left } };
	return -ERESTARTBLOCK;
}

CALL2(nanosleep, uint64_t, from, uint64_t, left)
{
	uint64_t ns;
	int64_t error = timespec_get(from, &ns);

	return error != 0 ? error : sleep_until(deadline_after(ns), left);
}

CALL4(clock_nanosleep, uint32_t, clock, uint32_t, flags, uint64_t, from, uint64_t, left)
{
	uint64_t ns, now;
	int64_t error = read_clock(clock, &now);

	if (error != 0)
		return -EINVAL;
	if (clock == CLOCK_THREAD_CPUTIME_ID || clock == CLOCK_MONOTONIC_RAW ||
	    clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE)
		return -EOPNOTSUPP;
	if ((error = timespec_get(from, &ns)) != 0)
		return error;
	if ((flags & TIMER_ABSTIME) == 0)
		return sleep_until(deadline_after(ns), left);
	if (clock == CLOCK_REALTIME || clock == CLOCK_TAI)
		ns = deadline_of_wall(ns);
	error = sleep_to(ns != 0 ? ns : 1);
	return error != 0 ? -ERESTARTNOHAND : 0;
}

CALL0(restart_syscall)
{
	struct restart r = self()->restart;

	return r.run != nullptr ? r.run(&r) : -EINTR;
}

CALL1(times, uint64_t, to)
{
	uint64_t user = 0, system = 0, rss, faults;
	int32_t outcome;
	struct tms t = { .tms_utime = (long)(task_time() / TICK) };

	if (posix_usage(&process.posix, UINT32_MAX, &user, &system, &rss, &faults, &outcome) ==
	    OK) {
		t.tms_cutime = (long)(user / TICK);
		t.tms_cstime = (long)(system / TICK);
	}
	if (to != 0 && guest_put(to, &t, sizeof(t)) != 0)
		return -EFAULT;
	return (int64_t)(clock_now() / TICK);
}
