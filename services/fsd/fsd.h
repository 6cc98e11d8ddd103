/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A FuturaFS volume as a file server. One thread; while it waits for the disk it serves nobody.
 *
 * Contents of regular files are cached in memory objects with ourselves as pager: reads, writes and
 * mappings share them. What was written reaches the volume when somebody syncs, when the cache is
 * full, or a few seconds later.
 */
#pragma once
#include <errno.h>
#include <sys/stat.h>
#include "futurafs/futurafs.h"
#include "lib/files/files.h"
#include "lib/futura/block.h"
#include "protocol/disk.h"

constexpr uint64_t FSD_PAGE = 4096;
constexpr size_t DATA_STAGE = 256 << 10; /* read at a time, at most */

enum page : uint8_t {
	PAGE_PRESENT = 1,  /* it is in the memory object */
	PAGE_PROMISED = 2, /* it was written, and the volume has space for it */
};

/* A file that is in use, or was. Its inode is pinned: it lives on without a name. */
struct fsd_node {
	struct files_node node; /* first; refs 0: only cached, and in the list of unused ones */
	struct fsd_node *hash_next;
	struct fsd_node *newer, *older;
	bool is_unused;             /* in that list */
	bool is_gone;               /* it had no name when it came there */
	const struct fs_attr *attr; /* as the volume has them; it is pinned */
	/* One of its names, and the directory, with a reference; nullptr: unknown. */
	struct fsd_node *dir;
	char *name;
	size_t name_len;
	fut_handle door; /* of a socket; lost when the server ends */

	/* Contents; memory 0: nothing is cached. */
	fut_handle memory, size_page;
	uint64_t room; /* the memory's size: whole pages */
	uint8_t *page; /* what we know of each: PAGE_ bits */
	/* Pages that we wrote lie in [written, written_end). */
	uint64_t written, written_end;
	bool is_dirty;  /* in the list of those that have to be looked at */
	bool is_mapped; /* others may write to it without us */
	bool has_mtime; /* it was written at `mtime`, which the volume does not know yet */
	int64_t mtime;
	struct fsd_node *dirty_next, **dirty_at;
};

struct fsd {
	struct files_server files; /* first: lib/files is given its address */
	struct files_system system;
	struct fs *fs;       /* nullptr: nobody has asked for it yet */
	uint32_t block_size; /* the volume's */
	const char *disk_name;
	struct block disk;
	char *staged; /* DATA_STAGE bytes that the disk reads into by itself; nullptr: it is not
			 open */
	uint64_t npages, most_pages; /* cached */
	uint32_t metadata_bytes;     /* the volume may cache */
	uint32_t most_unused;        /* nodes that nobody uses */
	struct fsd_node *hash[4096];
	struct fsd_node *newest, *oldest; /* unused ones */
	unsigned nunused;
	unsigned ngone; /* of the unused ones: without names, but mapped by others */
	struct fsd_node *dirty;
	bool is_busy; /* something was written since the last sync */
};

extern struct fsd fsd;
extern const struct files_node_ops fsd_ops;

static inline struct fsd_node *node_of(struct files_node *n)
{
	return (struct fsd_node *)n;
}

/* The errno for an error of the volume's. */
int error_of(enum fs_err e);

/* arch/<cpu>/cpu.c: is there an instruction for crc32c_hw()? */
bool cpu_has_crc32c(void);

/* disk.c: open it, if nobody did yet. -ENXIO: there is no such disk. */
int disk_open(void);
/* Close it, if nobody uses it. */
void disk_close(void);
/* The disk as a file: its node; has anybody opened it, or so that nobody may mount the volume? */
struct files_node *disk_file(void);
bool disk_is_open(void);
bool disk_is_taken(void);
uint64_t disk_device(void); /* its number: st_dev of what is on it */
extern const struct disk_ops disk_ops;

/* volume.c: the volume on the disk, which is open. -EINVAL: it holds none. */
int volume_open(void);
/* Clean a segment, if one is worth it, when nothing was written for a while. */
void volume_clean(bool is_idle);

/* node.c: the file with that number, with a reference. */
int node_get(uint64_t ino, struct fsd_node **n);
/* The node with that number if it is here, without a reference. */
struct fsd_node *node_find(uint64_t ino);
/* It is found under this name from now on. */
void node_named(struct fsd_node *n, struct fsd_node *dir, struct files_name name);
void node_unnamed(struct fsd_node *n);
bool node_has_names(const struct fsd_node *n);
/* Nobody uses it any more. */
void node_release(struct files_node *n);
/* Let go of unused nodes, and of cached pages, as far as there is too much of them. */
void nodes_trim(void);
uint32_t mode_of(const struct fs_attr *a);
int fsd_sync_all(struct files_system *fs);

/* data.c */
int data_resize(struct fsd_node *n, uint64_t size);
/* Bring what was written to the volume. */
int data_flush(struct fsd_node *n);
int data_flush_all(void);
/* Does anybody else have its memory? */
bool data_is_shared(const struct fsd_node *n);
bool data_is_mapped_anywhere(void);
/* Forget the cached pages, which must have been flushed; or all of it. */
void data_drop(struct fsd_node *n);
void data_fini(struct fsd_node *n);
int64_t fsd_read(struct files_session *s, uint64_t offset, const struct lent *to, size_t n);
int64_t fsd_write(struct files_session *s, uint64_t offset, const struct lent *from,
		  const void *data, size_t n);
int64_t fsd_seek(struct files_session *s, uint64_t offset, uint32_t whence);
int fsd_contents(struct files_session *s, bool write, fut_handle *memory);
int fsd_size_page(struct files_session *s, fut_handle *page);
int fsd_allocate(struct files_session *s, uint32_t mode, uint64_t offset, uint64_t size);
/* Somebody touched a page that is not there. */
bool data_page_request(const void *ops, void *self, struct message *m);
