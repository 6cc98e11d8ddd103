/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Sessions with file servers that have a process's credentials (protocol/files.fipc). Asking for
 * one takes a call of another service, so it is an errand; each is kept with the credentials and
 * shared by all processes that have these.
 */
#pragma once
#include "services/posixd/state.h"

struct mount;

/* The root of that mount as these credentials see it; 0: not asked for yet. Stays ours. */
fut_handle line_find(const struct credentials *c, uint32_t mount);
void lines_release(struct credentials *c);

struct line_errand {
	struct errand errand;
	struct credentials *who; /* a reference */
	uint32_t mount;
	uint64_t key;                  /* whose mounts it sees: mount_key */
	const char *service;           /* the file server's name */
	fut_handle start;              /* there; 0: its root. Given away */
	uint32_t flags;                /* beside those of the credentials */
	void (*run)(struct errand *e); /* nullptr: line_open, and no more */
	/* Then in the server: `root` is kept with the credentials, and 0 if `outcome` is negative.
	 */
	void (*then)(struct line_errand *e);
	int32_t outcome;
	fut_handle root;
};

/* Who, mount, key, service, start and flags for that mount; `then` is the caller's. */
void line_prepare(struct line_errand *e, struct credentials *who, const struct mount *m);
/* Send the errand. `then` frees it, with `who`. */
void line_ask(struct line_errand *e);

/* For an errand's `run`: a first session with a file server; a negative errno if it has none. */
int line_open(const struct credentials *c, const char *service, fut_handle start, uint32_t flags,
	      uint64_t key, fut_handle *root);
/* The same: a new file system, and a session with its root. */
int line_make(const char *service, uint32_t mode, uint64_t size, fut_handle *root);
/* What its lines may do, whatever the mount. */
uint32_t line_capabilities(const struct credentials *c);
/* Keep a root with the credentials. */
int line_keep(struct credentials *c, uint32_t mount, fut_handle root);
/* End it, wherever it is used, and forget it; false: there was none. Its server is not told: it has
 * ended what it knows of the mount (files_end), or is gone. */
bool line_end(struct credentials *c, uint32_t mount);
/* Forget it; it ends when the processes that have it do. False: there was none. */
bool line_drop(struct credentials *c, uint32_t mount);
/* posixd is this server itself: lines need no call. */
bool line_is_local(const char *service);
/* The server of that name, for an errand; it is started if it can be. nullptr: there is none. */
struct remote *server_find(const char *name);

/* A duplicate of a root, for a process. */
constexpr uint32_t ROOT_RIGHTS = RIGHT_SEND | RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INHERIT;
int line_give(fut_handle root, fut_handle *copy);
