/* SPDX-License-Identifier: MPL-2.0 */
/* Drivers: starting them, making them known by name, and starting them again when they end. */
#include <stdio.h>
#include <string.h>
#include "abi/info.h"
#include "lib/futura/clock.h"
#include "lib/futura/cpio.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "lib/futura/spawn.h"
#include "protocol/registry.h"
#include "services/devd/state.h"

constexpr uint32_t DRIVER_PRIORITY = 44;
constexpr uint64_t FIRST_DELAY = 50 * MILLISECOND, MOST_DELAY = 5 * SECOND;
/* A life longer than this was a good one. */
constexpr uint64_t LONG = 10 * SECOND;
constexpr unsigned FAILURES = 8; /* in a row, and it is left alone */

static void handle_drop(fut_handle *h)
{
	if (*h)
		(void)fut_handle_close(*h); /* ours, and open */
	*h = 0;
}

static void driver_clear(struct device *x)
{
	loop_unwatch(&x->task_watch);
	loop_unwatch(&x->ready_watch);
	if (x->quota)
		(void)fut_quota_end(x->quota); /* ours */
	if (x->pci)
		pci_disable(x->pci, &x->function);
	/* What was ready may have given the device memory to write to; see struct device. */
	if (x->state == DEVICES_STATE_RUNNING && x->stale_dma == 0) {
		x->stale_dma = x->dma;
		x->dma = 0;
	}
	handle_drop(&x->task);
	handle_drop(&x->quota);
	handle_drop(&x->ready);
	for (unsigned i = 0; i < DOORS; i++)
		handle_drop(&x->doors[i]);
}

static void door_provide(struct device *x, enum door door, fut_handle session)
{
	struct remote registry = { .session = cap_need("registry") };
	char name[sizeof(x->name) + 3];

	snprintf(name, sizeof(name), "%s%s", x->name, door == DOOR_READ_ONLY ? "-ro" : "");
	enum err e = registry_provide(&registry, name, strlen(name), session);
	if (e != OK)
		print("devd: cannot provide `%s`: %s\n", name, error_name(e));
}

/* There will be no driver: who uses the device, or looks for it, is told instead of waiting. */
static void stand_in(struct device *x)
{
	for (unsigned i = 0; i < DOORS; i++) {
		fut_handle given;
		if (fut_session_create(x->devd->server.port, BADGE_STAND_IN, &x->stand_ins[i]) !=
		    OK)
			return; /* then they wait as for any driver */
		if (fut_handle_duplicate(x->stand_ins[i], RIGHTS_ALL & ~RIGHT_MANAGE, &given) == OK)
			door_provide(x, (enum door)i, given);
	}
}

static void stand_in_no_more(struct device *x)
{
	for (unsigned i = 0; i < DOORS; i++) {
		if (x->stand_ins[i])
			(void)fut_session_sever(x->stand_ins[i]); /* ours, with the right */
		handle_drop(&x->stand_ins[i]);
	}
}

static void start_again(void *self, uint64_t)
{
	struct device *x = self;

	stand_in_no_more(x);
	x->restarts++;
	driver_start(x);
}

static void driver_removed(struct device *x)
{
	driver_clear(x);
	x->state = DEVICES_STATE_REMOVED;
	print("devd: `%s` of %s is removed\n", x->name, x->bus);
	stand_in(x);
}

/* The driver has ended, or could not be started. */
static void driver_failed(struct device *x)
{
	uint64_t delay = FIRST_DELAY;

	if (x->is_removed) {
		driver_removed(x);
		return;
	}
	if (x->started != 0 && clock_now() - x->started > LONG)
		x->failures = 0;
	driver_clear(x);
	if (++x->failures > FAILURES) {
		print("devd: `%s` of %s ended %u times in a row: no more\n", x->name, x->bus,
		      FAILURES);
		x->state = DEVICES_STATE_FAILED;
		stand_in(x);
		return;
	}
	for (unsigned i = 1; i < x->failures && delay < MOST_DELAY; i++)
		delay *= 2;
	x->state = DEVICES_STATE_WAITING;
	loop_timer_set(&x->devd->loop, &x->restart, clock_after(delay), start_again, x);
}

