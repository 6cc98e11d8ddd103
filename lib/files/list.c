/* SPDX-License-Identifier: MPL-2.0 */
/* Listing directories, in the form that getdents64 gives. */
#include <dirent.h>
#include <string.h>
#include "lib/files/internal.h"

/* musl's struct dirent is the kernel's linux_dirent64: d_ino, d_off, d_reclen, d_type, d_name. */
static_assert(offsetof(struct dirent, d_name) == 19);

struct files_list {
	char *at;
	size_t used, room;
	uint64_t last; /* cookie of the last entry */
	bool is_full;
};

bool files_list_add(struct files_list *list, struct files_name name, uint64_t number, uint32_t mode,
		    uint64_t cookie)
{
	size_t size = (offsetof(struct dirent, d_name) + name.len + 1 + 7) & ~(size_t)7;

	if (name.len > FILES_NAME || size > list->room - list->used) {
		list->is_full = true;
		return false;
	}
	struct dirent *d = (struct dirent *)(list->at + list->used);
	memset((char *)d + size - 8, 0, 8); /* what follows the name */
	d->d_ino = number;
	d->d_off = (off_t)cookie;
	d->d_reclen = (unsigned short)size;
	d->d_type = (unsigned char)(mode >> 12 & 15);
	memcpy(d->d_name, name.text, name.len);
	list->used += size;
	list->last = cookie;
	return true;
}

/* "." and "..", whose cookies are 1 and 2. */
static bool list_dots(struct files_session *s, struct files_list *list)
{
	struct files_node *n = s->node, *up = n;

	if (list->last < 1 &&
	    !files_list_add(list, (struct files_name){ ".", 1 }, n->number, n->mode, 1))
		return false;
	if (list->last >= 2)
		return true;
	if (n != s->line->root && n != n->system->root)
		up = n->system->ops->parent(n);
	bool added = files_list_add(list, (struct files_name){ "..", 2 }, up->number, up->mode, 2);
	if (up != n)
		files_node_put(up);
	return added;
}

/* A directory that was removed has not even dots. */
static bool is_removed(struct files_node *n)
{
	struct files_node *dir;
	struct files_name name;

	return n != n->system->root && n->system->ops->name != nullptr &&
	       n->system->ops->name(n, &dir, &name) == -ENOENT;
}

static int64_t list_at(struct files_session *s, const struct lent *to)
{
	const struct files_node_ops *ops = s->node->system->ops;
	struct files_room *room = room_get(s->line->server);

	if (!(s->flags & FILE_OPEN_READ))
		return -EBADF;
	if (!S_ISDIR(s->node->mode) || ops->list == nullptr)
		return -ENOTDIR;
	if (is_removed(s->node))
		return -ENOENT;
	if (room == nullptr)
		return -ENOMEM;
	uint64_t was = atomic_load(&s->state->offset);
	struct files_list list = { room->list, .last = was };
	list.room = to->size < FILES_LIST ? to->size : FILES_LIST;
	if (list_dots(s, &list)) {
		int e = ops->list(s, list.last <= 2 ? 0 : list.last, &list);
		if (e != 0)
			return e;
	}
	if (list.used == 0)
		return list.is_full ? -EINVAL : 0;
	int64_t given = files_give(to, 0, list.at, list.used);
	if (given > 0)
		atomic_compare_exchange_strong(&s->state->offset, &was, list.last);
	return given;
}

enum err on_list(void *self, uint64_t badge, const struct file_list_args *a,
		 struct file_list_results *r)
{
	SESSION(s);
	int64_t outcome = list_at(s, &a->to);

	if (outcome == FILES_AGAIN)
		return ERR_AGAIN;
	r->outcome = outcome;
	return OK;
}
