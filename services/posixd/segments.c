/* SPDX-License-Identifier: MPL-2.0 */
/* System V's shared memory: who may have which segment, and how many have it. The memory itself is
 * made and mapped by processes; posixd only keeps a handle to it. */
#include <errno.h>
#include <stdlib.h>
#include <sys/shm.h>
#include "lib/futura/clock.h"
#include "services/posixd/calls.h"
#include "services/posixd/core/credentials.h"

constexpr unsigned PLACES = 4096;   /* segments of a world: Linux's SHMMNI */
constexpr uint32_t PLACE_BITS = 15; /* an id is a place below how often places were used again */
constexpr uint32_t SEQUENCES = 0xffff;
constexpr uint64_t PAGE = 4096;
constexpr uint32_t PERMISSIONS = 0777;
constexpr uint32_t READ = 0444, WRITE = 0222;

struct segment {
	fut_handle memory;
	uint32_t id, key; /* key 0: nobody finds it by one */
	uint64_t size;
	uint64_t attached_at, detached_at, changed_at;
	uint32_t attached, maker, last;
	uint32_t uid, gid, maker_uid, maker_gid;
	uint32_t mode; /* with SHM_DEST it goes when the last one leaves it */
};

struct segments {
	struct segment *at[PLACES];
	uint32_t sequence;
	uint32_t after_last; /* the place behind that given last; 0: none was */
};

/* Of a process: what it is attached to, and how often. */
struct attachment {
	struct attachment *next;
	struct segment *segment;
	uint32_t count;
};

static uint64_t now(void)
{
	return clock_wall() / SECOND;
}

static struct segments *segments_of(const struct process *p)
{
	return ((const struct posix_world *)p->world)->segments;
}

static struct segment *segment_find(const struct process *p, uint32_t id)
{
	const struct segments *all = segments_of(p);
	uint32_t place = id & ((1u << PLACE_BITS) - 1);
	struct segment *s = all != nullptr && place < PLACES ? all->at[place] : nullptr;

	return s != nullptr && s->id == id ? s : nullptr;
}

static void segment_free(struct segments *all, struct segment *s)
{
	all->at[s->id & ((1u << PLACE_BITS) - 1)] = nullptr;
	handle_drop(&s->memory);
	free(s);
}

/* `wanted` as bits of a mode, in any of its three parts. */
static bool segment_allows(const struct segment *s, const struct process *p, uint32_t wanted)
{
	const struct credentials *c = p->who;
	uint32_t granted = s->mode;

	wanted = (wanted >> 6 | wanted >> 3 | wanted) & 7;
	if (c->euid == s->uid || c->euid == s->maker_uid)
		granted >>= 6;
	else if (c->egid == s->gid || c->egid == s->maker_gid || credentials_in_group(c, s->gid) ||
		 credentials_in_group(c, s->maker_gid))
		granted >>= 3;
	return (wanted & ~granted) == 0 || capable(c, CAP_IPC_OWNER);
}

/* --- shmget --- */

static int place_take(struct posix_world *w, uint32_t *id)
{
	uint32_t place = 0;

	if (w->segments == nullptr && (w->segments = calloc(1, sizeof(*w->segments))) == nullptr)
		return -ENOMEM;
	struct segments *all = w->segments;
	while (place < PLACES && all->at[place] != nullptr)
		place++;
	if (place == PLACES)
		return -ENOSPC;
	if (place < all->after_last)
		all->sequence = (all->sequence + 1) % SEQUENCES;
	all->after_last = place + 1;
	*id = all->sequence << PLACE_BITS | place;
	return 0;
}

