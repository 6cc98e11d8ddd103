/* SPDX-License-Identifier: MPL-2.0 */
/* Running a program in a world of its own: posix/abi/world.h. Its first three descriptors are ours,
 * and must be pipes: anything of a file server's would be a way to more than itself. */
#include "posix/process/world.h"
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <string.h>
#include "abi/user.h"
#include "posix/abi/world.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/exec/strings.h"
#include "posix/files/file.h"
#include "protocol/posix.h"
#include "protocol/worlds.h"

static int64_t pipe_give(struct remote *worlds, unsigned fd)
{
	struct description *d = fd_get((int)fd);
	fut_handle a, b;
	int32_t outcome = 0;

	if (d == nullptr)
		return 0; /* it will have none */
	if (d->kind != DESCRIPTOR_PIPE_READ && d->kind != DESCRIPTOR_PIPE_WRITE) {
		description_drop(d);
		return -EINVAL;
	}
	const struct descriptor kind = {
		.kind = d->kind, .access = d->access, .mode = d->mode, .node = d->node
	};
	enum err e = fut_handle_duplicate(d->a, RIGHTS_ALL, &a);
	if (e == OK && (e = fut_handle_duplicate(d->b, RIGHTS_ALL, &b)) != OK)
		(void)fut_handle_close(a); /* ours */
	if (e == OK)
		e = worlds_descriptor(worlds, fd, &kind, sizeof(kind), a, b, &outcome);
	description_drop(d);
	return e != OK ? call_error(e) : outcome;
}

/* The counts, then the strings: as protocol/worlds.fipc has them. From the heap. */
static int64_t strings_pack(const struct world_request *r, char **packed, size_t *size)
{
	struct strings arguments = {}, environment = {};
	int64_t error = strings_add_array(&arguments, r->arguments);

	if (error == 0)
		error = strings_add_array(&environment, r->environment);
	const uint32_t counts[2] = { arguments.count, environment.count };
	*size = sizeof(counts) + arguments.size + environment.size;
	*packed = error == 0 ? heap_new(*size) : nullptr;
	if (*packed != nullptr) {
		memcpy(*packed, counts, sizeof(counts));
		memcpy(*packed + sizeof(counts), arguments.text, arguments.size);
		if (environment.size > 0)
			memcpy(*packed + sizeof(counts) + arguments.size, environment.text,
			       environment.size);
	} else if (error == 0) {
		error = -ENOMEM;
	}
	strings_free(&arguments);
	strings_free(&environment);
	return error;
}

static int64_t program_run(struct remote *worlds, const struct world_request *r)
{
	struct remote program = {};
	char *strings;
	size_t size;
	uint32_t pid, status = 0;
	int32_t outcome = 0;
	int64_t error = strings_pack(r, &strings, &size);

	for (unsigned fd = 0; error == 0 && fd < 3; fd++)
		error = pipe_give(worlds, fd);
	if (error == 0) {
		enum err e = worlds_start(worlds, 0, 0, 1, "/", 1, strings, size, &program.session,
					  &outcome, &pid);
		error = e != OK ? call_error(e) : outcome;
	}
	heap_free(strings);
	if (error != 0)
		return error;
	/* Our own ends of its pipes would keep them open. */
	for (int fd = 0; fd < 3; fd++)
		(void)fd_close((unsigned)fd); /* it may be closed */
	enum err e = worlds_ended(&program, &outcome, &status);
	(void)fut_handle_close(program.session); /* ours */
	return e != OK ? call_error(e) : outcome < 0 ? outcome : status;
}

int64_t world_run(uint64_t from)
{
	struct world_request r;
	struct remote worlds = {};
	struct walk room, *w = &room;
	struct description *d;
	int32_t outcome = 0;
	fut_handle directory;
	int64_t error = guest_get(&r, from, sizeof(r)) == 0 ? 0 : -EFAULT;

	if (error == 0 && (error = walk_begin(w, AT_FDCWD, r.root, false)) == 0) {
		error = file_open_at(w, FILE_PATH | FILE_DIRECTORY, 0, 0, &d);
		walk_end(w);
	}
	if (error != 0)
		return error;
	enum err e = fut_handle_duplicate(d->a, RIGHTS_SESSION, &directory);
	if (e == OK)
		e = posix_world(&process.posix, r.capabilities, d->mount, directory,
				&worlds.session, &outcome);
	description_drop(d);
	if (e != OK || outcome < 0)
		return e != OK ? call_error(e) : outcome;
	error = program_run(&worlds, &r);
	(void)fut_handle_close(worlds.session); /* the world ends with it */
	return error;
}
