/* SPDX-License-Identifier: MPL-2.0 */
/* Rings, the event loop and random numbers of libfutura over the real kernel. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include "abi/info.h"
#include "lib/futura/loop.h"
#include "lib/futura/random.h"
#include "lib/futura/ring.h"
#include "protocol/echo.h"
#include "tests/native/test.h"

constexpr uint32_t RING_SIZE = 256;
constexpr uint32_t STREAM = 100000;

static alignas(64) char ring_memory[RING_HEADER + RING_SIZE];
static fut_handle left, right;

/* Writes pieces of 1 to 13 bytes that count up, and then is gone. */
static int stream_write(void *unused)
{
	struct ring w;

	(void)unused;
	OKAY(ring_open_writer(&w, ring_memory, RING_SIZE, left));
	for (uint32_t i = 0; i < STREAM;) {
		uint8_t bytes[13];
		uint32_t n = 1 + i % 13;

		n = n < STREAM - i ? n : STREAM - i;
		for (uint32_t j = 0; j < n; j++)
			bytes[j] = (uint8_t)(i + j);
		OKAY(ring_wait_space(&w, n, limit()));
		OKAY(ring_write(&w, bytes, n));
		i += n;
	}
	close_handle(left);
	return 0;
}

TEST(ring, a_stream_passes_between_threads_that_wait_for_each_other)
{
	struct ring r;
	uint32_t seen = 0;
	enum err e;

	OKAY(fut_event_create_pair(&left, &right));
	OKAY(ring_open_reader(&r, ring_memory, RING_SIZE, right));
	struct thread *writer = run_thread(stream_write, nullptr);

	while ((e = ring_wait_filled(&r, 1, limit())) == OK) {
		uint8_t bytes[29];
		uint32_t n;

		OKAY(ring_read_some(&r, bytes, sizeof bytes, &n));
		for (uint32_t i = 0; i < n; i++)
			EQUAL(bytes[i], (uint8_t)seen++);
	}
	EQUAL(e, ERR_PEER_CLOSED);
	EQUAL(seen, STREAM);
	thread_join(writer);
	close_handle(right);
}

static enum err on_count(void *self, uint64_t badge, struct echo_count_results *r)
{
	(void)badge;
	r->calls = ++*(uint64_t *)self;
	return OK;
}

static enum err on_say(void *self, uint64_t badge, const struct echo_say_args *a,
		       struct echo_say_results *r)
{
	(void)self, (void)badge;
	for (uint32_t i = 0; i < a->text_len; i++)
		r->back[i] = a->text[a->text_len - 1 - i];
	r->back_len = a->text_len;
	return OK;
}

static struct loop loop;
static unsigned nticks, nclosed;
static fut_handle session, bell;

static void on_tick(void *self, uint64_t signals)
{
	(void)signals;
	if (++nticks < 3)
		loop_timer_set(&loop, self, clock_after(MILLISECOND), on_tick, self);
}

static void on_bell(void *self, uint64_t signals)
{
	(void)self;
	EQUAL(signals, 1);
	loop_stop(&loop, ERR_DENIED);
}

static void on_closed(void *self, uint64_t badge)
{
	(void)self;
	EQUAL(badge, 42);
	nclosed++;
	OKAY(fut_event_signal(bell, 1, 0));
}

/* Calls the loop's server, lets the ticks pass, and closes its session. */
static int loop_client(void *unused)
{
	struct remote echo = { .session = session };
	uint64_t calls = 0;
	char back[257];
	size_t len;

	(void)unused;
	for (unsigned i = 1; i <= 200; i++) {
		OKAY(echo_count(&echo, &calls));
		EQUAL(calls, i);
	}
	OKAY(echo_say(&echo, "abc", 3, back, sizeof back, &len));
	EQUAL(back[0], 'c');
	EQUAL(len, 3);
	FAILS(echo_fail(&echo), ERR_UNSUPPORTED);
	OKAY(fut_thread_sleep(clock_after(SOON)));
	close_handle(session);
	return 0;
}

TEST(loop, serves_a_port_while_timers_run_and_ends_at_an_event)
{
	static const struct echo_ops ops = { .count = on_count, .say = on_say };
	static const struct service speaks = { ECHO_PROTOCOL, echo_dispatch, &ops };
	uint64_t ncalls = 0;
	struct loop_timer tick = {};
	struct loop_watch watch;
	struct loop_server ls;
	struct server server = { make_port(), &speaks, 1, &ncalls, on_closed };

	bell = make_event();
	session = make_session(server.port, 42);
	OKAY(loop_init(&loop));
	OKAY(loop_serve(&loop, &ls, &server));
	OKAY(loop_watch(&loop, &watch, bell, 1, on_bell, nullptr));
	loop_timer_set(&loop, &tick, 0, on_tick, &tick);
	struct thread *client = run_thread(loop_client, nullptr);

	FAILS(loop_run(&loop), ERR_DENIED);
	EQUAL(nticks, 3);
	EQUAL(nclosed, 1);
	EQUAL(ncalls, 200);
	thread_join(client);
	loop_unwatch(&watch);
	loop_fini(&loop);
	close_handle(bell);
	close_handle(server.port);
}

