/* SPDX-License-Identifier: MPL-2.0 */
/* Raising signals within the process, and delivering them. */
#pragma once
#include "posix/core/thread.h"

/* Add a signal for one thread, or with nullptr for the process, and see that a thread looks.
 * Ignored ones are dropped. */
void signal_raise(struct thread *t, const siginfo_t *info);
/* Of a fault of the calling thread: blocked or ignored ones end the process. */
void signal_force(const siginfo_t *info);
/* Is one to be delivered to the calling thread? */
bool signal_deliverable(struct thread *t);
/*
 * Deliver what there is: change `frame` to the handler's start, or end or stop the process.
 * `result` is of the call the frame is in, with `in_call`: decides about its repetition.
 */
void signal_deliver(struct registers *frame, bool in_call, int64_t result);
/* Change the calling thread's mask, and look whether that frees a signal. */
void signal_block(struct thread *t, uint64_t blocked);
/* Would it be thrown away? With the lock held. */
bool signal_is_ignored(unsigned signal);
/* Throw away what waits of it anywhere. With the lock held. */
void signal_forget(unsigned signal);
/* For signalfd: signal 0 is set whenever one is queued; 0: there is no signalfd. */
extern fut_handle signal_arrival;
/* Take what posixd has for us. */
void signal_fetch(void);

/* In posix/arch: put a frame on the guest's stack and enter the handler; 0 or -EFAULT. */
int64_t signal_frame_push(struct registers *frame, const struct signal_action *action,
			  const siginfo_t *info, uint64_t blocked);
/* Of rt_sigreturn: the frame and mask as they were; -EFAULT. */
int64_t signal_frame_pop(struct registers *frame, uint64_t *blocked);
/* The siginfo of the fault in the control page. */
void signal_of_fault(const struct fault *fault, siginfo_t *info);
