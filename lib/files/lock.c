/* SPDX-License-Identifier: MPL-2.0 */
/* Locks on ranges: what conflicts, and how ranges of one owner are split and joined. */
#include <stdlib.h>
#include "lib/files/internal.h"
#include "lib/files/lock.h"

static bool is_owner(const struct files_lock *l, const struct files_lock *want)
{
	return l->owner == want->owner && l->kind == want->kind;
}

static bool overlaps(const struct files_lock *l, const struct files_lock *want)
{
	return l->start <= want->end && want->start <= l->end;
}

struct files_lock *lock_conflict(const struct files_node *n, const struct files_lock *want)
{
	bool whole = want->kind == FILE_LOCK_WHOLE;

	for (struct files_lock *l = n->locks; l != nullptr && l->start <= want->end; l = l->next)
		if ((l->kind == FILE_LOCK_WHOLE) == whole && !is_owner(l, want) &&
		    overlaps(l, want) &&
		    (l->type == FILE_LOCK_EXCLUSIVE || want->type == FILE_LOCK_EXCLUSIVE))
			return l;
	return nullptr;
}

static void lock_put(struct files_node *n, struct files_lock *l, struct files_owner *list)
{
	struct files_lock **at = &n->locks;

	while (*at != nullptr && (*at)->start < l->start)
		at = &(*at)->next;
	l->next = *at;
	*at = l;
	l->node = files_node_get(n);
	l->owner_at = nullptr;
	if (list == nullptr)
		return;
	l->owner_next = list->locks;
	l->owner_at = &list->locks;
	if (list->locks != nullptr)
		list->locks->owner_at = &l->owner_next;
	list->locks = l;
}

/* Take out of both lists what `at` points to. */
static struct files_lock *lock_take(struct files_lock **at)
{
	struct files_lock *l = *at;

	*at = l->next;
	if (l->owner_at != nullptr) {
		*l->owner_at = l->owner_next;
		if (l->owner_next != nullptr)
			l->owner_next->owner_at = l->owner_at;
	}
	return l;
}

static void lock_free(struct files_lock **at)
{
	struct files_lock *l = lock_take(at);
	struct files_node *n = l->node;

	free(l);
	files_node_put(n);
}

/* Is it `want`'s owner's, and touches it, so that the two become one? */
static bool joins(const struct files_lock *l, const struct files_lock *want)
{
	return l->type == want->type && (l->end == UINT64_MAX || l->end + 1 >= want->start) &&
	       (want->end == UINT64_MAX || want->end + 1 >= l->start);
}

/* What the owner holds around `want` is joined with it, cut, or split, for which `spare` is used.
 */
static void lock_part(struct files_node *n, struct files_lock *want, struct files_lock **spare,
		      struct files_owner *list, bool *gave)
{
	for (struct files_lock **at = &n->locks, *l; (l = *at) != nullptr;) {
		if (!is_owner(l, want) || (!overlaps(l, want) && !joins(l, want))) {
			at = &l->next;
			continue;
		}
		if (joins(l, want)) {
			want->start = l->start < want->start ? l->start : want->start;
			want->end = l->end > want->end ? l->end : want->end;
			lock_free(at);
			continue;
		}
		*gave = *gave || l->type == FILE_LOCK_EXCLUSIVE || want->type == FILE_LOCK_NONE;
		if (l->start < want->start && l->end > want->end) {
			struct files_lock *right = *spare;
			*spare = nullptr;
			*right = *l;
			right->start = want->end + 1;
			l->end = want->start - 1;
			lock_put(n, right, list);
			return;
		}
		if (l->start < want->start) {
			l->end = want->start - 1;
			at = &l->next;
		} else if (l->end > want->end) {
			/* Its place in the order changes. */
			lock_take(at)->start = want->end + 1;
			lock_put(n, l, list);
			files_node_put(n); /* it has one reference already */
		} else {
			lock_free(at);
		}
	}
}

bool lock_set(struct files_node *n, const struct files_lock *want, struct files_owner *list,
	      bool *gave)
{
	struct files_lock *made = malloc(sizeof(*made)), *spare = malloc(sizeof(*spare));
	struct files_lock range = *want;

	*gave = false;
	if (made == nullptr || spare == nullptr) {
		free(made);
		free(spare);
		return false;
	}
	files_node_get(n); /* dropped locks must not drop the file */
	lock_part(n, &range, &spare, list, gave);
	if (range.type != FILE_LOCK_NONE) {
		*made = range;
		lock_put(n, made, list);
		made = nullptr;
	}
	free(made);
	free(spare);
	files_node_put(n);
	return true;
}

void lock_wait(struct files_owner *o, struct files_node *n, const struct files_lock *want)
{
	struct files_node *old = o->wanted.node;

	o->wanted = want != nullptr ? *want : (struct files_lock){};
	o->wanted.node = want != nullptr ? files_node_get(n) : nullptr;
	if (old != nullptr)
		files_node_put(old);
}

/* Who waits may have what it waits for by now, without knowing it yet: so what is in its way is
 * looked up anew. A circle that the owner is not part of is left when it gets long. */
bool lock_is_deadly(const struct files_server *server, uint64_t owner,
		    const struct files_lock *held)
{
	constexpr unsigned LONG = 10; /* as Linux's MAX_DEADLK_ITERATIONS */

	for (unsigned i = 0; i < LONG && held != nullptr && held->kind == FILE_LOCK_RECORD; i++) {
		if (held->owner == owner)
			return true;
		const struct files_owner *o = owner_find(server, held->owner);
		if (o == nullptr || o->wanted.node == nullptr)
			return false;
		held = lock_conflict(o->wanted.node, &o->wanted);
	}
	return false;
}

bool lock_drop(struct files_node *n, uint32_t kind, uint64_t owner)
{
	bool any = false;

	files_node_get(n);
	for (struct files_lock **at = &n->locks; *at != nullptr;) {
		if ((*at)->owner == owner && (*at)->kind == kind) {
			lock_free(at);
			any = true;
		} else {
			at = &(*at)->next;
		}
	}
	files_node_put(n);
	return any;
}

void lock_drop_first(struct files_owner *list)
{
	struct files_lock *l = list->locks, **at = &l->node->locks;

	while (*at != l)
		at = &(*at)->next;
	lock_free(at);
}
