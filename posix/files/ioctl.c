/* SPDX-License-Identifier: MPL-2.0 */
/* ioctl of files and directories. */
#include <asm/ioctls.h>
#include <linux/fs.h>
#include <linux/stat.h>
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/files/device.h"
#include "posix/files/file.h"
#include "posix/files/known.h"

/* How much can be read from here on: as an int. */
static int64_t put_left(struct description *d, uint64_t to)
{
	int64_t size = file_size(d);
	int32_t left = (int32_t)(size - (int64_t)atomic_load(&d->state->offset));

	return size < 0 ? size : guest_put(to, &left, sizeof(left));
}

static int64_t put_size(struct description *d, uint64_t to)
{
	int64_t size = file_size(d);

	return size < 0 ? size : guest_put(to, &size, sizeof(size));
}

static int64_t put_block_size(struct description *d, uint64_t to)
{
	struct attributes a = {};
	int64_t error = file_ask(d, &a);
	int32_t size = (int32_t)a.block_size;

	return error < 0 ? error : guest_put(to, &size, sizeof(size));
}

int64_t file_ioctl(struct description *d, uint32_t command, uint64_t argument)
{
	switch (command) {
	case FIGETBSZ:
		return put_block_size(d, argument);
	case FIONREAD:
		return S_ISREG(d->mode) ? put_left(d, argument) : -ENOTTY;
	case FIOQSIZE:
		return S_ISREG(d->mode) || S_ISDIR(d->mode) ? put_size(d, argument) : -ENOTTY;
	case FICLONE: /* no two files share blocks */
	case FICLONERANGE:
	case FIDEDUPERANGE:
		return -EOPNOTSUPP;
	default:
		return disk_control(d, command, argument);
	}
}
