/* SPDX-License-Identifier: MPL-2.0 */
/* The file `devices`: what devd found, and what it is asked to do with their drivers. */
#include <errno.h>
#include <string.h>
#include "lib/futura/clock.h"
#include "lib/futura/service.h"
#include "protocol/devices.h"
#include "services/controld/control.h"

constexpr uint64_t PATIENCE = SECOND;

struct found {
	uint32_t index, state, restarts, id, class;
	char bus[32], name[32];
};

static enum err found_next(struct remote *devices, struct found *f)
{
	size_t nbus, nname;
	enum err e = devices_next(devices, f->index, &f->index, &f->state, &f->restarts, &f->id,
				  &f->class, f->bus, sizeof(f->bus) - 1, &nbus, f->name,
				  sizeof(f->name) - 1, &nname);

	if (e == OK)
		f->bus[nbus] = f->name[nname] = '\0';
	return e;
}

int devices_fill(struct text *t, const char *)
{
	static const char *const states[] = { "unknown", "starting", "running",
					      "waiting", "failed",   "removed" };
	struct found f = {};
	struct remote devices;

	if (service_open(&devices, "devices", clock_after(PATIENCE)) != OK)
		return -EIO;
	while (found_next(&devices, &f) == OK)
		text_add(t, "%s %s %u %04x:%04x %06x %s\n", f.name[0] ? f.name : "-",
			 f.state < 6 ? states[f.state] : "?", f.restarts, f.id >> 16, f.id & 0xffff,
			 f.class, f.bus);
	(void)fut_handle_close(devices.session); /* ours, and open */
	return 0;
}

/* The device whose driver has that name; 0: there is none. */
static uint32_t index_of(struct remote *devices, const char *name)
{
	struct found f = {};

	while (found_next(devices, &f) == OK)
		if (f.name[0] && strcmp(f.name, name) == 0)
			return f.index;
	return 0;
}

/* A line is a word for what to do, a blank, and the name of a device that has a driver. */
int devices_write(char *text)
{
	char *name = strchr(text, ' ');
	struct remote devices;
	enum err e;

	if (name == nullptr)
		return -EINVAL;
	*name++ = '\0';
	bool is_restart = strcmp(text, "restart") == 0;
	if (!is_restart && strcmp(text, "remove") != 0)
		return -EINVAL;
	if (service_open(&devices, "devices-control", clock_after(PATIENCE)) != OK)
		return -EIO;
	uint32_t index = index_of(&devices, name);
	e = is_restart ? devices_restart(&devices, index) : devices_remove(&devices, index);
	(void)fut_handle_close(devices.session); /* ours, and open */
	return e == OK ? 0 : e == ERR_NOT_FOUND ? -ENODEV : e == ERR_BAD_STATE ? -EBUSY : -EIO;
}
