/* SPDX-License-Identifier: MPL-2.0 */
/* Scheduling: policies are kept and told, for all threads run at one priority; CPUs are chosen. */
#include <linux/capability.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include "abi/clock.h"
#include "abi/info.h"
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/files/path.h"
#include "posix/process/ids.h"
#include "posix/process/tids.h"
#include "posix/time/timespec.h"
#include "protocol/posix.h"

constexpr uint64_t SLICE = 100'000'000; /* nanoseconds: what SCHED_RR has on Linux */

CALL0(sched_yield)
{
	return call_error(fut_thread_yield());
}

static uint32_t cpu_count(void)
{
	return ((const volatile struct clock_page *)CLOCK_PAGE)->ncpus;
}

/* Is there such a process or thread? */
static int64_t exists(uint32_t pid)
{
	if (pid == 0 || pid == self()->tid || pid == process.pid)
		return 0;
	if ((int32_t)pid < 0)
		return -ESRCH;
	return id_exists(PRIO_PROCESS, pid);
}

/* The calls about policies look at the number first, those about CPUs look for the thread. */
static int64_t policy_exists(uint32_t pid)
{
	return (int32_t)pid < 0 ? -EINVAL : exists(pid);
}

/* The thread of this process with that number, which must have a handle for others to use; with
 * locks.threads held. */
static struct thread *thread_of(uint32_t tid)
{
	struct thread *t = process.threads;

	if (tid == 0)
		return self();
	while (t != nullptr && t->tid != tid)
		t = t->next;
	return t;
}

/* The CPUs that a thread may run on; with `set` from now on those. */
static int64_t cpus_of(uint32_t tid, bool set, uint64_t *cpus)
{
	int32_t outcome = 0;
	uint64_t all = cpu_count() < 64 ? (1ull << cpu_count()) - 1 : ~0ull;
	enum err e = posix_cpus(&process.posix, tid != 0 ? tid : self()->tid, set, *cpus, cpus,
				&outcome);

	*cpus &= all;
	return e != OK ? file_error(e) : outcome;
}

CALL3(sched_getaffinity, uint32_t, tid, uint64_t, size, uint64_t, to)
{
	uint64_t cpus = 0;

	if (size < sizeof(cpus) || size % sizeof(cpus) != 0)
		return -EINVAL;
	int64_t error = cpus_of(tid, false, &cpus);
	if (error != 0)
		return error;
	return guest_put(to, &cpus, sizeof(cpus)) != 0 ? -EFAULT : (int64_t)sizeof(cpus);
}

CALL3(sched_setaffinity, uint32_t, tid, uint64_t, size, uint64_t, from)
{
	uint64_t cpus = 0;

	if (guest_get(&cpus, from, size < sizeof(cpus) ? size : sizeof(cpus)) != 0)
		return -EFAULT;
	return cpus_of(tid, true, &cpus);
}

/* --- Policies --- */

static bool is_plain(uint32_t policy)
{
	return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE;
}

