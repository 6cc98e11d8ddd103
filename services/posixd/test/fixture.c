/* SPDX-License-Identifier: MPL-2.0 */
/* What the tests of the process table stand on. */
#include "services/posixd/test/fixture.h"
#include <signal.h>
#include <stdlib.h>

struct world world;
struct timers timers;
uint64_t now, cpu;
uint32_t held;
unsigned nwoken, nkilled, nsevered;

static void on_wake(struct process *p)
{
	(void)p;
	nwoken++;
}

static void on_kill(struct process *p)
{
	(void)p;
	nkilled++;
}

static void on_release(struct process *p)
{
	(void)p;
}

static void on_release_credentials(struct credentials *c)
{
	(void)c;
}

static void on_release_session(struct session *s)
{
	nsevered += s->ticket != 0;
	s->ticket = 0;
}

static uint32_t on_held(const struct process *p)
{
	(void)p;
	return held;
}

static uint64_t on_cpu_ns(const struct process *p, uint32_t tid)
{
	(void)p, (void)tid;
	return cpu;
}

static uint64_t clock(void)
{
	return now;
}

void setup(void)
{
	static const struct process_ops ops = {
		.wake = on_wake,
		.kill = on_kill,
		.release = on_release,
		.release_credentials = on_release_credentials,
		.cpu_ns = on_cpu_ns,
		.held = on_held,
		.release_session = on_release_session,
	};

	timers = (struct timers){ .now = clock };
	now = 1000;
	cpu = 0;
	held = 0;
	nwoken = nkilled = nsevered = 0;
	CHECK(world_init(&world, 1, &ops, &timers, 20000));
}

void teardown(void)
{
	for (struct process *p; (p = process_next(&world, world.reaper->pid)) != nullptr;) {
		if (p->state == PROCESS_PREPARED)
			process_abandon(p);
		else if (p->state == PROCESS_ALIVE)
			end(p, 0);
		else
			process_forget(p);
	}
	CHECK(world.nprocesses == 1);
	CHECK(timers.n == 0 && timers.ntimers == 0);
	for (uint32_t n = 2; n < PID_MAX; n++)
		if (world.numbers[n].uses != 0)
			CHECK(!"a number is still in use");
	world_fini(&world);
	free(timers.heap);
}

struct process *program(uint32_t uid)
{
	struct process *p = nullptr;

	CHECK(process_start(&world, credentials_create(&world, uid, uid), true, &p) == 0);
	process_runs(p);
	return p;
}

struct process *child_of(struct process *p)
{
	struct process *c = nullptr;

	CHECK(process_fork(p, false, SIGCHLD, &c) == 0);
	process_runs(c);
	return c;
}

void end(struct process *p, uint32_t status)
{
	process_tell(p, status);
	process_ended(p, 0, &(struct usage){ .user_ns = 10 });
}

uint32_t next_signal(struct process *p)
{
	struct posix_signal s;
	uint32_t flags;

	return signal_take(p, &s, 1, &flags) == 1 ? s.signal : 0;
}

int send(struct process *from, int32_t target, uint32_t signal)
{
	struct posix_signal s = { .signal = signal, .pid = from->pid };

	return signal_kill(from, target, &s);
}
