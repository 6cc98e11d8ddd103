/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Locks on ranges of a file. They only bind who asks. A lock on bytes is held by a process or by a
 * description; flock's, on the whole file, is another world, by descriptions alone.
 */
#pragma once
#include "lib/files/files.h"

struct files_lock {
	struct files_lock *next; /* of the file, by start */
	struct files_node *node; /* with a reference */
	uint64_t start, end;     /* the last byte; UINT64_MAX: however long it grows */
	uint64_t owner;          /* files_owner's number, or the session's badge */
	uint32_t type;           /* FILE_LOCK_SHARED, FILE_LOCK_EXCLUSIVE */
	uint32_t kind;           /* FILE_LOCK_RECORD, _DESCRIPTION, _WHOLE */
	uint32_t pid;
	struct files_lock *owner_next, **owner_at; /* a process's locks, wherever they are */
};

/* A process that has record locks. */
struct files_owner {
	struct files_owner *next;
	uint64_t number;
	struct files_lock *locks;
	struct files_lock
		wanted; /* what it waits for, at wanted.node; nullptr there: it does not */
};

/* What is in the way of the lock `want`; nullptr: nothing. */
struct files_lock *lock_conflict(const struct files_node *n, const struct files_lock *want);
/*
 * Give `want`'s owner this range with this type (FILE_LOCK_NONE: give it up), whatever it held
 * there before. Nothing may be in the way. `gave` is set if others may have waited for it. `list`
 * is the owner's, nullptr for a description. False: no memory, and nothing has changed.
 */
bool lock_set(struct files_node *n, const struct files_lock *want, struct files_owner *list,
	      bool *gave);
/* The owner waits for that lock; nullptr: for nothing any more. */
void lock_wait(struct files_owner *o, struct files_node *n, const struct files_lock *want);
/* Would the owner wait for itself if it waited for `held` to go? */
bool lock_is_deadly(const struct files_server *server, uint64_t owner,
		    const struct files_lock *held);
struct files_owner *owner_find(const struct files_server *server, uint64_t number);
/* Drop all locks of an owner on the file. True if there were any. */
bool lock_drop(struct files_node *n, uint32_t kind, uint64_t owner);
/* Drop one lock: the first of its owner's list. */
void lock_drop_first(struct files_owner *list);
