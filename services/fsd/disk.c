/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The disk: opened with its first use, by the volume or as a file. As a file (protocol/disk.fipc)
 * it is read and written without a cache, through the stage. The volume on it and who writes to it
 * keep each other out.
 */
#include "services/fsd/fsd.h"
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"

/* To copy by, to read contents into, and for what the volume writes: three times 145 blocks. */
constexpr size_t DISK_MEMORY = (512 << 10) + DATA_STAGE + (2 << 20);
/* A machine may have no such disk: then we are not needed. */
constexpr uint64_t DISK_PATIENCE = 3 * SECOND;
constexpr uint32_t DISK_GROUP = 6; /* Debian's */

static const struct files_node_ops ops;
static struct files_system file = { .ops = &ops };
static struct files_node node = {
	.system = &file, .mode = S_IFBLK | 0660, .gid = DISK_GROUP, .refs = 1
};
static unsigned nopen, nwriters;
static bool is_held; /* by a session that asked to be the only one */

/* As posixd's nodes have it: the disk's number in its name, "block.N". */
static uint64_t device_number(const char *disk)
{
	const char *dot = strrchr(disk, '.');

	return makedev(253, dot ? 16 * strtoul(dot + 1, nullptr, 10) : 0);
}

int disk_open(void)
{
	struct block *b = &fsd.disk;

	if (fsd.staged != nullptr)
		return 0;
	enum err e = block_open(b, fsd.disk_name, DISK_MEMORY, clock_after(DISK_PATIENCE));
	if (e != OK) {
		print("fsd: no `%s`: %s\n", fsd.disk_name, error_name(e));
		return -ENXIO;
	}
	fsd.staged = block_buffer(b, DATA_STAGE);
	file.root = &node;
	file.device = files_anonymous(6); /* as Linux's devtmpfs has one */
	node.number = node.rdev = device_number(fsd.disk_name);
	node.size = b->sectors * b->sector_size;
	return 0;
}

void disk_close(void)
{
	if (fsd.staged == nullptr || fsd.fs != nullptr || nopen > 0)
		return;
	block_close(&fsd.disk);
	fsd.staged = nullptr;
}

bool disk_is_open(void)
{
	return nopen > 0;
}

bool disk_is_taken(void)
{
	return nwriters > 0 || is_held;
}

uint64_t disk_device(void)
{
	return node.rdev;
}

/* --- As a file --- */

struct files_node *disk_file(void)
{
	return &node;
}

static void release(struct files_node *)
{
	/* It is not made, and stays. */
}

static struct files_node *parent(struct files_node *n)
{
	return files_node_get(n); /* never asked of what is no directory */
}

static int open_file(struct files_session *s)
{
	bool writes = s->flags & FILE_OPEN_WRITE, holds = s->flags & FILE_EXCLUSIVE;

	if ((fsd.fs != nullptr && (writes || holds)) || (holds && is_held))
		return -EBUSY;
	nopen++;
	nwriters += writes;
	is_held |= holds;
	return 0;
}

static void close_file(struct files_session *s)
{
	nopen--;
	nwriters -= (s->flags & FILE_OPEN_WRITE) != 0;
	is_held &= !(s->flags & FILE_EXCLUSIVE);
}

/* Whole sectors around [at, end), as many as fit the stage. */
struct span {
	uint64_t first, count;
};

static struct span span_around(uint64_t at, uint64_t end)
{
	uint64_t sector = fsd.disk.sector_size, first = at / sector;
	uint64_t count = (end + sector - 1) / sector - first, most = DATA_STAGE / sector;

	return (struct span){ first, count < most ? count : most };
}

static uint64_t span_end(struct span s, uint64_t end)
{
	uint64_t reached = (s.first + s.count) * fsd.disk.sector_size;

	return reached < end ? reached : end;
}

static int span_read(uint64_t sector, uint64_t count, char *to)
{
	return block_read(&fsd.disk, sector, count, to) == OK ? 0 : -EIO;
}

/* The part of the range that lies on the disk: its end. */
static uint64_t range_end(uint64_t at, size_t n)
{
	return at >= node.size ? at : n < node.size - at ? at + n : node.size;
}

static int64_t read_file(struct files_session *, uint64_t from, const struct lent *to, size_t n)
{
	uint64_t at = from, end = range_end(from, n), sector = fsd.disk.sector_size;
	int64_t e = 0;

	while (at < end && e >= 0) {
		struct span s = span_around(at, end);
		uint64_t until = span_end(s, end);
		e = span_read(s.first, s.count, fsd.staged);
		if (e == 0)
			e = files_give(to, at - from, fsd.staged + (at - s.first * sector),
				       until - at);
		if (e >= 0)
			at = until;
	}
	return e < 0 && (at == from || e == FILES_AGAIN) ? e : (int64_t)(at - from);
}

