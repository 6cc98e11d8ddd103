/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The common side of every server of protocol/file.fipc: lines with their credentials, sessions,
 * states, path walks with links and jumps, permissions, locks. A server brings nodes and a struct
 * files_ops that knows what they are.
 *
 *	struct files_server server = { .port = port };	all else zero; it may be the start of a
 *larger struct struct files_line *line = files_line_create(&server, &credentials, root);
 *	files_session_create(line, root, FILE_PATH, &handle, &session);	hand `handle` to posixd
 *	...
 *	{ FILE_PROTOCOL, file_dispatch, &files_ops_file }	in the struct service list
 *	.self = &server, .closed = files_closed			in the struct server
 *
 * One thread serves. An outcome is 0 or above, or a negative errno of Linux; a positive outcome of
 * a walk is a FILE_JUMP_. Operations are called after all checks of permissions, types and names,
 * so they only do what they say. An operation that is nullptr gives the error that its comment
 * names. Badges of the sessions here have FILES_BADGE set; others on the same port are the
 *server's.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "lib/futura/message.h"
#include "posix/abi/state.h"
#include "protocol/file.h"
#include "protocol/files.h"

constexpr uint64_t FILES_BADGE = 1ull << 63;
constexpr size_t FILES_NAME = 255;  /* bytes of a name */
constexpr size_t FILES_PATH = 4096; /* bytes of a path, its zero byte included */
constexpr unsigned FILES_GROUPS = 256;

struct files_lock;
struct files_mount;
struct files_node_ops;
struct files_session;
struct files_state_table;

/* A file system, embedded in the server's own. */
struct files_system {
	const struct files_node_ops *ops;
	struct files_node *root;
	uint64_t device; /* st_dev */
	uint32_t nlines; /* the library's: that lead to it */
	bool read_only;
	bool unsized; /* a file's size says nothing of what can be read, as in /proc */
};

/*
 * A file of any kind, embedded in the server's own. The first part is the server's to set and
 * change; `refs` counts sessions, lines, mounts and walks that are under way. At 0 `ops->release`
 * is called, which may keep the node if it is in the tree.
 */
struct files_node {
	struct files_system *system;
	uint64_t number; /* st_ino */
	uint64_t size;   /* of a regular file, always true */
	uint64_t rdev;   /* of a device */
	uint32_t mode;   /* type and permissions, as st_mode */
	uint32_t uid, gid;
	uint32_t refs;
	/* The library's. */
	int32_t busy; /* sessions that may write it, or less 0 those that run it: never both */
	struct files_mount *mounts;     /* what covers it, in which worlds */
	struct files_lock *locks;       /* ordered by start */
	struct files_session *watchers; /* sessions that were given an event */
	struct files_session *readers;  /* sessions for reading only, of a regular file */
};

struct files_credentials {
	uint64_t world;
	uint32_t uid, gid, real_uid, real_gid;
	uint32_t flags; /* FILES_CAPABILITY_, FILES_LINE_ */
	uint32_t ngroups;
	const uint32_t *groups; /* copied */
};

/* Sessions with the same credentials, which see each other's states. Lives as long as they do. */
struct files_line {
	struct files_server *server;
	struct files_credentials who;
	struct files_node *root;
	struct files_system *system; /* the root's, whose own root has a reference too: a file
					system that no line leads to can go */
	uint32_t nsessions;
	struct files_state_table *tables; /* the first; a slot's table is found by its number */
	void *context;                    /* the server's: what the line is for it */
};