static bool is_realtime(uint32_t policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

/* A thread's policy. The first thread's is posixd's to keep, for other processes may ask. */
struct policy {
	uint32_t policy, priority;
};

/* Another thread of ours, with locks.threads held; nullptr: it is somebody's first. */
static struct thread *further_thread(uint32_t tid)
{
	struct thread *t = thread_of(tid);

	return t != nullptr && t->tid != process.pid ? t : nullptr;
}

static int64_t policy_get(uint32_t tid, struct policy *p)
{
	int32_t outcome = 0;

	if ((int32_t)tid < 0)
		return -EINVAL;
	mutex_lock(&process.locks.threads);
	const struct thread *t = further_thread(tid);
	if (t != nullptr)
		*p = (struct policy){ t->policy, t->rt_priority };
	mutex_unlock(&process.locks.threads);
	if (t != nullptr)
		return 0;
	enum err e = posix_policy(&process.posix, tid, 0, 0, 0, &outcome, &p->policy, &p->priority);
	return e != OK ? file_error(e) : outcome;
}

static int64_t policy_check(struct policy p)
{
	uint32_t number = p.policy & ~(uint32_t)SCHED_RESET_ON_FORK;

	if (is_realtime(number))
		return p.priority >= 1 && p.priority <= 99 ? 0 : -EINVAL;
	if (number == SCHED_DEADLINE)
		return -EPERM; /* there is nobody who would keep it */
	return is_plain(number) && p.priority == 0 ? 0 : -EINVAL;
}

static int64_t policy_set(uint32_t tid, struct policy p)
{
	struct policy now;
	int32_t outcome = 0;
	int64_t error = (int32_t)tid < 0 ? -EINVAL : policy_check(p);

	if (error == 0)
		error = policy_get(tid, &now); /* is it there? */
	if (error != 0)
		return error;
	mutex_lock(&process.locks.threads);
	struct thread *t = further_thread(tid);
	if (t != nullptr && is_realtime(p.policy & ~(uint32_t)SCHED_RESET_ON_FORK) &&
	    p.priority > t->rt_priority && !process_can(CAP_SYS_NICE))
		error = -EPERM;
	if (t == nullptr && tid == 0)
		t = self();
	if (t != nullptr && error == 0) {
		t->policy = p.policy;
		t->rt_priority = p.priority;
	}
	bool is_first = t == nullptr || t->tid == process.pid;
	mutex_unlock(&process.locks.threads);
	if (error != 0 || !is_first)
		return error;
	enum err e = posix_policy(&process.posix, tid, 1, p.policy, p.priority, &outcome,
				  &now.policy, &now.priority);
	return e != OK ? file_error(e) : outcome;
}

CALL1(sched_getscheduler, uint32_t, pid)
{
	struct policy p = {};
	int64_t error = policy_get(pid, &p);

	return error != 0 ? error : p.policy;
}

CALL2(sched_getparam, uint32_t, pid, uint64_t, to)
{
	struct policy p = {};
	int64_t error = to != 0 ? policy_get(pid, &p) : -EINVAL;

	return error != 0 ? error : guest_put(to, &p.priority, sizeof(p.priority));
}

CALL3(sched_setscheduler, uint32_t, pid, int32_t, policy, uint64_t, from)
{
	struct policy p = { .policy = (uint32_t)policy };

	if (policy < 0 || from == 0)
		return -EINVAL;
	if (guest_get(&p.priority, from, sizeof(p.priority)) != 0)
		return -EFAULT;
	return policy_set(pid, p);
}

CALL2(sched_setparam, uint32_t, pid, uint64_t, from)
{
	struct policy p = {};
	uint32_t priority;

	if (from == 0)
		return -EINVAL;
	if (guest_get(&priority, from, sizeof(priority)) != 0)
		return -EFAULT;
	int64_t error = policy_get(pid, &p);
	p.priority = priority;
	return error != 0 ? error : policy_set(pid, p);
}

CALL4(sched_getattr, uint32_t, pid, uint64_t, to, uint32_t, size, uint32_t, flags)
{
	struct sched_attr a = { .size = SCHED_ATTR_SIZE_VER0 };
	struct policy p = {};
	int32_t outcome = 0;

	if (to == 0 || flags != 0 || size < SCHED_ATTR_SIZE_VER0 || size > PAGE || (int32_t)pid < 0)
		return -EINVAL;
	int64_t error = policy_get(pid, &p);
	if (error != 0)
		return error;
	a.sched_policy = p.policy & ~(uint32_t)SCHED_RESET_ON_FORK;
	a.sched_flags = p.policy & SCHED_RESET_ON_FORK ? SCHED_FLAG_RESET_ON_FORK : 0;
	a.sched_priority = p.priority;
	enum err e = posix_priority(&process.posix, 0, pid, 0, 0, &outcome, &a.sched_nice);
	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	return guest_put(to, &a, SCHED_ATTR_SIZE_VER0);
}

CALL3(sched_setattr, uint32_t, pid, uint64_t, from, uint32_t, flags)
{
	struct sched_attr a = {};
	int32_t outcome = 0, now;

	if (from == 0 || flags != 0 || (int32_t)pid < 0)
		return -EINVAL;
	if (guest_get(&a, from, SCHED_ATTR_SIZE_VER0) != 0)
		return -EFAULT;
	if (a.size != 0 && a.size < SCHED_ATTR_SIZE_VER0)
		return -E2BIG;
	bool resets = (a.sched_flags & SCHED_FLAG_RESET_ON_FORK) != 0;
	int64_t error = policy_set(
		pid, (struct policy){ a.sched_policy | (resets ? SCHED_RESET_ON_FORK : 0),
				      a.sched_priority });
	if (error != 0 || a.sched_policy == SCHED_IDLE || is_realtime(a.sched_policy))
		return error;
	enum err e = posix_priority(&process.posix, 0, pid, 1, a.sched_nice, &outcome, &now);
	return e != OK ? file_error(e) : outcome;
}

static int64_t priority_range(uint32_t policy, int64_t of_realtime)
{
	return is_realtime(policy)                            ? of_realtime
	       : is_plain(policy) || policy == SCHED_DEADLINE ? 0
							      : -EINVAL;
}

CALL1(sched_get_priority_max, uint32_t, policy)
{
	return priority_range(policy, 99);
}

CALL1(sched_get_priority_min, uint32_t, policy)
{
	return priority_range(policy, 1);
}

CALL2(sched_rr_get_interval, uint32_t, pid, uint64_t, to)
{
	int64_t error = policy_exists(pid);

	return error != 0 ? error : timespec_put(to, SLICE);
}

/* Which CPU the thread runs on. */
static int64_t cpu_now(uint32_t *cpu)
{
	struct thread_info info = {};
	uint32_t size;
	int64_t error = 0;

	*cpu = 0;
	if (cpu_count() == 1)
		return 0;
	if (self()->handle == 0 && (error = thread_own_handle()) != 0)
		return error;
	enum err e = fut_thread_read(self()->handle, THREAD_INFO, &info, sizeof(info), &size);
	*cpu = info.cpu;
	return call_error(e);
}

CALL3(getcpu, uint64_t, cpu, uint64_t, node, uint64_t, unused)
{
	uint32_t here, zero = 0;
	int64_t error = cpu_now(&here);

	(void)unused;
	if (error != 0)
		return error;
	if (cpu != 0 && guest_put(cpu, &here, sizeof(here)) != 0)
		return -EFAULT;
	return node != 0 ? guest_put(node, &zero, sizeof(zero)) : 0;
}
