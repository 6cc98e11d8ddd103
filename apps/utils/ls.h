/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* What ls was asked for, and how it shows a list of files. */
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>
#include "apps/applet/mem.h"

struct ls_ignore {
	const char *pattern;
	bool unless_all;
};

struct ls {
	char format;     /* l C x m 1 */
	char sort;       /* n, or t S U v X */
	char time;       /* m, c or u */
	char indicator;  /* 0, p, f or F */
	char quote;      /* n b Q, and s S e E for the shell */
	char all;        /* 0, a or A */
	char time_style; /* l F L I */
	const char *time_format;
	bool itself, inode, blocks, reverse, recursive, follow, follow_arguments, follow_folders;
	bool no_owner, no_group, numeric, human, color, hide_control, folders_first, scale_sizes;
	unsigned human_unit, width;
	uint64_t block_size;
	struct ls_ignore *ignores;
	size_t ignore_count, ignore_capacity;
	struct timespec now;
	/* while running */
	bool any; /* something was shown: an empty line comes before the next title */
	int depth, status;
};

struct ls_file {
	char *name;
	char *target; /* of a symbolic link */
	struct stat st;
	mode_t target_mode;
	bool unknown; /* it could not be looked at */
	size_t order;
};

struct ls_list {
	struct ls_file *files;
	size_t count, capacity;
	const char *folder;
};

const struct timespec *ls_time(const struct ls *l, const struct ls_file *f);
bool ls_is_ignored(const struct ls *l, const char *name);
void ls_title(const struct ls *l, const char *path);
void ls_show(struct ls *l, const struct ls_list *list, bool is_folder);
