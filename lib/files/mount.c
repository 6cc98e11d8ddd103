/* SPDX-License-Identifier: MPL-2.0 */
/* Mounts: what covers a node, in each world its own; and lines as posixd asks for them. */
#include <stdlib.h>
#include <string.h>
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

/* --- Lines --- */

enum err files_give_line(struct files_server *server, uint64_t badge,
			 const struct files_line_args *a, struct files_node *root,
			 struct files_line_results *r)
{
	uint32_t groups[FILES_GROUPS]; /* aligned, as the message's bytes need not be */
	struct files_session *s;

	if (badge != 0)
		return ERR_DENIED;
	if (a->groups_len % sizeof(*groups) != 0)
		return ERR_BAD_ARGUMENT;
	memcpy(groups, a->groups, a->groups_len);
	if (a->root != 0) {
		s = files_session_of(server, a->root);
		if (s == nullptr)
			return ERR_BAD_ARGUMENT;
		root = s->node;
	}
	const struct files_credentials who = {
		a->world,
		a->uid,
		a->gid,
		a->real_uid,
		a->real_gid,
		a->capabilities,
		a->groups_len / sizeof(*groups),
		groups,
	};
	struct files_line *line = files_line_create(server, &who, root);
	if (line == nullptr)
		return ERR_NO_MEMORY;
	if (files_session_create(line, root, FILE_PATH, &r->session, &s) != 0) {
		files_line_drop(line);
		return ERR_NO_MEMORY;
	}
	s->is_way_in = true;
	if (a->root != 0)
		(void)fut_handle_close(a->root); /* it has told us which directory */
	return OK;
}

static bool is_of_world(const struct files_session *s, uint64_t world)
{
	return s->line != nullptr && s->line->who.world == world;
}

enum err files_on_uses(void *self, uint64_t badge, const struct files_uses_args *a,
		       struct files_uses_results *r)
{
	struct files_server *server = self;

	if (badge != 0)
		return ERR_DENIED;
	sessions_reclaim_all(server);
	for (uint32_t i = 0; i < server->nsessions; i++) {
		const struct files_session *s = server->sessions[i];
		if (!is_of_world(s, a->world) || s->is_way_in)
			continue;
		r->open++;
		r->writing += (s->flags & FILE_OPEN_WRITE) != 0;
	}
	return OK;
}

enum err files_on_change(void *self, uint64_t badge, const struct files_change_args *a,
			 struct files_change_results *r)
{
	const struct files_server *server = self;
	struct files_uses_results uses = {};
	enum err e =
		files_on_uses(self, badge, &(struct files_uses_args){ .world = a->world }, &uses);

	if (e != OK)
		return e;
	if ((a->options & FILES_LINE_READ_ONLY) && uses.writing > 0) {
		r->outcome = -EBUSY;
		return OK;
	}
	for (uint32_t i = 0; i < server->nsessions; i++) {
		struct files_session *s = server->sessions[i];
		if (is_of_world(s, a->world))
			s->line->who.flags = (s->line->who.flags & ~FILES_LINE_OPTIONS) |
					     (a->options & FILES_LINE_OPTIONS);
	}
	return OK;
}

enum err files_on_end(void *self, uint64_t badge, const struct files_end_args *a)
{
	const struct files_server *server = self;

	if (badge != 0)
		return ERR_DENIED;
	for (uint32_t i = 0; i < server->nsessions; i++) {
		const struct files_session *s = server->sessions[i];
		if (is_of_world(s, a->world) && s->is_way_in)
			files_closed(self, s->badge);
	}
	return OK;
}
