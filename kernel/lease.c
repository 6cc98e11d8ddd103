/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/lease.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"

struct lease *lease_create(struct object *target, uint32_t rights, struct quota *quota)
{
	struct lease *l = (struct lease *)object_create(OBJECT_LEASE, quota);

	if (l == nullptr)
		return nullptr;
	struct leased *d = (struct leased *)object_create(OBJECT_LEASED, quota);

	if (d == nullptr) {
		object_put(l);
		return nullptr;
	}
	d->target = object_get(target);
	d->rights = rights;
	d->depth = target->type == OBJECT_LEASED ? ((struct leased *)target)->depth + 1 : 1;
	/* The leased handle keeps its object in public life, as long as the lease lasts. */
	if ((rights & type_life[target->type]) != 0)
		target->lives++;
	list_init(&d->uses);
	l->leased = d;
	return l;
}

static void leased_cut(struct leased *d)
{
	struct object *target = d->target;

	if (target == nullptr)
		return;
	d->target = nullptr;
	while (!list_is_empty(&d->uses)) {
		struct lease_use *use = container_of(d->uses.next, struct lease_use, link);

		list_remove(&use->link);
		use->leased = nullptr;
		use->end(use);
		object_put(d);
	}
	if ((d->rights & type_life[target->type]) != 0 && --target->lives == 0)
		object_end(target);
	object_put(target);
}

void lease_end(void *object)
{
	struct lease *l = object;

	/* Whoever leased a leased handle further holds on to ours, and finds it cut. */
	leased_cut(l->leased);
}

void lease_release(void *object)
{
	struct lease *l = object;

	object_put(l->leased);
}

void leased_release(void *object)
{
	struct leased *d = object;

	leased_cut(d);
}

struct object *leased_target(struct object *o)
{
	while (o != nullptr && o->type == OBJECT_LEASED)
		o = ((struct leased *)o)->target;
	return o;
}

void lease_use(struct lease_use *use, struct leased *leased, void (*end)(struct lease_use *))
{
	*use = (struct lease_use){ .leased = leased, .end = end };
	list_init(&use->link);
	if (leased != nullptr)
		list_append(&((struct leased *)object_get(leased))->uses, &use->link);
}

void lease_unuse(struct lease_use *use)
{
	struct leased *leased = use->leased;

	if (leased == nullptr)
		return;
	use->leased = nullptr;
	list_remove(&use->link);
	object_put(leased);
}

enum err sys_lease_create(struct thread *self, uint32_t handle, uint32_t rights, struct cap *leased,
			  struct lease **lease)
{
	struct cap cap;
	enum err e = handle_find(self->task, handle, &cap);

	if (e != OK)
		return e;
	if ((rights & ~RIGHTS_ALL) != 0)
		return ERR_BAD_ARGUMENT;
	if ((cap.rights & RIGHT_DUPLICATE) == 0)
		return ERR_NO_RIGHT;
	if (cap.lease != nullptr && cap.lease->depth >= LEASE_DEPTH_MAX)
		return ERR_UNSUPPORTED;
	rights &= cap.rights;
	*lease = lease_create(handle_slot(self->task, handle)->object, rights,
			      self->task->object.quota);
	if (*lease == nullptr)
		return ERR_NO_MEMORY;
	*leased = (struct cap){ cap.object, rights, object_get((*lease)->leased) };
	return OK;
}
