/* SPDX-License-Identifier: MPL-2.0 */
/* Resources and what is made of them: ranges, interrupt lines, ports, device memory, DMA, the
 * trace. */
#include <string.h>
#include "abi/trace.h"
#include "lib/futura/device.h"
#include "tests/native/test.h"

constexpr uint64_t PAGE = 4096;

static fut_handle given(const char *name)
{
	fut_handle h = cap_get(name);

	if (h == 0)
		test_skip("this machine has no such thing");
	return h;
}

TEST(resource, a_part_is_inside_the_whole)
{
	fut_handle whole = given("dma"), part, none;

	OKAY(fut_resource_split(whole, 8, 8, &part));
	FAILS(fut_resource_split(part, 7, 1, &none), ERR_BAD_ARGUMENT);
	FAILS(fut_resource_split(part, 8, 9, &none), ERR_BAD_ARGUMENT);
	FAILS(fut_resource_split(part, 8, 0, &none), ERR_BAD_ARGUMENT);
	FAILS(fut_resource_split(part, 9, UINT64_MAX, &none), ERR_BAD_ARGUMENT);
	OKAY(fut_resource_split(part, 15, 1, &none));
	FAILS(fut_resource_split(duplicate(whole, RIGHT_READ), 8, 1, &none), ERR_NO_RIGHT);
}

TEST(irq, a_line_is_taken_once_and_given_back)
{
	fut_handle lines = given("irq"), irq = 0, again;
	uint32_t line = (uint32_t)device_range("irq").first;
	uint64_t signals;

	FAILS(fut_irq_create(lines, line + 1, 0, &irq), ERR_BAD_ARGUMENT);
	FAILS(fut_irq_create(lines, line, 4, &irq), ERR_BAD_ARGUMENT);
	OKAY(fut_irq_create(lines, line, 0, &irq));
	FAILS(fut_irq_create(lines, line, 0, &again), ERR_EXISTS);
	FAILS(fut_wait(irq, SIGNAL_READY, 0, 0, &signals), ERR_WOULD_BLOCK);
	OKAY(fut_irq_ack(irq));
	FAILS(fut_irq_ack(duplicate(irq, RIGHT_WAIT)), ERR_NO_RIGHT);
}

TEST(irq, a_closed_line_is_free_again)
{
	fut_handle lines = given("irq"), irq = 0;

	for (unsigned i = 0; i < 3; i++) {
		OKAY(fut_irq_create(lines, (uint32_t)device_range("irq").first, 0, &irq));
		close_handle(irq);
	}
}

TEST(ioport, only_its_range_can_be_used)
{
	fut_handle ports = given("ports"), io = 0, none;
	uint32_t base = (uint32_t)device_range("ports").first, value = 0;

	FAILS(fut_ioport_create(ports, base - 1, 1, &none), ERR_BAD_ARGUMENT);
	FAILS(fut_ioport_create(ports, base, 9, &none), ERR_BAD_ARGUMENT);
	FAILS(fut_ioport_create(ports, base, 0, &none), ERR_BAD_ARGUMENT);
	OKAY(fut_ioport_create(ports, base, 8, &io));
	OKAY(fut_ioport_read(io, 7, 1, &value));
	OKAY(fut_ioport_write(io, 7, 1, 0x5a)); /* a 16550's scratch register, or nothing */
	FAILS(fut_ioport_read(io, 8, 1, &value), ERR_BAD_ARGUMENT);
	FAILS(fut_ioport_read(io, 7, 2, &value), ERR_BAD_ARGUMENT);
	FAILS(fut_ioport_read(io, 0, 3, &value), ERR_BAD_ARGUMENT);
	FAILS(fut_ioport_write(io, UINT32_MAX, 1, 0), ERR_BAD_ARGUMENT);
	FAILS(fut_ioport_write(duplicate(io, RIGHT_READ), 0, 1, 0), ERR_NO_RIGHT);
}

TEST(physical, device_memory_is_mapped_and_nothing_else)
{
	fut_handle regs = given("regs"), vmo = 0, none;
	struct device_range r = device_range("regs");
	uint64_t at = 0, size, pages;
	uint32_t flags;
	char byte;

	FAILS(fut_vmo_create_physical(regs, r.first - PAGE, PAGE, 0, &none), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_create_physical(regs, r.first, r.count + PAGE, 0, &none), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_create_physical(regs, r.first + 1, PAGE, 0, &none), ERR_BAD_ARGUMENT);
	FAILS(fut_vmo_create_physical(regs, r.first, PAGE, 3, &none), ERR_BAD_ARGUMENT);
	OKAY(fut_vmo_create_physical(regs, r.first, PAGE, PHYSICAL_UNCACHED, &vmo));
	OKAY(fut_vmo_info(vmo, &size, &pages, &flags));
	EQUAL(flags, VMO_INFO_PHYSICAL);
	OKAY(fut_space_map(0, vmo, 0, 0, PAGE, MAP_READ, &at));
	(void)*(volatile uint32_t *)at;
	FAILS(fut_vmo_read(vmo, 0, &byte, 1), ERR_UNSUPPORTED);
	FAILS(fut_vmo_resize(vmo, 2 * PAGE), ERR_UNSUPPORTED);
	FAILS(fut_vmo_clone(vmo, 0, PAGE, &none), ERR_UNSUPPORTED);
	FAILS(fut_vmo_commit(vmo, 0, PAGE, &size), ERR_UNSUPPORTED);
}

