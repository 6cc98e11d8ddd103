/* SPDX-License-Identifier: MPL-2.0 */
/* FIPC: calls, answers, handles and grants in messages, kept calls, ports and sessions that end. */
#include "abi/message.h"
#include "kernel/cpu.h"
#include "kernel/test/help.h"

/* A client and a server, tasks of their own, and a session with badge 55. */
struct pair {
	struct actor client, server;
	uint32_t session, port; /* the driver's duplicates */
	uint32_t to, at;        /* the session in the client, the port in the server */
};

static struct pair connected(void)
{
	struct pair p = { .client = actor(), .server = actor() };

	p.port = made(CALL0(PORT_CREATE));
	p.session = made(CALL2(SESSION_CREATE, p.port, 55));
	p.to = given(&p.client, copy_of(p.session, RIGHTS_ALL));
	p.at = given(&p.server, copy_of(p.port, RIGHTS_ALL));
	return p;
}

static void parted(struct pair *p)
{
	as_driver();
	closed(p->session);
	closed(p->port);
	gone(&p->client);
	gone(&p->server);
}

static struct control *control(void)
{
	return machine_thread()->control;
}

/* The client calls, and the server has the call. */
static void taken(struct pair *p, uint64_t tag)
{
	as(p->client.thread_object);
	CHECK(message(CALL_IPC_CALL, p->to, tag, TIME_NEVER) == CALL_WAITS);
	as(p->server.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, p->at, 0, 0) == OK);
}

static enum err client_result(const struct pair *p)
{
	return result(p->client.thread_object);
}

constexpr uint64_t PLAIN = 7ull << TAG_PROTOCOL_SHIFT;

TEST(ipc, words_bytes_and_badge_arrive_and_the_answer_comes_back)
{
	struct books b = begin();
	struct pair p = connected();

	as(p.client.thread_object);
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		machine_thread()->context.words[i] = 100 + i;
	__builtin_strcpy(machine_thread()->message, "hello");
	CHECK(message(CALL_IPC_CALL, p.to, tag_make(7, 3, 6, 0, 0), TIME_NEVER) == CALL_WAITS);
	as(p.server.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, p.at, 0, 0) == OK);
	struct context *c = &machine_thread()->context;

	CHECK(c->badge == 55 && tag_method(c->tag) == 3 && c->words[5] == 105);
	CHECK(__builtin_strcmp(machine_thread()->message, "hello") == 0);
	c->words[0] = 1;
	__builtin_strcpy(machine_thread()->message, "world");
	CHECK(message(CALL_IPC_REPLY, 0, tag_make(0, 9, 6, 0, 0), 0) == OK);
	as(p.client.thread_object);
	c = &machine_thread()->context;
	CHECK(client_result(&p) == OK && c->words[0] == 1 && tag_status(c->tag) == 9);
	CHECK(__builtin_strcmp(machine_thread()->message, "world") == 0);
	parted(&p);
	balanced(&b);
}

TEST(ipc, a_waiting_server_takes_calls_and_answers_in_one_step)
{
	struct books b = begin();
	struct pair p = connected();

	as(p.server.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, p.at, 0, TIME_NEVER) == CALL_WAITS);
	for (unsigned i = 0; i < 20; i++) {
		as(p.client.thread_object);
		CHECK(i == 0 || client_result(&p) == OK);
		CHECK(message(CALL_IPC_CALL, p.to, PLAIN, TIME_NEVER) == CALL_WAITS);
		as(p.server.thread_object);
		CHECK(result(p.server.thread_object) == OK);
		CHECK(message(CALL_IPC_REPLY_WAIT, p.at, 0, TIME_NEVER) == CALL_WAITS);
	}
	CHECK(client_result(&p) == OK);
	parted(&p);
	balanced(&b);
}

