/* SPDX-License-Identifier: MPL-2.0 */
/* A doubly linked ring with the links inside its members. One in no list links to itself. */
#pragma once
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

/* The structure of type `type` whose field `field` is at `p`. */
#define container_of(p, type, field) ((type *)((char *)(p) - offsetof(type, field)))

#define LIST_EACH(at, head) for (struct list *at = (head)->next; at != (head); at = at->next)

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_is_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_insert_before(struct list *at, struct list *l)
{
	l->prev = at->prev;
	l->next = at;
	at->prev->next = l;
	at->prev = l;
}

static inline void list_append(struct list *head, struct list *l)
{
	list_insert_before(head, l);
}

static inline void list_prepend(struct list *head, struct list *l)
{
	list_insert_before(head->next, l);
}

/* Take out the first, whose own links stay as they are: it is in no list until it is put in one. */
static inline struct list *list_pop(struct list *head)
{
	struct list *l = head->next;

	head->next = l->next;
	l->next->prev = head;
	return l;
}

static inline void list_remove(struct list *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	l->next = l->prev = l;
}