TEST(iospace, pins_pages_and_lets_go_of_them)
{
	fut_handle space = 0, none, vmo = make_vmo(4 * PAGE), run = 0;
	uint64_t address = 0, mapped = 0, at = 0;

	OKAY(fut_iospace_create(given("dma"), 8, &space));
	FAILS(fut_iospace_create(given("dma"), 64, &none), ERR_BAD_ARGUMENT);
	for (uint64_t offset = 0; offset < 4 * PAGE; offset += mapped) {
		OKAY(fut_iospace_map(space, vmo, offset, 4 * PAGE - offset, &address, &mapped));
		CHECK(mapped > 0 && mapped % PAGE == 0 && address % PAGE == 0);
	}
	FAILS(fut_vmo_resize(vmo, PAGE), ERR_BAD_STATE);
	FAILS(fut_vmo_zero(vmo, 0, 4 * PAGE), ERR_BAD_STATE);
	FAILS(fut_iospace_map(space, vmo, 1, PAGE, &address, &mapped), ERR_BAD_ARGUMENT);
	FAILS(fut_iospace_map(space, vmo, 4 * PAGE, PAGE, &address, &mapped), ERR_BAD_ARGUMENT);
	FAILS(fut_iospace_unmap(space, 12345), ERR_NOT_FOUND);
	OKAY(fut_vmo_create(4 * PAGE, VMO_CONTIGUOUS, &run));
	OKAY(fut_iospace_map(space, run, 0, 4 * PAGE, &at, &mapped));
	EQUAL(mapped, 4 * PAGE); /* in one piece, as a device wants it */
	OKAY(fut_iospace_unmap(space, at));
	FAILS(fut_iospace_unmap(space, at), ERR_NOT_FOUND);
	close_handle(space);
	OKAY(fut_vmo_resize(vmo, PAGE));
}

TEST(trace, records_what_it_is_asked_to)
{
	fut_handle system = cap_need("system"), rings = 0, e = make_event();
	uint64_t size, pages, at = 0;
	uint32_t flags;
	unsigned ncalls = 0;

	OKAY(fut_system_trace(system, 1u << TRACE_CALL, &rings));
	for (unsigned i = 0; i < 10; i++)
		OKAY(fut_null(e));
	OKAY(fut_system_trace(system, 0, &rings));
	OKAY(fut_vmo_info(rings, &size, &pages, &flags));
	OKAY(fut_space_map(0, rings, 0, 0, size, MAP_READ, &at));
	const struct trace_head *head = (const struct trace_head *)at;
	EQUAL(head->magic, TRACE_MAGIC);
	EQUAL(head->ncpus, clock_cpus());
	for (unsigned cpu = 0; cpu < head->ncpus; cpu++) {
		const struct trace_entry *ring = (const struct trace_entry *)(at + head->first) +
						 (uint64_t)cpu * head->entries;
		uint64_t next = head->next[cpu],
			 first = next > head->entries ? next - head->entries : 0;
		for (uint64_t i = first; i < next; i++)
			ncalls += ring[i % head->entries].kind == TRACE_CALL &&
				  ring[i % head->entries].a == CALL_NULL &&
				  ring[i % head->entries].thread ==
					  (uint32_t)native_control()->thread_id;
	}
	EQUAL(ncalls, 10);
	FAILS(fut_system_trace(duplicate(system, RIGHT_READ), 0, &rings), ERR_NO_RIGHT);
	FAILS(fut_space_map(0, duplicate(rings, RIGHT_READ | RIGHT_MAP), 0, 0, size,
			    MAP_READ | MAP_WRITE, &at),
	      ERR_NO_RIGHT);
}

ROLE(clones_once)
{
	fut_handle task;
	uint32_t copy;

	OKAY(fut_task_clone(0, &task, &copy));
	OKAY(fut_event_signal(cap_need("ready"), copy ? 1 : 2, 0));
	for (;;)
		OKAY(fut_thread_sleep(TIME_NEVER));
}

TEST(quota, end_ends_everyone_on_it)
{
	fut_handle part = 0, task = 0, ready = make_event();
	uint64_t signals, limit0, used = 1, pages;

	OKAY(fut_quota_create(cap_need("quota"), 4 << 20, &part));
	OKAY(peer_try_start("clones_once", 0, 1,
			    (struct startup_cap[]){ named("ready", duplicate(ready, RIGHTS_ALL)) },
			    part, &task));
	OKAY(fut_wait(ready, 1, 0, limit(), &signals));
	OKAY(fut_wait(ready, 2, 0, limit(), &signals));
	OKAY(fut_quota_end(part));
	(void)peer_end(task);
	close_handle(task);
	for (uint64_t end = limit(); used > 0 && clock_now() < end;) {
		OKAY(fut_thread_sleep(clock_after(MILLISECOND)));
		OKAY(fut_quota_info(part, &limit0, &used, &pages));
	}
	EQUAL(used, 0);
	FAILS(fut_quota_end(duplicate(part, RIGHT_READ)), ERR_NO_RIGHT);
}