/* An open file description, or a place in the tree. */
struct files_session {
	struct files_line *line;
	struct files_node *node;
	uint64_t badge;
	uint64_t id;              /* of the session object; 0: not asked for */
	struct file_state *state; /* nullptr with FILE_PATH. Others may write it at any time */
	uint32_t slot;
	/* FILE_OPEN_READ, FILE_OPEN_WRITE, FILE_EXECUTE, FILE_PATH, FILE_APPEND; of a block device
	 * FILE_EXCLUSIVE */
	uint32_t flags;
	fut_handle event; /* of `ready`; 0: never asked for */
	bool has_locks;
	bool is_way_in; /* what posixd was given: no use of the file system */
	int8_t busy;    /* its part of the node's */
	struct files_session *next_watcher, *next_by_id;
	struct files_session *next_reader, **reader; /* where it hangs; nullptr: it does not */
	void *own;                                   /* the server's */
};

/* A name in a directory: not ended by a zero byte. */
struct files_name {
	const char *text;
	size_t len;
};

/* What `change` asks for, permitted already. Times are nanoseconds since 1970. */
struct files_change {
	uint32_t which; /* FILE_CHANGE_; NOW is resolved into the times */
	uint32_t mode;
	uint32_t uid, gid;
	uint64_t size;
	int64_t atime, mtime;
};

/* Where a symbolic link leads: text, or with a jump (FILE_JUMP_DESCRIPTOR, FILE_JUMP_OBJECT) there.
 */
struct files_target {
	const char *text;
	size_t len;
	char *room;         /* FILES_PATH bytes, if the text has to be put somewhere */
	uint64_t number;    /* of a jump to a descriptor */
	fut_handle session; /* of a jump to an object: given away */
};

/* A new file: `mode` with its type, uid and gid as they are to be, a link's target or a device. */
struct files_new {
	uint32_t mode, uid, gid;
	uint64_t rdev;
	const char *target;
	size_t target_len;
	fut_handle door; /* of a socket: taken on success */
	bool sealable;   /* a regular file on which seals can be put */
};

/* One listing, which `list` fills by files_list_add. */
struct files_list;

struct files_node_ops {
	/* Nobody uses the node any more. Must be there. */
	void (*release)(struct files_node *n);

	/* Directories. A node that is given is given with a reference. `line` asks. */
	int (*lookup)(struct files_line *line, struct files_node *dir, struct files_name name,
		      struct files_node **child); /* ENOTDIR */
	/* The directory that holds this one, which is no root; with a reference. Must be there. */
	struct files_node *(*parent)(struct files_node *dir);
	/* Put entries after the cookie `after` (0: the first) into `list` until it is full. "." and
	 * ".." are put by the library, with cookies 1 and 2. ENOTDIR. */
	int (*list)(struct files_session *s, uint64_t after, struct files_list *list);
	/* The directory and the name under which a node is known; -ENOENT if removed. ENOENT. */
	int (*name)(struct files_node *n, struct files_node **dir, struct files_name *name);
	/* A new file. With an empty name it is in no directory yet. EROFS. */
	int (*create)(struct files_line *line, struct files_node *dir, struct files_name name,
		      const struct files_new *new, struct files_node **made);
	int (*link)(struct files_node *dir, struct files_name name,
		    struct files_node *n); /* EPERM */
	int (*remove)(struct files_node *dir, struct files_name name,
		      struct files_node *n); /* EPERM */
	/* `there` is what has the new name now, to be replaced or exchanged; or nullptr. EPERM. */
	int (*rename)(struct files_node *dir, struct files_name name, struct files_node *n,
		      struct files_node *to, struct files_name new_name, struct files_node *there,
		      bool exchange);

