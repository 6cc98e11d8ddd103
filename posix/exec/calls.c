/* SPDX-License-Identifier: MPL-2.0 */
/* execve and its kin. */
#include <linux/fcntl.h>
#include <string.h>
#include "posix/core/call.h"
#include "posix/core/frame.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/exec/exec.h"
#include "posix/files/file.h"

/* *name: as the caller has it, from the heap; to be freed after an error, too. */
static int64_t open_program(int dirfd, uint64_t path, uint32_t flags, struct description **file,
			    char **name)
{
	struct walk room, *w = &room;
	int64_t error;

	error = walk_begin(w, dirfd, path, (flags & AT_EMPTY_PATH) != 0);
	*name = error == 0 ? heap_text(w->path) : nullptr;
	if (error == 0 && *name == nullptr)
		error = -ENOMEM;
	if (error == 0)
		error = file_open_at(
			w, FILE_EXECUTE | ((flags & AT_SYMLINK_NOFOLLOW) != 0 ? FILE_NO_FOLLOW : 0),
			0, 0, file);
	walk_end(w);
	return error;
}

static int64_t execute(int dirfd, uint64_t path, uint64_t argv, uint64_t envp, uint32_t flags)
{
	struct strings arguments = {}, environment = {};
	struct thread *t = self();
	struct description *file = nullptr;
	char *name;
	int64_t error = open_program(dirfd, path, flags, &file, &name);

	if (error == 0)
		error = strings_add_array(&arguments, argv);
	if (error == 0)
		error = strings_add_array(&environment, envp);
	if (error != 0) {
		description_drop(file);
		strings_free(&arguments);
		strings_free(&environment);
	} else {
		error = exec_program(file, name, &arguments, &environment, call_frame());
	}
	heap_free(name);
	if (error == 0)
		work_add(t, WORK_FRAME);
	return error;
}

CALL3(execve, uint64_t, path, uint64_t, argv, uint64_t, envp)
{
	return execute(AT_FDCWD, path, argv, envp, 0);
}

CALL5(execveat, int, dirfd, uint64_t, path, uint64_t, argv, uint64_t, envp, uint32_t, flags)
{
	if ((flags & ~(uint32_t)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) != 0)
		return -EINVAL;
	return execute(dirfd, path, argv, envp, flags);
}
