/* SPDX-License-Identifier: MPL-2.0 */
/* controld: serves its tree under the name "control". */
#include "lib/futura/error.h"
#include "lib/futura/program.h"
#include "lib/futura/serve.h"
#include "lib/futura/service.h"
#include "services/controld/control.h"

static enum err on_line(void *self, uint64_t badge, const struct files_line_args *a,
			struct files_line_results *r)
{
	return files_give_line(self, badge, a, tree_root(), r);
}

/* There is one such tree. */
static enum err on_make(void *, uint64_t, const struct files_make_args *,
			struct files_make_results *)
{
	return ERR_UNSUPPORTED;
}

int main(void)
{
	static const struct files_ops lines = {
		.line = on_line,
		.make = on_make,
		.uses = files_on_uses,
		.change = files_on_change,
		.end = files_on_end,
	};
	static const struct service speaks[] = {
		{ FILE_PROTOCOL, file_dispatch, &files_ops_file },
		{ FILES_PROTOCOL, files_dispatch, &lines },
	};
	static struct files_server files;
	struct server server = {
		.services = speaks,
		.nservices = sizeof(speaks) / sizeof(*speaks),
		.self = &files,
		.closed = files_closed,
	};
	enum err e = fut_port_create(&server.port);

	files.port = server.port;
	tree_init();
	if (e == OK)
		e = service_provide("control", server.port);
	if (e == OK)
		e = serve(&server);
	panic("%s", error_name(e));
}
