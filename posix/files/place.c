/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/files/place.h"
#include <string.h>
#include "abi/user.h"
#include "posix/abi/view.h"
#include "posix/core/call.h"
#include "posix/core/line.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/files/description.h"
#include "protocol/file.h"
#include "protocol/posix.h"

int64_t place_as(const struct description *d, const struct description *place, fut_handle *session)
{
	struct remote r = { .session = d->a };
	fut_handle line;
	int32_t outcome = 0;
	enum err e = fut_handle_duplicate(place->a, RIGHTS_SESSION, &line);

	*session = 0;
	if (e == OK)
		e = file_as(&r, line, session, &outcome);
	return e != OK ? file_error(e) : outcome;
}

/* Blanks stand as \040 in tables of mounts. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0';) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] != '\0' &&
		    from[3] != '\0') {
			*to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 |
				       (from[3] - '0'));
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

bool mount_path_after(uint32_t after, char path[PATH_MOST], uint32_t *number)
{
	int32_t outcome;
	size_t n;

	if (posix_mounts(&process.posix, after, &outcome, number, path, PATH_MOST, &n) != OK ||
	    outcome != 0)
		return false;
	char *at = memchr(path, ' ', n);
	char *end = at != nullptr ? memchr(at + 1, ' ', n - (size_t)(at + 1 - path)) : nullptr;
	if (end == nullptr)
		return false;
	*end = '\0';
	memmove(path, at + 1, (size_t)(end - at));
	unescape(path);
	return true;
}

/* Where a mount lies. What lies at our own root is "". */
static size_t mount_path(uint32_t number, char path[PATH_MOST])
{
	uint32_t found;

	if (number == 0 || !mount_path_after(number - 1, path, &found) || found != number ||
	    path[1] == '\0')
		return 0;
	return strnlen(path, PATH_MOST);
}

int64_t place_path(const struct description *d, char path[PATH_MOST])
{
	struct remote r = { .session = d->a };
	size_t before = mount_path(d->mount, path), n;
	int32_t outcome;
	enum err e = file_place(&r, &outcome, path + before, PATH_MOST - 1 - before, &n);

	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	if (before > 0 && n == 1)
		n = 0; /* the mount's own root */
	path[before + n] = '\0';
	return (int64_t)(before + n);
}

void place_remember(struct description *d)
{
	char *path = d->path == nullptr ? heap_room(PATH_MOST) : nullptr;

	if (path == nullptr)
		return;
	int64_t n = place_path(d, path);
	if (n >= 0 && (d->path = heap_new((size_t)n + 1)) != nullptr)
		memcpy(d->path, path, (size_t)n + 1);
	heap_free(path);
}

/* "pipe:[7]", and what anonymous inodes are called as it is. */
static int64_t kind_text(const struct description *d, char text[PATH_MOST])
{
	const char *name = d->ops->name != nullptr ? d->ops->name : "file";
	size_t n = strnlen(name, 64);
	char digits[24];
	unsigned i = 0;

	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): its length is told */
	memcpy(text, name, n);
	if (memchr(name, ':', n) != nullptr || name[0] == '/')
		return (int64_t)n;
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): its length is told */
	memcpy(text + n, ":[", 2);
	n += 2;
	for (uint64_t rest = d->node; i == 0 || rest != 0; rest /= 10)
		digits[i++] = (char)('0' + rest % 10);
	while (i > 0)
		text[n++] = digits[--i];
	text[n++] = ']';
	return (int64_t)n;
}

/* Of a file whose name was removed nobody knows what that was. */
static int64_t deleted_text(const struct description *d, char text[PATH_MOST])
{
	struct line_text l = {};

	line_add(&l, "/#");
	line_number(&l, d->node);
	line_add(&l, " (deleted)");
	memcpy(text, l.text, l.n);
	return (int64_t)l.n;
}

int64_t place_of_descriptor(unsigned fd, char text[PATH_MOST])
{
	struct description *d = descriptor_or_place(fd);
	int64_t n;

	if (d == nullptr)
		return -ENOENT;
	if (fd == VIEW_PROGRAM) { /* by the name that it was found by */
		n = (int64_t)strnlen(process.exe, PATH_MOST - 1);
		memcpy(text, process.exe, (size_t)n);
	} else if (d->path != nullptr) {
		n = (int64_t)strnlen(d->path, PATH_MOST - 1);
		memcpy(text, d->path, (size_t)n);
	} else if (descriptor_is_servers(d->kind) && d->kind != DESCRIPTOR_TERMINAL) {
		n = place_path(d, text);
		if (n == -ENOENT)
			n = deleted_text(d, text);
	} else {
		n = kind_text(d, text);
	}
	description_drop(d);
	return n;
}
