/* SPDX-License-Identifier: MPL-2.0 */
/* What posixd asks of ramfsd: lines of sessions, and further file systems. */
#include "services/ramfsd/serve.h"

/* Only who found us by name may ask for credentials: that session has the badge 0. */
static bool is_trusted(uint64_t badge)
{
	return badge == 0;
}

static enum err on_line(void *self, uint64_t badge, const struct files_line_args *a,
			struct files_line_results *r)
{
	struct ramfsd *ramfsd = self;

	return files_give_line(&ramfsd->files, badge, a, ramfsd->root->files.root, r);
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

static const struct files_ops files = {
	.line = on_line,
	.make = on_make_system,
	.uses = files_on_uses,
	.change = files_on_change,
	.end = files_on_end,
};

/* Clients keep what they were told until something changes. */
static bool dispatch_file(const void *ops, void *self, struct message *m)
{
	files_changed(self, files_effect_of(m));
	return file_dispatch(ops, self, m);
}

static bool dispatch_files(const void *ops, void *self, struct message *m)
{
	files_changed(self, FILES_CHANGES_NAMES);
	return files_dispatch(ops, self, m);
}

const struct service ramfsd_services[RAMFSD_SERVICES] = {
	{ FILE_PROTOCOL, dispatch_file, &files_ops_file },
	{ FILES_PROTOCOL, dispatch_files, &files },
};
