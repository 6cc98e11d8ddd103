/* SPDX-License-Identifier: MPL-2.0 */
/* Calls about locks and readiness: who asks, and who is told when to try again. */
#include <stdlib.h>
#include "lib/files/internal.h"
#include "lib/files/lock.h"

/* The bits that `ready` keeps true: those of every file, and a server's own, such as a terminal's.
 * READY_LOCK is the caller's to clear. */
constexpr uint64_t READY_STATE = SIGNAL_USER_MASK & ~(uint64_t)FILE_READY_LOCK;

/* --- Events --- */

static uint64_t ready_now(struct files_session *s)
{
	const struct files_node_ops *ops = s->node->system->ops;

	return ops->ready ? ops->ready(s) & READY_STATE : FILE_READY_INPUT | FILE_READY_OUTPUT;
}

static void ready_tell(struct files_session *s)
{
	uint64_t ready = ready_now(s);

	(void)fut_event_signal(s->event, ready, READY_STATE & ~ready); /* ours, and open */
}

void files_ready_changed(struct files_node *n)
{
	for (struct files_session *s = n->watchers; s != nullptr; s = s->next_watcher)
		ready_tell(s);
}

static void locks_changed(struct files_node *n)
{
	for (struct files_session *s = n->watchers; s != nullptr; s = s->next_watcher)
		(void)fut_event_signal(s->event, FILE_READY_LOCK, 0); /* ours, and open */
}

static int event_make(struct files_session *s)
{
	if (fut_event_create(&s->event) != OK) {
		s->event = 0;
		return -ENOMEM;
	}
	s->next_watcher = s->node->watchers;
	s->node->watchers = s;
	ready_tell(s);
	/* Who was refused a lock before there was an event may have missed its end: it tries again.
	 */
	(void)fut_event_signal(s->event, FILE_READY_LOCK, 0); /* ours, and open */
	return 0;
}

enum err on_ready(void *self, uint64_t badge, struct file_ready_results *r)
{
	SESSION(s);
	constexpr uint32_t rights =
		RIGHT_WAIT | RIGHT_SIGNAL | RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INHERIT;

	if (s->state == nullptr)
		r->outcome = -EBADF;
	else if (s->node->system->ops->ready == nullptr && !S_ISREG(s->node->mode) &&
		 !S_ISDIR(s->node->mode))
		r->outcome = -ENOSYS;
	else if (s->event == 0)
		r->outcome = event_make(s);
	if (r->outcome == 0 && fut_handle_duplicate(s->event, rights, &r->event) != OK)
		r->outcome = -ENOMEM;
	return OK;
}

/* --- Owners --- */

static unsigned owner_index(const struct files_server *server, uint64_t number)
{
	return number % (sizeof(server->owners) / sizeof(*server->owners));
}

static struct files_owner **owner_bucket(struct files_server *server, uint64_t number)
{
	return &server->owners[owner_index(server, number)];
}

struct files_owner *owner_find(const struct files_server *server, uint64_t number)
{
	struct files_owner *o = server->owners[owner_index(server, number)];

	while (o != nullptr && o->number != number)
		o = o->next;
	return o;
}

/* A session that fork does not copy, or a child's life would keep its parent's locks. */
static enum err token_make(struct files_server *server, uint64_t number, fut_handle *token)
{
	fut_handle whole;
	enum err e =
		fut_session_create(server->port, FILES_BADGE | FILES_OWNER_BADGE | number, &whole);

	if (e != OK)
		return e;
	e = fut_handle_duplicate(whole, RIGHT_SEND | RIGHT_TRANSFER, token);
	(void)fut_handle_close(whole); /* ours */
	return e;
}

enum err on_owner(void *self, uint64_t badge, struct file_owner_results *r)
{
	SESSION(s);
	struct files_server *server = self;
	struct files_owner *o = calloc(1, sizeof(*o)), **bucket;
	uint64_t number = server->last_owner + 1;

	(void)s;
	r->outcome = -ENOLCK;
	if (o == nullptr)
		return OK;
	if (token_make(server, number, &r->token) != OK) {
		free(o);
		return OK;
	}
	server->last_owner = o->number = r->owner = number;
	bucket = owner_bucket(server, number);
	o->next = *bucket;
	*bucket = o;
	r->outcome = 0;
	return OK;
}

