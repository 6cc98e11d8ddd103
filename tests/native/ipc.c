/* SPDX-License-Identifier: MPL-2.0 */
/* Messages: registers, inline bytes, handles, grants, kept replies, and every way to die in
 * between. */
#include <stdlib.h>
#include <string.h>
#include "lib/futura/message.h"
#include "tests/native/test.h"

constexpr uint16_t PROTOCOL = 200;

/* What the server of these tests does, by method. */
enum method : uint16_t {
	ADD_UP = 1, /* words: each plus its number and the badge */
	ECHO_BYTES, /* inline bytes: reversed */
	PASS_ON,    /* handles: the same back */
	COPY_GRANT, /* grant 0 to grant 1 */
	KEEP,       /* keep the call; its reply is answered by the next RELEASE */
	RELEASE,
	DROP,   /* keep the call and close its reply */
	FORGET, /* receive again without an answer */
	DIE,
	SEVER, /* sever the session that word 0 names */
	FINISH,
	SILENT, /* answer after a while */
	GRANT_ERRORS,
};

struct state {
	fut_handle port;
	fut_handle kept;
	uint64_t kept_word;
};

static void reverse(struct message *m)
{
	char *page = message_page();
	unsigned n = tag_nbytes(m->tag);

	for (unsigned i = 0; i < n / 2; i++) {
		char c = page[i];
		page[i] = page[n - 1 - i];
		page[n - 1 - i] = c;
	}
	m->tag = tag_make(PROTOCOL, 0, n, 0, 0);
}

static void copy_grant(struct message *m)
{
	char piece[256];
	uint64_t n = 0, done = 0, total = 0;
	enum err e;

	while ((e = fut_grant_read(0, 0, total, piece, sizeof(piece), &n)) == OK && n > 0) {
		e = fut_grant_write(0, 1, total, piece, n, &done);
		if (e != OK || done == 0)
			break;
		total += done;
	}
	*m = (struct message){ .tag = tag_make(PROTOCOL, (uint16_t)e, 0, 0, 0), .word = { total } };
}

static void grant_errors(struct message *m)
{
	char byte = 0;
	uint64_t n;

	*m = (struct message){ .tag = tag_make(PROTOCOL, 0, 0, 0, 0),
			       .word = {
				       (uint64_t)fut_grant_write(0, 0, 0, &byte, 1, &n),
				       (uint64_t)fut_grant_read(0, 1, 0, &byte, 1, &n),
				       (uint64_t)fut_grant_read(0, 2, 0, &byte, 1, &n),
				       (uint64_t)fut_grant_read(0, 0, 1 << 20, &byte, 1, &n),
				       (uint64_t)fut_grant_read(0x777777, 0, 0, &byte, 1, &n),
				       (uint64_t)fut_grant_read(0, 0, 0, (void *)8, 1, &n),
			       } };
}

/* True if `m` is to be answered. */
static bool act(struct state *s, struct message *m)
{
	struct message release = { .tag = tag_make(PROTOCOL, 0, 0, 0, 0) };

	switch (tag_method(m->tag)) {
	case ADD_UP:
		for (unsigned i = 0; i < MESSAGE_WORDS; i++)
			m->word[i] += i + m->badge;
		m->tag = tag_make(PROTOCOL, 0, 0, 0, 0);
		return true;
	case ECHO_BYTES:
		reverse(m);
		return true;
	case PASS_ON:
		m->tag = tag_make(PROTOCOL, 0, 0, tag_nhandles(m->tag), 0);
		return true;
	case COPY_GRANT:
		copy_grant(m);
		return true;
	case GRANT_ERRORS:
		grant_errors(m);
		return true;
	case KEEP:
		OKAY(fut_reply_keep(&s->kept));
		s->kept_word = m->word[0];
		return false;
	case RELEASE:
		m->tag = tag_make(PROTOCOL, (uint16_t)ERR_WOULD_BLOCK, 0, 0, 0);
		if (s->kept == 0)
			return true;
		release.word[0] = s->kept_word;
		m->tag = tag_make(PROTOCOL, 0, 0, 0, 0);
		m->word[0] = (uint64_t)ipc_reply(s->kept, &release);
		return true;
	case DROP:
		OKAY(fut_reply_keep(&s->kept));
		close_handle(s->kept);
		return false;
	case SEVER:
		m->tag = tag_make(PROTOCOL, (uint16_t)fut_session_sever(message_taken(0)), 0, 0, 0);
		return true;
	case DIE:
		exit(7);
	case SILENT:
		(void)fut_thread_sleep(
			clock_after(SOON)); /* if shorter, the client sees an answer */
		m->tag = tag_make(PROTOCOL, 0, 0, 0, 0);
		return true;
	default:
		return false;
	}
}

