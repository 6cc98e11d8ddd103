/* SPDX-License-Identifier: MPL-2.0 */
/* Reads the clock page as abi/clock.h says. */
#include "lib/futura/clock.h"
#include <stdckdint.h>
#include "abi/clock.h"
#include <futura-arch/arch.h>

static const volatile struct clock_page *const page = (const struct clock_page *)CLOCK_PAGE;

/* A copy of the page, all of one time. Pairs with the kernel's two increments of `seq`. */
static struct clock_page page_read(void)
{
	struct clock_page p;
	uint32_t seq;

	do {
		while ((seq = page->seq) & 1)
			cpu_relax();
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		p = (struct clock_page){
			.base_ticks = page->base_ticks,
			.base_ns = page->base_ns,
			.mult = page->mult,
			.wall_ns = page->wall_ns,
		};
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (page->seq != seq);
	return p;
}

static uint64_t since_boot(const struct clock_page *p)
{
	return p->base_ns +
	       (uint64_t)((unsigned __int128)(ticks() - p->base_ticks) * p->mult >> 32);
}

uint64_t clock_now(void)
{
	struct clock_page p = page_read();

	return since_boot(&p);
}

uint64_t clock_wall(void)
{
	struct clock_page p = page_read();

	return p.wall_ns == 0 ? 0 : p.wall_ns + since_boot(&p);
}

uint64_t clock_after(uint64_t ns)
{
	uint64_t at;

	return ckd_add(&at, clock_now(), ns) ? TIME_NEVER : at;
}

unsigned clock_cpus(void)
{
	return page->ncpus;
}
