/* SPDX-License-Identifier: MPL-2.0 */
/* What the parts of lib/files have among themselves. */
#pragma once
#include <errno.h>
#include <sys/stat.h>
#include "lib/files/files.h"

constexpr unsigned FILES_LINKS = 40; /* symbolic links in one walk */
constexpr size_t FILES_ROOM = 2 * FILES_PATH;
constexpr size_t FILES_LIST = 65536;
/* Badges of lock owners' tokens. */
constexpr uint64_t FILES_OWNER_BADGE = 1ull << 62;

/* What the one thread works in. A rename walks two paths at a time. */
struct files_room {
	char path[2][FILES_ROOM];
	char target[FILES_PATH];
	char list[FILES_LIST];
};

enum files_last : uint32_t {
	LAST_NONE, /* no name at all: "" or "/" */
	LAST_NAME,
	LAST_DOT,
	LAST_UP,
};

struct files_walk {
	/* What is asked: FILE_NO_FOLLOW, FILE_NO_CROSS, FILE_BENEATH, FILE_IN_ROOT, FILE_NO_LINKS;
	 * with FILE_CREATE the last name is a file's. */
	uint32_t flags;
	bool stay; /* the last name itself is meant, even if it is a link, covered, or no directory
		      where `slash` wants one */
	unsigned room; /* which of the two paths' rooms */
	/* What is found; the nodes with references, until walk_end. */
	struct files_node *node; /* nullptr: `dir` has no such name */
	struct files_node *dir;  /* of LAST_NAME */
	struct files_name name;
	enum files_last last;
	bool slash; /* the path ended in one: only a directory will do */
	/* Where a jump goes. */
	uint64_t number;
	fut_handle session;
	struct files_name rest;
	/* The walk's own. */
	struct files_line *line;
	struct files_node *start;
	unsigned links;
};

/* Walk from `start`, as the line may. 0, a jump, or an errno. walk_end afterwards, in any case. */
int walk(struct files_walk *w, struct files_line *line, struct files_node *start, const char *path,
	 size_t len);
/* The same from the session's node, to something that must exist. */
int walk_found(struct files_walk *w, struct files_session *s, const char *path, size_t len);
void walk_end(struct files_walk *w);
/* Tell the caller of a jump: its number and rest. The outcome to be given. */
int walk_told(struct files_walk *w, int outcome, uint64_t *number, char *rest, uint32_t *rest_len);

/* May names in the directory be made or removed? 0 or an errno. */
int access_change(const struct files_line *l, const struct files_node *dir);
/* May this one's name be removed from it (also by renaming)? */
int access_remove(const struct files_line *l, const struct files_node *dir,
		  const struct files_node *n);

/* What covers the node for the line; 0: nothing. */
uint64_t mount_find(const struct files_line *l, const struct files_node *n);

/* Room for one thread's work; nullptr: no memory. */
struct files_room *room_get(struct files_server *server);

/* Close sessions that are idle, of a file or of all: their clients have kept them for no use. The
 * caller has a reference to the node. */
void sessions_reclaim(struct files_node *n);
void sessions_reclaim_all(struct files_server *server);

/* Forget the session's locks, and tell those who wait. */
void locks_closed(struct files_session *s);
void owner_closed(struct files_server *server, uint64_t number);

/* The session with that badge, or leave the handler with ERR_BAD_STATE: the badge is no file's. */
#define SESSION(s)                                                                                 \
	struct files_session *s = files_session_find(self, badge);                                 \
	if (s == nullptr) [[clang::unlikely]]                                                      \
	return ERR_BAD_STATE

/* Drop what makes a program privileged, as who writes to it or gives it away must. */
void privileges_drop(struct files_line *l, struct files_node *n);

enum err on_open(void *self, uint64_t badge, const struct file_open_args *a,
		 struct file_open_results *r);
enum err on_as(void *self, uint64_t badge, const struct file_as_args *a, struct file_as_results *r);
enum err on_states(void *self, uint64_t badge, const struct file_states_args *a,
		   struct file_states_results *r);

enum err on_stat(void *self, uint64_t badge, const struct file_stat_args *a,
		 struct file_stat_results *r);
enum err on_change(void *self, uint64_t badge, const struct file_change_args *a,
		   struct file_change_results *r);
enum err on_readlink(void *self, uint64_t badge, const struct file_readlink_args *a,
		     struct file_readlink_results *r);
enum err on_access(void *self, uint64_t badge, const struct file_access_args *a,
		   struct file_access_results *r);
enum err on_place(void *self, uint64_t badge, struct file_place_results *r);
enum err on_door(void *self, uint64_t badge, const struct file_door_args *a,
		 struct file_door_results *r);
enum err on_mount(void *self, uint64_t badge, const struct file_mount_args *a,
		  struct file_mount_results *r);

enum err on_make(void *self, uint64_t badge, const struct file_make_args *a,
		 struct file_make_results *r);
enum err on_bind(void *self, uint64_t badge, const struct file_bind_args *a,
		 struct file_bind_results *r);
enum err on_remove(void *self, uint64_t badge, const struct file_remove_args *a,
		   struct file_remove_results *r);
enum err on_rename(void *self, uint64_t badge, const struct file_rename_args *a,
		   struct file_rename_results *r);
enum err on_link(void *self, uint64_t badge, const struct file_link_args *a,
		 struct file_link_results *r);

enum err on_read(void *self, uint64_t badge, const struct file_read_args *a,
		 struct file_read_results *r);
enum err on_write(void *self, uint64_t badge, const struct file_write_args *a,
		  struct file_write_results *r);
enum err on_write_short(void *self, uint64_t badge, const struct file_write_short_args *a,
			struct file_write_short_results *r);
enum err on_seek(void *self, uint64_t badge, const struct file_seek_args *a,
		 struct file_seek_results *r);
enum err on_list(void *self, uint64_t badge, const struct file_list_args *a,
		 struct file_list_results *r);
enum err on_contents(void *self, uint64_t badge, const struct file_contents_args *a,
		     struct file_contents_results *r);
enum err on_changes(void *self, uint64_t badge, struct file_changes_results *r);
enum err on_window(void *self, uint64_t badge, struct file_window_results *r);
enum err on_size_page(void *self, uint64_t badge, struct file_size_page_results *r);
enum err on_allocate(void *self, uint64_t badge, const struct file_allocate_args *a,
		     struct file_allocate_results *r);
enum err on_use(void *self, uint64_t badge, struct file_use_results *r);
enum err on_seal(void *self, uint64_t badge, const struct file_seal_args *a,
		 struct file_seal_results *r);
enum err on_seals(void *self, uint64_t badge, struct file_seals_results *r);
enum err on_sync(void *self, uint64_t badge, const struct file_sync_args *a,
		 struct file_sync_results *r);
enum err on_sync_all(void *self, uint64_t badge, struct file_sync_all_results *r);
enum err on_statfs(void *self, uint64_t badge, struct file_statfs_results *r);
enum err on_ready(void *self, uint64_t badge, struct file_ready_results *r);
enum err on_pipe(void *self, uint64_t badge, struct file_pipe_results *r);
enum err on_owner(void *self, uint64_t badge, struct file_owner_results *r);
enum err on_lock(void *self, uint64_t badge, const struct file_lock_args *a,
		 struct file_lock_results *r);

/* A new file in the place that a walk has found empty: the line's owner, the directory's group if
 * it is setgid. Checks the right to. */
int file_create(struct files_walk *w, struct files_new *new, struct files_node **made);
