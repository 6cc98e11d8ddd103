/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/info.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/fail.h"
#include "kernel/frame.h"
#include "kernel/hardware.h"
#include "kernel/port.h"
#include "kernel/quota.h"
#include "kernel/resource.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/user.h"

static uint64_t detail_of(const struct object *o)
{
	switch (o->type) {
	case OBJECT_SESSION:
		return ((const struct session *)o)->badge;
	case OBJECT_VMO:
		return ((const struct vmo *)o)->size;
	case OBJECT_IRQ:
		return ((const struct irq *)o)->line;
	case OBJECT_RESOURCE: {
		const struct resource *r = (const struct resource *)o;

		return (uint64_t)r->kind << 56 | r->base;
	}
	default:
		return 0;
	}
}

void info_handle(struct handle_info *info, uint32_t handle, const struct cap *cap)
{
	*info = (struct handle_info){
		.handle = handle,
		.type = cap->object->type,
		.rights = cap->rights,
		.leased = cap->lease != nullptr,
		.id = cap->object->id,
		.detail = detail_of(cap->object),
	};
}

/* Threads count their own, a task those of threads that have ended. */
static uint64_t task_calls(const struct task *t)
{
	uint64_t calls = t->calls;

	LIST_EACH(at, &t->threads)
		calls += container_of(at, struct thread, link)->calls;
	return calls;
}

void info_task(struct task_info *info, struct task *t)
{
	for (unsigned i = 0; i < CPUS_MAX; i++)
		if (cpus[i] != nullptr && cpus[i]->current != nullptr &&
		    cpus[i]->current->task == t)
			sched_account(cpus[i]);
	*info = (struct task_info){
		.id = t->object.id,
		.state = t->state,
		.nthreads = t->nthreads,
		.exit_code = t->exit_code,
		.fault = { t->fault.kind, t->fault.access, t->fault.address, t->fault.code,
			   t->fault_pc },
		.cpu_ns = t->cpu_ns,
		.start_ns = t->start_ns,
		.mapped = t->space.mapped,
		.resident = t->space.resident,
		.nhandles = t->handles.nused,
		.faults = t->faults,
		.calls = task_calls(t),
		.messages = t->messages,
		.quota_id = t->object.quota != nullptr ? t->object.quota->object.id : 0,
		.max_priority = t->max_priority,
	};
	memcpy(info->name, t->name, sizeof(info->name));
}

/* With the time that it is idle for now. */
static uint64_t cpu_idle(const struct cpu *cpu)
{
	return cpu->idle_ns + (cpu->idle ? time_now() - cpu->idle_from : 0);
}

enum err sys_system_info(struct thread *self, struct resource *resource, struct user_out to,
			 uint32_t *size)
{
	enum err e = resource_check(resource, RESOURCE_SYSTEM);
	struct system_info info = {
		.now_ns = time_now(),
		.ncpus = ncpus,
		.size = sizeof(info),
		.pages_total = frame_total(),
		.pages_free = frame_count(FRAME_FREE),
		.pages_user = frame_count(FRAME_USER),
		.pages_tables = frame_count(FRAME_TABLE),
		.pages_objects = frame_count(FRAME_OBJECT),
		.pages_kernel = frame_count(FRAME_KERNEL),
		.calls = counters.calls,
		.messages = counters.messages + counters.fast_messages,
		.fast_messages = counters.fast_messages,
		.faults = counters.faults,
		.interrupts = counters.interrupts,
		.switches = counters.switches,
		.shootdowns = counters.shootdowns,
		.migrations = counters.migrations,
		.allocations = fail_seen,
	};

	if (e != OK)
		return e;
	for (const struct task *t = task_find(0); t != nullptr; t = task_find(t->object.id))
		info.calls += task_calls(t);
	for (unsigned i = 0; i < OBJECT_TYPES; i++)
		info.objects[i] = object_count((enum object_type)i);
	for (unsigned i = 0; i < CPUS_MAX; i++)
		if (cpus[i] != nullptr)
			info.idle_ns[i] = cpu_idle(cpus[i]);
	*size = sizeof(info);
	return user_put(self, to, &info, sizeof(info));
}

enum err sys_system_task(struct thread *self, struct resource *resource, uint64_t after,
			 struct user_out to)
{
	enum err e = resource_check(resource, RESOURCE_SYSTEM);
	struct task *task = e == OK ? task_find(after) : nullptr;
	struct task_info info;

	if (e != OK)
		return e;
	if (task == nullptr)
		return ERR_NOT_FOUND;
	info_task(&info, task);
	return user_put(self, to, &info, sizeof(info));
}

enum err sys_system_set_wall(struct thread *self, struct resource *resource, uint64_t offset)
{
	enum err e = resource_check(resource, RESOURCE_SYSTEM);

	(void)self;
	if (e == OK)
		time_set_wall(offset);
	return e;
}

enum err sys_system_fail(struct thread *self, struct resource *resource, uint64_t nth,
			 uint64_t *left)
{
	enum err e = resource_check(resource, RESOURCE_SYSTEM);

	(void)self;
	if (e != OK)
		return e;
	*left = fail_countdown;
	fail_countdown = nth;
	return OK;
}

enum err sys_null(struct thread *self, struct object *object)
{
	(void)self;
	(void)object;
	return OK;
}
