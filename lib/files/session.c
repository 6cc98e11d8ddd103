/* SPDX-License-Identifier: MPL-2.0 */
/* Lines and their sessions. */
#include <stdlib.h>
#include <string.h>
#include "lib/files/internal.h"
#include "lib/files/states.h"
#include "lib/futura/clock.h"

int64_t files_now(void)
{
	uint64_t wall = clock_wall();

	return (int64_t)(wall != 0 ? wall : clock_now());
}

struct files_room *room_get(struct files_server *server)
{
	if (server->rooms == nullptr)
		server->rooms = malloc(sizeof(*server->rooms));
	return server->rooms;
}

/* --- Lines --- */

struct files_line *files_line_create(struct files_server *server,
				     const struct files_credentials *who, struct files_node *root)
{
	size_t groups = who->ngroups * sizeof(*who->groups);
	struct files_line *l = calloc(1, sizeof(*l) + groups);

	if (l == nullptr)
		return nullptr;
	l->server = server;
	l->who = *who;
	l->who.groups = (const uint32_t *)(l + 1);
	if (groups > 0)
		memcpy(l + 1, who->groups, groups);
	l->root = files_node_get(root);
	l->system = root->system;
	files_node_get(l->system->root);
	l->system->nlines++;
	server->nlines++;
	return l;
}

void files_line_drop(struct files_line *l)
{
	l->server->nlines--;
	l->system->nlines--;
	states_drop(l);
	files_node_put(l->root);
	files_node_put(l->system->root);
	free(l);
}

/* --- Sessions --- */

/* Below FILES_BADGE and FILES_OWNER_BADGE a badge is an age above an index. */
constexpr uint64_t BADGE_AGE = 1ull << 32;

static uint32_t badge_index(uint64_t badge)
{
	return badge & (BADGE_AGE - 1);
}

static bool sessions_grow(struct files_server *server)
{
	uint32_t room = server->sessions_room ? 2 * server->sessions_room : 64;
	void *more = realloc(server->sessions, room * sizeof(struct files_session *));

	if (more == nullptr)
		return false;
	server->sessions = more;
	server->sessions_room = room;
	return true;
}

/* A free session, whose badge is new. Sessions are never freed: their ages must go on. */
static struct files_session *session_take(struct files_server *server)
{
	struct files_session *s = server->free_session;

	if (s != nullptr) {
		server->free_session = s->next_by_id;
		return s;
	}
	if (server->nsessions == server->sessions_room && !sessions_grow(server))
		return nullptr;
	s = malloc(sizeof(*s));
	if (s == nullptr)
		return nullptr;
	s->badge = FILES_BADGE | server->nsessions;
	s->line = nullptr;
	server->sessions[server->nsessions++] = s;
	return s;
}

static void session_give(struct files_server *server, struct files_session *s)
{
	s->line = nullptr;
	s->badge = (s->badge + BADGE_AGE) & ~FILES_OWNER_BADGE;
	s->badge |= FILES_BADGE;
	s->next_by_id = server->free_session;
	server->free_session = s;
}

struct files_session *files_session_find(struct files_server *server, uint64_t badge)
{
	uint32_t index = badge_index(badge);

	if (index >= server->nsessions)
		return nullptr;
	struct files_session *s = server->sessions[index];
	return s->badge == badge && s->line != nullptr ? s : nullptr;
}

static struct files_session **id_bucket(struct files_server *server, uint64_t id)
{
	return &server->by_id[id % (sizeof(server->by_id) / sizeof(*server->by_id))];
}

struct files_session *files_session_of(struct files_server *server, fut_handle handle)
{
	uint32_t type, rights;
	uint64_t id;

	if (fut_handle_info(handle, &type, &rights, &id) != OK)
		return nullptr;
	struct files_session *s = *id_bucket(server, id);
	while (s != nullptr && s->id != id)
		s = s->next_by_id;
	return s;
}

/* Remember what its handles can be known by. */
static enum err session_identify(struct files_session *s, fut_handle handle)
{
	struct files_session **bucket;
	uint32_t type, rights;
	enum err e = fut_handle_info(handle, &type, &rights, &s->id);

	if (e != OK)
		return e;
	bucket = id_bucket(s->line->server, s->id);
	s->next_by_id = *bucket;
	*bucket = s;
	return OK;
}

static void session_unlink(struct files_session *s)
{
	struct files_session **at = id_bucket(s->line->server, s->id);

	while (*at != s)
		at = &(*at)->next_by_id;
	*at = s->next_by_id;
}

static void session_unwatch(struct files_session *s)
{
	struct files_session **at = &s->node->watchers;

	while (*at != s)
		at = &(*at)->next_watcher;
	*at = s->next_watcher;
	(void)fut_handle_close(s->event); /* ours */
}

/* Who may be idle can be found from the node. */
static void reader_add(struct files_session *s)
{
	struct files_node *n = s->node;

	s->next_reader = n->readers;
	s->reader = &n->readers;
	if (n->readers != nullptr)
		n->readers->reader = &s->next_reader;
	n->readers = s;
}