TEST(ipc, handles_move_with_a_message_and_with_an_answer)
{
	struct books b = begin();
	struct pair p = connected();

	as(p.client.thread_object);
	uint32_t mine = made(CALL0(EVENT_CREATE));

	control()->handles[0] = mine;
	CHECK(message(CALL_IPC_CALL, p.to, tag_make(7, 0, 0, 1, 0), TIME_NEVER) == CALL_WAITS);
	as(p.server.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, p.at, 0, 0) == OK);
	uint32_t got = control()->handles[0];

	CHECK(CALL3(EVENT_SIGNAL, got, 1, 0) == OK);
	control()->handles[0] = got;
	CHECK(message(CALL_IPC_REPLY, 0, tag_make(0, 0, 0, 1, 0), 0) == OK);
	CHECK(CALL1(NULL, got) == ERR_BAD_HANDLE);
	as(p.client.thread_object);
	CHECK(CALL1(NULL, mine) == ERR_BAD_HANDLE);
	CHECK(CALL4(WAIT, control()->handles[0], 1, 0, 0) == OK);
	parted(&p);
	balanced(&b);
}

TEST(ipc, wrong_messages_are_refused_before_anything_moves)
{
	struct books b = begin();
	struct pair p = connected();

	as(p.client.thread_object);
	uint32_t e = made(CALL0(EVENT_CREATE)), stays = copy_of(e, RIGHT_READ);

	CHECK(message(CALL_IPC_CALL, 0, PLAIN, 0) == ERR_BAD_HANDLE);
	CHECK(message(CALL_IPC_CALL, e, PLAIN, 0) == ERR_WRONG_TYPE);
	CHECK(message(CALL_IPC_CALL, copy_of(p.to, RIGHT_READ), PLAIN, 0) == ERR_NO_RIGHT);
	CHECK(message(CALL_IPC_CALL, p.to, 0, 0) == ERR_BAD_ARGUMENT);
	CHECK(message(CALL_IPC_CALL, p.to, tag_make(7, 0, 4097, 0, 0), 0) == ERR_BAD_ARGUMENT);
	CHECK(message(CALL_IPC_CALL, p.to, tag_make(7, 0, 0, 9, 0), 0) == ERR_BAD_ARGUMENT);
	CHECK(message(CALL_IPC_CALL, p.to, tag_make(7, 0, 0, 0, 3), 0) == ERR_BAD_ARGUMENT);
	CHECK(message(CALL_IPC_CALL, p.to, PLAIN | 1ull << 63, 0) == ERR_BAD_ARGUMENT);
	control()->handles[0] = control()->handles[1] = e;
	CHECK(message(CALL_IPC_CALL, p.to, tag_make(7, 0, 0, 2, 0), 0) == ERR_BAD_ARGUMENT);
	control()->handles[1] = stays;
	CHECK(message(CALL_IPC_CALL, p.to, tag_make(7, 0, 0, 2, 0), 0) == ERR_NO_RIGHT);
	control()->handles[1] = 1;
	CHECK(message(CALL_IPC_CALL, p.to, tag_make(7, 0, 0, 2, 0), 0) == ERR_BAD_HANDLE);
	control()->grants[0] = (struct grant){ USER_END - 8, 64 | GRANT_READ };
	CHECK(message(CALL_IPC_CALL, p.to, tag_make(7, 0, 0, 0, 1), 0) == ERR_BAD_ARGUMENT);
	CHECK(CALL1(NULL, e) == OK);
	CHECK(message(CALL_IPC_RECEIVE, p.to, 0, 0) == ERR_WRONG_TYPE);
	CHECK(message(CALL_IPC_RECEIVE, 0, 0, 0) == ERR_BAD_HANDLE);
	CHECK(message(CALL_IPC_REPLY_WAIT, p.to, 0, 0) == ERR_WRONG_TYPE);
	CHECK(message(CALL_IPC_REPLY, 0, 0, 0) == ERR_BAD_STATE);
	CHECK(message(CALL_IPC_REPLY, e, 0, 0) == ERR_WRONG_TYPE);
	CHECK(CALL0(REPLY_KEEP) == ERR_BAD_STATE);
	as(p.server.thread_object);
	uint32_t deaf = copy_of(p.at, RIGHT_SEND);

	CHECK(message(CALL_IPC_RECEIVE, deaf, 0, 0) == ERR_NO_RIGHT);
	CHECK(message(CALL_IPC_REPLY_WAIT, deaf, 0, 0) == ERR_NO_RIGHT);
	CHECK(message(CALL_IPC_RECEIVE, p.at, 0, 0) == ERR_WOULD_BLOCK);
	CHECK(message(CALL_IPC_REPLY_WAIT, p.at, 0, 0) == ERR_WOULD_BLOCK);
	parted(&p);
	balanced(&b);
}

