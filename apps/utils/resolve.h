/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Absolute and relative paths without "." and "..", links resolved. */

enum resolve_missing {
	RESOLVE_ALL,      /* everything must exist */
	RESOLVE_BUT_LAST, /* all but the last part */
	RESOLVE_ANYTHING  /* nothing need exist */
};

/* New memory, or nullptr with errno set. With `links` false symbolic links stay. */
char *path_resolve(const char *path, enum resolve_missing missing, bool links);

/* `target` as seen from the folder that `name` is in; new memory. */
char *path_relative(const char *target, const char *name);
/* An absolute path as seen from an absolute folder; both resolved. New memory. */
char *path_from(const char *path, const char *folder);
