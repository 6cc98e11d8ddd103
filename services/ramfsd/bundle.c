/* SPDX-License-Identifier: MPL-2.0 */
/* The boot bundle, in which the first contents of the tree lie. */
#include <stdlib.h>
#include <string.h>
#include "lib/futura/cpio.h"
#include "lib/futura/program.h"
#include "services/ramfsd/ram.h"

static struct {
	const char *at; /* nullptr: there is none */
	uint64_t size;  /* of the object, whole pages */
	fut_handle memory;
} bundle;

static uint64_t variable(const char *name, uint64_t otherwise)
{
	const char *value = env_get(name);

	return value ? strtoull(value, nullptr, 0) : otherwise;
}

/* nullptr: the program was not given one. */
static const char *bundle_map(void)
{
	uint64_t at, pages;
	uint32_t flags;

	bundle.memory = cap_get("bundle");
	if (bundle.memory == 0 || fut_vmo_info(bundle.memory, &bundle.size, &pages, &flags) != OK ||
	    fut_space_map(0, bundle.memory, 0, 0, bundle.size, MAP_READ, &at) != OK)
		return nullptr;
	return bundle.at = (const char *)at;
}

bool bundle_root(const char **tar, size_t *size)
{
	const char *at = bundle_map();
	uint64_t offset = variable("BUNDLE_OFFSET", 0);
	struct cpio_file f;

	if (at == nullptr || offset >= bundle.size)
		return false;
	uint64_t used = variable("BUNDLE_SIZE", bundle.size - offset);
	if (used > bundle.size - offset || cpio_find(at + offset, used, "root.tar", &f) != OK)
		return false;
	*tar = f.data;
	*size = f.size;
	return true;
}

fut_handle bundle_clone(const char *from, uint64_t size)
{
	uint64_t offset = (uint64_t)(from - bundle.at);
	fut_handle clone;

	if (offset % RAM_PAGE != 0 || size > bundle.size - offset)
		return 0;
	return fut_vmo_clone(bundle.memory, offset, size, &clone) == OK ? clone : 0;
}
