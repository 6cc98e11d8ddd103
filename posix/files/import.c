/* SPDX-License-Identifier: MPL-2.0 */
/* Descriptors that come from outside, and programs looked for by name. */
#include <linux/fcntl.h>
#include <string.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/memory.h"
#include "posix/exec/exec.h"
#include "posix/files/file.h"
#include "posix/files/kinds.h"
#include "posix/files/states.h"
#include "protocol/file.h"

int64_t description_import(const struct descriptor *from, fut_handle a, fut_handle b,
			   struct description **d)
{
	uint32_t flags = ((from->access & 1) != 0 ? FILE_OPEN_READ : 0) |
			 ((from->access & 2) != 0 ? FILE_OPEN_WRITE : 0);
	struct opened o = { .session = a,
			    .slot = from->number,
			    .mode = from->mode,
			    .node = from->node,
			    .size = from->device,
			    .line = line_find(from->line),
			    .mount = from->mount,
			    .imported = true };

	switch (from->kind) {
	case DESCRIPTOR_FILE:
	case DESCRIPTOR_TERMINAL:
	case DESCRIPTOR_DEVICE:
	case DESCRIPTOR_FIFO:
		if (b != 0)
			(void)fut_handle_close(b); /* these have but one */
		break;
	default:
		line_drop(o.line);
		return kind_import(from, a, b, d);
	}
	int64_t error = file_description(&o, from->access != 0 ? flags : FILE_PATH, 0, d);
	line_drop(o.line);
	return error;
}

int64_t find_in_path(const char *name, const char *path, struct description **file)
{
	char full[PATH_MOST];
	size_t n = strlen(name);
	int64_t error = -ENOENT, result;

	if (strchr(name, '/') != nullptr)
		return file_open_own(AT_FDCWD, name, FILE_EXECUTE, file);
	for (const char *at = path != nullptr ? path : "/usr/bin:/bin"; at != nullptr && n > 0;) {
		const char *end = strchr(at, ':');
		size_t length = end != nullptr ? (size_t)(end - at) : strlen(at);

		if (length + n + 2 <= sizeof(full)) {
			/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): a name follows */
			memcpy(full, at, length);
			full[length] = '/';
			memcpy(full + length + 1, name, n + 1);
			result = file_open_own(AT_FDCWD, length > 0 ? full : name, FILE_EXECUTE,
					       file);
			if (result == 0)
				return 0;
			if (result != -ENOENT && result != -ENOTDIR)
				error = result;
		}
		at = end != nullptr ? end + 1 : nullptr;
	}
	return error;
}
