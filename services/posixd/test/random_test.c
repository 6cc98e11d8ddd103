/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Random calls of random processes, beside a model that is as simple as can be: an array of
 * processes with numbers for parent, group and session. After each call the table must agree with
 * it, and what links the table's parts must hold.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include "services/posixd/test/fixture.h"

constexpr unsigned MOST = 24; /* processes at a time */
constexpr unsigned STEPS = 60000;

static struct model {
	uint32_t pid, parent, group, session; /* pid 0: a free place */
	bool dead, stopped;
	uint32_t status;
} models[MOST];

static uint64_t seed;

static uint32_t pick(uint32_t n)
{
	seed = seed * 6364136223846793005 + 1442695040888963407; /* Knuth's MMIX generator */
	return (uint32_t)(seed >> 33) % n;
}

static struct model *model_find(uint32_t pid)
{
	for (struct model *m = models; m < models + MOST; m++)
		if (m->pid == pid)
			return m;
	return nullptr;
}

static struct model *model_alive(void)
{
	for (unsigned i = 0, first = pick(MOST); i < MOST; i++) {
		struct model *m = &models[(first + i) % MOST];
		if (m->pid != 0 && !m->dead)
			return m;
	}
	return nullptr;
}

static struct process *of(const struct model *m)
{
	return process_find(&world, m->pid);
}

static bool model_group_exists(uint32_t group)
{
	for (const struct model *m = models; m < models + MOST; m++)
		if (m->pid != 0 && m->group == group)
			return true;
	return group == world.reaper->pid;
}

/* A number that is, was, or never was a process. */
static uint32_t any_pid(void)
{
	return pick(4) == 0 ? pick(PID_MAX) : models[pick(MOST)].pid;
}

static void step_fork(struct model *m)
{
	struct model *room = model_find(0);

	if (room == nullptr)
		return;
	struct process *c = child_of(of(m));
	*room = (struct model){
		.pid = c->pid, .parent = m->pid, .group = m->group, .session = m->session
	};
}

static void step_end(struct model *m)
{
	uint32_t reaper = world.reaper->pid;

	m->status = pick(256) << 8;
	end(of(m), m->status);
	for (struct model *c = models; c < models + MOST; c++)
		if (c->pid != 0 && c->parent == m->pid) {
			c->parent = reaper;
			if (c->dead)
				*c = (struct model){};
		}
	m->dead = true;
	m->stopped = false;
	if (m->parent == reaper)
		*m = (struct model){};
}

static void step_wait(struct model *m)
{
	struct waited w;
	unsigned children = 0, dead = 0;

	for (struct model *c = models; c < models + MOST; c++)
		if (c->pid != 0 && c->parent == m->pid) {
			children++;
			dead += c->dead;
		}
	int result = process_wait(of(m), WEXITED, P_ALL, 0, 0, &w);
	CHECK(result == (dead > 0 ? 0 : children > 0 ? -EAGAIN : -ECHILD));
	if (result != 0)
		return;
	struct model *c = model_find(w.pid);
	CHECK(c != nullptr && c->dead && c->parent == m->pid && c->status == w.status);
	if (c != nullptr)
		*c = (struct model){};
}

static int model_set_group(struct model *m, struct model *t, uint32_t group)
{
	if (t == nullptr || t->pid == 0 || t->dead || (t != m && t->parent != m->pid))
		return -ESRCH;
	if (t->session != m->session || t->session == t->pid)
		return -EPERM;
	if (group == 0)
		group = t->pid;
	if (group != t->pid) {
		struct model *g = models;
		while (g < models + MOST && (g->pid == 0 || g->group != group))
			g++;
		if (g == models + MOST || g->session != m->session)
			return -EPERM;
	} else if (model_group_exists(group) && t->group != group) {
		for (struct model *g = models; g < models + MOST; g++)
			if (g->pid != 0 && g->group == group && g->session != m->session)
				return -EPERM;
	}
	t->group = group;
	return 0;
}

static void step_set_group(struct model *m)
{
	uint32_t pid = pick(2) ? m->pid : any_pid(), group = pick(2) ? 0 : any_pid();
	struct model *target = pid == 0 ? m : model_find(pid);

	CHECK(group_set(of(m), pid, group) == model_set_group(m, target, group));
}

static void step_session(struct model *m)
{
	bool leads = model_group_exists(m->pid);
	int result = session_new(of(m));

	CHECK(result == (leads ? -EPERM : (int)m->pid));
	if (result > 0)
		m->group = m->session = m->pid;
}

static void step_signal(struct model *m)
{
	static const uint32_t signals[] = { 0, SIGUSR1, SIGCONT, SIGSTOP, 40 };
	uint32_t pid = any_pid();
	const struct model *target = pid != 0 ? model_find(pid) : nullptr;

	if (pid == 0 || pid == world.reaper->pid)
		return;
	int result = send(of(m), (int32_t)pid, signals[pick(5)]);
	CHECK(result == (target != nullptr ? 0 : -ESRCH) || result == -EAGAIN);
}

static void step_take(struct model *m)
{
	struct posix_signal got[8];
	uint32_t flags;

	(void)signal_take(of(m), got, 1 + pick(8), &flags);
	if (pick(3) == 0)
		(void)signal_stopped(of(m), pick(2) ? SIGSTOP : 0);
}

static void step_timer(struct model *m)
{
	struct timer t = { .id = pick(4),
			   .signal = 34 + pick(3),
			   .at = pick(3) ? now + pick(1000) : 0,
			   .interval = pick(2) ? 0 : 1 + pick(100),
			   .is_cpu = pick(4) == 0 };
	uint64_t left, interval;

	CHECK(timer_set(of(m), &t, pick(4) != 0, &left, &interval) == 0);
	(void)timer_delivered(of(m), pick(5), pick(2));
	now += pick(300);
	cpu += pick(100);
	timers_run(&timers);
}

static void agree(void)
{
	unsigned n = 1; /* the reaper */

	for (const struct model *m = models; m < models + MOST; m++) {
		if (m->pid == 0)
			continue;
		const struct process *p = of(m);
		n++;
		CHECK(p != nullptr && p->parent->pid == m->parent && p->group->pgid == m->group);
		CHECK(p->group->session->sid == m->session);
		CHECK((p->state == PROCESS_DEAD) == m->dead);
	}
	CHECK(world.nprocesses == n);
}

static void step(struct model *m)
{
	static void (*const steps[])(struct model *) = { step_fork,   step_fork,      step_end,
							 step_wait,   step_set_group, step_session,
							 step_signal, step_take,      step_timer };

	steps[pick(sizeof(steps) / sizeof(*steps))](m);
}

TEST(random, the_table_agrees_with_the_model)
{
	for (uint64_t run = 1; run <= 4; run++) {
		seed = run;
		setup();
		for (unsigned i = 0; i < STEPS; i++) {
			struct model *m = model_alive();
			if (m == nullptr) {
				struct process *p = program(0);
				*model_find(0) = (struct model){ .pid = p->pid,
								 .parent = world.reaper->pid,
								 .group = p->pid,
								 .session = p->pid };
			} else {
				step(m);
			}
			if (i % 8 == 0)
				agree();
		}
		for (struct model *m = models; m < models + MOST; m++)
			*m = (struct model){};
		teardown();
	}
}
