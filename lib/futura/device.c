/* SPDX-License-Identifier: MPL-2.0 */
/* From resources, and the variables that say what they cover, to things a driver can use. */
#include "lib/futura/device.h"
#include <stdlib.h>
#include "abi/user.h"
#include "lib/futura/error.h"
#include "lib/futura/program.h"

struct device_range device_range(const char *name)
{
	const char *text = env_get(name);
	char *end = nullptr;
	struct device_range r = { text ? strtoull(text, &end, 16) : 0, 0 };

	if (end && *end == ':')
		r.count = strtoull(end + 1, &end, 16);
	if (r.count == 0)
		panic("the environment does not say what `%s` covers", name);
	return r;
}

void *device_map(const char *name)
{
	struct device_range r = device_range(name);
	fut_handle vmo;
	uint64_t at = 0;
	enum err e =
		fut_vmo_create_physical(cap_need(name), r.first, r.count, PHYSICAL_UNCACHED, &vmo);

	if (e == OK)
		e = fut_space_map(0, vmo, 0, 0, r.count, MAP_READ | MAP_WRITE, &at);
	if (e != OK)
		panic("cannot map `%s`: %s", name, error_name(e));
	(void)fut_handle_close(vmo); /* the mapping keeps it */
	return (void *)at;
}

fut_handle device_irq(const char *name, uint32_t flags)
{
	struct device_range r = device_range(name);
	fut_handle irq = 0;
	enum err e = fut_irq_create(cap_need(name), (uint32_t)r.first, flags, &irq);

	if (e == OK)
		e = fut_irq_ack(irq);
	if (e != OK)
		panic("cannot take interrupt `%s`: %s", name, error_name(e));
	return irq;
}

fut_handle device_ioport(const char *name)
{
	struct device_range r = device_range(name);
	fut_handle ports = 0;
	enum err e =
		fut_ioport_create(cap_need(name), (uint32_t)r.first, (uint32_t)r.count, &ports);

	if (e != OK)
		panic("cannot take I/O ports `%s`: %s", name, error_name(e));
	return ports;
}

void *device_memory(fut_handle iospace, size_t size, uint64_t *address)
{
	uint64_t at = 0, mapped = 0;
	fut_handle vmo = 0;

	size = (size + 4095) & ~4095ul;
	enum err e = fut_vmo_create(size, VMO_CONTIGUOUS, &vmo);
	if (e == OK)
		e = fut_iospace_map(iospace, vmo, 0, size, address, &mapped);
	if (e == OK && mapped != size)
		e = ERR_NO_MEMORY;
	if (e == OK)
		e = fut_space_map(0, vmo, 0, 0, size, MAP_READ | MAP_WRITE, &at);
	if (e != OK)
		panic("no %zu bytes for the device to work in: %s", size, error_name(e));
	(void)fut_handle_close(vmo); /* the mapping keeps it */
	return (void *)at;
}
