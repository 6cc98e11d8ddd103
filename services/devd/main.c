/* SPDX-License-Identifier: MPL-2.0 */
/*
 * devd: finds devices, and starts a driver for each that has one, with that device's hardware and
 * nothing else. docs/block.md tells what a driver gets.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "protocol/registry.h"
#include "services/devd/state.h"

static enum err next(void *self, uint64_t badge, const struct devices_next_args *a,
		     struct devices_next_results *r)
{
	struct devd *d = self;

	if (badge == BADGE_STAND_IN)
		return ERR_UNSUPPORTED;
	if (a->after >= d->ndevices)
		return ERR_NOT_FOUND;
	const struct device *x = &d->devices[a->after];
	r->index = a->after + 1;
	r->state = x->state;
	r->restarts = x->restarts;
	r->id = x->id;
	r->class = x->class;
	r->bus_len = (uint32_t)strlen(x->bus);
	memcpy(r->bus, x->bus, r->bus_len);
	r->name_len = (uint32_t)strlen(x->name);
	memcpy(r->name, x->name, r->name_len);
	return OK;
}

static enum err change(struct devd *d, uint64_t badge, uint32_t index,
		       enum err (*run)(struct device *x))
{
	if (badge == BADGE_STAND_IN)
		return ERR_UNSUPPORTED;
	if (badge != BADGE_CONTROL)
		return ERR_DENIED;
	if (index == 0 || index > d->ndevices)
		return ERR_NOT_FOUND;
	return run(&d->devices[index - 1]);
}

static enum err restart(void *self, uint64_t badge, const struct devices_restart_args *a)
{
	return change(self, badge, a->index, driver_restart);
}

static enum err on_remove(void *self, uint64_t badge, const struct devices_remove_args *a)
{
	return change(self, badge, a->index, driver_remove);
}

static enum err provide(struct devd *d, const char *name, uint64_t badge)
{
	struct remote registry = { .session = cap_need("registry") };
	fut_handle session;
	enum err e = fut_session_create(d->server.port, badge, &session);

	return e == OK ? registry_provide(&registry, name, strlen(name), session) : e;
}

static enum err serve_list(struct devd *d)
{
	static const struct devices_ops ops = { .next = next,
						.restart = restart,
						.remove = on_remove };
	static const struct service speaks = { DEVICES_PROTOCOL, devices_dispatch, &ops };

	d->server = (struct server){ .services = &speaks, .nservices = 1, .self = d };
	enum err e = fut_port_create(&d->server.port);
	if (e == OK)
		e = provide(d, "devices", BADGE_LIST);
	if (e == OK)
		e = provide(d, "devices-control", BADGE_CONTROL);
	return e == OK ? loop_serve(&d->loop, &d->loop_server, &d->server) : e;
}

static void bundle_map(struct devd *d)
{
	const char *used = env_get("BUNDLE_SIZE");
	uint64_t size, npages, at = 0;
	uint32_t flags;
	enum err e = fut_vmo_info(cap_need("bundle"), &size, &npages, &flags);

	if (e == OK)
		e = fut_space_map(0, cap_need("bundle"), 0, 0, size, MAP_READ, &at);
	if (e != OK)
		panic("cannot map the boot bundle: %s", error_name(e));
	d->bundle = (const void *)at;
	d->bundle_size =
		used && strtoull(used, nullptr, 16) < size ? strtoull(used, nullptr, 16) : size;
}

int main(void)
{
	static struct devd d;
	enum err e = loop_init(&d.loop);

	if (e != OK)
		panic("no event loop: %s", error_name(e));
	bundle_map(&d);
	devices_find(&d);
	for (unsigned i = 0; i < d.ndevices; i++)
		if (d.devices[i].match)
			driver_start(&d.devices[i]);
	e = serve_list(&d);
	slots_watch(&d);
	if (e == OK)
		e = loop_run(&d.loop);
	panic("%s", error_name(e));
}