static int serve_all(fut_handle port)
{
	struct state s = { .port = port };
	struct message m = {};
	bool answer = false;

	for (;;) {
		enum err e = answer ? ipc_reply_wait(port, &m, TIME_NEVER)
				    : ipc_receive(port, &m, TIME_NEVER);
		if (e != OK)
			return -e;
		if (tag_method(m.tag) == FINISH)
			return 0; /* its caller sees the call dropped */
		answer = act(&s, &m);
	}
}

ROLE(server)
{
	return serve_all(cap_need("port"));
}

struct world {
	fut_handle port, session, task;
};

/* A server in a task of its own, a session with badge 5; the port is the server's alone. */
static struct world setup(void)
{
	struct world w = { .port = make_port() };

	w.session = make_session(w.port, 5);
	struct startup_cap caps[] = { named("port", w.port) };
	w.task = peer_start("server", 0, 1, caps);
	return w;
}

static enum err call(fut_handle session, struct message *m, enum method method)
{
	m->tag = tag_make(PROTOCOL, method, 0, 0, 0);
	enum err e = ipc_call(session, m, limit());
	return e == OK ? (enum err)tag_status(m->tag) : e;
}

static void finish(struct world *w)
{
	struct message m = {};

	FAILS(call(w->session, &m, FINISH), ERR_PEER_CLOSED);
	EQUAL(peer_join(w->task), 0);
}

TEST(ipc, six_words_and_the_badge_arrive)
{
	struct world w = setup();

	for (uint64_t k = 0; k < 1000; k++) {
		struct message m = { .word = { k, k + 1, k + 2, k + 3, k + 4, ~k } };
		OKAY(call(w.session, &m, ADD_UP));
		for (unsigned i = 0; i < 5; i++)
			EQUAL(m.word[i], k + i + i + 5);
		EQUAL(m.word[5], ~k + 10);
	}
	finish(&w);
}

TEST(ipc, inline_bytes_of_every_length_arrive)
{
	struct world w = setup();
	unsigned char *page = message_page();

	for (unsigned n = 0; n <= 4096; n += n < 20 ? 1 : n < 4000 ? 199 : 16) {
		struct message m = { .tag = tag_make(PROTOCOL, ECHO_BYTES, n, 0, 0) };
		for (unsigned i = 0; i < n; i++)
			page[i] = (unsigned char)(i * 3 + n);
		OKAY(ipc_call(w.session, &m, limit()));
		EQUAL(tag_nbytes(m.tag), n);
		for (unsigned i = 0; i < n; i++)
			EQUAL(page[i], (unsigned char)((n - 1 - i) * 3 + n));
	}
	finish(&w);
}

TEST(ipc, handles_move_there_and_back)
{
	struct world w = setup();
	fut_handle events[8], old[8];
	struct message m = { .tag = tag_make(PROTOCOL, PASS_ON, 0, 8, 0) };

	for (unsigned i = 0; i < 8; i++) {
		old[i] = events[i] = make_event();
		OKAY(fut_event_signal(events[i], i + 1, 0));
		message_give(i, events[i]);
	}
	OKAY(ipc_call(w.session, &m, limit()));
	EQUAL(tag_nhandles(m.tag), 8);
	for (unsigned i = 0; i < 8; i++)
		events[i] = message_taken(i);
	for (unsigned i = 0; i < 8; i++) {
		uint64_t signals = 0;
		OKAY(fut_wait(events[i], SIGNAL_USER_MASK, 0, 0, &signals));
		EQUAL(signals, i + 1);
		FAILS(fut_event_signal(old[i], 1, 0), ERR_BAD_HANDLE);
	}
	finish(&w);
}

