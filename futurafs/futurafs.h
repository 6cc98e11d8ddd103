/* SPDX-License-Identifier: MPL-2.0 */
/* FuturaFS: a log-structured, checksummed file system over a block device made of callbacks. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The library makes no system call and keeps no global state. A volume is a `struct fs`; the caller
 * makes sure that only one thread at a time is inside the same volume (volumes are independent).
 *
 * Files are named by inode number. A number is never given to another file, so a stale one finds
 * nothing rather than something else. What a program has open is kept alive by fs_pin().
 *
 * Everything that returned FS_OK happened in one order, and a power cut leaves a prefix of that
 * order which contains at least what came before the last fs_sync().
 */

enum [[nodiscard]] fs_err : int {
	FS_OK = 0,
	FS_NOT_FOUND = -1,
	FS_EXISTS = -2,
	FS_NOT_DIR = -3,
	FS_IS_DIR = -4,
	FS_NOT_EMPTY = -5,
	FS_NO_SPACE = -6,
	FS_IO = -7,      /* the device failed; nothing is known about the data */
	FS_CORRUPT = -8, /* what the device returned is not what was written */
	FS_READ_ONLY = -9,
	FS_NAME_TOO_LONG = -10,
	FS_TOO_MANY_LINKS = -11,
	FS_BAD_ARGUMENT = -12,
	FS_FILE_TOO_BIG = -13,
	FS_NO_MEMORY = -14,
	FS_UNSUPPORTED = -15, /* a format version or feature this library does not know */
	FS_NO_ATTRIBUTE = -16,
	FS_RANGE = -17, /* the caller's buffer is too small for the answer */
	FS_LOOP = -18,  /* a directory would become its own ancestor */
};

/* Offsets and lengths are bytes, and multiples of the volume's block size once it is known. */
struct fs_device {
	void *ctx;
	uint64_t size;
	enum fs_err (*read)(void *ctx, uint64_t off, void *buf, size_t len);
	enum fs_err (*write)(void *ctx, uint64_t off, const void *buf, size_t len);
	/* Returns once every write that returned before the call would survive a power cut. */
	enum fs_err (*flush)(void *ctx);
	/* May be nullptr. The range's content does not matter any more. */
	void (*discard)(void *ctx, uint64_t off, uint64_t len);
	/* May be nullptr. Memory that `write` takes without copying it, of whole blocks; it stays
	 * until the volume was let go. nullptr: there is no more. */
	void *(*buffer)(void *ctx, size_t len);
};

typedef uint32_t fs_crc_fn(uint32_t crc, const void *buf, size_t len);

struct fs_host {
	void *ctx;
	void *(*alloc)(void *ctx, size_t len); /* zeroed, aligned to 16; nullptr: none left */
	/*
	 * Is there memory for one more operation, some dozens of blocks? Asked before each, because
	 * one that fails half way ends writing for good; after "no" what can be forgotten is, and
	 * it is asked again. nullptr: always.
	 */
	bool (*ready)(void *ctx);
	void (*free)(void *ctx, void *p, size_t len);
	int64_t (*now_ns)(void *ctx); /* since 1970-01-01 UTC */
	/* May be nullptr. What a person should know: repair steps, and why a volume went read-only.
	 */
	void (*report)(void *ctx, const char *text, uint64_t a, uint64_t b);
	fs_crc_fn *crc32c; /* nullptr: the portable one */
};

enum fs_mount_flags : uint32_t {
	FS_MOUNT_READ_ONLY = 1u << 0, /* not a byte is written, the log is replayed in memory */
};

struct fs_config {
	enum fs_mount_flags flags;
	uint32_t cache_bytes; /* aim for cached metadata; 0: 8 MiB */
	uint32_t inodes;      /* aim for inodes kept in memory; 0: 1024 */
	const char *snapshot; /* mount this snapshot, read-only; nullptr: the volume itself */
};

struct fs_format {
	uint32_t block_size;     /* power of two, 1024 to 32768; 0: 4096 */
	uint32_t segment_blocks; /* 16 to 32768; 0: chosen by size */
	uint64_t segments;       /* 0: as many as fit */
	uint64_t max_inodes;     /* 0: no limit but space */
	uint8_t uuid[16];
	char label[32];
};

