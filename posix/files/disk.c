/* SPDX-License-Identifier: MPL-2.0 */
/* Block devices: what their nodes open, and what programs ask of them beside reading and writing.
 */
#include <linux/fs.h>
#include <linux/stat.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/files/device.h"
#include "posix/files/file.h"
#include "protocol/disk.h"
#include "protocol/posix.h"

/* As Linux numbers virtio's disks here: services/posixd/disks.c. */
constexpr uint64_t DISK_MAJOR = 253, DISK_MINORS = 16;
constexpr uint64_t SECTOR = 512; /* what BLKGETSIZE counts in */
constexpr int BLOCK_SIZE_SOFT = 4096;

struct disk_info {
	uint64_t size;
	uint32_t features, sector_size, physical_size;
};

/* False: the session is not with a disk. */
static bool info_of(const struct description *d, struct disk_info *i)
{
	struct remote r = { .session = d->a };

	return disk_info(&r, &i->size, &i->features, &i->sector_size, &i->physical_size) == OK;
}

/* --- Opening --- */

/* The disk's own session; who serves it may have ended a moment ago with its last use. */
static enum err open_disk(uint32_t number, uint32_t flags, struct opened *o, int32_t *outcome)
{
	constexpr unsigned TRIES = 3;
	enum err e = ERR_PEER_CLOSED;

	for (unsigned i = 0; e == ERR_PEER_CLOSED && i < TRIES; i++) {
		struct remote root = {};
		char rest[8];
		size_t rest_length;

		e = posix_mounted(&process.posix, POSIX_MOUNT_DISKS + number, &root.session,
				  outcome);
		if (e != OK || *outcome != 0)
			break;
		e = file_open(&root, flags, 0, "", 0, &o->session, outcome, &o->slot, &o->node,
			      &o->size, &o->mode, rest, sizeof(rest), &rest_length);
		(void)fut_handle_close(root.session); /* ours */
	}
	return e;
}

int64_t disk_become(struct description **d, uint32_t flags, uint32_t status)
{
	constexpr uint32_t PASSED = FILE_OPEN_READ | FILE_OPEN_WRITE | FILE_EXCLUSIVE;
	uint64_t device = (*d)->device;
	uint64_t major = device_major(device), minor = device_minor(device);
	struct description *opened;
	struct disk_info info;
	struct opened o = {};
	int32_t outcome = 0;

	if (info_of(*d, &info))
		return 0;
	if (major != DISK_MAJOR || minor % DISK_MINORS != 0)
		return -ENXIO;
	enum err e = open_disk((uint32_t)(minor / DISK_MINORS), flags & PASSED, &o, &outcome);
	if (e != OK || outcome != 0)
		return e != OK ? file_error(e) : outcome == -ENOENT ? -ENXIO : outcome;
	int64_t error = file_description(&o, flags, status, &opened);
	if (error != 0)
		return error;
	description_drop(*d);
	*d = opened;
	return 0;
}

/* --- ioctl --- */

static int64_t put_number(uint64_t to, uint64_t value, size_t size)
{
	return guest_put(to, &value, size);
}

/* An offset and a length. */
static int64_t erase(struct description *d, uint64_t range, uint32_t how)
{
	struct remote r = { .session = d->a };
	uint64_t at[2];
	int32_t outcome;

	if (guest_get(at, range, sizeof(at)) != 0)
		return -EFAULT;
	enum err e = disk_erase(&r, at[0], at[1], how, &outcome);
	return e != OK ? file_error(e) : outcome;
}

static int64_t flush(struct description *d)
{
	struct remote r = { .session = d->a };
	int64_t outcome;
	enum err e = file_sync(&r, 0, &outcome);

	return e != OK ? file_error(e) : outcome;
}

static int64_t answer(struct description *d, const struct disk_info *i, uint32_t command,
		      uint64_t argument)
{
	switch (command) {
	case BLKGETSIZE64:
		return put_number(argument, i->size, sizeof(uint64_t));
	case BLKGETSIZE:
		return put_number(argument, i->size / SECTOR, sizeof(uint64_t));
	case BLKSSZGET:
		return put_number(argument, i->sector_size, sizeof(int));
	case BLKPBSZGET:
	case BLKIOMIN:
		return put_number(argument, i->physical_size, sizeof(uint32_t));
	case BLKIOOPT:
	case BLKALIGNOFF:
	case BLKDISCARDZEROES:
		return put_number(argument, 0, sizeof(uint32_t));
	case BLKROTATIONAL:
		return put_number(argument, 1, sizeof(uint16_t)); /* as Linux says of virtio's */
	case BLKBSZGET:
		return put_number(argument, BLOCK_SIZE_SOFT, sizeof(int));
	case BLKROGET:
		return put_number(argument, (i->features & DISK_READ_ONLY) != 0, sizeof(int));
	case BLKFLSBUF:
		return flush(d);
	case BLKDISCARD:
		return erase(d, argument, DISK_DISCARD);
	case BLKZEROOUT:
		return erase(d, argument, DISK_ZERO);
	default:
		return -ENOTTY;
	}
}

int64_t disk_control(struct description *d, uint32_t command, uint64_t argument)
{
	struct disk_info info;

	return S_ISBLK(d->mode) && info_of(d, &info) ? answer(d, &info, command, argument)
						     : -ENOTTY;
}