TEST(ipc, wrong_messages_are_refused_and_nothing_moves)
{
	struct world w = setup();
	fut_handle event = make_event(), stuck = duplicate(event, RIGHT_READ);
	struct message m = { .tag = tag_make(PROTOCOL, PASS_ON, 0, 2, 0) };

	message_give(0, event);
	message_give(1, 0x555555);
	FAILS(ipc_call(w.session, &m, limit()), ERR_BAD_HANDLE);
	message_give(1, stuck);
	m.tag = tag_make(PROTOCOL, PASS_ON, 0, 2, 0);
	FAILS(ipc_call(w.session, &m, limit()), ERR_NO_RIGHT);
	message_give(1, event);
	m.tag = tag_make(PROTOCOL, PASS_ON, 0, 2, 0);
	FAILS(ipc_call(w.session, &m, limit()), ERR_BAD_ARGUMENT);
	m.tag = tag_make(PROTOCOL, PASS_ON, 0, 9, 0);
	FAILS(ipc_call(w.session, &m, limit()), ERR_BAD_ARGUMENT);
	m.tag = tag_make(PROTOCOL, ECHO_BYTES, 4097, 0, 0);
	FAILS(ipc_call(w.session, &m, limit()), ERR_BAD_ARGUMENT);
	m.tag = tag_make(PROTOCOL, COPY_GRANT, 0, 0, 3);
	FAILS(ipc_call(w.session, &m, limit()), ERR_BAD_ARGUMENT);
	message_lend(0, (void *)(UINT64_MAX - 10), 100, GRANT_READ);
	m.tag = tag_make(PROTOCOL, COPY_GRANT, 0, 0, 1);
	FAILS(ipc_call(w.session, &m, limit()), ERR_BAD_ARGUMENT);
	m.tag = tag_make(PROTOCOL, ADD_UP, 0, 0, 0);
	FAILS(ipc_call(event, &m, limit()), ERR_WRONG_TYPE);
	FAILS(ipc_call(0, &m, limit()), ERR_BAD_HANDLE);
	FAILS(ipc_call(duplicate(w.session, RIGHT_READ), &m, limit()), ERR_NO_RIGHT);
	OKAY(fut_event_signal(event, 1, 0)); /* it never left */
	finish(&w);
}

TEST(ipc, protocol_zero_is_the_kernels)
{
	struct world w = setup();
	struct message m = { .tag = tag_make(0, SESSION_CLOSED, 0, 0, 0) };

	FAILS(ipc_call(w.session, &m, limit()), ERR_BAD_ARGUMENT);
	m.tag = tag_make(PROTOCOL, ADD_UP, 0, 0, 0) | 1ull << 60;
	FAILS(ipc_call(w.session, &m, limit()), ERR_BAD_ARGUMENT);
	finish(&w);
}

TEST(ipc, grants_lend_memory_for_the_call)
{
	struct world w = setup();
	constexpr size_t SIZE = 10000;
	char *from = make_memory(3 * 4096), *to = make_memory(3 * 4096);

	for (unsigned i = 0; i < SIZE; i++)
		from[i] = (char)(i * 11);
	struct message m = { .tag = tag_make(PROTOCOL, COPY_GRANT, 0, 0, 2) };
	message_lend(0, from, SIZE, GRANT_READ);
	message_lend(1, to + 1, SIZE, GRANT_WRITE);
	OKAY(ipc_call(w.session, &m, limit()));
	EQUAL(tag_status(m.tag), OK);
	EQUAL(m.word[0], SIZE);
	EQUAL(memcmp(from, to + 1, SIZE), 0);
	EQUAL(to[0], 0);
	EQUAL(to[SIZE + 1], 0);
	finish(&w);
}

