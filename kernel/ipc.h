/* SPDX-License-Identifier: MPL-2.0 */
/*
 * FIPC messages between threads. A caller waits in its port's queue until a server takes the call,
 * and then for the answer; a server waits in its port's list of receivers. The message stays in the
 * sender's registers and pages until it is delivered: the kernel keeps no copy.
 */
#pragma once
#include "kernel/thread.h"

/* Start a call that is complete in the thread: call, session or vmo's port, badge, tag, words. It
 * is delivered at once if a server waits. */
void ipc_start(struct thread *caller, struct port *port, uint64_t deadline);
/* A call is over: with an answer (`error` OK and its status) or without. Its server forgets it. */
void ipc_finish(struct thread *caller, enum err error, int16_t status);
/* Read what a call of the thread's lends, from its control page; false: it cannot be lent. */
bool grants_read(struct thread *t, unsigned n);
/* Undo a call that its caller no longer waits for. */
void ipc_abandon(struct thread *caller);
/* A server thread ends, or receives anew: a call that it holds is dropped. */
void ipc_drop_caller(struct thread *server);
/* Give a waiting receiver whatever waits at its port. */
void port_serve(struct port *p);
/* Take a thread out of its port's receivers. */
void ipc_unreceive(struct thread *t);

/* Tell a server what the call that it receives lends. */
static inline void grants_show(const struct thread *caller, struct thread *server)
{
	for (unsigned i = 0; i < caller->ngrants; i++)
		server->control->grants[i] = caller->grants[i];
}
