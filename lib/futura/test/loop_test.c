/* SPDX-License-Identifier: MPL-2.0 */
/* The event loop over a waitset and a clock made for the test. */
#include "lib/futura/loop.h"
#include "lib/futura/clock.h"
#include "lib/futura/test/fake.h"
#include "lib/test/test.h"

static struct loop loop;
static uint64_t now;
static uint64_t watched[4]; /* cookies, by watch handle - 10 */
static unsigned nwatched;
static uint64_t ready; /* bits: the watches that are ready */
static uint64_t last_deadline;
static enum err wait_error;

uint64_t clock_now(void)
{
	return now;
}

static enum err waitset_wait(const uint64_t *a, struct native_words *r)
{
	struct watch_event *to = (struct watch_event *)a[1];

	last_deadline = a[3];
	r->word[0] = 0;
	if (wait_error != OK)
		return wait_error;
	for (unsigned i = 0; i < nwatched; i++)
		if ((ready >> i & 1) != 0 && watched[i] != 0)
			to[r->word[0]++] = (struct watch_event){ watched[i], 1u << i };
	if (r->word[0] > 0)
		return OK;
	if (a[3] == TIME_NEVER)
		return ERR_BAD_STATE; /* it would wait for ever */
	now = a[3];
	return ERR_TIMED_OUT;
}

static enum err waitset_calls(enum call number, const uint64_t *a, struct native_words *r)
{
	switch (number) {
	case CALL_WAITSET_CREATE:
		r->word[0] = 9;
		return OK;
	case CALL_WATCH_CREATE:
		watched[nwatched] = a[4];
		r->word[0] = 10 + nwatched++;
		return OK;
	case CALL_WAITSET_WAIT:
		return waitset_wait(a, r);
	default:
		return ERR_UNSUPPORTED;
	}
}

static char log[64];
static unsigned nlog;

static void setup(void)
{
	fake_reset();
	fake_call = waitset_calls;
	now = nwatched = ready = nlog = 0;
	wait_error = OK;
	CHECK(loop_init(&loop) == OK);
}

static void note(void *self, uint64_t signals)
{
	(void)signals;
	if (nlog < sizeof log)
		log[nlog++] = *(char *)self;
}

static void stop(void *self, uint64_t signals)
{
	note(self, signals);
	loop_stop(&loop, ERR_DENIED);
}

TEST(loop, timers_come_in_order_of_time)
{
	struct loop_timer a = {}, b = {}, c = {}, d = {};

	setup();
	loop_timer_set(&loop, &b, 20, note, (char[]){ 'b' });
	loop_timer_set(&loop, &d, 40, stop, (char[]){ 'd' });
	loop_timer_set(&loop, &a, 10, note, (char[]){ 'a' });
	loop_timer_set(&loop, &c, 20, note, (char[]){ 'c' }); /* as long as b, and after it */
	CHECK(loop_run(&loop) == ERR_DENIED);
	CHECK(nlog == 4 && log[0] == 'a' && log[1] == 'b' && log[2] == 'c' && log[3] == 'd');
	CHECK(now == 40);
}

TEST(loop, a_timer_that_is_cleared_or_moved_comes_not_or_later)
{
	struct loop_timer a = {}, b = {}, c = {};

	setup();
	loop_timer_set(&loop, &a, 10, note, (char[]){ 'a' });
	loop_timer_set(&loop, &b, 20, note, (char[]){ 'b' });
	loop_timer_set(&loop, &c, 50, stop, (char[]){ 'c' });
	loop_timer_clear(&a);
	loop_timer_clear(&a);
	loop_timer_set(&loop, &b, 30, note, (char[]){ 'B' });
	CHECK(loop_run(&loop) == ERR_DENIED);
	CHECK(nlog == 2 && log[0] == 'B');
}

static struct loop_timer greedy;
static void set_again(void *self, uint64_t signals)
{
	note(self, signals);
	loop_timer_set(&loop, &greedy, 0, set_again, self);
}

TEST(loop, a_timer_that_is_always_due_lets_objects_have_their_turn)
{
	struct loop_watch w;

	setup();
	CHECK(loop_watch(&loop, &w, 1, 1, stop, (char[]){ 'w' }) == OK);
	loop_timer_set(&loop, &greedy, 0, set_again, (char[]){ 'g' });
	ready = 1;
	CHECK(loop_run(&loop) == ERR_DENIED);
	loop_timer_clear(&greedy);
}

static struct loop_watch first, second;
static void drop_second(void *self, uint64_t signals)
{
	note(self, signals);
	loop_unwatch(&second);
	ready = 0;
}

TEST(loop, what_is_unwatched_is_not_called_though_it_was_reported)
{
	struct loop_timer end = {};

	setup();
	CHECK(loop_watch(&loop, &first, 1, 1, drop_second, (char[]){ '1' }) == OK);
	CHECK(loop_watch(&loop, &second, 2, 1, note, (char[]){ '2' }) == OK);
	loop_timer_set(&loop, &end, 5, stop, (char[]){ 'e' });
	ready = 3;
	CHECK(loop_run(&loop) == ERR_DENIED);
	CHECK(nlog == 2 && log[0] == '1' && log[1] == 'e');
	CHECK(second.loop == nullptr);
	loop_unwatch(&second);
}

TEST(loop, a_broken_waitset_ends_it)
{
	setup();
	wait_error = ERR_REVOKED;
	CHECK(loop_run(&loop) == ERR_REVOKED);
}

static struct server server = { .port = 5 };

TEST(loop, a_port_that_is_gone_stops_it)
{
	struct loop_server ls;

	setup();
	CHECK(loop_serve(&loop, &ls, &server) == OK);
	ready = 1;
	CHECK(loop_run(&loop) == ERR_BAD_HANDLE); /* no steps: the fake port is gone */
}
