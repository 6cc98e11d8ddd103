/* SPDX-License-Identifier: MPL-2.0 */
/* Interrupts, I/O ports, DMA windows, power; and the system seen from inside. */
#include "abi/info.h"
#include "kernel/frame.h"
#include "kernel/test/help.h"

static void interrupt(unsigned line)
{
	kernel_interrupt(line);
	(void)kernel_leave();
}

TEST(irq, a_line_fires_once_until_acknowledged)
{
	struct books b = begin();
	uint32_t lines = startup_handle("irq"), irq = made(CALL3(IRQ_CREATE, lines, 7, IRQ_EDGE));

	CHECK(machine.irq_masked[7]);
	CHECK(CALL1(IRQ_ACK, irq) == OK && !machine.irq_masked[7]);
	CHECK(CALL4(WAIT, irq, SIGNAL_READY, 0, 0) == ERR_WOULD_BLOCK);
	interrupt(7);
	CHECK(machine.irq_masked[7]);
	CHECK(CALL4(WAIT, irq, SIGNAL_READY, 0, 0) == OK);
	CHECK(CALL1(IRQ_ACK, irq) == OK);
	CHECK(CALL4(WAIT, irq, SIGNAL_READY, 0, 0) == ERR_WOULD_BLOCK);
	interrupt(8); /* nobody's */
	CHECK(CALL3(IRQ_CREATE, lines, 7, 0) == ERR_EXISTS);
	closed(irq);
	CHECK(machine.irq_masked[7]);
	irq = made(CALL3(IRQ_CREATE, lines, 7, 0));
	closed(irq);
	balanced(&b);
}

