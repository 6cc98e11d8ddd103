/* SPDX-License-Identifier: MPL-2.0 */
/* Resource limits and priorities: kept here, for they are inherited and others may ask. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "protocol/posix.h"
#include "services/posixd/core/credentials.h"
#include "services/posixd/core/group.h"
#include "services/posixd/core/timer.h"

constexpr uint64_t UNLIMITED = ~0ull;

static const struct limits usual = {
	.soft = {
		[RLIMIT_CPU] = UNLIMITED, [RLIMIT_FSIZE] = UNLIMITED, [RLIMIT_DATA] = UNLIMITED,
		[RLIMIT_STACK] = 8 << 20, [RLIMIT_CORE] = 0, [RLIMIT_RSS] = UNLIMITED,
		[RLIMIT_NPROC] = PID_MAX / 4, [RLIMIT_NOFILE] = 1024, [RLIMIT_MEMLOCK] = 8 << 20,
		[RLIMIT_AS] = UNLIMITED, [RLIMIT_LOCKS] = UNLIMITED, [RLIMIT_SIGPENDING] = 4096,
		[RLIMIT_MSGQUEUE] = 819200, [RLIMIT_RTTIME] = UNLIMITED,
	},
	.hard = {
		[RLIMIT_CPU] = UNLIMITED, [RLIMIT_FSIZE] = UNLIMITED, [RLIMIT_DATA] = UNLIMITED,
		[RLIMIT_STACK] = UNLIMITED, [RLIMIT_CORE] = UNLIMITED, [RLIMIT_RSS] = UNLIMITED,
		[RLIMIT_NPROC] = PID_MAX / 4, [RLIMIT_NOFILE] = 1048576,
		[RLIMIT_MEMLOCK] = 8 << 20, [RLIMIT_AS] = UNLIMITED, [RLIMIT_LOCKS] = UNLIMITED,
		[RLIMIT_SIGPENDING] = 4096, [RLIMIT_MSGQUEUE] = 819200,
		[RLIMIT_RTTIME] = UNLIMITED,
	},
};

struct limits *limits_create(void)
{
	struct limits *l = malloc(sizeof(*l));

	if (l != nullptr) {
		*l = usual;
		l->refs = 1;
	}
	return l;
}

struct limits *limits_get(struct limits *l)
{
	l->refs++;
	return l;
}

void limits_put(struct limits *l)
{
	if (--l->refs == 0)
		free(l);
}

static bool is_as(const struct credentials *a, const struct credentials *b)
{
	return a->uid == b->uid && a->uid == b->euid && a->uid == b->suid && a->gid == b->gid &&
	       a->gid == b->egid && a->gid == b->sgid;
}

bool process_may_reach(const struct process *caller, const struct process *target)
{
	const struct credentials *a = caller->who, *b = target->who;

	return caller == target || capable(a, CAP_SYS_PTRACE) ||
	       (is_as(a, b) && (b->may.permitted & ~a->may.permitted) == 0);
}

/* Limits are shared with other processes until one changes its own. */
static int limits_own(struct process *p)
{
	if (p->limits->refs == 1)
		return 0;
	struct limits *l = malloc(sizeof(*l));
	if (l == nullptr)
		return -ENOMEM;
	*l = *p->limits;
	l->refs = 1;
	limits_put(p->limits);
	p->limits = l;
	return 0;
}

int limits_set(struct process *caller, struct process *target, uint32_t resource, bool set,
	       uint64_t new_soft, uint64_t new_hard, uint64_t *soft, uint64_t *hard)
{
	if (resource >= LIMITS)
		return -EINVAL;
	if (caller != target && !is_as(caller->who, target->who) &&
	    !capable(caller->who, CAP_SYS_RESOURCE))
		return -EPERM;
	*soft = target->limits->soft[resource];
	*hard = target->limits->hard[resource];
	if (!set)
		return 0;
	if (new_soft > new_hard)
		return -EINVAL;
	if (resource == RLIMIT_NOFILE && new_hard > usual.hard[RLIMIT_NOFILE])
		return -EPERM; /* whoever asks: /proc/sys/fs/nr_open */
	if (new_hard > *hard && !capable(caller->who, CAP_SYS_RESOURCE))
		return -EPERM;
	int result = limits_own(target);
	if (result != 0)
		return result;
	target->limits->soft[resource] = new_soft;
	target->limits->hard[resource] = new_hard;
	if (target != caller) {
		target->news |= POSIX_NEWS_SELF;
		target->world->ops->wake(target);
	}
	return resource == RLIMIT_CPU ? timer_limit(target) : 0;
}

/* The processes that `which` and `id` name, one after another; `at` starts with nullptr. */
static struct process *priority_next(struct process *caller, uint32_t which, uint32_t id,
				     struct process *at)
{
	struct world *w = caller->world;
	struct group *g;

	switch (which) {
	case PRIO_PROCESS:
		return at ? nullptr : id == 0 ? caller : process_of(w, id);
	case PRIO_PGRP:
		g = id == 0 ? caller->group : group_find(w, id);
		return at ? at->next_member : g ? g->first : nullptr;
	default:
		do
			at = process_next(w, at ? at->pid : 0);
		while (at && (at->is_reaper || at->who->uid != id));
		return at;
	}
}

int priority_get(struct process *caller, uint32_t which, uint32_t id, int32_t *nice)
{
	bool found = false;

	if (which > PRIO_USER)
		return -EINVAL;
	if (which == PRIO_USER && id == 0)
		id = caller->who->uid;
	for (struct process *p = nullptr; (p = priority_next(caller, which, id, p)) != nullptr;
	     found = true)
		if (!found || p->nice < *nice)
			*nice = p->nice;
	return found ? 0 : -ESRCH;
}