void owner_closed(struct files_server *server, uint64_t number)
{
	struct files_owner **at = owner_bucket(server, number), *o;

	while (*at != nullptr && (*at)->number != number)
		at = &(*at)->next;
	o = *at;
	if (o == nullptr)
		return;
	*at = o->next;
	while (o->locks != nullptr) {
		struct files_node *n = files_node_get(o->locks->node);
		lock_drop_first(o);
		locks_changed(n);
		files_node_put(n);
	}
	lock_wait(o, nullptr, nullptr);
	free(o);
}

/* --- Locks --- */

void locks_closed(struct files_session *s)
{
	bool bytes = lock_drop(s->node, FILE_LOCK_DESCRIPTION, s->badge);
	bool whole = lock_drop(s->node, FILE_LOCK_WHOLE, s->badge);

	if (bytes || whole)
		locks_changed(s->node);
}

static int lock_wanted(const struct files_session *s, const struct file_lock_args *a,
		       struct files_lock *want)
{
	uint32_t kind = a->kind & ~(FILE_LOCK_TEST | FILE_LOCK_WAIT);

	if (kind < FILE_LOCK_RECORD || kind > FILE_LOCK_WHOLE || a->type > FILE_LOCK_NONE)
		return -EINVAL;
	*want = (struct files_lock){ .start = a->start,
				     .end = UINT64_MAX,
				     .owner = kind == FILE_LOCK_RECORD ? a->owner : s->badge,
				     .type = a->type,
				     .kind = kind,
				     .pid = a->pid };
	if (kind == FILE_LOCK_WHOLE) {
		want->start = 0;
		return 0;
	}
	if (a->start > INT64_MAX || a->length > INT64_MAX)
		return -EINVAL;
	if (a->length > 0 && a->length - 1 > INT64_MAX - a->start)
		return -EOVERFLOW;
	if (a->length > 0)
		want->end = a->start + a->length - 1;
	/* To lock for reading one must be able to read, and so for writing; only asking needs none.
	 */
	if (!(a->kind & FILE_LOCK_TEST) &&
	    ((a->type == FILE_LOCK_SHARED && !(s->flags & FILE_OPEN_READ)) ||
	     (a->type == FILE_LOCK_EXCLUSIVE && !(s->flags & FILE_OPEN_WRITE))))
		return -EBADF;
	return 0;
}

static void lock_told(const struct files_lock *l, struct file_lock_results *r)
{
	r->held_type = FILE_LOCK_NONE;
	if (l == nullptr)
		return;
	r->held_start = l->start;
	r->held_length = l->end == UINT64_MAX ? 0 : l->end - l->start + 1;
	r->held_pid = l->kind == FILE_LOCK_DESCRIPTION ? UINT32_MAX : l->pid;
	r->held_type = l->type;
}

static int lock(struct files_session *s, const struct file_lock_args *a,
		struct file_lock_results *r)
{
	struct files_owner *owner = nullptr;
	struct files_lock want, *held = nullptr;
	bool gave;

	if (s->state == nullptr)
		return -EBADF;
	int e = lock_wanted(s, a, &want);
	if (e != 0)
		return e;
	if (want.kind == FILE_LOCK_RECORD) {
		owner = owner_find(s->line->server, a->owner);
		if (owner == nullptr)
			return -EINVAL;
	}
	if (want.type != FILE_LOCK_NONE)
		held = lock_conflict(s->node, &want);
	lock_told(held, r);
	if (owner != nullptr && (a->kind & FILE_LOCK_WAIT))
		lock_wait(owner, nullptr, nullptr);
	if (a->kind & FILE_LOCK_TEST)
		return 0;
	if (held != nullptr && owner != nullptr && (a->kind & FILE_LOCK_WAIT)) {
		if (lock_is_deadly(s->line->server, owner->number, held))
			return -EDEADLK;
		lock_wait(owner, s->node, &want);
	}
	if (held != nullptr)
		return -EAGAIN;
	if (!lock_set(s->node, &want, owner, &gave))
		return -ENOLCK;
	s->has_locks = s->has_locks || owner == nullptr;
	if (gave)
		locks_changed(s->node);
	return 0;
}

enum err on_lock(void *self, uint64_t badge, const struct file_lock_args *a,
		 struct file_lock_results *r)
{
	SESSION(s);
	r->outcome = lock(s, a, r);
	return OK;
}
