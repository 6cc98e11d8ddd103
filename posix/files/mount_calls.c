/* SPDX-License-Identifier: MPL-2.0 */
/* mount, umount2, chroot: the walks; posixd does the rest. sync and reboot, which end with mounts.
 */
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/reboot.h>
#include <linux/stat.h>
#include <string.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/files/file.h"
#include "posix/files/known.h"
#include "posix/files/mounts.h"
#include "posix/files/place.h"
#include "protocol/file.h"
#include "protocol/posix.h"

constexpr uint32_t DETACH = 2, EXPIRE = 4, NO_FOLLOW = 8; /* umount2(2) */
constexpr size_t TEXT = 1000;

/* What a mount is asked with: from the heap, as paths are long. */
struct wish {
	char kind[64], source[TEXT], options[400];
	char at[PATH_MOST], from[PATH_MOST];
	struct description *target, *origin;
	uint32_t flags;
};

static int64_t place_open(uint64_t path, uint32_t flags, struct description **d)
{
	struct walk room, *w = &room;
	int64_t result = walk_begin(w, AT_FDCWD, path, false);

	if (result == 0)
		result = file_open_at(w, FILE_PATH | flags, 0, 0, d);
	walk_end(w);
	return result;
}

/* The number of the mount whose root the place is; EINVAL: it is none's. */
static int64_t mount_number(const struct description *d)
{
	char *path = heap_new(PATH_MOST);
	struct remote r = { .session = d->a };
	int32_t outcome = -EIO;
	size_t n = 0;

	if (path == nullptr)
		return -ENOMEM;
	if (file_place(&r, &outcome, path, PATH_MOST, &n) != OK)
		outcome = -EIO;
	heap_free(path);
	if (outcome < 0)
		return outcome == -ENOENT ? -EINVAL : outcome;
	return n == 1 ? d->mount : -EINVAL;
}

static int64_t remount(struct wish *w)
{
	int64_t number = mount_number(w->target);
	int32_t outcome;

	if (number < 0)
		return number;
	enum err e = posix_remount(&process.posix, w->flags, (uint32_t)number, w->options,
				   strlen(w->options), &outcome);
	return e != OK ? file_error(e) : outcome;
}

static fut_handle session_copy(const struct description *d)
{
	fut_handle copy = 0;

	if (d != nullptr)
		(void)fut_handle_duplicate(d->a, RIGHTS_SESSION, &copy); /* else posixd refuses */
	return copy;
}

static int64_t mount_ask(struct wish *w)
{
	fut_handle covered = session_copy(w->target), origin = session_copy(w->origin);
	uint32_t number;
	int32_t outcome;

	if (covered == 0)
		return -ENOMEM;
	enum err e = posix_mount(&process.posix, w->flags, w->target->mount,
				 w->origin != nullptr ? w->origin->mount : 0, w->at, strlen(w->at),
				 w->kind, strlen(w->kind), w->source, strlen(w->source), w->options,
				 strlen(w->options), covered, origin, &outcome, &number);
	return e != OK ? file_error(e) : outcome;
}

static int64_t own_open(const char *path, struct description **d)
{
	return file_open_own(AT_FDCWD, path, FILE_PATH, d);
}

/* `path` + `rest`, if it fits. */
static bool path_join(char to[PATH_MOST], const char *path, const char *rest)
{
	size_t n = strcmp(path, "/") == 0 ? 0 : strlen(path), m = strlen(rest);

	if (n + m + 1 > PATH_MOST)
		return false;
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): the rest follows */
	memcpy(to, path, n);
	memcpy(to + n, rest, m + 1);
	return true;
}