TEST(ipc, grants_give_no_more_than_they_say)
{
	struct world w = setup();
	char *memory = make_memory(4096);
	struct message m = { .tag = tag_make(PROTOCOL, GRANT_ERRORS, 0, 0, 2) };

	message_lend(0, memory, 64, GRANT_READ);
	message_lend(1, memory, 64, GRANT_WRITE);
	OKAY(ipc_call(w.session, &m, limit()));
	EQUAL(m.word[0], ERR_NO_RIGHT);     /* write to a readable grant */
	EQUAL(m.word[1], ERR_NO_RIGHT);     /* read a writable grant */
	EQUAL(m.word[2], ERR_BAD_ARGUMENT); /* no third grant */
	EQUAL(m.word[3], ERR_BAD_ARGUMENT); /* past the end */
	EQUAL(m.word[4], ERR_BAD_HANDLE);
	EQUAL(m.word[5], ERR_BAD_ADDRESS); /* the server's own memory is bad */
	/* The client lends what it does not have. */
	m.tag = tag_make(PROTOCOL, COPY_GRANT, 0, 0, 2);
	message_lend(0, (void *)hole(), 64, GRANT_READ);
	message_lend(1, memory, 64, GRANT_WRITE);
	OKAY(ipc_call(w.session, &m, limit()));
	EQUAL(tag_status(m.tag), ERR_BAD_ADDRESS);
	finish(&w);
}

static int call_keep(void *argument)
{
	struct message m = { .word = { 42 } };
	enum err e = call(*(fut_handle *)argument, &m, KEEP);

	return e == OK ? (int)m.word[0] : e;
}

TEST(ipc, a_kept_call_is_answered_later)
{
	struct world w = setup();
	struct message m = {};
	struct thread *t = run_thread(call_keep, &w.session);

	UNTIL(call(w.session, &m, RELEASE) == OK);
	EQUAL((int64_t)m.word[0], OK);
	EQUAL(thread_join(t), 42);
	/* A one-shot: the reply is used up. */
	OKAY(call(w.session, &m, RELEASE));
	CHECK((int64_t)m.word[0] == ERR_BAD_HANDLE || (int64_t)m.word[0] == ERR_BAD_STATE);
	finish(&w);
}

TEST(ipc, a_dropped_call_ends_with_peer_closed)
{
	struct world w = setup();
	struct message m = {};

	FAILS(call(w.session, &m, DROP), ERR_PEER_CLOSED);
	FAILS(call(w.session, &m, FORGET), ERR_PEER_CLOSED);
	OKAY(call(w.session, &m, ADD_UP));
	finish(&w);
}

TEST(ipc, a_dying_server_ends_the_call_and_the_session)
{
	struct world w = setup();
	struct message m = {};
	uint64_t signals;

	FAILS(call(w.session, &m, DIE), ERR_PEER_CLOSED);
	OKAY(fut_wait(w.session, SIGNAL_PEER_CLOSED, 0, limit(), &signals));
	FAILS(call(w.session, &m, ADD_UP), ERR_PEER_CLOSED);
	EQUAL(peer_join(w.task), 7);
}

TEST(ipc, a_killed_server_ends_calls_that_wait_for_it)
{
	struct world w = setup();
	struct thread *t = run_thread(call_keep, &w.session);

	(void)fut_thread_sleep(clock_after(SOON)); /* whether kept or not yet taken: it must end */
	OKAY(fut_task_kill(w.task, 0));
	EQUAL(thread_join(t), ERR_PEER_CLOSED);
	(void)peer_end(w.task);
}

TEST(ipc, a_severed_session_is_dead_and_the_others_live)
{
	struct world w = setup();
	fut_handle port = make_port(), session = make_session(port, 1);
	fut_handle control = duplicate(session, RIGHT_MANAGE);
	struct message m = {};
	uint64_t signals;

	OKAY(fut_session_sever(control));
	FAILS(call(session, &m, ADD_UP), ERR_PEER_CLOSED);
	OKAY(fut_wait(session, SIGNAL_PEER_CLOSED, 0, 0, &signals));
	FAILS(fut_session_sever(duplicate(session, RIGHT_SEND)), ERR_NO_RIGHT);
	OKAY(call(w.session, &m, ADD_UP));
	finish(&w);
}