enum fs_type : uint8_t {
	FS_FILE = 1,
	FS_DIR = 2,
	FS_SYMLINK = 3,
	FS_CHAR = 4,
	FS_BLOCK = 5,
	FS_FIFO = 6,
	FS_SOCKET = 7,
};

constexpr uint64_t FS_ROOT = 1; /* the inode number of the root directory */
constexpr uint32_t FS_NAME_MAX = 255;
constexpr uint64_t FS_FILE_MAX = 1ull << 43; /* 8 TiB */

struct fs_attr {
	uint64_t ino;
	uint64_t size;   /* bytes; of a directory: number of entries */
	uint64_t blocks; /* data blocks held */
	int64_t atime, mtime, ctime, btime;
	uint64_t rdev;
	uint32_t mode; /* permission bits and set-id bits, without the type */
	uint32_t uid, gid;
	uint32_t nlink;
	uint32_t flags; /* kept for the caller */
	enum fs_type type;
};

enum fs_set : uint32_t {
	FS_SET_MODE = 1u << 0,
	FS_SET_UID = 1u << 1,
	FS_SET_GID = 1u << 2,
	FS_SET_ATIME = 1u << 3,
	FS_SET_MTIME = 1u << 4,
	FS_SET_CTIME = 1u << 5,
	FS_SET_FLAGS = 1u << 6,
};

struct fs_stat {
	uint64_t block_size;
	uint64_t blocks;      /* that can ever hold something */
	uint64_t blocks_free; /* a write of this many blocks of new data will be accepted */
	uint64_t inodes, max_inodes;
	uint64_t segments, segments_free;
	uint32_t segment_blocks;
	uint64_t checkpoints, sequence;
	uint64_t device_reads, device_writes, flushes; /* since mount; bytes, bytes, calls */
	uint64_t cleaned_segments;
	uint64_t hole_blocks; /* written to dead blocks of segments in use */
	uint8_t uuid[16];
	char label[33];
	bool read_only;
};

struct fs;

/* FS_CORRUPT: neither superblock of a volume is there. */
enum fs_err fs_probe(const struct fs_device *dev, const struct fs_host *host);
/* What fs_make() would say of such a volume on a device of that size, which is not touched. */
enum fs_err fs_make_check(uint64_t size, const struct fs_format *format);
enum fs_err fs_make(const struct fs_device *dev, const struct fs_host *host,
		    const struct fs_format *format);
enum fs_err fs_mount(const struct fs_device *dev, const struct fs_host *host,
		     const struct fs_config *config, struct fs **fs);
/* Make everything durable and let go. Memory is released even when this fails. */
enum fs_err fs_unmount(struct fs *fs);
/* Let go without writing: what a power cut would leave. */
void fs_abandon(struct fs *fs);

/* Make everything done so far survive a power cut. */
enum fs_err fs_sync(struct fs *fs);
/* The same, unless nothing of this file changed since the last fs_sync(). */
enum fs_err fs_fsync(struct fs *fs, uint64_t ino);
/* The same, and leave nothing to replay at the next mount. */
enum fs_err fs_checkpoint(struct fs *fs);
void fs_statfs(struct fs *fs, struct fs_stat *st);
/* Clean up to `segments` segments that are worth it. `*done`: how many were. For idle time. */
enum fs_err fs_clean(struct fs *fs, uint32_t segments, uint32_t *done);

/* Inodes. A pinned inode lives on after its last name is gone, until the last unpin. */
enum fs_err fs_getattr(struct fs *fs, uint64_t ino, struct fs_attr *attr);
enum fs_err fs_setattr(struct fs *fs, uint64_t ino, enum fs_set which, const struct fs_attr *attr);
enum fs_err fs_pin(struct fs *fs, uint64_t ino);
enum fs_err fs_unpin(struct fs *fs, uint64_t ino, uint64_t times);
/* The attributes of a pinned inode: there, and true, until the last unpin. */
const struct fs_attr *fs_pinned_attr(struct fs *fs, uint64_t ino);

/* Names. `name` is any bytes but '/' and 0, not "." nor "..". */
enum fs_err fs_lookup(struct fs *fs, uint64_t dir, const char *name, size_t len, uint64_t *ino);
enum fs_err fs_parent(struct fs *fs, uint64_t dir, uint64_t *parent);
/* attr gives type, mode, uid, gid and rdev. */
enum fs_err fs_create(struct fs *fs, uint64_t dir, const char *name, size_t len,
		      const struct fs_attr *attr, uint64_t *ino);