/* For MS_REC: what is mounted below `from`, too, as it was before. */
static int64_t bind_below(struct wish *w)
{
	size_t n = strcmp(w->from, "/") == 0 ? 0 : strlen(w->from), at_length = strlen(w->at);
	char *path = heap_new(PATH_MOST);
	uint32_t number = 0, last = 0;
	int64_t error = 0;

	if (path == nullptr)
		return -ENOMEM;
	for (uint32_t next; mount_path_after(number, path, &next); number = next)
		last = next;
	number = 0;
	for (uint32_t next; error == 0 && number < last && mount_path_after(number, path, &next);
	     number = next) {
		if (next == last || strncmp(path, w->from, n) != 0 || path[n] != '/' ||
		    path[n + 1] == '\0')
			continue;
		struct wish *below = heap_new(sizeof(*below));
		if (below == nullptr)
			error = -ENOMEM;
		else if (!path_join(below->at, w->at, path + n))
			error = -ENAMETOOLONG;
		if (error == 0) {
			below->flags = w->flags;
			if (own_open(path, &below->origin) == 0 &&
			    own_open(below->at, &below->target) == 0)
				error = mount_ask(below);
			description_drop(below->origin);
			description_drop(below->target);
		}
		heap_free(below);
	}
	heap_free(path);
	w->at[at_length] = '\0';
	return error;
}

static int64_t bind(struct wish *w)
{
	int64_t error = own_open(w->source, &w->origin);

	if (error != 0)
		return error;
	if (S_ISDIR(w->origin->mode) != S_ISDIR(w->target->mode))
		return -ENOTDIR;
	if ((error = place_path(w->origin, w->from)) < 0)
		return error;
	error = mount_ask(w);
	return error == 0 && (w->flags & MS_REC) != 0 ? bind_below(w) : error;
}

static int64_t move(struct wish *w)
{
	int64_t error = own_open(w->source, &w->origin);

	if (error == 0)
		error = mount_number(w->origin);
	if (error < 0)
		return error;
	if (S_ISDIR(w->origin->mode) != S_ISDIR(w->target->mode))
		return -ENOTDIR;
	return mount_ask(w);
}

static int64_t mount_new(struct wish *w)
{
	if (!S_ISDIR(w->target->mode))
		return -ENOTDIR;
	if (strcmp(w->kind, "futurafs") == 0) {
		int64_t error = own_open(w->source, &w->origin);
		if (error != 0)
			return error;
	}
	return mount_ask(w);
}

static int64_t mount(struct wish *w)
{
	constexpr uint32_t SPREAD = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;
	int64_t n = place_path(w->target, w->at);

	if (n < 0)
		return n;
	if ((size_t)n >= 2000)
		return -ENAMETOOLONG; /* of the message */
	if ((w->flags & MS_REMOUNT) != 0)
		return remount(w);
	if ((w->flags & SPREAD) != 0) { /* no mount here is seen anywhere else */
		n = mount_number(w->target);
		return n < 0 ? n : (w->flags & MS_SHARED) != 0 ? -EINVAL : 0;
	}
	return (w->flags & MS_BIND) != 0   ? bind(w)
	       : (w->flags & MS_MOVE) != 0 ? move(w)
					   : mount_new(w);
}

/* A text that may be absent, and for `data` is cut off as Linux's page is. */
static int64_t text_take(char *to, uint64_t from, size_t size)
{
	int64_t n = from != 0 ? guest_string(to, from, size) : 0;

	if (from == 0)
		to[0] = '\0';
	return n < 0 ? n : 0;
}

CALL5(mount, uint64_t, source, uint64_t, target, uint64_t, kind, uint64_t, flags, uint64_t, data)
{
	struct wish *w = heap_new(sizeof(*w));
	int64_t error;

	if (w == nullptr)
		return -ENOMEM;
	w->flags = (uint32_t)flags;
	if ((w->flags & MS_MGC_MSK) == MS_MGC_VAL)
		w->flags &= ~(uint32_t)MS_MGC_MSK;
	w->flags &= ~(uint32_t)MS_SILENT;
	if ((error = text_take(w->kind, kind, sizeof(w->kind))) == 0 &&
	    (error = text_take(w->source, source, sizeof(w->source))) == 0)
		error = text_take(w->options, data, sizeof(w->options));
	if (error == 0 && !process_can(CAP_SYS_ADMIN))
		error = -EPERM;
	if (error == 0)
		error = place_open(target, 0, &w->target);
	if (error == 0)
		error = mount(w);
	description_drop(w->target);
	description_drop(w->origin);
	heap_free(w);
	return error;
}

