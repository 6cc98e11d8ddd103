/* SPDX-License-Identifier: MPL-2.0 */
/* Who may do what: owner, group and others, and the capabilities that override them. */
#include "lib/files/internal.h"

bool files_in_group(const struct files_line *l, uint32_t gid)
{
	if (gid == l->who.gid)
		return true;
	for (uint32_t i = 0; i < l->who.ngroups; i++)
		if (l->who.groups[i] == gid)
			return true;
	return false;
}

bool files_owns(const struct files_line *l, const struct files_node *n)
{
	return n->uid == l->who.uid || (l->who.flags & FILES_CAPABILITY_OWNER);
}

bool files_may(const struct files_line *l, const struct files_node *n, uint32_t wanted)
{
	uint32_t mode = n->mode;

	if (l->who.flags & FILES_CAPABILITY_OVERRIDE)
		/* All but to execute what nobody may. */
		return !(wanted & 1) || S_ISDIR(mode) || (mode & 0111);
	if ((l->who.flags & FILES_CAPABILITY_READ) &&
	    (S_ISDIR(mode) ? (wanted & 2) == 0 : wanted == 4))
		return true;
	if (n->uid == l->who.uid)
		mode >>= 6;
	else if (files_in_group(l, n->gid))
		mode >>= 3;
	return (wanted & ~mode & 7) == 0;
}

int access_change(const struct files_line *l, const struct files_node *dir)
{
	if (!files_may(l, dir, 3))
		return -EACCES;
	return files_read_only(l, dir) ? -EROFS : 0;
}

int access_remove(const struct files_line *l, const struct files_node *dir,
		  const struct files_node *n)
{
	int e = access_change(l, dir);

	if (e == 0 && (dir->mode & S_ISVTX) && dir->uid != l->who.uid && !files_owns(l, n))
		return -EPERM;
	return e;
}