static void task_ended(void *self, uint64_t)
{
	struct device *x = self;
	struct task_info info = {};

	if (fut_task_info(x->task, &info, sizeof(info)) != OK || info.state != TASK_DEAD)
		return;
	if (info.fault.kind != FAULT_NONE)
		print("devd: `%s` ended by fault %u at pc %#llx, address %#llx\n", x->name,
		      info.fault.kind, (unsigned long long)info.fault.pc,
		      (unsigned long long)info.fault.address);
	else
		print("devd: `%s` ended with code %lld\n", x->name, (long long)info.exit_code);
	driver_failed(x);
}

/* The device has been reset: nothing of an earlier life is written to any more. */
static void driver_ready(void *self, uint64_t)
{
	struct device *x = self;

	loop_unwatch(&x->ready_watch);
	handle_drop(&x->stale_dma);
	x->state = DEVICES_STATE_RUNNING;
	for (unsigned i = 0; i < DOORS; i++) {
		door_provide(x, (enum door)i, x->doors[i]);
		x->doors[i] = 0; /* given away */
	}
}

/* A port for the driver, with sessions by which it will be found. */
static enum err port_add(struct caps *c, struct device *x)
{
	fut_handle port;
	enum err e = fut_port_create(&port);

	for (unsigned i = 0; e == OK && i < DOORS; i++)
		e = fut_session_create(port, i, &x->doors[i]);
	return e == OK ? caps_add(c, "port", port) : e;
}

static enum err caps_make(struct device *x, struct caps *c)
{
	enum err e = fut_event_create(&x->ready);

	if (e == OK)
		e = caps_duplicate(c, "ready", x->ready, RIGHT_SIGNAL);
	if (e == OK)
		e = caps_duplicate(c, "log", cap_need("log"), RIGHT_WRITE);
	if (e == OK)
		e = port_add(c, x);
	return e == OK ? device_caps(x, c) : e;
}

static enum err task_start(struct device *x)
{
	char task[40], regs[40];
	const char *argv[] = { x->match->program }, *env[] = { regs };
	struct caps c = {};
	struct cpio_file f;
	struct spawn s = { .name = task,
			   .priority = DRIVER_PRIORITY,
			   .is_whole = true,
			   .argc = 1,
			   .argv = argv,
			   .envc = 1,
			   .env = env,
			   .caps = c.cap };
	enum err e = cpio_find(x->devd->bundle, x->devd->bundle_size, x->match->program, &f);

	if (e == OK)
		e = fut_quota_create(cap_need("quota"), x->match->quota, &x->quota);
	if (e == OK)
		e = caps_make(x, &c);
	if (e != OK) {
		for (unsigned i = 0; i < c.n; i++)
			(void)fut_handle_close(c.cap[i].handle); /* ours, and open */
		return e;
	}
	snprintf(task, sizeof(task), "devd/%s", x->name);
	snprintf(regs, sizeof(regs), "REGS_OFFSET=%#llx", (unsigned long long)(x->regs & 4095));
	s.image = f.data;
	s.size = f.size;
	s.quota = x->quota;
	s.capc = c.n;
	return spawn(&s, &x->task);
}

void driver_start(struct device *x)
{
	struct loop *loop = &x->devd->loop;

	x->state = DEVICES_STATE_STARTING;
	x->started = clock_now();
	enum err e = task_start(x);
	if (e == OK)
		e = loop_watch(loop, &x->task_watch, x->task, SIGNAL_DEAD, task_ended, x);
	if (e == OK)
		e = loop_watch(loop, &x->ready_watch, x->ready, 1, driver_ready, x);
	if (e != OK) {
		print("devd: cannot start `%s` for %s: %s\n", x->name, x->bus, error_name(e));
		driver_failed(x);
	}
}

enum err driver_restart(struct device *x)
{
	if (x->match == nullptr)
		return ERR_BAD_STATE;
	if (x->is_absent)
		return ERR_NOT_FOUND;
	if (x->task)
		return x->is_removed ? ERR_BAD_STATE : fut_task_kill(x->task, PANIC_CODE);
	if (x->state == DEVICES_STATE_FAILED || x->state == DEVICES_STATE_REMOVED) {
		x->failures = 0;
		x->is_removed = false;
		start_again(x, 0);
	}
	return OK;
}

enum err driver_remove(struct device *x)
{
	if (x->match == nullptr)
		return ERR_BAD_STATE;
	if (x->is_removed)
		return OK;
	x->is_removed = true;
	if (x->task)
		return fut_task_kill(x->task, PANIC_CODE);
	loop_timer_clear(&x->restart);
	stand_in_no_more(x); /* of one that had failed */
	driver_removed(x);
	return OK;
}