TEST(ipc, a_closed_port_ends_calls_that_wait)
{
	fut_handle port = make_port(), session = make_session(port, 1);
	struct thread *t = run_thread(call_keep, &session);

	(void)fut_thread_sleep(
		clock_after(SOON)); /* before or after it calls: the answer is the same */
	close_handle(port);
	EQUAL(thread_join(t), ERR_PEER_CLOSED);
}

TEST(ipc, the_server_hears_when_the_last_sender_is_gone)
{
	fut_handle port = make_port(), session = make_session(port, 77);
	fut_handle copy = duplicate(session, RIGHTS_ALL),
		   control = duplicate(session, RIGHT_MANAGE);
	struct message m = {};

	close_handle(session);
	FAILS(ipc_receive(port, &m, 0), ERR_WOULD_BLOCK);
	close_handle(copy);
	OKAY(ipc_receive(port, &m, limit()));
	EQUAL(tag_protocol(m.tag), 0);
	EQUAL(tag_method(m.tag), SESSION_CLOSED);
	EQUAL(m.badge, 77);
	FAILS(ipc_reply(0, &m), ERR_BAD_STATE); /* it wants no answer */
	close_handle(control);
}

TEST(ipc, a_dead_clients_sessions_are_closed)
{
	fut_handle port = make_port();
	struct startup_cap caps[] = { named("session", make_session(port, 78)) };
	fut_handle task = peer_start("sleeps", 0, 1, caps);
	struct message m = {};

	OKAY(fut_task_kill(task, 0));
	OKAY(ipc_receive(port, &m, limit()));
	EQUAL(m.badge, 78);
	(void)peer_end(task);
}

ROLE(calls_once)
{
	struct message m = {};

	return call(cap_need("session"), &m, ADD_UP) == OK ? 0 : 1;
}

TEST(ipc, an_answer_to_a_dead_client_is_no_error_for_the_server)
{
	fut_handle port = make_port();
	struct startup_cap caps[] = { named("session", make_session(port, 79)) };
	fut_handle task = peer_start("calls_once", 0, 1, caps);
	struct message m = {};

	OKAY(ipc_receive(port, &m, limit()));
	EQUAL(m.badge, 79);
	OKAY(fut_task_kill(task, 0));
	(void)peer_end(task);
	m.tag = tag_make(PROTOCOL, 0, 0, 0, 0);
	/* The caller is gone: the answer goes nowhere, and the next message comes. */
	OKAY(ipc_reply_wait(port, &m, limit()));
	EQUAL(tag_method(m.tag), SESSION_CLOSED);
	EQUAL(m.badge, 79);
}

TEST(ipc, a_deadline_ends_a_call)
{
	fut_handle port = make_port(), session = make_session(port, 1);
	struct message m = { .tag = tag_make(PROTOCOL, ADD_UP, 0, 0, 0) };
	uint64_t start = clock_now();

	FAILS(ipc_call(session, &m, clock_after(3 * MILLISECOND)), ERR_TIMED_OUT);
	CHECK(clock_now() - start >= 3 * MILLISECOND);
	struct world w = setup();
	m.tag = tag_make(PROTOCOL, SILENT, 0, 0, 0);
	FAILS(ipc_call(w.session, &m, clock_after(3 * MILLISECOND)), ERR_TIMED_OUT);
	OKAY(call(w.session, &m, ADD_UP)); /* the late answer did not reach this call */
	EQUAL(m.word[0], m.word[0]);
	finish(&w);
	FAILS(ipc_receive(port, &m, clock_after(MILLISECOND)), ERR_TIMED_OUT);
}