/* Takes the memory when it gives 0. */
static int segment_make(const struct process *p, const struct posix_segment_get_args *a,
			uint32_t *id)
{
	struct posix_world *w = (struct posix_world *)p->world;
	struct segment *s;

	if (a->size == 0 || a->memory == 0)
		return -EINVAL;
	int error = place_take(w, id);
	if (error != 0)
		return error;
	s = malloc(sizeof(*s));
	if (s == nullptr)
		return -ENOMEM;
	*s = (struct segment){
		.memory = a->memory,
		.id = *id,
		.key = a->key,
		.size = a->size,
		.changed_at = now(),
		.maker = p->pid,
		.uid = p->who->euid,
		.gid = p->who->egid,
		.maker_uid = p->who->euid,
		.maker_gid = p->who->egid,
		.mode = a->flags & PERMISSIONS,
	};
	w->segments->at[*id & ((1u << PLACE_BITS) - 1)] = s;
	return 0;
}

static const struct segment *segment_by_key(const struct process *p, uint32_t key)
{
	const struct segments *all = segments_of(p);

	for (unsigned i = 0; all != nullptr && key != IPC_PRIVATE && i < PLACES; i++)
		if (all->at[i] != nullptr && all->at[i]->key == key)
			return all->at[i];
	return nullptr;
}

enum err posix_on_segment_get(void *self, uint64_t badge, const struct posix_segment_get_args *a,
			      struct posix_segment_get_results *r)
{
	const struct process *p = self;
	const struct segment *s = segment_by_key(p, a->key);
	fut_handle unused[] = { a->memory };
	uint32_t id = s != nullptr ? s->id : 0;

	(void)badge;
	if (s == nullptr && a->key != IPC_PRIVATE && !(a->flags & IPC_CREAT))
		r->outcome = -ENOENT;
	else if (s == nullptr)
		r->outcome = segment_make(p, a, &id);
	else if ((a->flags & IPC_CREAT) && (a->flags & IPC_EXCL))
		r->outcome = -EEXIST;
	else if (a->size > s->size)
		r->outcome = -EINVAL;
	else if (!segment_allows(s, p, a->flags & PERMISSIONS))
		r->outcome = -EACCES;
	bool is_taken = s == nullptr && r->outcome == 0;
	if (r->outcome == 0)
		r->outcome = (int32_t)id;
	return is_taken || a->memory == 0 ? OK : handles_close(unused, 1, OK);
}

/* --- Who is attached --- */

static bool attachment_add(struct process *p, struct segment *s, uint32_t count)
{
	struct attachment *a = p->attached;

	while (a != nullptr && a->segment != s)
		a = a->next;
	if (a == nullptr) {
		a = malloc(sizeof(*a));
		if (a == nullptr)
			return false;
		*a = (struct attachment){ .next = p->attached, .segment = s };
		p->attached = a;
	}
	a->count += count;
	s->attached += count;
	return true;
}

/* `at` leads to the attachment, which goes if `count` is all of it. */
static void attachment_drop(struct process *p, struct attachment **at, uint32_t count)
{
	struct attachment *a = *at;
	struct segment *s = a->segment;

	a->count -= count;
	if (a->count == 0) {
		*at = a->next;
		free(a);
	}
	s->attached -= count;
	s->detached_at = now();
	s->last = p->pid;
	if (s->attached == 0 && (s->mode & SHM_DEST))
		segment_free(segments_of(p), s);
}

enum err posix_on_segment_attach(void *self, uint64_t badge,
				 const struct posix_segment_attach_args *a,
				 struct posix_segment_attach_results *r)
{
	struct process *p = self;
	struct segment *s = segment_find(p, a->id);
	uint32_t rights = RIGHTS_VMO & ~(a->read_only != 0 ? RIGHT_WRITE : 0);

	(void)badge;
	if (s == nullptr || !segment_allows(s, p, a->read_only != 0 ? READ : READ | WRITE)) {
		r->outcome = s == nullptr ? -EINVAL : -EACCES;
		return OK;
	}
	r->outcome = -ENOMEM;
	if (fut_handle_duplicate(s->memory, rights, &r->memory) != OK)
		return OK;
	if (!attachment_add(p, s, 1)) {
		handle_drop(&r->memory);
		return OK;
	}
	s->attached_at = now();
	s->last = p->pid;
	r->size = s->size;
	r->key = s->key;
	r->outcome = 0;
	return OK;
}

