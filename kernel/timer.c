/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/timer.h"
#include "abi/clock.h"
#include "kernel/assert.h"
#include "kernel/cpu.h"
#include "kernel/frame.h"

constexpr uint64_t SECOND = 1'000'000'000;

static struct tree timers;
static uint64_t hz, boot_ticks, ns_per_tick; /* the last times 2^32 */
static uint64_t ticks_per_ns;                /* times 2^32 */
static struct clock_page *page;

uint64_t timer_next = UINT64_MAX;

static uint64_t scale(uint64_t value, uint64_t by)
{
	return (uint64_t)((unsigned __int128)value * by >> 32);
}

void time_init(uint64_t start_ticks)
{
	paddr p;

	hz = arch_ticks_hz();
	boot_ticks = start_ticks;
	ns_per_tick = (SECOND << 32) / hz;
	ticks_per_ns = (hz / SECOND << 32) + (hz % SECOND << 32) / SECOND;
	if (!frame_alloc_zero(nullptr, FRAME_KERNEL, &p))
		panic("no memory for the clock page");
	page = direct(p);
	*page = (struct clock_page){
		.base_ticks = boot_ticks, .mult = ns_per_tick, .hz = hz, .page_size = PAGE_SIZE
	};
}

uint64_t time_now(void)
{
	return scale(ticks() - boot_ticks, ns_per_tick);
}

/* The tick at which that time has certainly come. */
uint64_t time_to_ticks(uint64_t ns)
{
	return ns > UINT64_MAX / 4 ? UINT64_MAX : boot_ticks + scale(ns, ticks_per_ns) + 1;
}

uint64_t time_hz(void)
{
	return hz;
}

paddr time_page(void)
{
	return direct_paddr(page);
}

void time_set_cpus(unsigned online)
{
	page->ncpus = online; /* before any program runs, so that none sees fewer */
}

void time_set_wall(uint64_t offset_ns)
{
	/* Readers on other CPUs see an odd number while it changes: abi/clock.h. */
	__atomic_store_n(&page->seq, page->seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	page->wall_ns = offset_ns;
	__atomic_store_n(&page->seq, page->seq + 1, __ATOMIC_RELEASE);
}

void timer_set(struct timer *t, uint64_t at)
{
	assert(!t->armed);
	t->armed = true;
	tree_insert(&timers, &t->node, at);
	if (at < timer_next) {
		timer_next = at;
		this_cpu()->work = true; /* this CPU's hardware timer is to be set */
	}
}

static void next_update(void)
{
	struct tree_node *n = tree_first(&timers);

	timer_next = n != nullptr ? n->key : UINT64_MAX;
}

void timer_cancel(struct timer *t)
{
	if (!t->armed)
		return;
	t->armed = false;
	tree_remove(&timers, &t->node);
	next_update();
}

void timers_run(void)
{
	uint64_t now = time_now();
	struct tree_node *n;

	while ((n = tree_first(&timers)) != nullptr && n->key <= now) {
		struct timer *t = container_of(n, struct timer, node);

		t->armed = false;
		tree_remove(&timers, n);
		t->fire(t);
	}
	next_update();
}
