/* SPDX-License-Identifier: MPL-2.0 */
/* What covers a node: in each world its own. */
#include <stdlib.h>
#include "lib/files/internal.h"

struct files_mount {
	struct files_mount *next;
	uint64_t world, number;
};

uint64_t mount_find(const struct files_line *l, const struct files_node *n)
{
	for (const struct files_mount *m = n->mounts; m != nullptr; m = m->next)
		if (m->world == l->who.world)
			return m->number;
	return 0;
}

/* A covered node stays, whatever becomes of its names. */
static int mount_set(const struct files_line *l, struct files_node *n, uint64_t number)
{
	struct files_mount **at = &n->mounts, *m;

	while (*at != nullptr && (*at)->world != l->who.world)
		at = &(*at)->next;
	m = *at;
	if (m == nullptr && number == 0)
		return -EINVAL;
	if (m == nullptr) {
		m = malloc(sizeof(*m));
		if (m == nullptr)
			return -ENOMEM;
		*m = (struct files_mount){ n->mounts, l->who.world, number };
		n->mounts = m;
		files_node_get(n);
	} else if (number == 0) {
		*at = m->next;
		free(m);
		files_node_put(n);
	} else {
		m->number = number;
	}
	return 0;
}

enum err on_mount(void *self, uint64_t badge, const struct file_mount_args *a,
		  struct file_mount_results *r)
{
	SESSION(s);
	if (s->line->who.flags & FILES_CAPABILITY_MOUNT)
		r->outcome = mount_set(s->line, s->node, a->number);
	else
		r->outcome = -EPERM;
	return OK;
}
