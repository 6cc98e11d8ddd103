/* SPDX-License-Identifier: MPL-2.0 */
/* Client stubs and server dispatch made from tools/test/every.fipc, against each other. */
#include "tools/test/every_ops.h"
#include "lib/futura/serve.h"
#include "lib/futura/test/fake.h"
#include "lib/test/test.h"
#include <string.h>

static struct every_server server;
static struct remote remote;
constexpr uint64_t BADGE = 0x1234567890;

static bool dispatch(struct message *m)
{
	m->badge = BADGE;
	return every_dispatch(&every_ops, &server, m);
}

static void setup(void)
{
	fake_reset();
	server = (struct every_server){};
	fake_serve = dispatch;
	remote = (struct remote){ .session = 77 };
}

/* Send what no stub would send. */
static enum err raw(uint16_t method, unsigned nbytes, unsigned nhandles, unsigned ngrants,
		    uint64_t word0)
{
	struct message m = { .tag = tag_make(EVERY_PROTOCOL, method, nbytes, nhandles, ngrants),
			     .word = { word0 } };
	enum err e = ipc_call(77, &m, TIME_NEVER);

	return e != OK ? e : (enum err)tag_status(m.tag);
}

TEST(stub, a_call_without_anything_arrives_with_its_badge)
{
	setup();
	CHECK(every_nothing(&remote) == OK);
	CHECK(server.calls == 1 && server.badge == BADGE && fake_session == 77);
}

TEST(stub, words_keep_their_values_and_signs)
{
	int64_t sum = 0;
	bool odd = true;

	setup();
	CHECK(every_words(&remote, 255, 65535, 4000000000, 1ull << 40, -5, -70000000000, &sum,
			  &odd) == OK);
	CHECK(sum == 255 + 65535 + 4000000000 + (1ll << 40) - 5 - 70000000000);
	CHECK(odd == (sum & 1));
}

TEST(stub, small_fields_travel_packed)
{
	uint32_t x, y;
	uint16_t z, k;
	uint8_t p;
	bool q, s;

	setup();
	CHECK(every_packed(&remote, 1, UINT32_MAX, 3, 65535, 5, true, false, &x, &y, &z, &k, &p, &q,
			   &s) == OK);
	CHECK(x == 1 && y == UINT32_MAX && z == 3 && k == 65535 && p == 5 && q && !s);
}

TEST(stub, many_fields_travel_in_the_page_before_a_text)
{
	uint64_t c[6];
	uint8_t c7;

	setup();
	CHECK(every_paged(&remote, 1, 2, 3, 4, 5, UINT64_MAX, 7, "abc", 3, &c[0], &c[1], &c[2],
			  &c[3], &c[4], &c[5], &c7) == OK);
	CHECK(c[0] == 1 && c[4] == 5 && c[5] == UINT64_MAX && c7 == 7);
	CHECK(server.sum == 'a' + 'b' + 'c');
}

TEST(stub, texts_and_bytes_come_back_whole)
{
	char loud[101];
	uint8_t data[50], extra[50];
	size_t loud_len, data_len;
	uint32_t count;

	setup();
	memset(extra, 0xa5, sizeof extra);
	CHECK(every_shout(&remote, "hello", 5, extra, 50, loud, sizeof loud, &loud_len, data,
			  sizeof data, &data_len, &count) == OK);
	CHECK(strcmp(loud, "HELLO") == 0 && loud_len == 5);
	CHECK(data_len == 50 && memcmp(data, extra, 50) == 0 && count == 55);
	CHECK(every_shout(&remote, "", 0, extra, 0, loud, sizeof loud, &loud_len, data, sizeof data,
			  &data_len, &count) == OK);
	CHECK(loud[0] == 0 && loud_len == 0 && data_len == 0 && count == 0);
}

TEST(stub, a_text_over_its_limit_is_not_sent)
{
	char text[101] = {}, loud[101];
	uint8_t data[50];
	size_t loud_len, data_len;
	uint32_t count;

	setup();
	CHECK(every_shout(&remote, text, 101, text, 0, loud, sizeof loud, &loud_len, data,
			  sizeof data, &data_len, &count) == ERR_TOO_BIG);
	CHECK(server.calls == 0);
}

