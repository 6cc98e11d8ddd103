/* SPDX-License-Identifier: MPL-2.0 */
/* Files: calls of ramfsd in another task, from the client's stub to its return. */
#include <string.h>
#include "abi/startup.h"
#include "bench/bench.h"
#include "protocol/file.h"
#include "protocol/files.h"
#include "services/ramfsd/serve.h"

static fut_handle task;
static struct remote files, root, open_file;

ROLE(ramfsd)
{
	static struct ramfsd ramfsd;
	struct server server = { .services = ramfsd_services,
				 .nservices = RAMFSD_SERVICES,
				 .self = &ramfsd,
				 .closed = files_closed };

	ramfsd.files.port = server.port = cap_need("port");
	ramfsd.root = ram_system_create(0755, 0, 0);
	fill_standard(ramfsd.root);
	return serve(&server) == OK ? 0 : 1;
}

static fut_handle opened(const char *path, uint32_t flags)
{
	fut_handle session;
	int32_t outcome;
	uint32_t slot, mode;
	uint64_t node, size;
	char rest[4001];
	size_t len;

	need(file_open(&root, flags, 0644, path, strlen(path), &session, &outcome, &slot, &node,
		       &size, &mode, rest, sizeof(rest), &len),
	     "open");
	need(outcome == 0 ? OK : ERR_NOT_FOUND, "open");
	return session;
}

static bool setup(void)
{
	static char page[4096];
	int32_t outcome;
	int64_t written;
	fut_handle port;

	need(fut_port_create(&port), "port");
	need(fut_session_create(port, 0, &files.session), "session");
	struct startup_cap caps[] = { named("port", port) };
	task = helper_start("ramfsd", 32, 1, caps);
	need(files_line(&files, 1, 0, 0, 0, 0, FILES_CAPABILITY_OVERRIDE, nullptr, 0, 0,
			&root.session, &outcome),
	     "line");
	open_file.session = opened("tmp/file", FILE_OPEN_READ | FILE_OPEN_WRITE | FILE_CREATE);
	need(file_write(&open_file, 0, page, sizeof(page), &written), "write");
	return true;
}

static void done(void)
{
	need(fut_handle_close(open_file.session), "close");
	need(fut_handle_close(root.session), "close");
	need(fut_handle_close(files.session), "close");
	need(fut_handle_close(task), "close");
}

static uint64_t open_close(void)
{
	need(fut_handle_close(opened("tmp/file", FILE_OPEN_READ)), "close");
	return 0;
}

static uint64_t describe(void)
{
	uint64_t size, blocks, node, device, rdev;
	int64_t atime, mtime, ctime, btime;
	uint32_t mode, nlink, uid, gid, block_size;
	int32_t outcome;
	char rest[3901];
	size_t len;

	need(file_stat(&root, 0, "tmp/file", 8, &size, &blocks, &atime, &mtime, &ctime, &btime,
		       &node, &device, &rdev, &outcome, &mode, &nlink, &uid, &gid, &block_size,
		       rest, sizeof(rest), &len),
	     "stat");
	return 0;
}

static uint64_t create_unlink(void)
{
	uint64_t node;
	int32_t outcome;
	char rest[4001];
	size_t len;
	fut_handle f = opened("tmp/new", FILE_OPEN_WRITE | FILE_CREATE | FILE_EXCLUSIVE);

	need(fut_handle_close(f), "close");
	need(file_remove(&root, 0, "tmp/new", 7, &node, &outcome, rest, sizeof(rest), &len),
	     "remove");
	need(outcome == 0 ? OK : ERR_NOT_FOUND, "remove");
	return 0;
}

static char buffer[4096];

static uint64_t read_page(void)
{
	int64_t got;

	need(file_read(&open_file, 0, buffer, sizeof(buffer), &got), "read");
	return 0;
}

static uint64_t write_page(void)
{
	int64_t put;

	need(file_write(&open_file, 0, buffer, sizeof(buffer), &put), "write");
	return 0;
}

static uint64_t seek(void)
{
	int64_t at;

	need(file_seek(&open_file, 0, 0, &at), "seek");
	return 0;
}

BENCH(file, seek) = { "file.seek", "set an offset by a call: the least that ramfsd does",
		      700,         setup,
		      seek,        .done = done };
BENCH(file, stat) = { "file.stat", "describe tmp/file", 1800, setup, describe, .done = done };
BENCH(file,
      open_close) = { "file.open_close", "open tmp/file and close it", 3000, setup, open_close,
		      .done = done };
BENCH(file, create_unlink) = {
	"file.create_unlink", "make, close and remove tmp/new", 8400, setup, create_unlink,
	.done = done
};
BENCH(file, read_page) = { "file.read_4096", "read 4 KiB into lent memory", 3000, setup, read_page,
			   .done = done };
BENCH(file,
      write_page) = { "file.write_4096", "write 4 KiB from lent memory", 3000, setup, write_page,
		      .done = done };
