/* SPDX-License-Identifier: MPL-2.0 */
/* What is mounted in a world, and what its processes have for a root. */
#pragma once
#include "services/posixd/state.h"

/* The file server of /proc and /sys is this program. */
#define SERVER_PROC    "proc"
#define SERVER_SYS     "sysfs"
#define SERVER_DISK    "futurafs"
#define SERVER_CONTROL "control"

constexpr size_t MOUNT_PATH = 5000; /* of a mount, with room for a root's before it */

struct posix_mount_args;
struct posix_mount_results;

struct mount {
	struct mount *next;
	uint32_t number; /* 0: the world's root */
	uint32_t parent; /* the mount that it covers a directory of, or that the root lies in */
	uint32_t below;  /* it is mounted over that one's root and has its place; 0: over none's */
	bool is_root;    /* of processes (chroot): in the list of roots */
	bool is_ending;  /* an errand is about to */
	char kind[16];
	const char *server; /* by which name it is found */
	fut_handle start;   /* where in the server lines begin; 0: at its root */
	fut_handle way;     /* our own session there; 0: none */
	fut_handle covered; /* the directory below it; 0: the root */
	uint32_t flags;     /* FILES_LINE_OPTIONS */
	uint64_t device;    /* st_dev */
	char *at, *source, *options;
};

/* mounts.c: the table. The one with that number; nullptr: none. */
struct mount *mount_by_number(const struct posix_world *w, uint32_t number);
/* The same, or what a world with devices has without a mount: POSIX_MOUNT_TERMINALS,
 * POSIX_MOUNT_DISKS. */
struct mount *mount_or_hidden(const struct posix_world *w, uint32_t number);
/* nullptr: no memory. */
struct mount *mount_create(const char *at, const char *kind, const char *server, const char *source,
			   const char *options);
void mount_free(struct mount *m);
/* It is to cover that directory, which lies in the mount `parent`; the handle becomes its own. */
void mount_place(struct mount *m, const struct mount *parent, fut_handle directory);
/* Put it into the list, in the order of numbers; take it out. */
void mount_add(struct posix_world *w, struct mount *m);
void mount_remove(struct posix_world *w, struct mount *m);
/* No process sees it any more: `end` all lines there are (line_end, line_drop). */
void mount_lines(struct posix_world *w, const struct mount *m,
		 bool (*end)(struct credentials *c, uint32_t mount));
/* What a process has for its root. */
struct mount *root_of(const struct process *p);
/* Forget the roots that no process has any more. */
void roots_trim(struct posix_world *w);

/* `world` and `capabilities` of its lines: protocol/files.fipc. */
uint64_t mount_key(const struct posix_world *w, const struct mount *m);
uint32_t mount_flags(const struct posix_world *w, const struct mount *m);
/* Another handle for a file server to be given; 0 stays 0. */
fut_handle handle_copy(fut_handle h);

/* Where it lies for who has that root; nullptr: out of reach. */
const char *mount_path(const struct mount *m, const struct mount *root);
/* What is shown of it in /proc/mounts: "rw,relatime", in memory that the next call uses again. */
const char *mount_options(const struct mount *m);
/* A word of such a table, with blanks as \040; the same holds. */
const char *mount_word(const char *text);
/* The line without its end: its length. */
size_t mount_line(const struct mount *m, const char *at, char *to, size_t size);

/* mount_move.c: mount with MS_MOVE. */
enum err mount_move(struct process *p, const struct posix_mount_args *a,
		    struct posix_mount_results *r);
/* mount_calls.c: where the path of a call leads, as the world's root sees it. */
void mount_whole_path(char *to, size_t size, const struct process *p, const char *at);

/* first.c: what a world begins with: its root, and then what stands ready to be mounted. `root` is
 * a session with its root that has these credentials, the superuser's. The second is for an errand:
 * it calls file servers. */
bool mounts_init(struct posix_world *w, const char *server);
void mounts_begin(struct posix_world *w, struct credentials *who, fut_handle root);
/* For errands: write back what processes have written to disks. */
void mounts_sync(const fut_handle *ways, unsigned n);
unsigned mounts_to_sync(const struct posix_world *w, fut_handle *ways, unsigned most);
