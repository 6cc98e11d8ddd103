/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/resource.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/log.h"

struct resource *resource_create(uint32_t kind, uint64_t base, uint64_t size, struct quota *quota)
{
	struct resource *r = (struct resource *)object_create(OBJECT_RESOURCE, quota);

	if (r == nullptr)
		return nullptr;
	r->kind = kind;
	r->base = base;
	r->size = size;
	return r;
}

enum err sys_resource_split(struct thread *self, struct resource *resource, uint64_t base,
			    uint64_t size, struct resource **part)
{
	if (size == 0 || !resource_covers(resource, base, size))
		return ERR_BAD_ARGUMENT;
	*part = resource_create(resource->kind, base, size, self->task->object.quota);
	return *part != nullptr ? OK : ERR_NO_MEMORY;
}

enum err sys_power(struct thread *self, struct resource *resource, uint32_t action)
{
	enum err e = resource_check(resource, RESOURCE_POWER);

	(void)self;
	if (e != OK)
		return e;
	if (action == POWER_OFF)
		return arch_power_off();
	return action == POWER_REBOOT ? arch_reboot() : ERR_BAD_ARGUMENT;
}
