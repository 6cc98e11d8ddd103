/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/files/mounts.h"
#include "lib/futura/lock.h"
#include "posix/core/call.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/files/file.h"
#include "protocol/posix.h"

struct known {
	struct known *next;
	uint32_t number;
	struct description *place;
};

static struct known *all;

static struct description *hold(struct description *d)
{
	__atomic_add_fetch(&d->refs, 1, __ATOMIC_RELAXED);
	return d;
}

static struct description *find(uint32_t number)
{
	for (struct known *k = all; k != nullptr; k = k->next)
		if (k->number == number)
			return hold(k->place);
	return nullptr;
}

static int64_t ask(uint32_t number, bool up, struct description **place)
{
	fut_handle session;
	int32_t outcome;
	uint32_t mount = number;
	enum err e = up ? posix_covered(&process.posix, number, &session, &outcome, &mount)
			: posix_mounted(&process.posix, number, &session, &outcome);

	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	int64_t error = place_of(session, nullptr, place);
	if (error == 0)
		(*place)->mount = mount;
	return error;
}

/* What is covered is not kept: the session would make busy what it lies in. */
int64_t mount_place(uint32_t number, bool up, struct description **place)
{
	int64_t error = 0;

	if (up)
		return ask(number, true, place);
	mutex_lock(&process.locks.mounts);
	*place = find(number);
	if (*place == nullptr && (error = ask(number, false, place)) == 0) {
		struct known *k = heap_new(sizeof(*k));
		if (k != nullptr) { /* else it is asked again */
			*k = (struct known){ all, number, hold(*place) };
			all = k;
		}
	}
	mutex_unlock(&process.locks.mounts);
	return error;
}

void mounts_forget(void)
{
	mutex_lock(&process.locks.mounts);
	struct known *k = all;
	all = nullptr;
	mutex_unlock(&process.locks.mounts);
	while (k != nullptr) {
		struct known *next = k->next;
		description_drop(k->place);
		heap_free(k);
		k = next;
	}
}