static int priority_one(const struct process *caller, struct process *p, int32_t nice)
{
	const struct credentials *c = caller->who;

	if (capable(c, CAP_SYS_NICE)) {
		p->nice = nice;
		return 0;
	}
	if (c->euid != p->who->uid && c->euid != p->who->euid)
		return -EPERM;
	/* RLIMIT_NICE counts from 19 down: 1 is nice 19, 40 is nice -20. */
	if (nice < p->nice && (uint64_t)(20 - nice) > p->limits->soft[RLIMIT_NICE])
		return -EACCES;
	p->nice = nice;
	return 0;
}

int priority_set(struct process *caller, uint32_t which, uint32_t id, int32_t nice)
{
	int result = -ESRCH;

	if (which > PRIO_USER)
		return -EINVAL;
	if (which == PRIO_USER && id == 0)
		id = caller->who->uid;
	nice = nice < -20 ? -20 : nice > 19 ? 19 : nice;
	for (struct process *p = nullptr; (p = priority_next(caller, which, id, p)) != nullptr;) {
		int one = priority_one(caller, p, nice);
		if (one != 0 || result == -ESRCH)
			result = one;
	}
	return result;
}

/* --- Policies: numbers as in linux/sched.h --- */

constexpr uint32_t POLICY_FIFO = 1, POLICY_RR = 2, POLICY_RESET = 0x40000000;

void priority_inherit(struct process *child, const struct process *parent)
{
	child->nice = parent->nice;
	child->policy = parent->policy;
	child->rt_priority = parent->rt_priority;
	if (!(parent->policy & POLICY_RESET))
		return;
	child->nice = parent->nice < 0 ? 0 : parent->nice;
	child->policy &= ~POLICY_RESET;
	if (child->policy == POLICY_FIFO || child->policy == POLICY_RR)
		child->policy = child->rt_priority = 0;
}

bool schedule_may(const struct process *caller, const struct process *target)
{
	const struct credentials *a = caller->who, *b = target->who;

	return capable(a, CAP_SYS_NICE) || a->euid == b->euid || a->euid == b->uid;
}

int policy_set(const struct process *caller, struct process *target, uint32_t policy,
	       uint32_t priority)
{
	bool loses_reset = (target->policy & POLICY_RESET) && !(policy & POLICY_RESET);
	uint64_t most = target->limits->soft[RLIMIT_RTPRIO];

	if (!schedule_may(caller, target))
		return -EPERM;
	if (!capable(caller->who, CAP_SYS_NICE) &&
	    (loses_reset || (priority > target->rt_priority && priority > most)))
		return -EPERM;
	target->policy = policy;
	target->rt_priority = priority;
	return 0;
}

/* --- ioprio_get and ioprio_set: numbers as in linux/ioprio.h --- */

constexpr uint32_t IOPRIO_WHO_PROCESS = 1, IOPRIO_WHO_USER = 3;
constexpr uint32_t IOPRIO_CLASS_NONE = 0, IOPRIO_CLASS_RT = 1, IOPRIO_CLASS_BE = 2,
		   IOPRIO_CLASS_IDLE = 3;
constexpr unsigned IOPRIO_CLASS_SHIFT = 13;

/* Those who set none have one that follows from nice. */
static int io_priority_of(const struct process *p)
{
	return p->io_priority != 0
		       ? (int)p->io_priority
		       : (int)(IOPRIO_CLASS_BE << IOPRIO_CLASS_SHIFT) + (20 + p->nice) / 5;
}

/* As PRIO_PROCESS and so on, of which there are three too. */
static uint32_t io_priority_which(uint32_t which)
{
	return which - IOPRIO_WHO_PROCESS + PRIO_PROCESS;
}

int io_priority_get(struct process *caller, uint32_t which, uint32_t id)
{
	int best = -ESRCH;

	if (which < IOPRIO_WHO_PROCESS || which > IOPRIO_WHO_USER)
		return -EINVAL;
	if (which == IOPRIO_WHO_USER && id == 0)
		id = caller->who->uid;
	for (struct process *p = nullptr;
	     (p = priority_next(caller, io_priority_which(which), id, p)) != nullptr;) {
		if (which == IOPRIO_WHO_PROCESS)
			return (int)p->io_priority; /* of one what it set, of many the best */
		int one = io_priority_of(p);
		if (best < 0 || one < best)
			best = one;
	}
	return best;
}

static int io_priority_check(const struct process *caller, uint32_t value)
{
	uint32_t class = value >> IOPRIO_CLASS_SHIFT,
		 level = value & ((1 << IOPRIO_CLASS_SHIFT) - 1);

	if (class > IOPRIO_CLASS_IDLE || (class == IOPRIO_CLASS_NONE && level != 0))
		return -EINVAL;
	return class == IOPRIO_CLASS_RT && !capable(caller->who, CAP_SYS_NICE) &&
			       !capable(caller->who, CAP_SYS_ADMIN)
		       ? -EPERM
		       : 0;
}

int io_priority_set(struct process *caller, uint32_t which, uint32_t id, uint32_t value)
{
	const struct credentials *c = caller->who;
	int result = io_priority_check(caller, value);

	if (result != 0)
		return result;
	if (which < IOPRIO_WHO_PROCESS || which > IOPRIO_WHO_USER)
		return -EINVAL;
	if (which == IOPRIO_WHO_USER && id == 0)
		id = caller->who->uid;
	result = -ESRCH;
	for (struct process *p = nullptr;
	     (p = priority_next(caller, io_priority_which(which), id, p)) != nullptr; result = 0) {
		if (!capable(c, CAP_SYS_NICE) && p->who->uid != c->uid && p->who->uid != c->euid)
			return -EPERM;
		p->io_priority = value;
	}
	return result;
}
