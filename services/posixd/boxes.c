/* SPDX-License-Identifier: MPL-2.0 */
/* Datagram sockets with names: who sends is given the receiver's memory. protocol/door.fipc. */
#include <errno.h>
#include <sys/socket.h>
#include "services/posixd/sockets.h"

constexpr uint32_t MEMORY_RIGHTS = RIGHT_MAP | RIGHT_READ | RIGHT_WRITE | RIGHT_TRANSFER;
constexpr uint32_t EVENT_RIGHTS = RIGHT_WAIT | RIGHT_SIGNAL | RIGHT_INHERIT | RIGHT_TRANSFER;

/* 0 if datagrams can be sent to it. */
static int32_t box_state(const struct listener *l)
{
	if (l->type != SOCK_DGRAM)
		return -EPROTOTYPE;
	return l->memory != 0 ? 0 : -ECONNREFUSED;
}

enum err door_on_receive(void *self, uint64_t badge, const struct door_receive_args *a,
			 struct door_receive_results *r)
{
	struct listener *l = listener_of(badge);

	(void)self;
	if (l == nullptr)
		return ERR_DENIED;
	r->outcome = l->type != SOCK_DGRAM ? -EPROTOTYPE : l->memory != 0 ? -EINVAL : 0;
	if (r->outcome != 0) {
		fut_handle given[] = { a->memory, a->event };
		return handles_close(given, 2, OK);
	}
	l->memory = a->memory;
	l->event = a->event;
	r->box = l->id;
	return OK;
}

enum err door_on_box(void *self, uint64_t badge, struct door_box_results *r)
{
	const struct listener *l = listener_behind(badge);

	(void)self;
	if (l == nullptr)
		return ERR_DENIED;
	r->box = l->id;
	r->outcome = box_state(l);
	return OK;
}

enum err door_on_sender(void *self, uint64_t badge, struct door_sender_results *r)
{
	const struct listener *l = listener_behind(badge);

	(void)self;
	if (l == nullptr)
		return ERR_DENIED;
	if (box_state(l) != 0)
		return ERR_BAD_STATE;
	enum err e = fut_handle_duplicate(l->memory, MEMORY_RIGHTS, &r->memory);
	if (e != OK)
		return e;
	e = fut_handle_duplicate(l->event, EVENT_RIGHTS, &r->event);
	if (e != OK)
		handle_drop(&r->memory);
	return e;
}

void box_end(struct listener *l)
{
	handle_drop(&l->memory);
	handle_drop(&l->event);
}