enum err posix_on_segment_detach(void *self, uint64_t badge,
				 const struct posix_segment_detach_args *a)
{
	struct process *p = self;
	struct attachment *first = p->attached, **at = &first;

	(void)badge;
	while (*at != nullptr && (*at)->segment->id != a->id)
		at = &(*at)->next;
	if (*at != nullptr)
		attachment_drop(p, at, 1);
	p->attached = first;
	return OK;
}

bool segments_fork(struct process *child, const struct process *parent)
{
	for (const struct attachment *a = parent->attached; a != nullptr; a = a->next)
		if (!attachment_add(child, a->segment, a->count))
			return false;
	return true;
}

void segments_leave(struct process *p)
{
	struct attachment *first = p->attached;

	while (first != nullptr)
		attachment_drop(p, &first, first->count);
	p->attached = nullptr;
}

void segments_free(struct posix_world *w)
{
	for (unsigned i = 0; w->segments != nullptr && i < PLACES; i++)
		if (w->segments->at[i] != nullptr)
			segment_free(w->segments, w->segments->at[i]);
	free(w->segments);
}

/* --- shmctl --- */

enum err posix_on_segment(void *self, uint64_t badge, const struct posix_segment_args *a,
			  struct posix_segment_results *r)
{
	const struct process *p = self;
	const struct segments *all = segments_of(p);
	const struct segment *s = segment_find(p, a->id);

	(void)badge;
	if (a->which & POSIX_SEGMENT_PLACE)
		s = all != nullptr && a->id < PLACES ? all->at[a->id] : nullptr;
	if (s == nullptr || (!(a->which & POSIX_SEGMENT_ANY) && !segment_allows(s, p, READ))) {
		r->outcome = s == nullptr ? -EINVAL : -EACCES;
		return OK;
	}
	*r = (struct posix_segment_results){
		.size = s->size,
		.attached_at = s->attached_at,
		.detached_at = s->detached_at,
		.changed_at = s->changed_at,
		.attached = s->attached,
		.maker = s->maker,
		.last = s->last,
		.key = s->key,
		.uid = s->uid,
		.gid = s->gid,
		.maker_uid = s->maker_uid,
		.maker_gid = s->maker_gid,
		.mode = s->mode,
		.outcome = a->which & POSIX_SEGMENT_PLACE ? (int32_t)s->id : 0,
	};
	return OK;
}

enum err posix_on_segment_change(void *self, uint64_t badge,
				 const struct posix_segment_change_args *a,
				 struct posix_segment_change_results *r)
{
	const struct process *p = self;
	struct segment *s = segment_find(p, a->id);

	(void)badge;
	if (s == nullptr)
		r->outcome = -EINVAL;
	else if (p->who->euid != s->uid && p->who->euid != s->maker_uid &&
		 !capable(p->who, CAP_SYS_ADMIN))
		r->outcome = -EPERM;
	else if (a->remove != 0 && s->attached == 0)
		segment_free(segments_of(p), s);
	else if (a->remove != 0) {
		s->mode |= SHM_DEST;
		s->key = IPC_PRIVATE;
	} else {
		s->uid = a->uid;
		s->gid = a->gid;
		s->mode = (s->mode & ~PERMISSIONS) | (a->mode & PERMISSIONS);
		s->changed_at = now();
	}
	return OK;
}

enum err posix_on_segments(void *self, uint64_t badge, struct posix_segments_results *r)
{
	const struct segments *all = segments_of(self);

	(void)badge;
	for (unsigned i = 0; all != nullptr && i < PLACES; i++) {
		const struct segment *s = all->at[i];
		uint64_t size, pages;
		uint32_t flags;

		if (s == nullptr)
			continue;
		r->pages += (s->size + PAGE - 1) / PAGE;
		if (fut_vmo_info(s->memory, &size, &pages, &flags) == OK)
			r->resident += pages;
		r->count++;
		r->last = i;
	}
	return OK;
}