TEST(ipc, a_wrong_answer_leaves_the_call_to_be_answered)
{
	struct books b = begin();
	struct pair p = connected();

	taken(&p, PLAIN);
	control()->handles[0] = 1;
	CHECK(message(CALL_IPC_REPLY, 0, tag_make(0, 0, 0, 1, 0), 0) == ERR_BAD_HANDLE);
	CHECK(message(CALL_IPC_REPLY, 0, tag_make(0, 0, 0, 0, 1), 0) == ERR_BAD_ARGUMENT);
	CHECK(message(CALL_IPC_REPLY_WAIT, p.at, tag_make(0, 0, 4097, 0, 0), 0) ==
	      ERR_BAD_ARGUMENT);
	CHECK(client_result(&p) == CALL_WAITS);
	CHECK(message(CALL_IPC_REPLY_WAIT, p.at, 0, 0) == ERR_WOULD_BLOCK);
	CHECK(client_result(&p) == OK);
	parted(&p);
	balanced(&b);
}

TEST(ipc, deadlines_end_calls_and_receives)
{
	struct books b = begin();
	struct pair p = connected();

	as(p.client.thread_object);
	CHECK(message(CALL_IPC_CALL, p.to, PLAIN, machine.ticks + 1000) == CALL_WAITS);
	machine_advance(5000);
	CHECK(client_result(&p) == ERR_TIMED_OUT);
	as(p.server.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, p.at, 0, machine.ticks + 1000) == CALL_WAITS);
	machine_advance(5000);
	CHECK(result(p.server.thread_object) == ERR_TIMED_OUT);
	/* One that the server has already: its answer finds nobody, and its handles are not kept.
	 */
	as(p.client.thread_object);
	CHECK(message(CALL_IPC_CALL, p.to, PLAIN, machine.ticks + 1000) == CALL_WAITS);
	as(p.server.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, p.at, 0, 0) == OK);
	machine_advance(5000);
	CHECK(client_result(&p) == ERR_TIMED_OUT);
	as(p.server.thread_object);
	uint32_t e = made(CALL0(EVENT_CREATE));

	control()->handles[0] = e;
	CHECK(message(CALL_IPC_REPLY_WAIT, p.at, tag_make(0, 0, 0, 1, 0), 0) == ERR_WOULD_BLOCK);
	CHECK(CALL1(NULL, e) == ERR_BAD_HANDLE);
	parted(&p);
	balanced(&b);
}

TEST(ipc, a_call_not_answered_is_dropped_by_the_next_receive)
{
	struct books b = begin();
	struct pair p = connected();

	taken(&p, PLAIN);
	CHECK(message(CALL_IPC_RECEIVE, p.at, 0, 0) == ERR_WOULD_BLOCK);
	CHECK(client_result(&p) == ERR_PEER_CLOSED);
	parted(&p);
	balanced(&b);
}

TEST(ipc, a_kept_call_is_answered_later_or_dropped)
{
	struct books b = begin();
	struct pair p = connected();

	taken(&p, PLAIN);
	SURVIVES(CALL0(REPLY_KEEP));
	uint32_t reply = (uint32_t)word(0);

	CHECK(message(CALL_IPC_RECEIVE, p.at, 0, 0) == ERR_WOULD_BLOCK);
	CHECK(client_result(&p) == CALL_WAITS);
	CHECK(message(CALL_IPC_REPLY, copy_of(reply, RIGHT_READ), 0, 0) == ERR_NO_RIGHT);
	CHECK(message(CALL_IPC_REPLY, reply, 0, 0) == OK);
	CHECK(client_result(&p) == OK);
	CHECK(message(CALL_IPC_REPLY, reply, 0, 0) == ERR_BAD_STATE);
	closed(reply);
	taken(&p, PLAIN);
	reply = made(CALL0(REPLY_KEEP));
	closed(reply);
	CHECK(client_result(&p) == ERR_PEER_CLOSED);
	/* A caller that gives up leaves the kept call behind, answered by nobody. */
	as(p.client.thread_object);
	CHECK(message(CALL_IPC_CALL, p.to, PLAIN, machine.ticks + 2000) == CALL_WAITS);
	as(p.server.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, p.at, 0, 0) == OK);
	reply = made(CALL0(REPLY_KEEP));
	machine_advance(9000);
	CHECK(client_result(&p) == ERR_TIMED_OUT);
	as(p.server.thread_object);
	CHECK(message(CALL_IPC_REPLY, reply, 0, 0) == ERR_BAD_STATE);
	parted(&p);
	balanced(&b);
}

