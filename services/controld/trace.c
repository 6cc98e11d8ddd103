/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The file `trace`: the memory object of abi/trace.h as it is. Writing a mask says which kinds of
 * events are traced from then on; before the first such line the file is empty.
 */
#include <errno.h>
#include <stdlib.h>
#include "abi/trace.h"
#include "abi/user.h"
#include "lib/futura/program.h"
#include "services/controld/control.h"

static const char *rings; /* mapped for ever, like the kernel keeps them */
static uint64_t size;

static enum err rings_map(fut_handle memory)
{
	uint64_t pages, at, bytes;
	uint32_t flags;
	enum err e = fut_vmo_info(memory, &bytes, &pages, &flags);

	if (e == OK)
		e = fut_space_map(0, memory, 0, 0, bytes, MAP_READ, &at);
	if (e != OK)
		return e;
	rings = (const char *)at;
	size = bytes;
	return OK;
}

int trace_write(char *text)
{
	char *end;
	unsigned long mask = strtoul(text, &end, 0);
	fut_handle memory;

	if (end == text || *end != '\0' || mask > UINT32_MAX)
		return -EINVAL;
	if (fut_system_trace(cap_need("system"), (uint32_t)mask, &memory) != OK)
		return -ENOMEM;
	enum err e = rings == nullptr ? rings_map(memory) : OK;
	(void)fut_handle_close(memory); /* the mapping keeps it */
	return e == OK ? 0 : -ENOMEM;
}

int64_t trace_read(uint64_t offset, const struct lent *to, size_t n)
{
	return files_read_text(to, n, offset, rings, size);
}