TEST(irq, wrong_lines_flags_and_resources_are_refused)
{
	struct books b = begin();
	uint32_t lines = startup_handle("irq"), some = made(CALL3(RESOURCE_SPLIT, lines, 4, 2));

	CHECK(CALL3(IRQ_CREATE, some, 3, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(IRQ_CREATE, lines, 999, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(IRQ_CREATE, lines, 4, 4) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(IRQ_CREATE, startup_handle("log"), 4, 0) == ERR_WRONG_TYPE);
	CHECK(CALL2(IRQ_CREATE_MSI, lines, 4) == ERR_WRONG_TYPE);
	SURVIVES(CALL3(IRQ_CREATE, some, 4, 0));
	closed((uint32_t)word(0));
	closed(some);
	balanced(&b);
}

TEST(irq, message_interrupts_are_handed_out_until_none_is_left)
{
	struct books b = begin();
	uint32_t irqs[4], msi = startup_handle("msi");

	for (unsigned i = 0; i < 4; i++) {
		irqs[i] = made(CALL2(IRQ_CREATE_MSI, msi, 3));
		CHECK(word(1) == 0xfee00000 && word(2) == (i | 3 << 8));
	}
	CHECK(CALL2(IRQ_CREATE_MSI, msi, 3) == ERR_FULL);
	CHECK(CALL1(IRQ_ACK, irqs[2]) == OK);
	interrupt(32 + 2);
	CHECK(CALL4(WAIT, irqs[2], SIGNAL_READY, 0, 0) == OK);
	for (unsigned i = 0; i < 4; i++)
		closed(irqs[i]);
	SURVIVES(CALL2(IRQ_CREATE_MSI, msi, 3));
	closed((uint32_t)word(0));
	balanced(&b);
}

TEST(ioport, only_whole_accesses_inside_the_range_are_made)
{
	struct books b = begin();
	uint32_t ports = startup_handle("ioport"), io;

	SURVIVES(CALL3(IOPORT_CREATE, ports, 8, 4));
	io = (uint32_t)word(0);
	CHECK(CALL4(IOPORT_WRITE, io, 1, 1, 55) == OK && machine.ports[9] == 55);
	CHECK(CALL3(IOPORT_READ, io, 1, 1) == OK && word(0) == 55);
	CHECK(CALL3(IOPORT_READ, io, 2, 4) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(IOPORT_READ, io, 0, 3) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(IOPORT_WRITE, io, 4, 1, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(IOPORT_CREATE, ports, 8, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(IOPORT_CREATE, ports, 65535, 2) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(IOPORT_CREATE, startup_handle("irq"), 0, 1) == ERR_WRONG_TYPE);
	closed(io);
	balanced(&b);
}

TEST(iospace, mapped_pages_stay_in_place_until_unmapped)
{
	struct books b = begin();
	uint32_t devices = startup_handle("iospace");
	uint32_t vmo = made_vmo(8), run = made(CALL2(VMO_CREATE, 4 * PAGE_SIZE, VMO_CONTIGUOUS));
	uint32_t io;

	SURVIVES(CALL2(IOSPACE_CREATE, devices, 9));
	io = (uint32_t)word(0);
	CHECK(CALL4(IOSPACE_MAP, io, run, 0, 4 * PAGE_SIZE) == OK && word(1) == 4 * PAGE_SIZE);
	CHECK(CALL2(IOSPACE_UNMAP, io, word(0)) == OK);
	SURVIVES(CALL4(IOSPACE_MAP, io, vmo, PAGE_SIZE, PAGE_SIZE));
	uint64_t at = word(0);

	CHECK(CALL3(VMO_ZERO, vmo, 0, 8 * PAGE_SIZE) == ERR_BAD_STATE);
	CHECK(CALL2(VMO_RESIZE, vmo, PAGE_SIZE) == ERR_BAD_STATE);
	CHECK(CALL3(VMO_CLONE, vmo, 4 * PAGE_SIZE, PAGE_SIZE) == ERR_UNSUPPORTED);
	CHECK(CALL4(IOSPACE_MAP, io, vmo, 0, 2 * PAGE_SIZE) == OK);
	CHECK(CALL2(IOSPACE_UNMAP, io, at) == OK);
	CHECK(CALL2(IOSPACE_UNMAP, io, 12345) == ERR_NOT_FOUND);
	CHECK(CALL4(IOSPACE_MAP, io, vmo, 1, PAGE_SIZE) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(IOSPACE_MAP, io, vmo, 0, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL4(IOSPACE_MAP, io, vmo, 8 * PAGE_SIZE, PAGE_SIZE) == ERR_BAD_ARGUMENT);
	uint32_t device = made(
		CALL4(VMO_CREATE_PHYSICAL, startup_handle("physical"), 0xf0000000, PAGE_SIZE, 0));

	CHECK(CALL4(IOSPACE_MAP, io, device, 0, PAGE_SIZE) == ERR_UNSUPPORTED);
	CHECK(CALL2(IOSPACE_CREATE, startup_handle("irq"), 0) == ERR_WRONG_TYPE);
	uint32_t one = made(CALL3(RESOURCE_SPLIT, devices, 5, 1));

	CHECK(CALL2(IOSPACE_CREATE, one, 6) == ERR_BAD_ARGUMENT);
	closed(one);
	closed(device);
	closed(io); /* with a window still there */
	CHECK(CALL3(VMO_ZERO, vmo, 0, 8 * PAGE_SIZE) == OK);
	closed(run);
	closed(vmo);
	balanced(&b);
}

TEST(iospace, a_page_in_two_windows_stays_until_both_are_gone)
{
	struct books b = begin();
	uint32_t devices = startup_handle("iospace"), vmo = made_vmo(4);
	uint32_t one = made(CALL2(IOSPACE_CREATE, devices, 1));
	uint32_t two = made(CALL2(IOSPACE_CREATE, devices, 2));

	CHECK(CALL4(IOSPACE_MAP, one, vmo, 0, PAGE_SIZE) == OK);
	uint64_t at = word(0);

	CHECK(CALL4(IOSPACE_MAP, two, vmo, 0, PAGE_SIZE) == OK && word(0) == at);
	CHECK(CALL3(VMO_ZERO, vmo, PAGE_SIZE, 3 * PAGE_SIZE) == OK);
	closed(two);
	CHECK(CALL3(VMO_ZERO, vmo, 0, PAGE_SIZE) == ERR_BAD_STATE);
	CHECK(CALL3(VMO_CLONE, vmo, 0, PAGE_SIZE) == ERR_UNSUPPORTED);
	CHECK(CALL2(IOSPACE_UNMAP, one, at) == OK);
	CHECK(CALL3(VMO_ZERO, vmo, 0, PAGE_SIZE) == OK);
	closed(one);
	closed(vmo);
	balanced(&b);
}

TEST(iospace, a_driver_that_clones_itself_keeps_its_pages_where_they_are)
{
	struct books b = begin();
	uint32_t vmo = made_vmo(1), io = made(CALL2(IOSPACE_CREATE, startup_handle("iospace"), 1));

	CHECK(CALL6(SPACE_MAP, 0, vmo, 0, 0, PAGE_SIZE, MAP_READ | MAP_WRITE | INHERIT_COPY) == OK);
	vaddr va = word(0);

	CHECK(CALL4(IOSPACE_MAP, io, vmo, 0, PAGE_SIZE) == OK);
	uint64_t at = word(0);
	uint32_t copy = made(CALL1(TASK_CLONE, 0));

	put_word(va, 77);
	CHECK(*(uint32_t *)direct((paddr){ at }) == 77);
	CHECK(CALL4(IOSPACE_MAP, io, vmo, 0, PAGE_SIZE) == OK && word(0) == at);
	CHECK(CALL2(TASK_KILL, copy, 0) == OK);
	closed(copy);
	CHECK(CALL3(SPACE_UNMAP, 0, va, PAGE_SIZE) == OK);
	closed(io);
	closed(vmo);
	reap_all();
	balanced(&b);
}

TEST(vmo, ram_is_no_device_memory_whoever_uses_it)
{
	struct books b = begin();
	uint32_t physical = startup_handle("physical");
	bool kernels = false;
	uint64_t at = PAGE_SIZE;

	for (; at < machine.size; at += PAGE_SIZE) {
		CHECK(CALL4(VMO_CREATE_PHYSICAL, physical, at, PAGE_SIZE, 0) == ERR_BAD_ARGUMENT);
		kernels |= frame_find((paddr){ at })->use == FRAME_KERNEL;
	}
	CHECK(kernels);
	closed(made(CALL4(VMO_CREATE_PHYSICAL, physical, machine.size, PAGE_SIZE, 0)));
	CHECK(CALL4(VMO_CREATE_PHYSICAL, physical, at - PAGE_SIZE, 2 * PAGE_SIZE, 0) ==
	      ERR_BAD_ARGUMENT);
	balanced(&b);
}

TEST(resource, a_part_lies_inside_the_whole)
{
	struct books b = begin();
	uint32_t irq = startup_handle("irq"), part;

	SURVIVES(CALL3(RESOURCE_SPLIT, irq, 8, 8));
	part = (uint32_t)word(0);
	CHECK(CALL3(RESOURCE_SPLIT, part, 7, 2) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(RESOURCE_SPLIT, part, 15, 2) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(RESOURCE_SPLIT, part, 8, 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL3(RESOURCE_SPLIT, part, 9, UINT64_MAX) == ERR_BAD_ARGUMENT);
	closed(part);
	balanced(&b);
}

TEST(power, a_machine_that_stays_on_is_unsupported)
{
	struct books b = begin();
	uint32_t power = startup_handle("power");

	CHECK(CALL2(POWER, power, POWER_OFF) == ERR_UNSUPPORTED && machine.power_is_off);
	CHECK(CALL2(POWER, power, POWER_REBOOT) == ERR_UNSUPPORTED);
	CHECK(CALL2(POWER, power, 2) == ERR_BAD_ARGUMENT);
	CHECK(CALL2(POWER, startup_handle("log"), POWER_OFF) == ERR_WRONG_TYPE);
	balanced(&b);
}

TEST(log, what_is_written_is_read_from_its_position)
{
	struct books b = begin();
	uint32_t log = startup_handle("log");
	char text[8];

	CHECK(CALL4(LOG_READ, log, UINT64_MAX, SCRATCH, 64) == OK);
	uint64_t end = word(0);

	put(SCRATCH, "sentence", 8);
	CHECK(CALL3(LOG_WRITE, log, SCRATCH, 8) == OK);
	CHECK(CALL4(LOG_READ, log, end, SCRATCH + 64, 64) == OK);
	CHECK(word(0) == end + 8 && word(1) == 8);
	get(text, SCRATCH + 64, 8);
	CHECK(__builtin_memcmp(text, "sentence", 8) == 0);
	CHECK(CALL3(LOG_WRITE, log, USER_START, 8) == ERR_BAD_ADDRESS);
	CHECK(CALL4(LOG_READ, log, end, USER_START, 8) == ERR_BAD_ADDRESS);
	CHECK(CALL3(LOG_WRITE, startup_handle("irq"), SCRATCH, 8) == ERR_WRONG_TYPE);
	CHECK(CALL3(LOG_KEEP, startup_handle("irq"), SCRATCH, 8) == ERR_WRONG_TYPE);
	CHECK(CALL3(LOG_KEEP, log, USER_START, 8) == ERR_BAD_ADDRESS);
	CHECK(CALL3(LOG_KEEP, log, SCRATCH, 8) == OK);
	CHECK(CALL4(LOG_READ, startup_handle("irq"), 0, SCRATCH, 8) == ERR_WRONG_TYPE);
	/* More than it holds: the oldest is gone, and reading begins with what is left. */
	for (unsigned i = 0; i < 400; i++)
		CHECK(CALL3(LOG_WRITE, log, SCRATCH, 1024) == OK);
	CHECK(CALL4(LOG_READ, log, 0, SCRATCH, 1024) == OK && word(0) > 1024);
	balanced(&b);
}

TEST(info, counters_tasks_wall_clock_and_failures_are_seen_with_the_resource)
{
	struct books b = begin();
	uint32_t system = startup_handle("system"), log = startup_handle("log");
	struct system_info info;
	struct task_info task;

	CHECK(CALL3(SYSTEM_INFO, system, SCRATCH, 1024) == OK && word(0) == sizeof(info));
	get(&info, SCRATCH, sizeof(info));
	CHECK(info.ncpus == 1 && info.pages_user == b.user && info.objects[OBJECT_TASK] >= 1);
	CHECK(CALL3(SYSTEM_INFO, system, SCRATCH, 8) == ERR_TOO_BIG);
	CHECK(CALL3(SYSTEM_INFO, system, USER_START, 1024) == ERR_BAD_ADDRESS);
	CHECK(CALL3(SYSTEM_INFO, log, SCRATCH, 1024) == ERR_WRONG_TYPE);
	CHECK(CALL4(SYSTEM_TASK, system, 0, SCRATCH, 256) == OK);
	get(&task, SCRATCH, sizeof(task));
	CHECK(__builtin_strcmp(task.name, "init") == 0);
	CHECK(CALL4(SYSTEM_TASK, system, UINT64_MAX, SCRATCH, 256) == ERR_NOT_FOUND);
	CHECK(CALL4(SYSTEM_TASK, system, 0, SCRATCH, 25) == ERR_TOO_BIG);
	CHECK(CALL4(SYSTEM_TASK, log, 0, SCRATCH, 256) == ERR_WRONG_TYPE);
	CHECK(CALL2(SYSTEM_SET_WALL, system, 5) == OK);
	CHECK(CALL2(SYSTEM_SET_WALL, log, 5) == ERR_WRONG_TYPE);
	CHECK(CALL2(SYSTEM_FAIL, system, 1000000) == OK && word(0) == 0);
	CHECK(CALL2(SYSTEM_FAIL, system, 0) == OK && word(0) > 0);
	CHECK(CALL2(SYSTEM_FAIL, log, 0) == ERR_WRONG_TYPE);
	CHECK(call((enum call)9999, 0, 0, 0, 0, 0, 0) == ERR_UNSUPPORTED);
	balanced(&b);
}

TEST(trace, the_rings_fill_with_what_was_asked_for)
{
	begin();
	uint32_t system = startup_handle("system");
	uint32_t rings = made(CALL2(SYSTEM_TRACE, system, UINT32_MAX));
	struct books b = begin();

	for (unsigned i = 0; i < 10; i++)
		closed(made(CALL0(EVENT_CREATE)));
	struct actor a = actor();

	as(a.thread_object);
	(void)machine_access(0x999000, ACCESS_READ);
	as_driver();
	gone(&a);
	CHECK(CALL1(VMO_INFO, rings) == OK && word(0) > 0);
	balanced(&b);
	CHECK(CALL2(SYSTEM_TRACE, startup_handle("log"), 0) == ERR_WRONG_TYPE);
	closed(rings);
	closed(made(CALL2(SYSTEM_TRACE, system, 0)));
}
