/* SPDX-License-Identifier: MPL-2.0 */
/* ramfsd served by a thread of the test itself, so that all it makes goes with the test. */
#include <string.h>
#include "lib/futura/serve.h"
#include "services/ramfsd/serve.h"
#include "services/ramfsd/test/fixture.h"
#include "tests/native/test.h"

static struct ramfsd ramfsd;

static int serve_files(void *unused)
{
	struct server server = { .port = ramfsd.files.port,
				 .services = ramfsd_services,
				 .nservices = RAMFSD_SERVICES,
				 .self = &ramfsd,
				 .closed = files_closed };

	(void)unused;
	return serve(&server) == OK ? 0 : 1; /* until the test ends */
}

struct remote fixture_start(void)
{
	struct remote files = {};

	ramfsd.files.port = make_port();
	ramfsd.root = ram_system_create(0755, 0, 0);
	CHECK(ramfsd.root != nullptr);
	fill_standard(ramfsd.root);
	files.session = make_session(ramfsd.files.port, 0);
	(void)run_thread(serve_files, nullptr); /* ends with the test */
	return files;
}

void fixture_end(struct remote *files)
{
	close_handle(files->session);
}

void *fixture_map(fut_handle memory, uint64_t size, uint32_t access)
{
	uint64_t at;

	OKAY(fut_space_map(0, memory, 0, 0, size, access, &at));
	close_handle(memory);
	return (void *)at;
}

void fixture_close(fut_handle handle)
{
	close_handle(handle);
}