TEST(stub, a_result_without_room_is_too_big)
{
	char loud[5]; /* no room for the zero byte */
	uint8_t data[50];
	size_t loud_len = 99, data_len;
	uint32_t count;

	setup();
	CHECK(every_shout(&remote, "hello", 5, "", 0, loud, sizeof loud, &loud_len, data,
			  sizeof data, &data_len, &count) == ERR_TOO_BIG);
	CHECK(loud_len == 99);
}

TEST(stub, handles_move_there_and_back)
{
	fut_handle event = 0, vmo = 0;
	fut_handle first, second, third;

	setup();
	first = fake_open(&fake_client, OBJECT_EVENT, RIGHTS_EVENT);
	second = fake_open(&fake_client, OBJECT_TASK, RIGHTS_TASK);
	third = fake_open(&fake_client, OBJECT_VMO, RIGHTS_VMO);
	uint32_t event_id = fake_object(&fake_client, first);
	uint32_t vmo_id = fake_object(&fake_client, third);

	CHECK(every_move(&remote, first, second, third, &event, &vmo) == OK);
	CHECK(fake_object(&fake_client, event) == event_id);
	CHECK(fake_object(&fake_client, vmo) == vmo_id);
	CHECK(fake_count(&fake_client) == 2 && fake_count(&fake_server) == 1);
}

TEST(stub, an_optional_handle_may_be_missing)
{
	fut_handle event = 0, vmo = 99;

	setup();
	CHECK(every_move(&remote, fake_open(&fake_client, OBJECT_EVENT, RIGHTS_EVENT),
			 fake_open(&fake_client, OBJECT_TASK, RIGHTS_TASK), 0, &event, &vmo) == OK);
	CHECK(event != 0 && vmo == 0);
}

TEST(stub, a_refused_call_closes_the_handles_given)
{
	fut_handle event, vmo;

	setup();
	server.result = ERR_DENIED;
	CHECK(every_move(&remote, fake_open(&fake_client, OBJECT_EVENT, RIGHTS_EVENT),
			 fake_open(&fake_client, OBJECT_TASK, RIGHTS_TASK), 0, &event,
			 &vmo) == ERR_DENIED);
	CHECK(fake_count(&fake_client) == 0 && fake_count(&fake_server) == 0);
}

TEST(stub, handles_given_to_a_dead_server_are_closed)
{
	fut_handle event, vmo;

	setup();
	fake_gone = 1;
	CHECK(every_move(&remote, fake_open(&fake_client, OBJECT_EVENT, RIGHTS_EVENT),
			 fake_open(&fake_client, OBJECT_TASK, RIGHTS_TASK), 0, &event,
			 &vmo) == ERR_PEER_CLOSED);
	CHECK(fake_count(&fake_client) == 0);
}

TEST(dispatch, a_handle_of_another_type_does_not_reach_the_handler)
{
	fut_handle event, vmo;

	setup();
	CHECK(every_move(&remote, fake_open(&fake_client, OBJECT_VMO, RIGHTS_VMO),
			 fake_open(&fake_client, OBJECT_TASK, RIGHTS_TASK), 0, &event,
			 &vmo) == ERR_WRONG_TYPE);
	CHECK(server.calls == 0 && fake_count(&fake_server) == 0);
}

TEST(dispatch, a_handle_without_a_right_does_not_reach_the_handler)
{
	fut_handle event, vmo;

	setup();
	CHECK(every_move(&remote, fake_open(&fake_client, OBJECT_EVENT, RIGHTS_EVENT),
			 fake_open(&fake_client, OBJECT_TASK, RIGHTS_TASK),
			 fake_open(&fake_client, OBJECT_VMO, RIGHTS_VMO & ~RIGHT_WRITE), &event,
			 &vmo) == ERR_NO_RIGHT);
	CHECK(server.calls == 0 && fake_count(&fake_server) == 0);
}

