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
	return files_give_line(self, badge, a, tree_root(), r);
}

int main(void)
{
	static const struct files_ops line_ops = {
		.line = line, .uses = files_on_uses, .change = files_on_change, .end = files_on_end
	};
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
