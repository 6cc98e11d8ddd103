/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A kernel small enough to test the message library on this machine: two tasks, a client and a
 * server, whose handles and pages are kept apart. Messages are checked and moved as the kernel
 * does.
 */
#pragma once
#include "lib/futura/message.h"

constexpr unsigned FAKE_HANDLES = 1024;

struct fake_handle {
	enum object_type type; /* 0: closed */
	uint32_t rights;
	uint32_t id; /* of the object */
	uint32_t age;
};

struct fake_task {
	alignas(64) char area[THREAD_AREA_SIZE];
	struct fake_handle handles[FAKE_HANDLES];
	unsigned room; /* how many handles it may have */
};

extern struct fake_task fake_client, fake_server;
extern struct fake_task *fake_current; /* who runs */

/* Forget everything. The client runs. */
void fake_reset(void);
fut_handle fake_open(struct fake_task *t, enum object_type type, uint32_t rights);
unsigned fake_count(const struct fake_task *t);
/* The object behind a handle; 0 if it is not open. */
uint32_t fake_object(const struct fake_task *t, fut_handle handle);

/*
 * Who answers ipc_call: `serve` is run as the server, with the message that arrived, and makes it
 * the answer. False keeps the call: ipc_call then gives `fake_late`, which is to send the answer.
 * While `fake_gone` is not 0 the server is gone, and each call lowers it.
 */
extern bool (*fake_serve)(struct message *m);
extern void (*fake_late)(void);
extern unsigned fake_gone;
extern fut_handle fake_session; /* where the last call went */

/* What ipc_receive and ipc_reply_wait give, one after the other; then the port is gone. */
struct fake_step {
	enum err receive; /* of receiving; a call is delivered if OK */
	enum err answer;  /* of answering that call */
	struct message message;
};
extern const struct fake_step *fake_steps;
extern unsigned fake_nsteps;
/* What became of the last call: its answer, and how many were answered and dropped. */
extern struct message fake_answer;
/* Takes the native calls that are not about messages. */
extern enum err (*fake_call)(enum call number, const uint64_t *args, struct native_words *results);
extern unsigned fake_answered, fake_dropped;
