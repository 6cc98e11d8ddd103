/* SPDX-License-Identifier: MPL-2.0 */
/* What is mounted in a world. */
#pragma once
#include "services/posixd/state.h"

/* The file server of /proc and /sys is this program. */
#define SERVER_PROC "proc"
#define SERVER_SYS  "sysfs"

struct mount {
	struct mount *next;
	uint32_t number; /* 0: the root */
	char kind[16];
	const char *server; /* by which name it is found */
	fut_handle start;   /* where in the server it begins; 0: at its root */
	fut_handle covered; /* the directory below it; 0: the root */
	char *at, *source, *options;
};

struct mount *mount_by_number(struct posix_world *w, uint32_t number);
/* As /proc/mounts shows them: never empty. */
const char *mount_options(const struct mount *m);
/* What a world begins with: its root, and what stands ready to be mounted. `root` is a session with
 * its root that has the superuser's credentials. For an errand: it calls the file server. */
void mounts_begin(struct posix_world *w, fut_handle root);
