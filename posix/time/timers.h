/* SPDX-License-Identifier: MPL-2.0 */
/* Timers of the process. posixd keeps the time; here is what each is for. */
#pragma once
#include <stdbool.h>
#include "posix/signal/state.h"

struct thread;

/* A timer's signal has come: say in `info` what the program asked for, and in `*t` the thread it is
 * for, nullptr for the process. False: the timer is gone. */
bool timer_arrived(unsigned id, siginfo_t *info, struct thread **t);
/* Its signal is taken for delivery: how often it ran out meanwhile goes into `info`. */
void timer_delivered(unsigned id, siginfo_t *info);
/* The signals of those timers, bits from 0, were ignored. */
void timers_unseen(uint64_t ids);
/* In a child of fork, or after exec: none are left. */
void timers_forget(void);

/* The CPU time of a thread of ours, as the kernel counts it: EINVAL if there is none. */
int64_t thread_cpu_time(uint32_t tid, uint64_t *ns);
