/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Removing files and trees. */

struct rm {
	bool force, interactive, recursive, empty_dirs, verbose, one_device;
};

/* Removes `path` as told; reports errors and then returns false. */
bool remove_tree(const struct rm *r, const char *path);
