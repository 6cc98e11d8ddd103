/* SPDX-License-Identifier: MPL-2.0 */
/* Signals between processes: who may send them, and those that wait to be fetched. */
#pragma once
#include "services/posixd/core/process.h"

constexpr uint32_t SIGNALS_WAITING = 1024; /* most that wait in one queue */

/* kill, sigqueue and tgkill: as protocol/posix.fipc says of `kill`. */
int signal_kill(struct process *sender, int32_t target, const struct posix_signal *s);

/* Whatever the sender may: from the system. -EAGAIN: the queue is full. */
int signal_send(struct process *p, const struct posix_signal *s);
/* The same for a timer, which is told when its signal is fetched or dropped. */
int signal_send_timer(struct process *p, const struct posix_signal *s, struct timer *t);
/* From the system, to all members. */
void signal_group(struct group *g, uint32_t signal);
/* The same with a code of the kernel's; nothing to one process. */
void signal_system(struct process *p, uint32_t signal);

/* Move up to `most` waiting signals to `to`, in order; returns how many. `flags`: all the news. */
uint32_t signal_take(struct process *p, struct posix_signal *to, uint32_t most, uint32_t *flags);
void signal_drop_all(struct process *p);

/* The process says that it has stopped, or with 0 that it goes on. 1: it must not stop. */
int signal_stopped(struct process *p, uint32_t signal);