static void reader_remove(struct files_session *s)
{
	*s->reader = s->next_reader;
	if (s->next_reader != nullptr)
		s->next_reader->reader = s->reader;
}

static void session_end(struct files_session *s)
{
	struct files_line *l = s->line;
	struct files_node *n = s->node;

	if (s->event != 0)
		session_unwatch(s);
	if (s->id != 0)
		session_unlink(s);
	if (s->reader != nullptr)
		reader_remove(s);
	if (s->state != nullptr)
		state_give(l, s->slot);
	n->busy -= s->busy;
	session_give(l->server, s);
	files_node_put(n);
	if (--l->nsessions == 0)
		files_line_drop(l);
}

/* What a session does that others must not do at the same time: write a program, or run it. */
static int8_t busy_part(const struct files_node *n, uint32_t flags)
{
	if (!S_ISREG(n->mode) || (flags & FILE_PATH))
		return 0;
	return flags & FILE_OPEN_WRITE ? 1 : flags & FILE_EXECUTE ? -1 : 0;
}

static void session_fill(struct files_session *s, struct files_line *l, struct files_node *n,
			 uint32_t flags)
{
	s->line = l;
	s->node = files_node_get(n);
	s->flags = flags;
	s->slot = FILE_SLOT_NONE;
	s->state = nullptr;
	s->id = 0;
	s->event = 0;
	s->has_locks = false;
	s->is_way_in = false;
	s->own = nullptr;
	s->busy = busy_part(n, flags);
	n->busy += s->busy;
	s->reader = nullptr;
	if (flags == FILE_OPEN_READ && S_ISREG(n->mode))
		reader_add(s);
	l->nsessions++;
}

int files_session_create(struct files_line *l, struct files_node *n, uint32_t flags,
			 fut_handle *handle, struct files_session **session)
{
	uint32_t most = l->server->most_sessions ? l->server->most_sessions : FILES_SESSIONS;
	struct files_session *s;
	enum err e;

	if (l->nsessions >= most)
		return -EMFILE;
	s = session_take(l->server);
	if (s == nullptr)
		return -ENOMEM;
	session_fill(s, l, n, flags);
	if (!(flags & FILE_PATH) && !state_take(l, &s->slot, &s->state))
		goto fail;
	e = fut_session_create(l->server->port, s->badge, handle);
	if (e != OK)
		goto fail;
	if (((flags & FILE_PATH) || S_ISDIR(n->mode)) && session_identify(s, *handle) != OK) {
		(void)fut_handle_close(*handle); /* `closed` will find nobody */
		goto fail;
	}
	if (s->state != nullptr)
		atomic_store_explicit(&s->state->status, flags & FILE_APPEND ? STATUS_APPEND : 0,
				      memory_order_relaxed);
	*session = s;
	return 0;
fail:
	l->nsessions++; /* an unused line is the caller's to drop */
	session_end(s);
	l->nsessions--;
	return -ENOMEM;
}

static void session_close(struct files_session *s)
{
	if (s->has_locks)
		locks_closed(s);
	if (!(s->flags & FILE_PATH) && s->node->system->ops->close != nullptr)
		s->node->system->ops->close(s);
	session_end(s);
}

/* Take the session back if nobody uses it: who has it finds out by the slot. */
static void session_reclaim(struct files_session *s)
{
	uint64_t idle = atomic_load(&s->state->idle);

	if (idle != 0 && atomic_compare_exchange_strong(&s->state->idle, &idle, 0))
		session_close(s);
}

void sessions_reclaim(struct files_node *n)
{
	for (struct files_session *s = n->readers, *next; s != nullptr; s = next) {
		next = s->next_reader;
		session_reclaim(s);
	}
}

void sessions_reclaim_all(struct files_server *server)
{
	for (uint32_t i = 0; i < server->nsessions; i++)
		if (server->sessions[i]->line != nullptr && server->sessions[i]->reader != nullptr)
			session_reclaim(server->sessions[i]);
}

void files_closed(void *self, uint64_t badge)
{
	struct files_server *server = self;

	if (!(badge & FILES_BADGE))
		return;
	if (badge & FILES_OWNER_BADGE) {
		owner_closed(server, badge & ~(FILES_BADGE | FILES_OWNER_BADGE));
		return;
	}
	struct files_session *s = files_session_find(server, badge);
	if (s != nullptr)
		session_close(s);
}

/* --- Calls --- */

enum err on_states(void *self, uint64_t badge, const struct file_states_args *a,
		   struct file_states_results *r)
{
	SESSION(s);
	r->outcome = states_share(s->line, a->table, &r->states);
	return OK;
}

enum err on_as(void *self, uint64_t badge, const struct file_as_args *a, struct file_as_results *r)
{
	SESSION(s);
	struct files_session *other = files_session_of(self, a->line);
	struct files_session *made;

	if (other == nullptr)
		return ERR_BAD_ARGUMENT;
	(void)fut_handle_close(a->line); /* it has told us which line */
	r->outcome = files_session_create(other->line, s->node, FILE_PATH, &r->session, &made);
	return OK;
}
