/* SPDX-License-Identifier: MPL-2.0 */
/* The server loop against a port that gives what a test wrote down. */
#include "lib/futura/serve.h"
#include "lib/futura/test/fake.h"
#include "lib/test/test.h"

constexpr uint16_t PROTOCOL = 5;

static uint64_t closed_badge;
static unsigned ncalls;
static unsigned give; /* handles the handler puts into its answer */

static void closed(void *self, uint64_t badge)
{
	(void)self;
	closed_badge = badge;
}

static bool handle(const void *ops, void *self, struct message *m)
{
	(void)ops, (void)self;
	ncalls++;
	for (unsigned i = 0; i < give; i++)
		message_give(i, fake_open(&fake_server, OBJECT_VMO, RIGHTS_VMO));
	m->tag = tag_make(PROTOCOL, 0, 0, give, 0);
	m->word[0]++;
	return true;
}

static const struct service services[] = { { PROTOCOL, handle, nullptr } };
static const struct server server = {
	.port = 1, .services = services, .nservices = 1, .closed = closed
};

static enum err run(const struct fake_step *steps, unsigned n)
{
	fake_reset();
	closed_badge = ncalls = 0;
	fake_current = &fake_server;
	fake_steps = steps;
	fake_nsteps = n;
	return serve(&server);
}

static struct fake_step call(uint64_t word)
{
	return (struct fake_step){ .message = { .tag = tag_make(PROTOCOL, 1, 0, 0, 0),
						.word = { word } } };
}

TEST(serve, each_call_is_answered_until_the_port_is_gone)
{
	give = 0;
	CHECK(run((struct fake_step[]){ call(1), call(2), call(3) }, 3) == ERR_BAD_HANDLE);
	CHECK(ncalls == 3 && fake_answered == 3 && fake_answer.word[0] == 4);
}

TEST(serve, a_closed_session_is_told_and_not_answered)
{
	struct fake_step gone = { .message = { .tag = SESSION_CLOSED, .badge = 42 } };

	give = 0;
	CHECK(run((struct fake_step[]){ call(1), gone, call(2) }, 3) == ERR_BAD_HANDLE);
	CHECK(closed_badge == 42 && ncalls == 2 && fake_answered == 2 && fake_dropped == 0);
}

TEST(serve, a_client_that_cannot_take_the_answer_hears_why)
{
	struct fake_step full = call(1);

	give = 2;
	full.answer = ERR_FULL;
	CHECK(run((struct fake_step[]){ full, call(2) }, 2) == ERR_BAD_HANDLE);
	CHECK(ncalls == 2 && fake_answered == 2);
	CHECK(fake_count(&fake_server) == 0); /* the handles of the failed answer are closed */
	CHECK(fake_count(&fake_client) == 2);
}

TEST(serve, an_interrupted_wait_goes_on)
{
	struct fake_step interrupted = { .receive = ERR_INTERRUPTED };

	give = 0;
	CHECK(run((struct fake_step[]){ interrupted, call(1), interrupted, call(2) }, 4) ==
	      ERR_BAD_HANDLE);
	CHECK(ncalls == 2 && fake_answered == 2);
}

TEST(serve, another_protocol_is_unsupported)
{
	struct fake_step other = call(1);

	give = 0;
	other.message.tag = tag_make(PROTOCOL + 1, 1, 0, 0, 0);
	CHECK(run((struct fake_step[]){ other }, 1) == ERR_BAD_HANDLE);
	CHECK(ncalls == 0 && fake_answered == 1);
	CHECK(tag_status(fake_answer.tag) == ERR_UNSUPPORTED);
}

TEST(serve, what_waits_is_served_and_no_more)
{
	struct fake_step nothing = { .receive = ERR_WOULD_BLOCK };

	give = 0;
	fake_reset();
	ncalls = 0;
	fake_current = &fake_server;
	fake_steps = (struct fake_step[]){ call(1), call(2), nothing, call(3) };
	fake_nsteps = 4;
	CHECK(serve_waiting(&server) == OK);
	CHECK(ncalls == 2 && fake_answered == 2);
}

TEST(serve, a_busy_port_is_left_after_a_batch_and_nothing_is_lost)
{
	struct fake_step steps[100];

	give = 0;
	fake_reset();
	ncalls = 0;
	fake_current = &fake_server;
	for (unsigned i = 0; i < 100; i++)
		steps[i] = call(i);
	fake_steps = steps;
	fake_nsteps = 100;
	CHECK(serve_waiting(&server) == OK);
	CHECK(ncalls < 100 && fake_answered == ncalls && fake_dropped == 0);
	CHECK(serve_waiting(&server) == ERR_BAD_HANDLE); /* the rest, and then the port is gone */
	CHECK(ncalls == 100 && fake_answered == 100);
}
