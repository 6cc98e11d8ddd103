/* SPDX-License-Identifier: MPL-2.0 */
/* Time, and what is to happen at a time. Times are nanoseconds since boot. */
#pragma once
#include "kernel/arch.h"
#include "kernel/list.h"
#include "kernel/tree.h"

struct timer {
	struct tree_node node; /* key: when */
	void (*fire)(struct timer *timer);
	bool armed;
};

/* The time until which this CPU need not look at the timers. */
extern uint64_t timer_next;

/* Time 0 is the kernel's first instruction, at `start_ticks`. */
void time_init(uint64_t start_ticks);
uint64_t time_now(void);
uint64_t time_to_ticks(uint64_t ns);
uint64_t time_hz(void);
/* The clock page, for every task to map. */
paddr time_page(void);
void time_set_cpus(unsigned online);
void time_set_wall(uint64_t offset_ns);

/* Arm a timer that is not armed. A time in the past fires at the next chance. */
void timer_set(struct timer *t, uint64_t at);
void timer_cancel(struct timer *t);
/* Fire all timers that are due. */
void timers_run(void);
