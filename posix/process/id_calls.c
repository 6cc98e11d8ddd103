/* SPDX-License-Identifier: MPL-2.0 */
/* Changing who we are: posixd decides, and gives places with the new credentials. */
#include <linux/capability.h>
#include <string.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/files/file.h"
#include "posix/files/known.h"
#include "posix/files/mounts.h"
#include "posix/files/path.h"
#include "posix/files/place.h"
#include "posix/process/ids.h"
#include "protocol/posix.h"

constexpr uint32_t KEEP = UINT32_MAX;
constexpr uint32_t USERS = 0, GROUPS = 1, SUPPLEMENTARY = 2,
		   FILES = 3; /* protocol/posix.fipc, set_ids */
constexpr unsigned GROUPS_MOST = 256;

int64_t id_exists(uint32_t which, uint32_t id)
{
	int32_t outcome = 0, nice; /* to ask for the latter needs no right */
	enum err e = posix_priority(&process.posix, which, id, 0, 0, &outcome, &nice);

	return e != OK ? file_error(e) : outcome;
}

static void replace(struct description **place, struct description *d)
{
	mutex_lock(&process.locks.files);
	struct description *old = *place;
	*place = d;
	mutex_unlock(&process.locks.files);
	known_forget();
	description_drop(old);
}

/* The working directory as the new credentials see it: through `place`, of the same mount. */
static int64_t renew_cwd(struct description *place)
{
	fut_handle session;
	struct description *d;
	int64_t error = place_as(process.cwd, place, &session);

	if (error == 0)
		error = place_of(session, place->line, &d);
	if (error == 0) {
		d->mount = process.cwd->mount;
		replace(&process.cwd, d);
	}
	return error;
}

static int64_t renew_places(fut_handle root)
{
	struct description *d;

	process.identity++;
	int64_t error = place_of(root, nullptr, &d);

	if (error != 0)
		return error;
	d->mount = process.root->mount;
	replace(&process.root, d);
	mounts_forget();
	if (process.cwd->mount == d->mount)
		return renew_cwd(d);
	struct description *place;
	error = mount_place(process.cwd->mount, false, &place);
	if (error == 0) {
		error = renew_cwd(place);
		description_drop(place);
	}
	return error == -ENOENT ? 0 : error; /* a detached mount's directory stays as it is */
}

int64_t ids_changed(fut_handle root)
{
	process_learn();
	return root != 0 ? renew_places(root) : 0;
}

static int64_t set_ids(uint32_t which, uint32_t real, uint32_t effective, uint32_t saved,
		       const void *groups, size_t size)
{
	fut_handle root = 0;
	int32_t outcome = 0;
	enum err e = posix_set_ids(&process.posix, which, real, effective, saved, groups, size,
				   &root, &outcome);

	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	int64_t error = ids_changed(root);
	if (which == USERS)
		process.fsuid = process.euid;
	else if (which == GROUPS)
		process.fsgid = process.egid;
	return error;
}

CALL3(setresuid, uint32_t, real, uint32_t, effective, uint32_t, saved)
{
	return set_ids(USERS, real, effective, saved, "", 0);
}

CALL3(setresgid, uint32_t, real, uint32_t, effective, uint32_t, saved)
{
	return set_ids(GROUPS, real, effective, saved, "", 0);
}

/* Without privilege only the effective id changes, to one of the other two. */
CALL1(setuid, uint32_t, id)
{
	return process_can(CAP_SETUID) ? set_ids(USERS, id, id, id, "", 0)
				       : set_ids(USERS, KEEP, id, KEEP, "", 0);
}

CALL1(setgid, uint32_t, id)
{
	return process_can(CAP_SETGID) ? set_ids(GROUPS, id, id, id, "", 0)
				       : set_ids(GROUPS, KEEP, id, KEEP, "", 0);
}

/* The saved id follows the effective one where the real one is set, or the effective one to other
 * than the real: setreuid(2). */
static uint32_t saved_after(uint32_t real, uint32_t effective, uint32_t real_now,
			    uint32_t effective_now)
{
	return real != KEEP || (effective != KEEP && effective != real_now)
		       ? (effective != KEEP ? effective : effective_now)
		       : KEEP;
}

CALL2(setreuid, uint32_t, real, uint32_t, effective)
{
	if (!process_can(CAP_SETUID) && real != KEEP && real != process.uid && real != process.euid)
		return -EPERM;
	return set_ids(USERS, real, effective,
		       saved_after(real, effective, process.uid, process.euid), "", 0);
}

CALL2(setregid, uint32_t, real, uint32_t, effective)
{
	if (!process_can(CAP_SETGID) && real != KEEP && real != process.gid && real != process.egid)
		return -EPERM;
	return set_ids(GROUPS, real, effective,
		       saved_after(real, effective, process.gid, process.egid), "", 0);
}

CALL2(setgroups, uint32_t, n, uint64_t, from)
{
	uint32_t groups[GROUPS_MOST];

	if (n > 65536)
		return -EINVAL;
	if (guest_get(groups, from, (n < GROUPS_MOST ? n : GROUPS_MOST) * sizeof(groups[0])) != 0)
		return -EFAULT;
	if (n > GROUPS_MOST)
		return -ENOMEM;
	return set_ids(SUPPLEMENTARY, KEEP, KEEP, KEEP, groups, n * sizeof(groups[0]));
}

CALL2(getgroups, int32_t, n, uint64_t, to)
{
	uint32_t groups[GROUPS_MOST];
	int32_t outcome = 0;
	size_t size = 0;

	if (n < 0)
		return -EINVAL;
	enum err e = posix_groups(&process.posix, &outcome, groups, sizeof(groups), &size);
	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	if (n != 0 && (size_t)n < size / 4)
		return -EINVAL;
	return n != 0 && guest_put(to, groups, size) != 0 ? -EFAULT : (int64_t)(size / 4);
}

/* What these tell is the old value, whether they change it or not. */
CALL1(setfsuid, uint32_t, id)
{
	uint32_t old = process.fsuid;

	if (id != KEEP && set_ids(FILES, id, KEEP, KEEP, "", 0) == 0)
		process.fsuid = id;
	return old;
}

CALL1(setfsgid, uint32_t, id)
{
	uint32_t old = process.fsgid;

	if (id != KEEP && set_ids(FILES, KEEP, id, KEEP, "", 0) == 0)
		process.fsgid = id;
	return old;
}