/* A server that answers with what it is told: the client's handle table is what matters. */
static enum err on_open(void *self, uint64_t badge, struct echo_open_results *r)
{
	(void)self, (void)badge;
	return fut_event_create(&r->session);
}

static int serve_open(void *port)
{
	static const struct echo_ops ops = { .open = on_open };
	static const struct service speaks = { ECHO_PROTOCOL, echo_dispatch, &ops };

	FAILS(serve(&(struct server){ *(fut_handle *)port, &speaks, 1, nullptr, nullptr }),
	      ERR_BAD_HANDLE);
	return 0;
}

TEST(serve, a_client_that_gives_up_leaves_no_handle_behind)
{
	fut_handle port = make_port(), s = make_session(port, 1), got = 0;
	struct thread *server = run_thread(serve_open, &port);
	struct remote patient = { .session = s };

	for (unsigned i = 0; i < 300; i++) {
		/* The deadline may pass before the call, in it, or not at all. */
		struct remote hasty = { .session = s, .deadline = clock_now() + i * 200 };

		if (echo_open(&hasty, &got) == OK)
			close_handle(got);
	}
	OKAY(echo_open(&patient, &got));
	close_handle(got);
	close_handle(s);
	close_handle(port);
	thread_join(server);
}

/* What a program could tell of where it is and of what it finds random. */
struct places {
	uint64_t code, stack, heap, number;
};

ROLE(tells_its_places)
{
	void *heap = make_memory(4096);
	struct places p = { (uint64_t)role_tells_its_places, (uint64_t)&heap, (uint64_t)heap,
			    random_u64() };

	return fut_vmo_write(cap_need("told"), 0, &p, sizeof(p)) == OK ? 0 : 1;
}

static struct places places_of_another(void)
{
	fut_handle told = make_vmo(4096);
	struct startup_cap cap = named("told", duplicate(told, RIGHTS_ALL));
	struct places p = {};

	EQUAL(peer_join(peer_start("tells_its_places", 0, 1, &cap)), 0);
	OKAY(fut_vmo_read(told, 0, &p, sizeof(p)));
	close_handle(told);
	return p;
}

TEST(random, each_program_has_places_and_numbers_of_its_own)
{
	struct places a = places_of_another(), b = places_of_another();

	CHECK(a.code != b.code);
	CHECK(a.stack != b.stack && a.heap != b.heap);
	CHECK(a.number != b.number && random_u64() != random_u64());
}

TEST(random, a_clone_goes_on_with_other_numbers)
{
	fut_handle told = make_vmo(4096), task = 0;
	uint64_t at, theirs, ours;
	uint32_t copy = 0;

	OKAY(fut_space_map(0, told, 0, 0, 4096, MAP_READ | MAP_WRITE | INHERIT_SHARE, &at));
	OKAY(fut_task_clone(0, &task, &copy));
	if (copy) {
		*(uint64_t *)at = random_u64();
		exit(0);
	}
	ours = random_u64();
	EQUAL(peer_join(task), 0);
	OKAY(fut_vmo_read(told, 0, &theirs, sizeof(theirs)));
	CHECK(theirs != 0 && theirs != ours);
}

/* One, two, three and four bytes long. */
static const wchar_t wide[] = L"a\u00e9\u20ac\U0001f600";
static const char narrow[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";

TEST(text, wide_characters_are_printed_as_utf_8)
{
	char text[32];

	EQUAL(snprintf(text, sizeof text, "%ls", wide), 10);
	EQUAL(strcmp(text, narrow), 0);
	EQUAL(snprintf(text, sizeof text, "%.5ls|%lc", wide, 0x20ac), 7);
	EQUAL(strcmp(text, "a\xc3\xa9|\xe2\x82\xac"), 0); /* three bytes more would be too many */
	EQUAL(snprintf(text, sizeof text, "%lc", 0xd800), -1);
	EQUAL(snprintf(text, sizeof text, "%lc", 0x110000), -1);
}

TEST(text, wide_characters_are_read_from_utf_8)
{
	static const char *const wrong[] = {
		"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"\xf8", "\xc3z",
	};
	wchar_t read[8];

	EQUAL(sscanf(narrow, "%ls", read), 1);
	EQUAL(wcscmp(read, wide), 0);
	for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
		EQUAL(sscanf(wrong[i], "%ls", read), -1);
}

static _Atomic uint32_t nended;

static int end_at_once(void *unused)
{
	(void)unused;
	nended++;
	return 0;
}

static uint64_t mapped(void)
{
	struct task_info info;

	OKAY(fut_task_info(0, &info, sizeof info));
	return info.mapped;
}

TEST(thread, one_that_is_detached_gives_its_memory_back)
{
	constexpr unsigned N = 20;
	uint64_t before;

	thread_join(run_thread(end_at_once, nullptr));
	before = mapped();
	for (unsigned i = 0; i < N; i++)
		thread_detach(run_thread(end_at_once, nullptr));
	/* When all are over, and so dead that the next one finds it. */
	for (struct task_info info = { .nthreads = N }; info.nthreads > 1;) {
		OKAY(fut_thread_sleep(clock_after(SECOND / 1000)));
		OKAY(fut_task_info(0, &info, sizeof info));
	}
	EQUAL(nended, N + 1);
	thread_join(run_thread(end_at_once, nullptr));
	EQUAL(mapped(), before);
}
