/* SPDX-License-Identifier: MPL-2.0 */
/* Finds the boot bundle in memory: abi/startup.h says where it begins. */
#include "lib/futura/bundle.h"
#include "abi/user.h"
#include "lib/futura/number.h"
#include "lib/futura/program.h"

static uint64_t variable(const char *name, uint64_t otherwise)
{
	const char *text = env_get(name);
	uint64_t value;

	return text && number_parse(text, &value) == OK ? value : otherwise;
}

enum err bundle_open(const void **archive, size_t *size)
{
	fut_handle bundle = cap_get("bundle");
	uint64_t whole, pages, at;
	uint32_t flags;

	if (bundle == 0)
		return ERR_NOT_FOUND;
	enum err e = fut_vmo_info(bundle, &whole, &pages, &flags);
	if (e == OK)
		e = fut_space_map(0, bundle, 0, 0, whole, MAP_READ, &at);
	if (e != OK)
		return e;
	uint64_t offset = variable("BUNDLE_OFFSET", 0);
	if (offset > whole)
		return ERR_BAD_ARGUMENT;
	uint64_t used = variable("BUNDLE_SIZE", whole - offset);
	*archive = (const char *)at + offset;
	*size = used < whole - offset ? used : whole - offset;
	return OK;
}

enum err bundle_file(const char *path, struct cpio_file *f)
{
	static const void *archive;
	static size_t size;
	enum err e = archive ? OK : bundle_open(&archive, &size);

	return e == OK ? cpio_find(archive, size, path, f) : e;
}
