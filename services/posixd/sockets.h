/* SPDX-License-Identifier: MPL-2.0 */
/* Sockets with names, as their two files share them. */
#pragma once
#include "protocol/door.h"
#include "services/posixd/state.h"

constexpr uint32_t NAME_MOST = 108;
constexpr uint32_t BACKLOG_MOST = 4096; /* connections that wait at one */

struct connection;

struct listener {
	struct listener *next; /* of the bucket */
	uint64_t id;
	bool is_closed;    /* nobody accepts any more */
	uint32_t sessions; /* door and listener, while they are open */
	uint32_t waiting, most;
	uint32_t type;          /* SOCK_: only such may connect */
	uint32_t pid, uid, gid; /* of who listens */
	struct connection *first, *last;
	fut_handle arrived, room; /* events */
	fut_handle memory, event; /* its box (boxes.c); 0: none */
	struct world *world;
	/* Its abstract name, if it has one. */
	struct listener *next_named;
	bool has_name;
	uint32_t name_len;
	char name[NAME_MOST];
};

/* Behind a door's badge or the listener's own; nullptr: there is none. */
struct listener *listener_behind(uint64_t badge);
/* With the listener itself. */
struct listener *listener_of(uint64_t badge);

enum err door_on_receive(void *self, uint64_t badge, const struct door_receive_args *a,
			 struct door_receive_results *r);
enum err door_on_box(void *self, uint64_t badge, struct door_box_results *r);
enum err door_on_sender(void *self, uint64_t badge, struct door_sender_results *r);
/* Nobody receives any more. */
void box_end(struct listener *l);
