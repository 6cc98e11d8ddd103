/* SPDX-License-Identifier: MPL-2.0 */
/*
 * posixd: processes, as POSIX has them. docs/posix.md has the picture, protocol/posix.fipc what
 * processes ask, protocol/worlds.fipc what starts them.
 */
#include <string.h>
#include "lib/futura/bundle.h"
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/load.h"
#include "lib/futura/program.h"
#include "lib/futura/serve.h"
#include "lib/futura/service.h"
#include "protocol/door.h"
#include "protocol/file.h"
#include "protocol/jobs.h"
#include "protocol/posix.h"
#include "protocol/service.h"
#include "protocol/worlds.h"
#include "services/posixd/mounts.h"
#include "services/posixd/proc/proc.h"
#include "services/posixd/state.h"

constexpr uint64_t OWN_QUOTA_SHARE = 8; /* of posixd's memory one part in so many is its own */
constexpr uint64_t WORLD_QUOTA =
	1 << 20; /* of the first world's processes, besides what they borrow */
constexpr uint64_t PROCESS_COST =
	4096; /* bytes of it that a process takes, its kernel objects included */

struct posixd posixd;

static void personality_find(void)
{
	struct cpio_file f;
	struct elf_image image;
	enum err e = bundle_file("bin/personality", &f);

	if (e == OK)
		e = elf_parse(f.data, f.size, &image);
	if (e == OK)
		e = elf_share(f.data, &image, posixd.personality_shared);
	if (e != OK)
		panic("bin/personality in the boot bundle: %s", error_name(e));
	posixd.personality = f.data;
	posixd.personality_size = f.size;
}

/* What the kernel's command line says with root=vda, else what the boot bundle has. */
static const char *root_server(void)
{
	const char *line = env_get("CMDLINE");
	const char *at = line ? strstr(line, "root=vda") : nullptr;

	return at != nullptr && (at == line || at[-1] == ' ') ? SERVER_DISK : "ramfs";
}

/* The first world: what is started without saying where. */
static enum err world_create(void)
{
	static struct posix_world first;
	fut_handle quota = cap_need("quota");
	uint64_t limit, used, pages;
	enum err e = fut_quota_info(quota, &limit, &used, &pages);

	if (e != OK)
		return e;
	uint64_t own = limit / OWN_QUOTA_SHARE, most = own / PROCESS_COST;
	e = fut_quota_create(quota, WORLD_QUOTA, &first.quota);
	if (e == OK)
		e = fut_quota_lend(first.quota, quota, (limit - own) & ~4095ull, own);
	if (e != OK)
		return e;
	if (!world_init(&first.core, 1, &task_ops, &posixd.timers,
			(uint32_t)(most < PID_MAX ? most : PID_MAX)))
		return ERR_NO_MEMORY;
	first.has_devices = true;
	if (!mounts_init(&first, root_server()))
		return ERR_NO_MEMORY;
	posixd.worlds[1] = &first;
	return OK;
}

static void closed(void *self, uint64_t badge)
{
	(void)self;
	files_closed(&proc_server, badge);
	switch (badge_kind(badge)) {
	case BADGE_PROCESS:
		process_closed(badge);
		break;
	case BADGE_CLIENT:
	case BADGE_PROGRAM:
		worlds_closed(badge);
		break;
	case BADGE_SOCKET:
	case BADGE_LISTENER:
		listener_closed(badge);
		break;
	default:
		break;
	}
}

int main(void)
{
	static const struct service services[] = {
		{ POSIX_PROTOCOL, posix_serve, nullptr },
		{ WORLDS_PROTOCOL, worlds_dispatch, &worlds_handlers },
		{ JOBS_PROTOCOL, jobs_dispatch, &jobs_handlers },
		{ DOOR_PROTOCOL, door_dispatch, &door_handlers },
		{ SERVICE_PROTOCOL, service_dispatch, &service_handlers },
		{ INSIDE_PROTOCOL, inside_dispatch, nullptr },
		{ FILE_PROTOCOL, proc_serve, nullptr },
	};
	struct server server = {
		.services = services,
		.nservices = sizeof(services) / sizeof(*services),
		.closed = closed,
	};
	enum err e = fut_port_create(&posixd.port);

	personality_find();
	posixd.timers.now = clock_now;
	server.port = posixd.port;
	if (e == OK && (e = world_create()) == OK && (e = proc_init()) == OK &&
	    (e = watch_start()) == OK && (e = service_provide("posix", posixd.port)) == OK)
		e = serve(&server); /* for ever */
	panic("posixd: %s", error_name(e));
}
