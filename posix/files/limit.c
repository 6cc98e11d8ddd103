/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/files/limit.h"
#include <linux/stat.h>
#include "posix/core/call.h"
#include "posix/core/process.h"
#include "posix/files/file.h"
#include "posix/signal/deliver.h"
#include "protocol/file.h"

static int64_t refuse(void)
{
	siginfo_t info = { .si_signo = SIGXFSZ, .si_code = SI_USER };

	info.si_pid = (int)process.pid;
	info.si_uid = process.uid;
	signal_raise(self(), &info);
	return -EFBIG;
}

int64_t limit_length(uint64_t length)
{
	return length > process.file_limit ? refuse() : 0;
}

int64_t limit_write(struct description *d, uint64_t at, uint64_t *size)
{
	if (process.file_limit == UINT64_MAX || !S_ISREG(d->mode) || *size == 0)
		return 0;
	if ((atomic_load(&d->state->status) & STATUS_APPEND) != 0) {
		int64_t end = file_size(d);
		if (end < 0)
			return end;
		at = (uint64_t)end;
	} else if (at == FILE_AT_STATE) {
		at = atomic_load(&d->state->offset);
	}
	if (at >= process.file_limit)
		return refuse();
	if (*size > process.file_limit - at)
		*size = process.file_limit - at;
	return 0;
}
