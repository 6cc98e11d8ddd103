/* SPDX-License-Identifier: MPL-2.0 */
/* The commands of futfs. Each takes the volume's device and its own arguments, and exits with that.
 */
#pragma once

#include "futurafs/futurafs.h"

struct command {
	const char *image;
	const char *snapshot; /* look into this one; nullptr: the volume as it is now */
	struct fs_device dev;
	int argc;
	char **argv;
};

int command_dump(struct command *c);
int command_ls(struct command *c);
int command_cat(struct command *c);
int command_stat(struct command *c);
int command_snapshot(struct command *c);
int command_diff(struct command *c);
int command_mount(struct command *c);

/* Mount for looking, or say why not. */
struct fs *command_open(struct command *c, const char *snapshot, bool write);
/* The inode at a path, or say why not. */
bool path_find(struct fs *fs, const char *path, uint64_t *ino);
int command_fail(const char *what, enum fs_err e);
