/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Open file descriptions and the descriptors that lead to them. A kind of file is a struct
 * description_ops; posix/files/file.c is the usual one.
 */
#pragma once
#include <stdint.h>
#include "abi/kernel.h"
#include "posix/abi/descriptor.h"
#include "posix/abi/state.h"

struct description;
struct map_backing;
struct line;

/* What a call waits for: poll's bits. */
struct wait_for {
	fut_handle object;
	uint64_t signals; /* any of these, and SIGNAL_PEER_CLOSED */
};

/*
 * Results are at least 0, or a negative errno. Missing operations: EINVAL for read, write and map,
 * ESPIPE for seek, ENOTTY for ioctl, always ready. None of them waits: what would have to gives
 * EAGAIN, and `wait` says for what.
 */
constexpr uint32_t WAIT_EDGE = 1u << 31; /* as EPOLLET */

struct description_ops {
	bool waits;       /* read and write wait themselves where they may: EAGAIN is final */
	const char *name; /* as /proc/self/fd shows what has no path: "pipe",
			     "anon_inode:[eventpoll]" */
	/* `at`: an offset, or FILE_AT_STATE. */
	int64_t (*read)(struct description *d, uint64_t to, uint64_t size, uint64_t at);
	int64_t (*write)(struct description *d, uint64_t from, uint64_t size, uint64_t at);
	int64_t (*seek)(struct description *d, int64_t offset, unsigned whence);
	/* Which of these poll bits hold now (POLLERR, POLLHUP always count). */
	uint32_t (*ready)(struct description *d, uint32_t events);
	/* What to wait for until one of the poll bits may hold; with WAIT_EDGE until it does anew,
	 * though it may hold. ENOSYS: nothing ever changes. */
	int64_t (*wait)(struct description *d, uint32_t events, struct wait_for *w);
	int64_t (*ioctl)(struct description *d, uint32_t command, uint64_t argument);
	/* For mmap: what to map, with a reference for the caller. */
	int64_t (*map)(struct description *d, bool shared, struct map_backing **b);
	/* The process's last reference is gone: give back what `own` and the handles hold. Handles
	 * a and b are closed afterwards. */
	void (*close)(struct description *d);
	/* A descriptor of this process is closed, maybe not the last: record locks. */
	void (*closing)(struct description *d);
};

struct description {
	const struct description_ops *ops;
	uint32_t refs;               /* descriptors, and calls that use it */
	uint32_t access;             /* 1 read, 2 write; 0: O_PATH */
	fut_handle a, b;             /* fork copies them */
	struct file_state *state;    /* nullptr: O_PATH */
	struct file_state own_state; /* for what fork does not share */
	uint32_t kind;               /* enum descriptor_kind; 0: cannot leave the process */
	struct line *line;           /* a server's: where its slot is (states.h) */
	uint32_t slot;
	uint32_t mount; /* a server's: which mount of the world it lies in */
	uint32_t mode;  /* st_mode */
	uint64_t node;
	uint64_t device;             /* st_rdev */
	void *own;                   /* the kind's */
	struct epoll_entry *watched; /* by epolls of this process */
	char *path;                  /* from the heap: as opened, for /proc; may be nullptr */
	struct file_name *name;      /* it may be found by that when it is idle (idle.h) */
	uint32_t nforks;             /* process.nforks then: no child has it */
	uint32_t identity;           /* process.identity then: its session has those credentials */
	uint64_t idle;               /* the number in its slot */
};

constexpr unsigned FILES_MOST = 1048576; /* as Linux's nr_open */

/* A new one with one reference, `state` at its own; nullptr if there is no memory. */
struct description *description_new(const struct description_ops *ops);
void description_drop(struct description *d);
/* Of one that is in no use: what is left of it. */
void description_free(struct description *d);

/* The one behind a descriptor, with a reference for the caller; nullptr: EBADF. */
struct description *fd_get(int fd);
/* The same, and not an O_PATH one; with `access` opened for that. */
struct description *fd_get_for(int fd, uint32_t access);
/* A new descriptor, at least `least`; takes the
 * reference of `d`, also on failure: EMFILE, ENOMEM. */
int64_t fd_add(struct description *d, bool close_on_exec, unsigned least);
/* Put it at this number, in place of what is there. Takes the reference. */
int64_t fd_put(struct description *d, unsigned fd, bool close_on_exec);
int64_t fd_close(unsigned fd);
bool fd_flag(int fd, bool *close_on_exec); /* false: EBADF */
bool fd_set_flag(int fd, bool close_on_exec);
/* The next open descriptor from `fd` on; -1 if there is none. */
int fd_next(unsigned fd);
void fd_close_on_exec(void);
void fd_close_all(void);
/* RLIMIT_NOFILE: the soft limit. */
extern unsigned fd_limit;

/* Wait until `events` may hold, at most until the deadline: 0, -ETIMEDOUT, or -ERESTARTSYS. */
int64_t description_wait(struct description *d, uint32_t events, uint64_t deadline);
/* True if a call that finds nothing gives EAGAIN. */
bool description_is_nonblocking(const struct description *d);
/* Read and write as the calls do: wait unless the description says otherwise. */
int64_t description_read(struct description *d, uint64_t to, uint64_t size, uint64_t at);
int64_t description_write(struct description *d, uint64_t from, uint64_t size, uint64_t at);

/* A description as it left another process, or as this one was started with it. The handles become
 * the description's, or are closed. */
int64_t description_import(const struct descriptor *from, fut_handle a, fut_handle b,
			   struct description **d);
