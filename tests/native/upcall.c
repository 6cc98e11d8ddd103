/* SPDX-License-Identifier: MPL-2.0 */
/* Upcalls: foreign calls, faults, interrupts, fixups; exceptions for debuggers. */
#include <stdatomic.h>
#include "lib/futura/message.h"
#include "tests/native/test.h"
#include <test-arch/arch.h>

/* What the entry points saw; foreign.S and event_entry (below) fill it. */
struct seen {
	uint64_t number, argument, calls;
};
struct seen foreign_seen;

static _Atomic unsigned events;
static enum upcall_reason reason;
static struct fault fault;
static uint64_t resume_at; /* 0: where it was */

/* Entered on a fault or an interrupt: note it, and go on. Runs on the interrupted stack, below. */
[[noreturn]] void event_main(void);
[[noreturn]] void event_main(void)
{
	struct control *c = native_control();

	reason = c->reason;
	fault = c->fault;
	if (resume_at)
		registers_set_pc(&c->saved, resume_at);
	events++;
	upcall_return();
}

static void setup(void)
{
	OKAY(fut_task_set_upcall(0, (uint64_t)foreign_entry, (uint64_t)event_entry));
}

TEST(upcall, a_foreign_call_is_handled_in_user_mode)
{
	setup();
	for (uint64_t i = 0; i < 100; i++)
		EQUAL(foreign_call(39, i), i + 1);
	EQUAL(foreign_seen.calls, 100);
	EQUAL(foreign_seen.number, 39);
	EQUAL(foreign_seen.argument, 99);
	EQUAL(native_control()->masked, 0);
}

static int ends_by_foreign(void *argument)
{
	(void)argument;
	return (int)foreign_call(39, 1);
}

ROLE(calls_linux)
{
	return ends_by_foreign(nullptr);
}

TEST(upcall, a_foreign_call_that_nobody_takes_is_a_fault)
{
	struct task_info i = peer_end(peer_start("calls_linux", 0, 0, nullptr));

	EQUAL(i.fault.kind, FAULT_CALL);
	EQUAL(i.fault.code, 39);
}

TEST(upcall, a_fault_tells_what_and_where)
{
	uint64_t bad = hole();

	setup();
	resume_at = (uint64_t)touch_resume;
	EQUAL(touch(bad), 0); /* the upcall went on behind the access */
	EQUAL(events, 1);
	EQUAL(reason, UPCALL_FAULT);
	EQUAL(fault.kind, FAULT_UNMAPPED);
	EQUAL(fault.address, bad);
	EQUAL(fault.access, ACCESS_READ);
}

TEST(upcall, the_faulting_access_can_be_repeated)
{
	char *page = make_memory(4096);

	setup();
	/* The handler changes nothing here; what it would repair we repair from another thread. */
	page[0] = 5;
	resume_at = (uint64_t)touch_resume;
	OKAY(fut_space_protect(0, (uint64_t)page, 4096, 0));
	EQUAL(touch((uint64_t)page), 0);
	EQUAL(fault.kind, FAULT_ACCESS);
	OKAY(fut_space_protect(0, (uint64_t)page, 4096, MAP_READ | MAP_WRITE));
	EQUAL(touch((uint64_t)page), 5);
	EQUAL(events, 1);
}

TEST(upcall, a_masked_fault_goes_to_the_fixup_once)
{
	struct control *c = native_control();

	setup();
	c->masked = 1;
	c->fixup = (uint64_t)touch_resume;
	EQUAL(touch(hole()), 0);
	EQUAL(c->fixup, 0);
	c->masked = 0;
	EQUAL(events, 0);
}

static int interrupt_soon(void *argument)
{
	OKAY(fut_thread_sleep(clock_after(5 * MILLISECOND)));
	return fut_thread_interrupt(*(fut_handle *)argument);
}

/* Our own main thread, as the kernel knows it. */
static fut_handle own_thread(void)
{
	fut_handle h = 0;
	uint64_t id;

	OKAY(fut_task_thread(cap_need("task"), 0, &h, &id));
	EQUAL(id, native_control()->thread_id);
	return h;
}

