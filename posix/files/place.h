/* SPDX-License-Identifier: MPL-2.0 */
/* Where an open file stands in the tree, as paths: for getcwd and /proc. */
#pragma once
#include "posix/files/path.h"

/* The description's path from the world's root, ended by a zero byte: its length, or an errno:
 * ENOENT if its name was removed. */
int64_t place_path(const struct description *d, char path[PATH_MOST]);
/* Where the next mount above that number lies, as our root shows it; false: there is none. */
bool mount_path_after(uint32_t after, char path[PATH_MOST], uint32_t *number);
/* Let `d->path` be it, if it can be told. */
void place_remember(struct description *d);
/* What `d` is, with PATH, and the credentials of `place` in the same mount. */
int64_t place_as(const struct description *d, const struct description *place, fut_handle *session);
/* Is it a directory that we may search? The reference is dropped if not. */
int64_t place_may_search(struct description *d);
/* readlink of /proc/self/fd/N: what the descriptor leads to. */
int64_t place_of_descriptor(unsigned fd, char text[PATH_MOST]);
