/* SPDX-License-Identifier: MPL-2.0 */
/* The parts of the driver: the device, and its clients' sessions. */
#pragma once
#include "drivers/virtio_blk/core/blk.h"
#include "drivers/virtio_blk/core/request.h"
#include "lib/futura/loop.h"
#include "lib/virtio/device.h"

constexpr unsigned SESSIONS = 32;
constexpr unsigned QUEUES = 4;

struct session {
	struct driver *driver;
	uint64_t badge; /* 0: free */
	bool is_closed; /* no client any more; it ends with its last request */
	struct extent extent;
	struct blk_queue *queue;
	struct memory memories[BLOCK_MEMORIES];
	/* The rings, once the client has asked for them. */
	void *shared; /* nullptr: not yet */
	struct ring requests, done;
	struct loop_watch watch;
	unsigned nbusy;
};

struct driver {
	struct loop loop;
	struct server server;
	struct loop_server loop_server;
	struct virtio virtio;
	struct blk_limits limits;
	char serial[21];
	fut_handle iospace;
	unsigned nqueues;
	struct blk_queue queues[QUEUES];
	fut_handle irqs[QUEUES];
	struct loop_watch irq_watches[QUEUES];
	struct loop_timer again; /* set while there is work for another turn */
	uint64_t nsessions;      /* that there ever were: badges are not used twice */
	struct session sessions[SESSIONS];
};

/* device.c: find, reset and set up the device. Ends the program if that cannot be done. */
void device_init(struct driver *d);

/* session.c: what clients ask for, and their requests. */
void sessions_serve(struct driver *d);
/* Begin what can be begun, and tell the device. */
void sessions_pump(struct driver *d);
/* A request of this session has ended. */
void session_done(struct session *s, const struct blk_ended *ended);