TEST(dispatch, unexpected_handles_are_closed)
{
	setup();
	((struct control *)fake_client.area)->handles[0] =
		fake_open(&fake_client, OBJECT_VMO, RIGHTS_VMO);
	CHECK(raw(EVERY_NOTHING, 0, 1, 0, 0) == ERR_BAD_ARGUMENT);
	CHECK(fake_count(&fake_client) == 0 && fake_count(&fake_server) == 0);
}

TEST(dispatch, counts_and_lengths_must_fit)
{
	setup();
	CHECK(raw(EVERY_NOTHING, 8, 0, 0, 0) == ERR_BAD_ARGUMENT);
	CHECK(raw(EVERY_NOTHING, 0, 0, 1, 0) == ERR_BAD_ARGUMENT);
	CHECK(raw(EVERY_LEND, 0, 0, 1, 0) == ERR_BAD_ARGUMENT);
	CHECK(raw(EVERY_PAGED, 0, 0, 0, 0) == ERR_BAD_ARGUMENT);  /* no head */
	CHECK(raw(EVERY_PAGED, 55, 0, 0, 0) == ERR_BAD_ARGUMENT); /* half a head */
	CHECK(raw(EVERY_SHOUT, 4, 0, 0, 5) == ERR_BAD_ARGUMENT);  /* less than it says */
	CHECK(raw(EVERY_SHOUT, 12, 0, 0, 5) == ERR_BAD_ARGUMENT); /* more */
	CHECK(raw(EVERY_SHOUT, 101, 0, 0, 101) == ERR_TOO_BIG);
	CHECK(raw(EVERY_SHOUT, 101, 0, 0, UINT32_MAX) == ERR_TOO_BIG);
	CHECK(server.calls == 0);
}

TEST(dispatch, a_text_with_a_zero_byte_is_refused)
{
	setup();
	memcpy(fake_client.area + MESSAGE_PAGE_OFFSET, "a\0b", 3);
	CHECK(raw(EVERY_SHOUT, 8, 0, 0, 3) == ERR_BAD_ARGUMENT);
	CHECK(server.calls == 0);
}

TEST(dispatch, unknown_and_missing_methods_are_unsupported)
{
	fut_handle event;

	setup();
	CHECK(raw(4711, 0, 0, 0, 0) == ERR_UNSUPPORTED);
	CHECK(raw(0, 0, 0, 0, 0) == ERR_UNSUPPORTED);
	CHECK(every_ready(&remote, &event) == ERR_UNSUPPORTED);
}

TEST(dispatch, lent_memory_is_read_and_written)
{
	char from[300], to[250] = {};
	uint64_t count;

	setup();
	memset(from, 1, sizeof from);
	CHECK(every_lend(&remote, from, sizeof from, to, sizeof to, &count) == OK);
	CHECK(count == 200 && to[199] == 1 && to[200] == 0 && server.sum == 300);
	CHECK(every_lend(&remote, from, 301, to, 1, &count) == ERR_TOO_BIG);
}

TEST(dispatch, memory_lent_the_wrong_way_is_refused)
{
	struct control *c = (struct control *)fake_client.area;
	char memory[8];

	setup();
	c->grants[0] = (struct grant){ (uint64_t)memory, 8 | GRANT_WRITE };
	c->grants[1] = (struct grant){ (uint64_t)memory, 8 | GRANT_WRITE };
	CHECK(raw(EVERY_LEND, 0, 0, 2, 0) == ERR_NO_RIGHT);
	c->grants[0] = (struct grant){ (uint64_t)memory, 301 | GRANT_READ };
	CHECK(raw(EVERY_LEND, 0, 0, 2, 0) == ERR_TOO_BIG);
	CHECK(server.calls == 0);
}

static void answer_late(void)
{
	struct every_later_results r = { .value2 = 5, .text = (char[]){ "late" }, .text_len = 4 };

	CHECK(every_later_answer(server.kept, OK, &r) == OK);
}

TEST(dispatch, a_kept_call_is_answered_later)
{
	char text[17];
	size_t len;
	uint64_t value;

	setup();
	fake_late = answer_late;
	CHECK(every_later(&remote, 0, &value, text, sizeof text, &len) == OK);
	CHECK(value == 5 && len == 4 && strcmp(text, "late") == 0);
	CHECK(fake_count(&fake_server) == 0);
}