TEST(ipc, a_dying_server_ends_its_callers)
{
	struct books b = begin();
	struct pair p = connected();

	taken(&p, PLAIN);
	as_driver();
	CHECK(CALL2(TASK_KILL, p.server.task, 0) == OK);
	reap_all();
	CHECK(client_result(&p) == ERR_PEER_CLOSED);
	parted(&p);
	balanced(&b);
}

TEST(ipc, a_dying_server_leaves_its_run_queue_though_it_loses_a_lent_priority)
{
	struct books b = begin();
	struct pair p = connected();

	as(p.server.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, p.at, 0, TIME_NEVER) == CALL_WAITS);
	as_driver();
	CHECK(CALL2(THREAD_SET_PRIORITY, p.server.thread, 0) == OK);
	as(p.client.thread_object);
	CHECK(message(CALL_IPC_CALL, p.to, PLAIN, TIME_NEVER) == CALL_WAITS);
	as_driver();
	CHECK(p.server.thread_object->state == THREAD_READY);
	CHECK(p.server.thread_object->priority > p.server.thread_object->base);
	CHECK(CALL2(TASK_KILL, p.server.task, 0) == OK);
	CHECK(p.server.thread_object->state == THREAD_DEAD);
	CHECK((this_cpu()->ready & 1) == 0);
	reap_all();
	CHECK(client_result(&p) == ERR_PEER_CLOSED);
	parted(&p);
	balanced(&b);
}

TEST(ipc, a_dying_client_leaves_no_trace_at_the_server)
{
	struct books b = begin();
	struct pair p = connected();

	taken(&p, PLAIN);
	as_driver();
	CHECK(CALL2(TASK_KILL, p.client.task, 0) == OK);
	reap_all();
	as(p.server.thread_object);
	CHECK(message(CALL_IPC_REPLY, 0, 0, 0) == ERR_BAD_STATE);
	parted(&p);
	balanced(&b);
}

TEST(ipc, a_closed_port_ends_calls_receives_and_sessions)
{
	struct books b = begin();
	struct pair p = connected();
	uint32_t port = made(CALL0(PORT_CREATE)), session = made(CALL2(SESSION_CREATE, port, 1));
	uint32_t to = given(&p.client, copy_of(session, RIGHTS_ALL));

	as(p.client.thread_object);
	CHECK(message(CALL_IPC_CALL, to, PLAIN, TIME_NEVER) == CALL_WAITS);
	as_driver();
	CHECK(CALL4(WAIT, port, SIGNAL_READY, 0, 0) == OK);
	closed(port);
	CHECK(client_result(&p) == ERR_PEER_CLOSED);
	CHECK(CALL4(WAIT, session, SIGNAL_PEER_CLOSED, 0, 0) == OK);
	CHECK(message(CALL_IPC_CALL, session, PLAIN, 0) == ERR_PEER_CLOSED);
	CHECK(CALL1(SESSION_SEVER, session) == OK);
	closed(session);
	as(p.server.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, p.at, 0, TIME_NEVER) == CALL_WAITS);
	as_driver();
	CHECK(CALL2(TASK_KILL, p.server.task, 0) == OK);
	parted(&p);
	balanced(&b);
}

TEST(ipc, a_port_that_goes_with_the_answer_is_not_received_from)
{
	struct books b = begin();
	struct pair p = connected();

	as(p.server.thread_object);
	uint32_t own = made(CALL0(PORT_CREATE));

	control()->handles[0] = own; /* an answer to nobody closes what it carries */
	CHECK(message(CALL_IPC_REPLY_WAIT, own, tag_make(0, 0, 0, 1, 0), 0) == ERR_BAD_HANDLE);
	taken(&p, PLAIN);
	control()->handles[0] = p.at;
	CHECK(message(CALL_IPC_REPLY_WAIT, p.at, tag_make(0, 0, 0, 1, 0), 0) == ERR_BAD_HANDLE);
	CHECK(client_result(&p) == OK);
	parted(&p);
	balanced(&b);
}

