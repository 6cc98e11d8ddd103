/* SPDX-License-Identifier: MPL-2.0 */
/* The nodes of a file system in memory, and what its parts ask of each other. */
#pragma once
#include <errno.h>
#include <sys/stat.h>
#include "lib/files/files.h"

constexpr uint64_t RAM_PAGE = 4096;

struct ram_node;
struct ram_writer;

/* A name: of `node`, in the directory `dir`. */
struct ram_entry {
	struct ram_node *node, *dir;
	uint32_t hash;
	uint32_t index; /* in the directory's entries: its cookie less COOKIE_FIRST */
	uint8_t len;
	char name[];
};

/* Entries stay where they are until they are removed, so that listings can go on. */
struct ram_dir {
	struct ram_node *parent;    /* nullptr: none. With a reference once it was removed */
	struct ram_entry **entries; /* a free place holds the next one's number: dir.c */
	uint32_t used, room, count;
	uint32_t free;    /* the first free place, plus 1 */
	uint32_t buckets; /* of `table`: a power of two, or 0: few enough to look at all */
	uint32_t *table;  /* index of an entry, plus 1; 0: empty */
	uint32_t nsubdirs;
};

/* Contents: in the bundle until somebody needs them as memory. Neither: all zero. */
struct ram_data {
	const char *packed; /* `packed_size` bytes; what follows is zero */
	uint64_t packed_size;
	fut_handle memory; /* 0: none yet */
	uint64_t room;     /* its size, in bytes */
	uint64_t pages;    /* what the file system counts for it; with holes perhaps too many */
	uint64_t dense;    /* so many pages at its beginning are there */
	fut_handle size_page;
	char *map; /* the object, perhaps with room to grow; nullptr: not mapped here */
	uint64_t map_size;
	uint32_t uses;              /* calls that could have used a mapping */
	bool is_sparse;             /* pages past the dense ones may be there */
	bool is_given;              /* others have the memory */
	bool is_shared;             /* and may write it */
	uint32_t seals;             /* F_SEAL_ of fcntl.h */
	struct ram_window *windows; /* sessions whose holders write by a mapping */
	struct ram_writer *writers; /* who has it for writing, while it can be sealed */
	fut_handle lease, leased;   /* what they have; 0: none yet */
};

struct ram_fifo;

struct ram_node {
	struct files_node node;
	struct ram_system *fs;
	struct ram_entry *entry; /* one of its names; nullptr: none, or unknown */
	int64_t atime, mtime, ctime, btime;
	uint32_t nlink;    /* names; while there are any there is a reference */
	bool is_temporary; /* made without a name, and may be given one */
	union {
		struct ram_dir dir;
		struct ram_data data;
		struct {
			char *text;
			size_t len;
		} link;
		struct ram_fifo *fifo;
		fut_handle door;
	};
};

struct ram_system {
	struct files_system files;
	uint64_t last_number;
	uint64_t pages, most_pages; /* counted, and their limit; 0: none */
	uint64_t nodes, most_nodes;
};

static inline struct ram_node *ram_of(struct files_node *n)
{
	return (struct ram_node *)n;
}

extern const struct files_node_ops ram_ops;

/* node.c: a file system, with its root directory; nullptr: no memory. It goes with its last user.
 */
struct ram_system *ram_system_create(uint32_t mode, uint32_t uid, uint32_t gid);
/* A node without a name, and with a reference. ENOSPC, ENOMEM. */
int ram_node_create(struct ram_system *fs, const struct files_new *new, struct ram_node **made);
void ram_touch(struct ram_node *n); /* its mtime and ctime are now */

/* dir.c. Names are at most FILES_NAME bytes, without slash, and none of "." and "..". */
struct ram_entry *dir_find(const struct ram_node *dir, struct files_name name);
/* Adds a name, and counts it as a link. ENOMEM, ENOENT if the directory was removed. */
int dir_add(struct ram_node *dir, struct files_name name, struct ram_node *n);
void dir_remove(struct ram_entry *e);
/* The last of its entries; for who removes all, and adds none. nullptr: it is empty. */
struct ram_entry *dir_last(struct ram_dir *d);
void dir_fini(struct ram_node *dir); /* an empty one */
int ram_list(struct files_session *s, uint64_t after, struct files_list *list);

/* data.c */
/* The size of a regular file; nothing if it fails. ENOSPC. */
int data_resize(struct ram_node *n, uint64_t size);
uint64_t data_pages(struct ram_node *n);      /* that it occupies */
bool data_unsteady(const struct ram_data *d); /* others may change it by mappings */
void data_fini(struct ram_node *n);
int64_t ram_read(struct files_session *s, uint64_t offset, const struct lent *to, size_t n);
int64_t ram_write(struct files_session *s, uint64_t offset, const struct lent *from,
		  const void *data, size_t n);
int64_t ram_seek(struct files_session *s, uint64_t offset, uint32_t whence);
int ram_contents(struct files_session *s, bool write, fut_handle *memory);
int ram_size_page(struct files_session *s, fut_handle *page);
int ram_allocate(struct files_session *s, uint32_t mode, uint64_t offset, uint64_t size);

/* window.c */
int ram_window(struct files_session *s, fut_handle *memory);
/* Take over the times of what was written by mappings; `forget` them. */
void windows_tell(struct ram_node *n, bool forget);
void window_wrote(struct files_session *s); /* by a message: the next may be by the mapping */
void window_close(struct files_session *s);

/* seal.c */
void seals_init(struct ram_data *d, bool sealable);
void seals_fini(struct ram_data *d);
/* May the file have this size from now on? EPERM. */
int seals_check_size(const struct ram_node *n, uint64_t size);
/* May it be written so? Where it cannot grow, perhaps less, in whole pages as Linux writes. EPERM.
 */
int seals_check_write(const struct ram_node *n, uint64_t offset, size_t *size);
int ram_seal(struct files_session *s, uint32_t add);
uint32_t ram_seals(struct files_session *s);
int ram_lend(struct files_session *s, fut_handle *memory);
int ram_use(struct files_session *s, fut_handle *use);

/* fifo.c */
int fifo_open(struct files_session *s);
void fifo_close(struct files_session *s);
int ram_pipe(struct files_session *s, struct file_pipe_results *r);

/* bundle.c: find root.tar in the boot bundle, mapped. False: there is none. */
bool bundle_root(const char **tar, size_t *size);
/* An object with the bundle's pages from `from` on, copied when written; 0: they cannot be shared.
 */
fut_handle bundle_clone(const char *from, uint64_t size);

/* fill.c: what the tree has at first. What cannot be made is told, and left out. */
void fill_tar(struct ram_system *fs, const char *at, size_t size);
void fill_standard(struct ram_system *fs);
