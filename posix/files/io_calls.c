/* SPDX-License-Identifier: MPL-2.0 */
/* Reading and writing. */
#include <linux/uio.h>
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/files/description.h"
#include "protocol/file.h"

constexpr uint64_t TRANSFER_MOST = 0x7ffff000; /* as Linux's MAX_RW_COUNT */
constexpr unsigned RANGES_MOST = 1024;         /* IOV_MAX */
constexpr uint32_t TO_READ = 1, TO_WRITE = 2;

typedef int64_t move_fn(struct description *d, uint64_t address, uint64_t size, uint64_t at);

static int64_t move(int fd, uint32_t access, move_fn *f, uint64_t address, uint64_t size,
		    uint64_t at)
{
	struct description *d = fd_get_for(fd, access);
	int64_t result;

	if (d == nullptr)
		return -EBADF;
	if (!guest_ok(address, size < TRANSFER_MOST ? size : TRANSFER_MOST))
		result = -EFAULT;
	else
		result = f(d, address, size < TRANSFER_MOST ? size : TRANSFER_MOST, at);
	description_drop(d);
	return result;
}

CALL3(read, int, fd, uint64_t, to, uint64_t, size)
{
	return move(fd, TO_READ, description_read, to, size, FILE_AT_STATE);
}

CALL3(write, int, fd, uint64_t, from, uint64_t, size)
{
	return move(fd, TO_WRITE, description_write, from, size, FILE_AT_STATE);
}

/* Of what has no offsets none can be named: ESPIPE, whatever else is wrong. */
static int64_t offset_ok(int fd, int64_t at)
{
	if (at < 0)
		return -EINVAL;
	struct description *d = fd_get(fd);
	bool seeks = d == nullptr || d->access == 0 || d->ops->seek != nullptr;
	description_drop(d);
	return seeks ? 0 : -ESPIPE;
}

static int64_t move_at(int fd, uint32_t access, move_fn *f, uint64_t address, uint64_t size,
		       int64_t at)
{
	int64_t error = offset_ok(fd, at);

	return error != 0 ? error : move(fd, access, f, address, size, (uint64_t)at);
}

CALL4(pread64, int, fd, uint64_t, to, uint64_t, size, int64_t, at)
{
	return move_at(fd, TO_READ, description_read, to, size, at);
}

CALL4(pwrite64, int, fd, uint64_t, from, uint64_t, size, int64_t, at)
{
	return move_at(fd, TO_WRITE, description_write, from, size, at);
}

/* Is a length negative, as Linux sees it? */
static bool ranges_are_wrong(uint64_t ranges, uint64_t n)
{
	struct iovec v;

	for (uint64_t i = 0; i < n; i++)
		if (guest_get(&v, ranges + i * sizeof(v), sizeof(v)) == 0 && (int64_t)v.iov_len < 0)
			return true;
	return false;
}

/* One range after the other, until one is not moved whole. */
static int64_t move_ranges(int fd, uint32_t access, move_fn *f, uint64_t ranges, uint64_t n,
			   uint64_t at)
{
	struct description *d;
	uint64_t total = 0;
	int64_t moved = 0;

	if (n > RANGES_MOST || ranges_are_wrong(ranges, n))
		return -EINVAL;
	d = fd_get_for(fd, access);
	if (d == nullptr)
		return -EBADF;
	for (uint64_t i = 0; i < n; i++) {
		struct iovec v;
		if (guest_get(&v, ranges + i * sizeof(v), sizeof(v)) != 0 ||
		    !guest_ok((uint64_t)v.iov_base, v.iov_len)) {
			moved = -EFAULT;
			break;
		}
		if (v.iov_len > TRANSFER_MOST - total)
			v.iov_len = TRANSFER_MOST - total;
		if (v.iov_len == 0)
			continue;
		moved = f(d, (uint64_t)v.iov_base, v.iov_len,
			  at == FILE_AT_STATE ? at : at + total);
		if (moved > 0)
			total += (uint64_t)moved;
		if (moved < (int64_t)v.iov_len)
			break;
		/* What has come is given; more is not waited for. */
		if (access == TO_READ && d->ops->ready != nullptr && i + 1 < n &&
		    (d->ops->ready(d, 1) & 1) == 0)
			break;
	}
	description_drop(d);
	return total > 0 ? (int64_t)total : moved < 0 ? moved : 0;
}

CALL3(readv, int, fd, uint64_t, ranges, uint64_t, n)
{
	return move_ranges(fd, TO_READ, description_read, ranges, n, FILE_AT_STATE);
}

CALL3(writev, int, fd, uint64_t, ranges, uint64_t, n)
{
	return move_ranges(fd, TO_WRITE, description_write, ranges, n, FILE_AT_STATE);
}

static int64_t move_ranges_at(int fd, uint32_t access, move_fn *f, uint64_t ranges, uint64_t n,
			      int64_t at)
{
	int64_t error = offset_ok(fd, at);

	return error != 0 ? error : move_ranges(fd, access, f, ranges, n, (uint64_t)at);
}

CALL4(preadv, int, fd, uint64_t, ranges, uint64_t, n, int64_t, at)
{
	return move_ranges_at(fd, TO_READ, description_read, ranges, n, at);
}

CALL4(pwritev, int, fd, uint64_t, ranges, uint64_t, n, int64_t, at)
{
	return move_ranges_at(fd, TO_WRITE, description_write, ranges, n, at);
}

/* With an offset of -1 at the description's own. */
static int64_t move_ranges_2(int fd, uint32_t access, move_fn *f, uint64_t ranges, uint64_t n,
			     int64_t at, uint32_t flags)
{
	int64_t error = at == -1 ? 0 : offset_ok(fd, at);

	if (error != 0 || flags != 0)
		return error != 0 ? error : -EOPNOTSUPP;
	return move_ranges(fd, access, f, ranges, n, at == -1 ? FILE_AT_STATE : (uint64_t)at);
}

/* The fifth argument is the high half of the offset on 32-bit machines. */
CALL6(preadv2, int, fd, uint64_t, ranges, uint64_t, n, int64_t, at, uint64_t, high, uint32_t, flags)
{
	(void)high;
	return move_ranges_2(fd, TO_READ, description_read, ranges, n, at, flags);
}

CALL6(pwritev2, int, fd, uint64_t, ranges, uint64_t, n, int64_t, at, uint64_t, high, uint32_t,
      flags)
{
	(void)high;
	return move_ranges_2(fd, TO_WRITE, description_write, ranges, n, at, flags);
}

CALL3(lseek, int, fd, int64_t, offset, uint32_t, whence)
{
	struct description *d = fd_get(fd);
	int64_t result;

	if (d == nullptr || d->access == 0) {
		description_drop(d);
		return -EBADF;
	}
	result = d->ops->seek != nullptr ? d->ops->seek(d, offset, whence) : -ESPIPE;
	description_drop(d);
	return result;
}