	/* Any node. */
	int (*target)(struct files_line *line, struct files_node *n,
		      struct files_target *t); /* EINVAL */
	/* Fill in what the library has not: size, blocks, times, links. May be nullptr. */
	void (*stat)(struct files_node *n, struct file_stat_results *r);
	/* May what `stat` says change without a call to the server? nullptr: no. */
	bool (*unsteady)(const struct files_node *n);
	int (*change)(struct files_node *n, const struct files_change *c); /* EPERM */
	/* A session for reading or writing is opened (may refuse) and closed. May be nullptr. */
	int (*open)(struct files_session *s);
	void (*close)(struct files_session *s);
	/* Of at most `n` bytes; for a regular file offset and n lie within its size. EINVAL. */
	int64_t (*read)(struct files_session *s, uint64_t offset, const struct lent *to, size_t n);
	/* From lent memory, or if that is nullptr from `data`. The library keeps the offset.
	 * EINVAL. */
	int64_t (*write)(struct files_session *s, uint64_t offset, const struct lent *from,
			 const void *data, size_t n);
	/* SEEK_DATA and SEEK_HOLE: without it, all of a regular file is data. */
	int64_t (*seek)(struct files_session *s, uint64_t offset, uint32_t whence);
	/* Memory, with every right; the library gives a duplicate with fewer. ENODEV. */
	int (*contents)(struct files_session *s, bool write, fut_handle *memory);
	/* That memory is for writing. 1: it is lent, and others stand there; EPERM. 0. */
	int (*lend)(struct files_session *s, fut_handle *memory);
	/* What shows, while a handle to it is open, that the memory lent is used. EINVAL. */
	int (*use)(struct files_session *s, fut_handle *use);
	int (*size_page)(struct files_session *s, fut_handle *page); /* ENODEV */
	/* Memory that the session's holder will write by a mapping; `written` of its state says
	 * when. ENODEV. */
	int (*window)(struct files_session *s, fut_handle *memory);
	int (*allocate)(struct files_session *s, uint32_t mode, uint64_t offset,
			uint64_t size);                     /* EOPNOTSUPP */
	int (*seal)(struct files_session *s, uint32_t add); /* known ones. EINVAL, as `seals` */
	uint32_t (*seals)(struct files_session *s);
	int (*sync)(struct files_session *s, bool data_only); /* 0 */
	int (*sync_all)(struct files_system *fs);             /* 0 */
	void (*statfs)(struct files_system *fs, struct file_statfs_results *r);
	/* What `ready` says now. Without it: what is always ready. */
	uint64_t (*ready)(struct files_session *s);
	int (*door)(struct files_node *n, fut_handle *door);               /* ECONNREFUSED */
	int (*pipe)(struct files_session *s, struct file_pipe_results *r); /* ENXIO */
};

struct files_owner;
struct files_room;

/* What clients see of them; enum files_effect says what raises which. */
struct files_changes {
	_Atomic uint64_t any, names;
};

enum files_effect : uint32_t {
	FILES_CHANGES_NOTHING,
	FILES_CHANGES_FILE,  /* what `stat` says of it */
	FILES_CHANGES_NAMES, /* also where names lead, or who may open what they lead to */
};

/* All zero but `port`. The rest is the library's. */
struct files_server {
	fut_handle port;
	uint32_t most_sessions;          /* of one line; 0: FILES_SESSIONS */
	struct files_session **sessions; /* by the low half of their badges */
	uint32_t nsessions, sessions_room;
	uint32_t nlines;
	struct files_session *free_session; /* linked by `next_by_id` */
	struct files_session *by_id[1024];
	struct files_owner *owners[256]; /* by number */
	uint64_t last_owner;
	fut_handle changes; /* the page of `changes`; 0: it is not counted */
	struct files_changes *changed;
	struct files_room *rooms; /* where paths grow as links are followed, and lists are made */
};
constexpr uint32_t FILES_SESSIONS = 1u << 20;

/* What file_dispatch calls; its `self` is the struct files_server. */
extern const struct file_ops files_ops_file;
/* For servers that count changes: make the page, and raise it before each. */
enum err files_changes_init(struct files_server *server);
static inline void files_changed(struct files_server *server, enum files_effect effect)
{
	if (server->changed == nullptr || effect == FILES_CHANGES_NOTHING)
		return;
	atomic_fetch_add(&server->changed->any, 1);
	if (effect == FILES_CHANGES_NAMES)
		atomic_fetch_add(&server->changed->names, 1);
}
/* What can this message change? For who calls file_dispatch. */
enum files_effect files_effect_of(const struct message *m);
/* For struct server's `closed`; badges without FILES_BADGE are ignored. */
void files_closed(void *self, uint64_t badge);