TEST(ipc, receive_and_reply_check_their_handles)
{
	fut_handle port = make_port(), event = make_event(), reply;
	struct message m = {};

	FAILS(ipc_receive(event, &m, 0), ERR_WRONG_TYPE);
	FAILS(ipc_receive(0, &m, 0), ERR_BAD_HANDLE);
	FAILS(ipc_receive(duplicate(port, RIGHT_MANAGE), &m, 0), ERR_NO_RIGHT);
	FAILS(ipc_receive(port, &m, 0), ERR_WOULD_BLOCK);
	FAILS(ipc_reply(0, &m), ERR_BAD_STATE);
	FAILS(ipc_reply(event, &m), ERR_WRONG_TYPE);
	FAILS(ipc_reply(0x777777, &m), ERR_BAD_HANDLE);
	FAILS(fut_reply_keep(&reply), ERR_BAD_STATE);
	FAILS(fut_session_create(duplicate(port, RIGHT_RECEIVE), 0, &reply), ERR_NO_RIGHT);
}

TEST(ipc, a_port_can_be_watched)
{
	fut_handle port = make_port(), session = make_session(port, 1);
	uint64_t signals;

	FAILS(fut_wait(port, SIGNAL_READY, 0, 0, &signals), ERR_WOULD_BLOCK);
	struct thread *t = run_thread(call_keep, &session);
	OKAY(fut_wait(port, SIGNAL_READY, 0, limit(), &signals));
	struct message m = {};
	OKAY(ipc_receive(port, &m, 0));
	FAILS(fut_wait(port, SIGNAL_READY, 0, 0, &signals), ERR_WOULD_BLOCK);
	m = (struct message){ .tag = tag_make(PROTOCOL, 0, 0, 0, 0), .word = { 3 } };
	OKAY(ipc_reply(0, &m));
	EQUAL(thread_join(t), 3);
}

static int server_thread(void *argument)
{
	return serve_all(*(fut_handle *)argument);
}

static int client_thread(void *argument)
{
	struct message m;

	for (uint64_t k = 0; k < 500; k++) {
		m = (struct message){ .word = { k } };
		if (call(*(fut_handle *)argument, &m, ADD_UP) != OK || m.word[0] != k + 9)
			return 1;
	}
	return 0;
}

TEST(ipc, many_clients_and_many_servers_share_a_port)
{
	fut_handle port = make_port(), session = make_session(port, 9);
	struct thread *servers[3], *clients[5];
	struct message m = {};

	for (unsigned i = 0; i < 3; i++)
		servers[i] = run_thread(server_thread, &port);
	for (unsigned i = 0; i < 5; i++)
		clients[i] = run_thread(client_thread, &session);
	for (unsigned i = 0; i < 5; i++)
		EQUAL(thread_join(clients[i]), 0);
	for (unsigned i = 0; i < 3; i++)
		FAILS(call(session, &m, FINISH), ERR_PEER_CLOSED);
	for (unsigned i = 0; i < 3; i++)
		EQUAL(thread_join(servers[i]), 0);
}

TEST(ipc, a_full_table_is_the_receivers_error_and_the_callers_answer)
{
	struct world w = setup();
	fut_handle first = make_event(), h = 0;
	struct message m = { .tag = tag_make(PROTOCOL, PASS_ON, 0, 1, 0) };
	unsigned n = 0;

	message_give(0, make_event());
	while (fut_handle_duplicate(first, RIGHTS_ALL, &h) == OK)
		n++;
	CHECK(n > 100);
	/* The handle that leaves makes room for the one that comes back. */
	OKAY(ipc_call(w.session, &m, limit()));
	EQUAL(tag_nhandles(m.tag), 1);
	close_handle(h);
	finish(&w);
}

TEST(ipc, a_leased_session_ends_with_its_lease)
{
	struct world w = setup();
	fut_handle leased, lease;
	struct message m = {};

	OKAY(fut_lease_create(w.session, RIGHTS_ALL, &leased, &lease));
	OKAY(call(leased, &m, ADD_UP));
	close_handle(lease);
	FAILS(call(leased, &m, ADD_UP), ERR_REVOKED);
	OKAY(call(w.session, &m, ADD_UP));
	finish(&w);
}