/* Sectors at the ends that are written in part come from the disk first. */
static int ends_read(struct span s, uint64_t at, uint64_t until)
{
	uint64_t sector = fsd.disk.sector_size, last = s.count - 1;
	int e = 0;

	if (at % sector != 0)
		e = span_read(s.first, 1, fsd.staged);
	if (e == 0 && until % sector != 0 && (last > 0 || at % sector == 0))
		e = span_read(s.first + last, 1, fsd.staged + last * sector);
	return e;
}

static int64_t span_write(struct span s, uint64_t at, uint64_t until, const struct lent *from,
			  uint64_t offset, const char *data)
{
	char *to = fsd.staged + (at - s.first * fsd.disk.sector_size);
	int64_t e = ends_read(s, at, until);

	if (e < 0)
		return e;
	if (data != nullptr)
		memcpy(to, data + offset, until - at);
	else if ((e = files_take(from, offset, to, until - at)) < 0)
		return e;
	return block_write(&fsd.disk, s.first, s.count, fsd.staged) == OK ? 0 : -EIO;
}

static int64_t write_file(struct files_session *, uint64_t to, const struct lent *from,
			  const void *data, size_t n)
{
	uint64_t at = to, end = range_end(to, n);
	int64_t e = 0;

	if (fsd.disk.features & BLOCK_READ_ONLY)
		return -EPERM;
	if (at >= end)
		return -ENOSPC;
	while (at < end && e >= 0) {
		struct span s = span_around(at, end);
		uint64_t until = span_end(s, end);
		e = span_write(s, at, until, from, at - to, data);
		if (e >= 0)
			at = until;
	}
	return e < 0 && (at == to || e == FILES_AGAIN) ? e : (int64_t)(at - to);
}

static int flush_file(void)
{
	return block_flush(&fsd.disk) == OK ? 0 : -EIO;
}

static int sync_file(struct files_session *, bool)
{
	return flush_file();
}

static int sync_system(struct files_system *)
{
	return flush_file();
}

static void stat_file(struct files_node *, struct file_stat_results *r)
{
	r->size = 0; /* as Linux says of devices: seeking tells */
	r->nlink = 1;
	r->block_size = FSD_PAGE;
}

static const struct files_node_ops ops = {
	.release = release,
	.parent = parent,
	.stat = stat_file,
	.open = open_file,
	.close = close_file,
	.read = read_file,
	.write = write_file,
	.sync = sync_file,
	.sync_all = sync_system,
};

/* --- protocol/disk.fipc --- */

static struct files_session *session_of(void *self, uint64_t badge)
{
	struct files_session *s = files_session_find(self, badge);

	return s != nullptr && s->node == &node ? s : nullptr;
}

static enum err on_info(void *self, uint64_t badge, struct disk_info_results *r)
{
	const struct block *b = &fsd.disk;

	if (session_of(self, badge) == nullptr)
		return ERR_UNSUPPORTED;
	r->size = node.size;
	r->sector_size = b->sector_size;
	r->physical_size = b->physical_size;
	r->features = (b->features & BLOCK_READ_ONLY ? DISK_READ_ONLY : 0) |
		      (b->features & BLOCK_HAS_DISCARD ? DISK_HAS_DISCARD : 0) |
		      (b->features & BLOCK_HAS_ZERO ? DISK_HAS_ZERO : 0);
	return OK;
}

static int erase(const struct files_session *s, const struct disk_erase_args *a)
{
	uint32_t sector = fsd.disk.sector_size, features = fsd.disk.features;
	uint32_t needs = a->how == DISK_DISCARD ? BLOCK_HAS_DISCARD : BLOCK_HAS_ZERO;

	if ((s->flags & FILE_PATH) || !(s->flags & FILE_OPEN_WRITE))
		return -EBADF;
	if (features & BLOCK_READ_ONLY)
		return -EPERM;
	if ((a->how != DISK_DISCARD && a->how != DISK_ZERO) || a->offset % sector != 0 ||
	    a->length % sector != 0 || a->offset > node.size || a->length > node.size - a->offset)
		return -EINVAL;
	if (!(features & needs))
		return -EOPNOTSUPP;
	enum err e =
		block_erase(&fsd.disk, a->how == DISK_DISCARD ? BLOCK_OP_DISCARD : BLOCK_OP_ZERO,
			    a->offset / sector, a->length / sector);
	return e == OK ? 0 : e == ERR_UNSUPPORTED ? -EOPNOTSUPP : -EIO;
}

static enum err on_erase(void *self, uint64_t badge, const struct disk_erase_args *a,
			 struct disk_erase_results *r)
{
	const struct files_session *s = session_of(self, badge);

	if (s == nullptr)
		return ERR_UNSUPPORTED;
	r->outcome = erase(s, a);
	return OK;
}

const struct disk_ops disk_ops = { .info = on_info, .erase = on_erase };
