/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ramfsd: file systems in memory. The first is the root, filled from the boot bundle. posixd asks
 * for lines of sessions (protocol/files.fipc) through the name "ramfs"; all else is
 * protocol/file.fipc.
 */
#include <string.h>
#include "lib/futura/error.h"
#include "lib/futura/program.h"
#include "lib/futura/serve.h"
#include "lib/futura/service.h"
#include "services/ramfsd/ram.h"

/* Of the quota, for everything but contents: names, sessions, tables. */
constexpr uint64_t OVERHEAD = 8; /* one part in so many */

static struct {
	struct files_server files; /* first: lib/files is given its address */
	struct ram_system *root;
} ramfsd;

/* Only who found us by name may ask for credentials: that session has the badge 0. */
static bool is_trusted(uint64_t badge)
{
	return badge == 0;
}

static enum err on_line(void *self, uint64_t badge, const struct files_line_args *a,
			struct files_line_results *r)
{
	struct files_node *root = ramfsd.root->files.root;
	struct files_credentials who = { a->world,          a->uid,      a->gid,
					 a->real_uid,       a->real_gid, a->capabilities,
					 a->groups_len / 4, a->groups };
	struct files_session *s;

	if (!is_trusted(badge))
		return ERR_DENIED;
	if (a->root != 0) {
		s = files_session_of(self, a->root);
		if (s == nullptr || !S_ISDIR(s->node->mode))
			return ERR_BAD_ARGUMENT;
		root = s->node;
	}
	struct files_line *line = files_line_create(self, &who, root);
	if (line == nullptr)
		return ERR_NO_MEMORY;
	int e = files_session_create(line, root, FILE_PATH, &r->session, &s);
	if (e != 0) {
		files_line_drop(line);
		return ERR_NO_MEMORY;
	}
	if (a->root != 0)
		(void)fut_handle_close(a->root); /* it has told us which directory */
	return OK;
}

static enum err on_make_system(void *self, uint64_t badge, const struct files_make_args *a,
			       struct files_make_results *r)
{
	const struct files_credentials nobody = {};
	struct files_session *s;

	if (!is_trusted(badge))
		return ERR_DENIED;
	r->outcome = -ENODEV;
	if (a->kind != FILES_KIND_TMPFS)
		return OK;
	r->outcome = -ENOMEM;
	struct ram_system *fs = ram_system_create(a->mode, a->uid, a->gid);
	if (fs == nullptr)
		return OK;
	fs->most_pages = a->size / RAM_PAGE;
	fs->most_nodes = a->nodes;
	struct files_line *line = files_line_create(self, &nobody, fs->files.root);
	if (line != nullptr) {
		r->outcome = files_session_create(line, fs->files.root, FILE_PATH, &r->root, &s);
		if (r->outcome != 0)
			files_line_drop(line);
	}
	files_node_put(fs->files.root); /* the line's from now on */
	return OK;
}

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
	static const struct files_ops files = { .line = on_line, .make = on_make_system };
	static const struct service speaks[] = {
		{ FILE_PROTOCOL, file_dispatch, &files_ops_file },
		{ FILES_PROTOCOL, files_dispatch, &files },
	};
	struct server server = {
		.services = speaks, .nservices = 2, .self = &ramfsd, .closed = files_closed
	};

	root_make();
	enum err e = fut_port_create(&ramfsd.files.port);
	server.port = ramfsd.files.port;
	if (e == OK)
		e = service_provide("ramfs", server.port);
	if (e == OK)
		e = serve(&server);
	panic("%s", error_name(e));
}
