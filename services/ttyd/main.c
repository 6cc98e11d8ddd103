/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ttyd: the console and pseudo-terminals. posixd asks for lines (protocol/files.fipc) through the
 * name "tty"; programs open terminals on them (protocol/file.fipc) and use them
 * (protocol/tty.fipc).
 */
#include <errno.h>
#include <string.h>
#include "lib/futura/error.h"
#include "lib/futura/program.h"
#include "lib/futura/service.h"
#include "protocol/files.h"
#include "services/ttyd/console.h"
#include "services/ttyd/serve.h"
#include "services/ttyd/tree.h"

static enum err line(void *self, uint64_t badge, const struct files_line_args *a,
		     struct files_line_results *r)
{
	struct files_server *server = self;
	uint32_t groups[FILES_GROUPS];
	struct files_node *root = tree_root();

	if (badge != 0)
		return ERR_DENIED; /* a program's session: it has its line */
	if (a->groups_len % sizeof(*groups) != 0)
		return ERR_BAD_ARGUMENT;
	if (a->root != 0) {
		struct files_session *s = files_session_of(server, a->root);
		if (s == nullptr)
			return ERR_BAD_ARGUMENT;
		root = s->node;
	}
	memcpy(groups, a->groups, a->groups_len);
	const struct files_credentials who = {
		.world = a->world,
		.uid = a->uid,
		.gid = a->gid,
		.real_uid = a->real_uid,
		.real_gid = a->real_gid,
		.flags = a->capabilities,
		.ngroups = a->groups_len / sizeof(*groups),
		.groups = groups,
	};
	struct files_line *l = files_line_create(server, &who, root);
	struct files_session *first;
	r->outcome = l ? files_session_create(l, root, FILE_PATH, &r->session, &first) : -ENOMEM;
	if (l != nullptr && r->outcome != 0)
		files_line_drop(l);
	if (r->outcome == 0 && a->root != 0)
		(void)fut_handle_close(a->root); /* it has told us which directory */
	return r->outcome == 0 ? OK : ERR_NO_MEMORY;
}

int main(void)
{
	static const struct files_ops line_ops = { .line = line };
	static const struct service speaks[] = {
		{ TTY_PROTOCOL, tty_dispatch, &tty_ops },
		{ FILE_PROTOCOL, file_dispatch, &files_ops_file },
		{ FILES_PROTOCOL, files_dispatch, &line_ops },
	};
	static struct files_server files;
	static struct loop_server served;
	static struct server server = {
		.services = speaks,
		.nservices = sizeof(speaks) / sizeof(*speaks),
		.self = &files,
		.closed = files_closed,
	};
	enum err e = fut_port_create(&server.port);

	files.port = server.port;
	tree_init();
	if (e == OK)
		e = loop_init(&terminal_loop);
	if (e == OK)
		e = courier_start();
	if (e == OK)
		e = service_provide("tty", server.port);
	if (e == OK)
		e = loop_serve(&terminal_loop, &served, &server);
	if (e == OK) {
		console_start();
		e = loop_run(&terminal_loop);
	}
	panic("%s", error_name(e));
}
