/* SPDX-License-Identifier: MPL-2.0 */
/* Directory entries: items keyed by a hash of the name, several slots apart for equal hashes. */
#pragma once

#include "futurafs/fs.h"

struct entry_ref {
	uint64_t off; /* of the key */
	uint64_t ino;
	enum fs_type type;
};

/* The key offset where names with this name's hash begin; HASH_SLOTS follow. */
constexpr uint64_t HASH_SLOTS = 256;
uint64_t name_hash(const struct fs *fs, const char *name, size_t len);

enum fs_err name_check(const char *name, size_t len);
enum fs_err dir_find(struct fs *fs, uint64_t dir, const char *name, size_t len,
		     struct entry_ref *ref);
/* The name must not be there. Counts it in the directory's size and sets its times. */
enum fs_err dir_add(struct fs *fs, struct inode *dir, const char *name, size_t len,
		    const struct inode *i);
enum fs_err dir_remove(struct fs *fs, struct inode *dir, const struct entry_ref *ref);
/* Let the entry lead to another inode. */
enum fs_err dir_replace(struct fs *fs, struct inode *dir, const struct entry_ref *ref,
			const struct inode *i);
enum fs_err dir_is_empty(struct fs *fs, const struct inode *dir);