TEST(upcall, an_interrupt_arrives_while_running)
{
	fut_handle own = own_thread();

	setup();
	resume_at = 0;
	struct thread *t = run_thread(interrupt_soon, &own);
	UNTIL(events == 1);
	EQUAL(reason, UPCALL_INTERRUPT);
	EQUAL(thread_join(t), OK);
}

TEST(upcall, an_interrupt_breaks_waits_and_a_masked_one_stays_pending)
{
	fut_handle own = own_thread(), e = make_event(), port = make_port();
	struct control *c = native_control();
	struct message m = {};
	uint64_t signals;

	setup();
	resume_at = 0;
	c->masked = 1;
	struct thread *t = run_thread(interrupt_soon, &own);
	FAILS(fut_wait(e, 1, 0, limit(), &signals), ERR_INTERRUPTED);
	EQUAL(c->pending, 1);
	EQUAL(events, 0);
	/* Whoever waits with an upcall pending does not wait. */
	FAILS(fut_wait(e, 1, 0, limit(), &signals), ERR_INTERRUPTED);
	FAILS(ipc_receive(port, &m, limit()), ERR_INTERRUPTED);
	FAILS(fut_thread_sleep(limit()), ERR_INTERRUPTED);
	EQUAL(thread_join(t), OK);
}

/* --- Debuggers
 * ------------------------------------------------------------------------------------ */

ROLE(breaks)
{
	breakpoint();
	return (int)argument;
}

TEST(debugger, takes_a_fault_and_lets_the_thread_go_on)
{
	fut_handle port = make_port(), session = make_session(port, 88), quota = cap_need("quota");
	struct message m = {};
	fut_handle task = 0, thread = 0;
	struct registers r;
	uint64_t id, signals;
	uint32_t size;

	OKAY(peer_try_start("waits_then_breaks", 7, 1,
			    (struct startup_cap[]){ named("go", make_event()) }, quota, &task));
	OKAY(fut_task_set_debugger(task, session));
	OKAY(fut_task_thread(task, 0, &thread, &id));
	OKAY(ipc_receive(port, &m, limit()));
	EQUAL(tag_protocol(m.tag), 0);
	EQUAL(tag_method(m.tag), EXCEPTION);
	EQUAL(m.badge, 88);
	EQUAL(m.word[0], FAULT_BREAKPOINT);
	EQUAL(m.word[3], id);
	OKAY(fut_thread_suspend(thread));
	OKAY(fut_wait(thread, SIGNAL_STOPPED, 0, limit(), &signals));
	OKAY(fut_thread_read(thread, THREAD_REGISTERS, &r, sizeof(r), &size));
	registers_skip_breakpoint(&r);
	OKAY(fut_thread_write(thread, THREAD_REGISTERS, &r, sizeof(r)));
	OKAY(fut_thread_resume(thread));
	m = (struct message){ .tag = tag_make(0, 0, 0, 0, 0) };
	OKAY(ipc_reply(0, &m));
	EQUAL(peer_join(task), 7);
}

ROLE(waits_then_breaks)
{
	OKAY(fut_thread_sleep(clock_after(SOON)));
	breakpoint();
	return (int)argument;
}

TEST(debugger, that_is_gone_lets_the_fault_end_the_task)
{
	fut_handle port = make_port(), session = make_session(port, 88);
	fut_handle task = peer_start("waits_then_breaks", 7, 0, nullptr);

	OKAY(fut_task_set_debugger(task, session));
	close_handle(port);
	EQUAL(peer_end(task).fault.kind, FAULT_BREAKPOINT);
}

TEST(debugger, without_one_a_breakpoint_ends_the_task)
{
	struct task_info i = peer_end(peer_start("breaks", 1, 0, nullptr));

	EQUAL(i.fault.kind, FAULT_BREAKPOINT);
	CHECK(i.fault.pc != 0);
}