TEST(port, a_severed_session_fails_its_calls_and_no_others)
{
	struct books b = begin();
	struct pair p = connected();

	as(p.client.thread_object);
	CHECK(message(CALL_IPC_CALL, p.to, PLAIN, TIME_NEVER) == CALL_WAITS);
	as_driver();
	uint32_t other = made(CALL2(SESSION_CREATE, p.port, 2));

	CHECK(CALL1(SESSION_SEVER, other) == OK);
	CHECK(client_result(&p) == CALL_WAITS);
	CHECK(CALL1(SESSION_SEVER, p.session) == OK);
	CHECK(client_result(&p) == ERR_PEER_CLOSED);
	CHECK(message(CALL_IPC_CALL, other, PLAIN, 0) == ERR_PEER_CLOSED);
	closed(other);
	parted(&p);
	balanced(&b);
}

TEST(port, the_server_hears_of_a_last_sender_gone)
{
	struct books b = begin();
	struct pair p = connected();
	uint32_t s = made(CALL2(SESSION_CREATE, p.port, 1234)), kept = copy_of(s, RIGHT_MANAGE);

	closed(s);
	as(p.server.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, p.at, 0, 0) == OK);
	struct context *c = &machine_thread()->context;

	CHECK(c->badge == 1234 && tag_protocol(c->tag) == 0 &&
	      tag_method(c->tag) == SESSION_CLOSED);
	CHECK(message(CALL_IPC_RECEIVE, p.at, 0, TIME_NEVER) == CALL_WAITS);
	as_driver();
	closed(made(CALL2(SESSION_CREATE, p.port, 99)));
	CHECK(result(p.server.thread_object) == OK && p.server.thread_object->context.badge == 99);
	/* A notice nobody reads goes with the port, or when the session is severed. */
	s = made(CALL2(SESSION_CREATE, p.port, 3));
	uint32_t mine = copy_of(s, RIGHT_MANAGE);

	closed(s);
	CHECK(CALL1(SESSION_SEVER, mine) == OK);
	closed(mine);
	closed(made(CALL2(SESSION_CREATE, p.port, 4)));
	closed(kept);
	parted(&p);
	balanced(&b);
}

TEST(port, creation_survives_every_failing_allocation)
{
	struct books b = begin();

	SURVIVES(CALL0(PORT_CREATE));
	uint32_t port = (uint32_t)word(0);

	SURVIVES(CALL2(SESSION_CREATE, port, 1));
	closed((uint32_t)word(0));
	CHECK(CALL2(SESSION_CREATE, startup_handle("quota"), 1) == ERR_WRONG_TYPE);
	closed(port);
	balanced(&b);
}

/* The client lends `n` bytes at SCRATCH. */
static void lent(struct pair *p, uint64_t n, uint64_t access)
{
	as(p->client.thread_object);
	put(SCRATCH, "lent to you", 12);
	control()->grants[0] = (struct grant){ SCRATCH, n | access };
	taken(p, tag_make(7, 0, 0, 0, 1));
}

TEST(grant, a_server_reads_and_writes_what_is_lent)
{
	struct books b = begin();
	struct pair p = connected();
	char text[12];

	lent(&p, 12, GRANT_READ | GRANT_WRITE);
	CHECK(CALL5(GRANT_READ, 0, 0, 5, SCRATCH + 64, 100) == OK && word(0) == 7);
	get(text, SCRATCH + 64, 7);
	CHECK(__builtin_strcmp(text, "to you") == 0);
	put(SCRATCH + 64, "back", 4);
	CHECK(CALL5(GRANT_WRITE, 0, 0, 0, SCRATCH + 64, 4) == OK && word(0) == 4);
	uint32_t reply = made(CALL0(REPLY_KEEP));

	CHECK(CALL5(GRANT_READ, reply, 0, 0, SCRATCH + 128, 4) == OK && word(0) == 4);
	CHECK(CALL5(GRANT_WRITE, copy_of(reply, RIGHT_READ), 0, 0, SCRATCH, 4) == ERR_NO_RIGHT);
	CHECK(CALL5(GRANT_READ, p.at, 0, 0, SCRATCH, 4) == ERR_WRONG_TYPE);
	CHECK(CALL5(GRANT_READ, 1, 0, 0, SCRATCH, 4) == ERR_BAD_HANDLE);
	CHECK(message(CALL_IPC_REPLY, reply, 0, 0) == OK);
	CHECK(CALL5(GRANT_READ, reply, 0, 0, SCRATCH, 4) == ERR_BAD_STATE);
	CHECK(CALL5(GRANT_READ, 0, 0, 0, SCRATCH, 4) == ERR_BAD_STATE);
	as(p.client.thread_object);
	get(text, SCRATCH, 12);
	CHECK(__builtin_strcmp(text, "back to you") == 0);
	parted(&p);
	balanced(&b);
}

