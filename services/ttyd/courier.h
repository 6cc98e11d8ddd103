/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What terminals tell posixd, from a thread of its own: posixd may be waiting for us just then.
 */
#pragma once
#include <stdatomic.h>
#include <stdint.h>
#include "abi/kernel.h"

/* A session that has a controlling terminal. */
struct jobs {
	_Atomic uint32_t refs;
	_Atomic uint32_t foreground; /* group */
	uint32_t session;
	fut_handle ticket; /* protocol/jobs.fipc */
};

/* Takes the ticket; nullptr: no memory. */
struct jobs *jobs_create(fut_handle ticket, uint32_t session, uint32_t foreground);
struct jobs *jobs_get(struct jobs *j);
void jobs_put(struct jobs *j);

/* Start the thread. */
enum err courier_start(void);

/* A signal for the foreground group. When far too much waits it is lost. */
void courier_signal(struct jobs *j, int signal);
/* The terminal is gone. */
void courier_hang_up(struct jobs *j);
/* Put a group into the foreground. */
void courier_foreground(struct jobs *j, uint32_t group);

/* The same for the call that is being handled: KEPT, and it is answered when posixd has; or an
 * error. */
enum err courier_answer_foreground(struct jobs *j, uint32_t group);
enum err courier_answer_orphaned(struct jobs *j, uint32_t group);
