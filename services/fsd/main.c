/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fsd DISK: serves the FuturaFS volume on that block device. posixd asks for lines of sessions
 * (protocol/files.fipc) through the name "futurafs"; all else is protocol/file.fipc.
 */
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/program.h"
#include "lib/futura/serve.h"
#include "lib/futura/service.h"
#include "lib/futura/thread.h"
#include "services/fsd/fsd.h"

constexpr uint64_t SYNC_INTERVAL = 5 * SECOND;
constexpr uint64_t DEVICE = 0x100; /* st_dev: no other file server's */

struct fsd fsd;

static enum err on_line(void *self, uint64_t badge, const struct files_line_args *a,
			struct files_line_results *r)
{
	struct fsd *d = self;
	struct files_credentials who = { a->world,          a->uid,      a->gid,
					 a->real_uid,       a->real_gid, a->capabilities,
					 a->groups_len / 4, a->groups };
	struct files_node *root = d->system.root;
	struct files_session *s;

	/* Only who found us by name may ask for credentials: that session has the badge 0. */
	if (badge != 0)
		return ERR_DENIED;
	if (a->root != 0) {
		s = files_session_of(self, a->root);
		if (s == nullptr)
			return ERR_BAD_ARGUMENT;
		root = s->node;
	}
	struct files_line *line = files_line_create(&d->files, &who, root);
	if (line == nullptr)
		return ERR_NO_MEMORY;
	if (files_session_create(line, root, FILE_PATH, &r->session, &s) != 0) {
		files_line_drop(line);
		return ERR_NO_MEMORY;
	}
	if (a->root != 0)
		(void)fut_handle_close(a->root); /* it has told us which directory */
	return OK;
}

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

	for (;;) {
		(void)fut_thread_sleep(clock_after(SYNC_INTERVAL)); /* a shorter one is no harm */
		(void)file_sync_all(&self, &outcome);               /* what fails is told */
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

/* Half of what we have may hold contents; the rest is for names, sessions, metadata. */
static void limit_set(void)
{
	uint64_t limit = 0, used = 0, npages;

	if (fut_quota_info(cap_need("quota"), &limit, &used, &npages) != OK || limit < used)
		limit = used;
	fsd.most_pages = (limit - used) / 2 / FSD_PAGE;
}

static void root_open(void)
{
	struct fsd_node *root;

	fsd.system.ops = &fsd_ops;
	fsd.system.device = DEVICE;
	if (node_get(FS_ROOT, &root) != 0)
		panic("the volume has no root directory");
	fsd.system.root = &root->node;
}

int main(int argc, char **argv)
{
	static const struct files_ops files = { .line = on_line, .make = on_make };
	static const struct service speaks[] = {
		{ FILE_PROTOCOL, file_dispatch, &files_ops_file },
		{ FILES_PROTOCOL, files_dispatch, &files },
		{ 0, data_page_request, nullptr },
	};
	struct server server = {
		.services = speaks, .nservices = 3, .self = &fsd, .closed = files_closed
	};

	if (argc != 2)
		panic("usage: fsd DISK");
	volume_open(argv[1]);
	limit_set();
	enum err e = fut_port_create(&fsd.files.port);
	if (e != OK)
		panic("no port: %s", error_name(e));
	server.port = fsd.files.port;
	root_open();
	sync_start();
	e = service_provide("futurafs", server.port);
	if (e == OK)
		e = serve(&server);
	panic("%s", error_name(e));
}