/* A file without a name, pinned once; fs_link() can give it one. */
enum fs_err fs_create_unnamed(struct fs *fs, const struct fs_attr *attr, uint64_t *ino);
enum fs_err fs_symlink(struct fs *fs, uint64_t dir, const char *name, size_t len,
		       const struct fs_attr *attr, const char *target, size_t target_len,
		       uint64_t *ino);
enum fs_err fs_link(struct fs *fs, uint64_t ino, uint64_t dir, const char *name, size_t len);
enum fs_err fs_unlink(struct fs *fs, uint64_t dir, const char *name, size_t len);
enum fs_err fs_rmdir(struct fs *fs, uint64_t dir, const char *name, size_t len);

enum fs_rename_flags : uint32_t {
	FS_RENAME_NO_REPLACE = 1u << 0,
	FS_RENAME_EXCHANGE = 1u << 1,
};
enum fs_err fs_rename(struct fs *fs, uint64_t from, const char *name, size_t len, uint64_t to,
		      const char *new_name, size_t new_len, enum fs_rename_flags flags);

/*
 * The entry after `*cookie`, which is moved on; start with 0. A cookie stays good whatever is
 * created or removed: every entry that was there all along is seen exactly once.
 */
struct fs_dirent {
	uint64_t ino;
	uint32_t len;
	enum fs_type type;
	char name[FS_NAME_MAX + 1];
};
enum fs_err fs_readdir(struct fs *fs, uint64_t dir, uint64_t *cookie, struct fs_dirent *entry);

/* Data. Short only at the end of file (`*done`), or FS_NO_SPACE with `*done` bytes accepted. */
enum fs_err fs_read(struct fs *fs, uint64_t ino, uint64_t off, void *buf, size_t len, size_t *done);
enum fs_err fs_write(struct fs *fs, uint64_t ino, uint64_t off, const void *buf, size_t len,
		     size_t *done);
enum fs_err fs_truncate(struct fs *fs, uint64_t ino, uint64_t size);
/* Promise space for a page cache that writes later: fs_write() of the range cannot lack space. */
enum fs_err fs_reserve(struct fs *fs, uint64_t ino, uint64_t off, uint64_t len);
/* Give back what was promised for `ino` and not used. */
void fs_unreserve(struct fs *fs, uint64_t ino);
/* Keep space for a range of holes, on disk. Grows the file unless keep_size. */
enum fs_err fs_allocate(struct fs *fs, uint64_t ino, uint64_t off, uint64_t len, bool keep_size);
enum fs_err fs_punch(struct fs *fs, uint64_t ino, uint64_t off, uint64_t len);
/* The first offset at or after `off` that holds data (or a hole); FS_RANGE: none. */
enum fs_err fs_seek(struct fs *fs, uint64_t ino, uint64_t off, bool hole, uint64_t *found);

/* Extended attributes. `*len`: room, then what is there; FS_RANGE leaves the needed room. */
enum fs_xattr_flags : uint32_t {
	FS_XATTR_CREATE = 1u << 0,  /* must not exist */
	FS_XATTR_REPLACE = 1u << 1, /* must exist */
};
enum fs_err fs_xattr_get(struct fs *fs, uint64_t ino, const char *name, void *buf, size_t *len);
enum fs_err fs_xattr_set(struct fs *fs, uint64_t ino, const char *name, const void *buf, size_t len,
			 enum fs_xattr_flags flags);
enum fs_err fs_xattr_remove(struct fs *fs, uint64_t ino, const char *name);
/* Names, each ended by 0. With `*len` 0 only the room needed is told. */
enum fs_err fs_xattr_list(struct fs *fs, uint64_t ino, char *buf, size_t *len);

/* Snapshots: read-only pictures of the whole volume. */
struct fs_snapshot {
	uint64_t id, sequence;
	int64_t time;
	char name[64];
};
enum fs_err fs_snapshot_create(struct fs *fs, const char *name);
enum fs_err fs_snapshot_delete(struct fs *fs, const char *name);
/* The snapshot after number *id (start with 0), which is moved on. */
enum fs_err fs_snapshot_next(struct fs *fs, uint64_t *id, struct fs_snapshot *snap);

/* The words for an error, for people. */
const char *fs_err_text(enum fs_err e);