TEST(grant, access_index_offset_and_memory_are_checked)
{
	struct books b = begin();
	struct pair p = connected();

	lent(&p, 12, GRANT_READ);
	CHECK(CALL5(GRANT_WRITE, 0, 0, 0, SCRATCH, 4) == ERR_NO_RIGHT);
	CHECK(CALL5(GRANT_READ, 0, 1, 0, SCRATCH, 4) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(GRANT_READ, 0, 0, 13, SCRATCH, 4) == ERR_BAD_ARGUMENT);
	CHECK(CALL5(GRANT_READ, 0, 0, 12, SCRATCH, 4) == OK && word(0) == 0);
	CHECK(CALL5(GRANT_READ, 0, 0, 0, USER_START, 4) == ERR_BAD_ADDRESS);
	CHECK(message(CALL_IPC_REPLY, 0, 0, 0) == OK);
	as(p.client.thread_object);
	control()->grants[0] = (struct grant){ USER_START, 64 | GRANT_READ | GRANT_WRITE };
	taken(&p, tag_make(7, 0, 0, 0, 1));
	CHECK(CALL5(GRANT_READ, 0, 0, 0, SCRATCH, 4) == ERR_BAD_ADDRESS);
	CHECK(CALL5(GRANT_WRITE, 0, 0, 0, SCRATCH, 4) == ERR_BAD_ADDRESS);
	parted(&p);
	balanced(&b);
}

TEST(ipc, handles_that_no_quota_can_hold_fail_the_call_and_stay)
{
	struct books b = begin();
	uint32_t q = made(CALL2(QUOTA_CREATE, startup_handle("quota"), 256 << 10));
	struct pair p = connected();
	struct actor poor = actor_create(q, 1);
	uint32_t at = given(&poor, copy_of(p.port, RIGHTS_ALL));
	enum err e;

	as(poor.thread_object);
	uint32_t event = made(CALL0(EVENT_CREATE));

	while ((e = CALL2(HANDLE_DUPLICATE, event, RIGHTS_ALL)) == OK)
		;
	CHECK(e == ERR_NO_MEMORY);
	as(p.client.thread_object);
	uint32_t mine = made(CALL0(EVENT_CREATE));

	control()->handles[0] = mine;
	CHECK(message(CALL_IPC_CALL, p.to, tag_make(7, 0, 0, 1, 0), TIME_NEVER) == CALL_WAITS);
	as(poor.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, at, 0, 0) == ERR_WOULD_BLOCK);
	CHECK(client_result(&p) == ERR_NO_MEMORY);
	as(p.client.thread_object);
	CHECK(CALL1(NULL, mine) == OK);
	gone(&poor);
	closed(q);
	parted(&p);
	balanced(&b);
}

TEST(ipc, a_server_works_with_its_callers_priority)
{
	struct books b = begin();
	struct pair p = connected();

	as(p.server.thread_object);
	CHECK(message(CALL_IPC_RECEIVE, p.at, 0, TIME_NEVER) == CALL_WAITS);
	as_driver();
	CHECK(CALL2(THREAD_SET_PRIORITY, p.client.thread, 9) == OK);
	/* It preempts the driver. */
	CHECK(machine_thread() == p.client.thread_object);
	CHECK(message(CALL_IPC_CALL, p.to, PLAIN, TIME_NEVER) == CALL_WAITS);
	CHECK(p.server.thread_object->priority == 9 && machine_thread() == p.server.thread_object);
	CHECK(message(CALL_IPC_REPLY, 0, 0, 0) == OK);
	CHECK(p.server.thread_object->priority == 1);
	CHECK(CALL2(THREAD_SET_PRIORITY, 0, 1) == OK);
	parted(&p);
	balanced(&b);
}