CALL2(umount2, uint64_t, target, uint32_t, flags)
{
	struct description *d;
	int32_t outcome;
	int64_t number;

	if ((flags & ~15u) != 0 || (flags & EXPIRE) != 0)
		return -EINVAL;
	if (!process_can(CAP_SYS_ADMIN))
		return -EPERM;
	number = place_open(target, (flags & NO_FOLLOW) != 0 ? FILE_NO_FOLLOW : 0, &d);
	if (number != 0)
		return number;
	number = mount_number(d);
	description_drop(d); /* or it would be what keeps the mount busy */
	if (number < 0)
		return number;
	mounts_forget();
	enum err e = posix_unmount(&process.posix, (uint32_t)number, flags & DETACH, &outcome);
	return e != OK ? file_error(e) : outcome;
}

/* The directory becomes the root: posixd gives a session that cannot climb above it. */
static int64_t root_change(struct description *d)
{
	char *path = heap_new(PATH_MOST);
	fut_handle directory = session_copy(d), root = 0;
	struct description *made;
	int32_t outcome = 0;
	enum err e = OK;

	if (path == nullptr || directory == 0) {
		heap_free(path);
		return -ENOMEM;
	}
	int64_t n = place_path(d, path);
	if (n >= 0)
		e = posix_root(&process.posix, d->mount, path, (size_t)n, directory, &root,
			       &outcome);
	else
		(void)fut_handle_close(directory); /* ours */
	heap_free(path);
	if (n < 0 || e != OK || outcome < 0)
		return n < 0 ? n : e != OK ? file_error(e) : outcome;
	int64_t error = place_of(root, nullptr, &made);
	if (error != 0)
		return error;
	made->mount = d->mount;
	mutex_lock(&process.locks.files);
	struct description *old = process.root;
	process.root = made;
	mutex_unlock(&process.locks.files);
	known_forget();
	description_drop(old);
	mounts_forget();
	return 0;
}

CALL1(chroot, uint64_t, path)
{
	struct description *d;
	int64_t error = place_open(path, FILE_DIRECTORY, &d);

	if (error == 0)
		error = place_may_search(d);
	if (error != 0)
		return error;
	error = !process_can(CAP_SYS_CHROOT) ? -EPERM : root_change(d);
	description_drop(d);
	return error;
}

CALL4(reboot, uint32_t, magic, uint32_t, magic2, uint32_t, command, uint64_t, argument)
{
	int32_t outcome;

	(void)argument;
	if (!process_can(CAP_SYS_BOOT))
		return -EPERM;
	if (magic != LINUX_REBOOT_MAGIC1 ||
	    (magic2 != LINUX_REBOOT_MAGIC2 && magic2 != LINUX_REBOOT_MAGIC2A &&
	     magic2 != LINUX_REBOOT_MAGIC2B && magic2 != LINUX_REBOOT_MAGIC2C))
		return -EINVAL;
	switch (command) {
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0; /* there is no such key here */
	case LINUX_REBOOT_CMD_RESTART:
	case LINUX_REBOOT_CMD_HALT:
	case LINUX_REBOOT_CMD_POWER_OFF: {
		enum err e =
			posix_power(&process.posix, command == LINUX_REBOOT_CMD_RESTART, &outcome);
		return e != OK ? file_error(e) : outcome;
	}
	default:
		return -EINVAL;
	}
}

/* Every mounted file system that may have something to write. Errors are not told, as on Linux. */
CALL0(sync)
{
	char *path = heap_new(PATH_MOST);
	uint32_t number = 0;
	struct description *d;

	if (path == nullptr)
		return 0;
	for (uint32_t next; mount_path_after(number, path, &next); number = next)
		if (mount_place(next, false, &d) == 0) {
			int64_t outcome;
			(void)file_sync_all(&(struct remote){ .session = d->a },
					    &outcome); /* nothing else is to be done */
			description_drop(d);
		}
	int64_t outcome;
	(void)file_sync_all(&(struct remote){ .session = process.root->a },
			    &outcome); /* as above */
	heap_free(path);
	return 0;
}