/* A new line whose root is `root`; nullptr: no memory. It ends with its last session. */
struct files_line *files_line_create(struct files_server *server,
				     const struct files_credentials *who, struct files_node *root);
/* protocol/files.fipc, for servers' struct files_ops. Lines are asked for by who found the server
 * by name: that session has the badge 0. `self` is the struct files_server. */
enum err files_give_line(struct files_server *server, uint64_t badge,
			 const struct files_line_args *a, struct files_node *root,
			 struct files_line_results *r);
enum err files_on_uses(void *self, uint64_t badge, const struct files_uses_args *a,
		       struct files_uses_results *r);
enum err files_on_end(void *self, uint64_t badge, const struct files_end_args *a);
enum err files_on_change(void *self, uint64_t badge, const struct files_change_args *a,
			 struct files_change_results *r);
/* A line that got no session. */
void files_line_drop(struct files_line *line);

/* A new session with the node, without checks: `handle` is for the client. -EMFILE, -ENOMEM. With
 * FILE_PATH or for a directory, others can name it by its handle (files_session_of). */
int files_session_create(struct files_line *line, struct files_node *n, uint32_t flags,
			 fut_handle *handle, struct files_session **session);
/* The session with that badge, or behind that handle; nullptr: none. */
struct files_session *files_session_find(struct files_server *server, uint64_t badge);
struct files_session *files_session_of(struct files_server *server, fut_handle handle);

static inline struct files_node *files_node_get(struct files_node *n)
{
	n->refs++;
	return n;
}

static inline void files_node_put(struct files_node *n)
{
	if (--n->refs == 0)
		n->system->ops->release(n);
}

/* For `list`: false if there is no room, and the entry was not put. `cookie` is where to go on
 * after it: above 2, rising from entry to entry. */
bool files_list_add(struct files_list *list, struct files_name name, uint64_t number, uint32_t mode,
		    uint64_t cookie);

/*
 * For `read` and `write`: copy n bytes to or from the caller's memory. n, -EFAULT, -ENOSPC, or
 * FILES_AGAIN, which such an operation may return: the caller's page has to come from its pager
 * first.
 */
int64_t files_give(const struct lent *to, uint64_t offset, const void *from, size_t n);
int64_t files_take(const struct lent *from, uint64_t offset, void *to, size_t n);
constexpr int64_t FILES_AGAIN = INT64_MIN;
/* Copy a result made in memory to the caller: the part of text[0..size) from `offset` on. */
int64_t files_read_text(const struct lent *to, size_t n, uint64_t offset, const void *text,
			size_t size);

/* What a session's `write` was given, as a string: its length, -EINVAL if `room` is too little for
 * it, or -EFAULT. */
int64_t files_take_text(const struct lent *from, const void *data, size_t n, char *text,
			size_t room);

/* What `ready` gives has changed for every session of this node: make their events say so. */
void files_ready_changed(struct files_node *n);

/* Permissions: wanted as for access, 4 read, 2 write, 1 execute. */
bool files_may(const struct files_line *line, const struct files_node *n, uint32_t wanted);
bool files_owns(const struct files_line *line, const struct files_node *n);
bool files_in_group(const struct files_line *line, uint32_t gid);

/* st_dev of a file system without a device: major number 0, and that minor number. */
static inline uint64_t files_anonymous(uint64_t minor)
{
	return (minor & 0xff) | (minor & ~0xffull) << 12;
}

/* The file system, or what the line sees of it, cannot be changed. */
static inline bool files_read_only(const struct files_line *line, const struct files_node *n)
{
	return n->system->read_only || (line->who.flags & FILES_LINE_READ_ONLY);
}

/* Nanoseconds since 1970, or since boot if nobody set the clock. */
int64_t files_now(void);
