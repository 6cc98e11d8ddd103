/* SPDX-License-Identifier: MPL-2.0 */
/* Scheduling: policies are kept and told, and CPUs are chosen; there is no real-time class to be
 * given, so that is refused as it is to those without the privilege. */
#include <linux/sched.h>
#include <linux/sched/types.h>
#include "abi/clock.h"
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/files/path.h"
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
	int32_t outcome = 0, nice;

	if (pid == 0 || pid == self()->tid || pid == process.pid)
		return 0;
	if ((int32_t)pid < 0)
		return -ESRCH;
	enum err e = posix_priority(&process.posix, 0, pid, 0, 0, &outcome, &nice);
	return e != OK ? file_error(e) : outcome;
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

CALL3(sched_getaffinity, uint32_t, tid, uint64_t, size, uint64_t, to)
{
	uint64_t cpus = cpu_count() < 64 ? (1ull << cpu_count()) - 1 : ~0ull;
	int64_t error = exists(tid);

	if (size < sizeof(cpus) || size % sizeof(cpus) != 0)
		return -EINVAL;
	if (error != 0)
		return error;
	mutex_lock(&process.locks.threads);
	const struct thread *t = thread_of(tid);
	if (t != nullptr && t->affinity != 0)
		cpus &= t->affinity;
	mutex_unlock(&process.locks.threads);
	return guest_put(to, &cpus, sizeof(cpus)) != 0 ? -EFAULT : (int64_t)sizeof(cpus);
}

CALL3(sched_setaffinity, uint32_t, tid, uint64_t, size, uint64_t, from)
{
	uint64_t cpus = 0;
	enum err e = OK;

	if (guest_get(&cpus, from, size < sizeof(cpus) ? size : sizeof(cpus)) != 0)
		return -EFAULT;
	int64_t error = exists(tid);
	if (error != 0)
		return error;
	mutex_lock(&process.locks.threads);
	struct thread *t = thread_of(tid);
	if (t == nullptr || (t != self() && t->handle == 0))
		error = -EPERM; /* another process's */
	else if ((e = fut_thread_set_affinity(t == self() ? 0 : t->handle, cpus)) == OK)
		t->affinity = cpus;
	mutex_unlock(&process.locks.threads);
	return error != 0 ? error : call_error(e);
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

static uint32_t policy_of(uint32_t tid)
{
	mutex_lock(&process.locks.threads);
	const struct thread *t = thread_of(tid);
	uint32_t policy = t != nullptr ? t->policy : SCHED_NORMAL;
	mutex_unlock(&process.locks.threads);
	return policy;
}

static int64_t policy_set(uint32_t tid, uint32_t policy, int32_t priority)
{
	int64_t error = policy_exists(tid);

	if (error != 0)
		return error;
	policy &= ~(uint32_t)SCHED_RESET_ON_FORK;
	if (is_realtime(policy))
		return priority >= 1 && priority <= 99 ? -EPERM : -EINVAL;
	if (policy == SCHED_DEADLINE)
		return -EPERM;
	if (!is_plain(policy) || priority != 0)
		return -EINVAL;
	mutex_lock(&process.locks.threads);
	struct thread *t = thread_of(tid);
	if (t != nullptr)
		t->policy = policy;
	mutex_unlock(&process.locks.threads);
	return t != nullptr ? 0 : -EPERM;
}

CALL1(sched_getscheduler, uint32_t, pid)
{
	int64_t error = policy_exists(pid);

	return error != 0 ? error : policy_of(pid);
}

CALL2(sched_getparam, uint32_t, pid, uint64_t, to)
{
	int64_t error = policy_exists(pid);
	int priority = 0;

	return error != 0 ? error : guest_put(to, &priority, sizeof(priority));
}

CALL3(sched_setscheduler, uint32_t, pid, int32_t, policy, uint64_t, from)
{
	int priority;

	if (policy < 0)
		return -EINVAL;
	if (guest_get(&priority, from, sizeof(priority)) != 0)
		return -EFAULT;
	return policy_set(pid, (uint32_t)policy, priority);
}

CALL2(sched_setparam, uint32_t, pid, uint64_t, from)
{
	int priority;
	int64_t error = policy_exists(pid);

	if (guest_get(&priority, from, sizeof(priority)) != 0)
		return -EFAULT;
	return error != 0 ? error : policy_set(pid, policy_of(pid), priority);
}

CALL4(sched_getattr, uint32_t, pid, uint64_t, to, uint32_t, size, uint32_t, flags)
{
	struct sched_attr a = { .size = SCHED_ATTR_SIZE_VER0 };
	int32_t outcome = 0;
	int64_t error = policy_exists(pid);

	if (flags != 0 || size < SCHED_ATTR_SIZE_VER0 || size > PAGE || (int32_t)pid < 0)
		return -EINVAL;
	if (error != 0)
		return error;
	a.sched_policy = policy_of(pid);
	enum err e = posix_priority(&process.posix, 0, pid, 0, 0, &outcome, &a.sched_nice);
	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	return guest_put(to, &a, SCHED_ATTR_SIZE_VER0);
}

CALL3(sched_setattr, uint32_t, pid, uint64_t, from, uint32_t, flags)
{
	struct sched_attr a = {};
	int32_t outcome = 0, now;

	if (flags != 0 || (int32_t)pid < 0)
		return -EINVAL;
	if (guest_get(&a, from, SCHED_ATTR_SIZE_VER0) != 0)
		return -EFAULT;
	if (a.size != 0 && a.size < SCHED_ATTR_SIZE_VER0)
		return -E2BIG;
	int64_t error = policy_set(pid, a.sched_policy, (int32_t)a.sched_priority);
	if (error != 0 || a.sched_policy == SCHED_IDLE)
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

CALL3(getcpu, uint64_t, cpu, uint64_t, node, uint64_t, unused)
{
	uint32_t here = control()->cpu, zero = 0;

	(void)unused;
	if (cpu != 0 && guest_put(cpu, &here, sizeof(here)) != 0)
		return -EFAULT;
	return node != 0 ? guest_put(node, &zero, sizeof(zero)) : 0;
}
