/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fsd DISK NAME: serves the FuturaFS volume on that block device. posixd asks for lines of sessions
 * (protocol/files.fipc) through that name; all else is protocol/file.fipc.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "lib/futura/serve.h"
#include "lib/futura/service.h"
#include "lib/futura/thread.h"
#include "services/fsd/fsd.h"

constexpr uint64_t SYNC_INTERVAL = 5 * SECOND;
constexpr uint32_t UNUSED_SHARE = 4096; /* bytes of metadata for each node that nobody uses */
constexpr uint64_t METADATA_MOST = 256 << 20;

struct fsd fsd;

static enum err on_make(void *, uint64_t, const struct files_make_args *,
			struct files_make_results *r)
{
	r->outcome = -ENOSYS;
	return OK;
}

/* What was written is safe after a while, if nobody asks for it earlier. */
static int sync_on(void *session)
{
	struct remote self = { .session = *(fut_handle *)session };
	int64_t outcome;

	/* The first call finds nothing, but makes the pages that calling needs while there are
	 * some. */
	for (;;) {
		(void)file_sync_all(&self, &outcome);               /* what fails is told */
		(void)fut_thread_sleep(clock_after(SYNC_INTERVAL)); /* a shorter one is no harm */
	}
}

static void sync_start(void)
{
	static const struct files_credentials nobody = {};
	static fut_handle handle;
	struct files_session *s;
	struct thread *t;
	struct files_line *line = files_line_create(&fsd.files, &nobody, fsd.system.root);

	if (line == nullptr ||
	    files_session_create(line, fsd.system.root, FILE_PATH, &handle, &s) != 0 ||
	    thread_start(&t, sync_on, &handle, nullptr) != OK)
		panic("no memory to begin with");
}

/* Three quarters of what we have may hold contents, an eighth metadata; the rest is for names and
 * sessions. */
static void limit_set(void)
{
	uint64_t limit = 0, used = 0, npages, room, metadata;

	if (fut_quota_info(cap_need("quota"), &limit, &used, &npages) != OK || limit < used)
		limit = used;
	room = limit - used;
	metadata = room / 8;
	fsd.most_pages = room / 4 * 3 / FSD_PAGE;
	fsd.metadata_bytes = metadata < METADATA_MOST ? (uint32_t)metadata : METADATA_MOST;
	fsd.most_unused = fsd.metadata_bytes / UNUSED_SHARE;
}

static void volume_begin(void)
{
	struct fsd_node *root;

	fsd.system.ops = &fsd_ops;
	if (node_get(FS_ROOT, &root) != 0)
		panic("the volume has no root directory");
	fsd.system.root = &root->node;
	sync_start();
}

/* Somebody mounts the volume, or makes the first line of many. */
static int volume_need(void)
{
	if (fsd.fs != nullptr)
		return 0;
	if (disk_is_taken())
		return -EBUSY;
	int error = disk_open();
	if (error == 0)
		error = volume_open();
	if (error == 0)
		volume_begin();
	else
		disk_close();
	return error;
}

/* The first line opens what it is for. */
static enum err on_line(void *self, uint64_t badge, const struct files_line_args *a,
			struct files_line_results *r)
{
	struct fsd *d = self;

	if (badge != 0)
		return ERR_DENIED;
	bool is_disk = a->capabilities & FILES_LINE_DISK;
	r->outcome = is_disk ? disk_open() : volume_need();
	if (r->outcome != 0) {
		fut_handle given[] = { a->root };
		return handles_close(given, 1, OK);
	}
	return files_give_line(&d->files, badge, a, is_disk ? disk_file() : d->system.root, r);
}

/* Nobody has it mounted any more: what we know of it ends with us, and init starts us again. */
static void volume_end(void)
{
	if (fsd.system.nlines > 1 || data_is_mapped_anywhere())
		return; /* one line is our own */
	int error = fsd_sync_all(&fsd.system);
	if (error == 0)
		error = error_of(fs_unmount(fsd.fs));
	if (error != 0)
		print("fsd: `%s` is left as after a power cut: %s\n", fsd.disk_name,
		      strerror(-error));
	exit(0);
}

/* Lines to the disk stay with posixd: who has it open counts. */
static void end_if_unused(void)
{
	if (fsd.fs != nullptr)
		volume_end();
	else if (fsd.staged != nullptr && !disk_is_open())
		exit(0);
}

static enum err on_end(void *self, uint64_t badge, const struct files_end_args *a)
{
	enum err e = files_on_end(self, badge, a);

	end_if_unused();
	return e;
}

static void closed(void *self, uint64_t badge)
{
	files_closed(self, badge);
	if (fsd.fs == nullptr || fsd.system.nlines <= 1)
		end_if_unused();
}

int main(int argc, char **argv)
{
	static const struct files_ops files = {
		.line = on_line,
		.make = on_make,
		.uses = files_on_uses,
		.change = files_on_change,
		.end = on_end,
	};
	static const struct service speaks[] = {
		{ FILE_PROTOCOL, file_dispatch, &files_ops_file },
		{ FILES_PROTOCOL, files_dispatch, &files },
		{ DISK_PROTOCOL, disk_dispatch, &disk_ops },
		{ 0, data_page_request, nullptr },
	};
	struct server server = {
		.services = speaks, .nservices = 4, .self = &fsd, .closed = closed
	};

	if (argc != 3)
		panic("usage: fsd DISK NAME");
	fsd.disk_name = argv[1];
	limit_set();
	enum err e = fut_port_create(&fsd.files.port);
	if (e != OK)
		panic("no port: %s", error_name(e));
	server.port = fsd.files.port;
	e = service_provide(argv[2], server.port);
	if (e == OK)
		e = serve(&server);
	panic("%s", error_name(e));
}
