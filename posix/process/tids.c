/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/process/tids.h"
#include "posix/core/call.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/files/path.h"
#include "protocol/posix.h"

constexpr uint32_t BLOCK = 16;

static uint32_t next, left;

void tids_forked(void)
{
	if (left != 0) /* else writing would copy the page */
		left = 0;
}

int64_t tid_take(uint32_t *tid)
{
	int64_t error = 0;

	mutex_lock(&process.locks.threads);
	if (left == 0) {
		int32_t outcome = 0;
		enum err e = posix_tids(&process.posix, BLOCK, &outcome, &next);
		error = e != OK ? file_error(e) : outcome < 0 ? outcome : 0;
		left = error == 0 ? BLOCK : 0;
	}
	if (error == 0) {
		*tid = next++;
		left--;
	}
	mutex_unlock(&process.locks.threads);
	return error;
}

int64_t thread_own_handle(void)
{
	constexpr uint64_t PAUSE = 100'000;
	constexpr unsigned TRIES = 10'000;
	struct thread *t = self();
	int32_t outcome = -ESRCH;
	enum err e = OK;

	/* Right after fork our parent may not have told posixd yet which task we are. */
	for (unsigned i = 0; i < TRIES && e == OK && outcome == -ESRCH; i++) {
		e = posix_thread(&process.posix, t->control->thread_id, &t->handle, &outcome);
		if (e == OK && outcome == -ESRCH && wait_until(clock_now() + PAUSE) != 0)
			return -ERESTARTNOINTR;
	}
	return e != OK ? file_error(e) : outcome;
}