TEST(dispatch, a_result_over_its_limit_is_not_sent)
{
	char text[17];
	size_t len;
	uint64_t value;

	setup();
	CHECK(every_later(&remote, 16, &value, text, sizeof text, &len) == OK);
	CHECK(every_later(&remote, 17, &value, text, sizeof text, &len) == ERR_TOO_BIG);
}

/* What a hostile server answers, for a call of `shout` and one of `move`. */
static struct message hostile;
static bool answer_hostile(struct message *m)
{
	*m = hostile;
	memset(message_page(), 'x', MESSAGE_BYTES);
	return true;
}

static enum err shout_hostile(unsigned nbytes, uint64_t loud, uint64_t data)
{
	char text[101];
	uint8_t bytes[50];
	size_t loud_len, data_len;
	uint32_t count;

	hostile = (struct message){ .tag = tag_make(EVERY_PROTOCOL, 0, nbytes, 0, 0),
				    .word = { loud, data } };
	fake_serve = answer_hostile;
	return every_shout(&remote, "a", 1, "", 0, text, sizeof text, &loud_len, bytes,
			   sizeof bytes, &data_len, &count);
}

TEST(stub, a_hostile_answer_does_no_harm)
{
	setup();
	CHECK(shout_hostile(4096, 4096, 0) == ERR_TOO_BIG);
	CHECK(shout_hostile(16, 3, 51) == ERR_TOO_BIG);
	CHECK(shout_hostile(3, 3, 1) == ERR_BAD_ARGUMENT);
	CHECK(shout_hostile(16, 3, 0) == ERR_BAD_STATE);
	CHECK(shout_hostile(0, UINT32_MAX, UINT32_MAX) == ERR_TOO_BIG);
}

TEST(stub, unexpected_handles_in_an_answer_are_closed)
{
	setup();
	fake_serve = answer_hostile;
	((struct control *)fake_server.area)->handles[0] =
		fake_open(&fake_server, OBJECT_VMO, RIGHTS_VMO);
	hostile = (struct message){ .tag = tag_make(EVERY_PROTOCOL, 0, 0, 1, 0) };
	CHECK(every_nothing(&remote) == ERR_BAD_STATE);
	CHECK(fake_count(&fake_client) == 0 && fake_count(&fake_server) == 0);
}

TEST(stub, a_status_that_is_no_error_is_refused)
{
	setup();
	fake_serve = answer_hostile;
	hostile = (struct message){ .tag = tag_make(EVERY_PROTOCOL, 5, 0, 0, 0) };
	CHECK(every_nothing(&remote) == ERR_BAD_STATE);
	hostile.tag = tag_make(EVERY_PROTOCOL + 1, 0, 0, 0, 0);
	CHECK(every_nothing(&remote) == ERR_BAD_STATE);
}

static unsigned reopened;
static enum err reopen(struct remote *r)
{
	r->session = 78 + reopened++;
	return OK;
}

TEST(stub, an_idempotent_call_is_repeated_at_the_successor)
{
	int64_t sum = 0;
	bool odd;

	setup();
	reopened = 0;
	remote.reopen = reopen;
	fake_gone = 2;
	CHECK(every_words(&remote, 1, 2, 3, 4, 5, 6, &sum, &odd) == OK);
	CHECK(sum == 21 && reopened == 2 && fake_session == 79 && remote.session == 79);
}

TEST(stub, other_calls_and_hopeless_servers_are_not_asked_again)
{
	int64_t sum;
	bool odd;

	setup();
	reopened = 0;
	remote.reopen = reopen;
	fake_gone = 1;
	CHECK(every_nothing(&remote) == ERR_PEER_CLOSED && reopened == 0);
	fake_gone = 100;
	CHECK(every_words(&remote, 1, 2, 3, 4, 5, 6, &sum, &odd) == ERR_PEER_CLOSED);
	CHECK(reopened > 0 && reopened < 10);
}
