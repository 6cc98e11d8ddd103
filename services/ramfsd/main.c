/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ramfsd: file systems in memory. The first is the root, filled from the boot bundle. posixd asks
 * for lines of sessions (protocol/files.fipc) through the name "ramfs"; all else is
 * protocol/file.fipc.
 */
#include "lib/futura/error.h"
#include "lib/futura/program.h"
#include "lib/futura/service.h"
#include "services/ramfsd/serve.h"

/* Of the quota, for everything but contents: names, sessions, tables. */
constexpr uint64_t OVERHEAD = 8; /* one part in so many */

static struct ramfsd ramfsd;

/* Contents may use what the quota has, less a part for everything else. */
static void limit_set(struct ram_system *fs)
{
	uint64_t limit, used, pages;
	fut_handle quota = cap_get("quota");

	if (quota != 0 && fut_quota_info(quota, &limit, &used, &pages) == OK && limit > used)
		fs->most_pages = (limit - used) / OVERHEAD * (OVERHEAD - 1) / RAM_PAGE;
}

static void root_make(void)
{
	const char *tar;
	size_t size;

	ramfsd.root = ram_system_create(0755, 0, 0);
	if (ramfsd.root == nullptr)
		panic("no memory for a root directory");
	if (bundle_root(&tar, &size))
		fill_tar(ramfsd.root, tar, size);
	fill_standard(ramfsd.root);
	limit_set(ramfsd.root);
}

int main(void)
{
	struct server server = { .services = ramfsd_services,
				 .nservices = RAMFSD_SERVICES,
				 .self = &ramfsd,
				 .closed = files_closed };

	root_make();
	(void)files_changes_init(&ramfsd.files); /* without it clients ask each time */
	enum err e = fut_port_create(&ramfsd.files.port);
	server.port = ramfsd.files.port;
	if (e == OK)
		e = service_provide("ramfs", server.port);
	if (e == OK)
		e = serve(&server);
	panic("%s", error_name(e));
}
