/* SPDX-License-Identifier: MPL-2.0 */
/* The devices that need nobody: null, zero, full, random; and the log. Numbers: Linux,
 * admin-guide/devices.txt. */
#include "posix/files/device.h"
#include <linux/random.h>
#include <linux/stat.h>
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/random.h"
#include "posix/ipc/pipe.h"
#include "posix/mm/maps.h"
#include "posix/tty/tty.h"
#include "abi/user.h"

constexpr uint64_t MEMORY_MAJOR = 1;

static int64_t read_nothing(struct description *d, uint64_t to, uint64_t size, uint64_t at)
{
	(void)d, (void)to, (void)size, (void)at;
	return 0;
}

static int64_t read_zeroes(struct description *d, uint64_t to, uint64_t size, uint64_t at)
{
	(void)d, (void)at;
	return guest_zero(to, size) == 0 ? (int64_t)size : -EFAULT;
}

static int64_t read_random(struct description *d, uint64_t to, uint64_t size, uint64_t at)
{
	(void)d, (void)at;
	return random_put(to, size);
}

static int64_t write_anything(struct description *d, uint64_t from, uint64_t size, uint64_t at)
{
	(void)d, (void)from, (void)at;
	return (int64_t)size;
}

static int64_t write_full(struct description *d, uint64_t from, uint64_t size, uint64_t at)
{
	(void)d, (void)from, (void)size, (void)at;
	return -ENOSPC;
}

static int64_t seek_nowhere(struct description *d, int64_t offset, unsigned whence)
{
	(void)d, (void)offset, (void)whence;
	return 0;
}

/* /dev/zero: shared memory if mapped shared, else plain memory. */
static int64_t map_zeroes(struct description *d, bool shared, struct map_backing **b)
{
	(void)d, (void)shared;
	*b = nullptr;
	return 0;
}

static const struct description_ops null_ops = { .read = read_nothing,
						 .write = write_anything,
						 .seek = seek_nowhere };
static const struct description_ops zero_ops = {
	.read = read_zeroes, .write = write_anything, .seek = seek_nowhere, .map = map_zeroes
};
static const struct description_ops full_ops = { .read = read_zeroes,
						 .write = write_full,
						 .seek = seek_nowhere };
/* The pool is full from the start, as Linux's is since it has one of 256 bits. */
static int64_t control_random(struct description *d, uint32_t command, uint64_t argument)
{
	int bits = 256;

	(void)d;
	return command == RNDGETENTCNT ? guest_put(argument, &bits, sizeof(bits)) : -ENOTTY;
}

static const struct description_ops random_ops = {
	.read = read_random, .write = write_anything, .seek = seek_nowhere, .ioctl = control_random
};

static const struct description_ops *memory_device(uint64_t minor)
{
	switch (minor) {
	case 3:
		return &null_ops;
	case 5:
		return &zero_ops;
	case 7:
		return &full_ops;
	case 8:
	case 9:
		return &random_ops;
	case 11:
		return &kmsg_ops;
	default:
		return nullptr;
	}
}

int64_t device_become(struct description **d, uint32_t flags, uint32_t status)
{
	const struct description_ops *ops = nullptr;

	if (S_ISFIFO((*d)->mode))
		return fifo_become(d, status);
	if (S_ISBLK((*d)->mode))
		return disk_become(d, flags, status);
	if (S_ISCHR((*d)->mode) && device_major((*d)->device) == MEMORY_MAJOR)
		ops = memory_device(device_minor((*d)->device));
	if (ops == nullptr)
		return S_ISCHR((*d)->mode) ? tty_become(d, flags) : -ENXIO;
	(*d)->ops = ops;
	(*d)->kind = DESCRIPTOR_DEVICE;
	return 0;
}
