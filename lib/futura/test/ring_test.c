/* SPDX-License-Identifier: MPL-2.0 */
/* Rings between two sides, of which one may lie. */
#include "lib/futura/ring.h"
#include <pthread.h>
#include <string.h>
#include "lib/futura/test/fake.h"
#include "lib/test/test.h"

constexpr uint32_t SIZE = 16;

static struct {
	alignas(64) char bytes[RING_HEADER + SIZE];
	char beyond[64]; /* nothing may be written here */
} memory;
static struct ring_shared *const shared = (struct ring_shared *)memory.bytes;
static struct ring writer, reader;
static unsigned nsignals;
static uint64_t last_signal;
static void (*while_waiting)(void);
static uint64_t wait_gives;

/* Events of one pair: signalling counts, waiting lets the test act as the peer. */
static enum err events(enum call number, const uint64_t *a, struct native_words *r)
{
	switch (number) {
	case CALL_EVENT_SIGNAL_PEER:
		nsignals++;
		last_signal = a[1];
		return OK;
	case CALL_WAIT:
		if (while_waiting == nullptr)
			return ERR_TIMED_OUT;
		while_waiting();
		r->word[0] = wait_gives;
		return OK;
	default:
		return ERR_UNSUPPORTED;
	}
}

static void setup(void)
{
	fake_reset();
	fake_call = events;
	nsignals = 0;
	while_waiting = nullptr;
	memset(&memory, 0, sizeof memory);
	memset(memory.beyond, 0x55, sizeof memory.beyond);
	CHECK(ring_open_writer(&writer, memory.bytes, SIZE, 1) == OK);
	CHECK(ring_open_reader(&reader, memory.bytes, SIZE, 2) == OK);
}

static bool beyond_is_whole(void)
{
	for (size_t i = 0; i < sizeof memory.beyond; i++)
		if (memory.beyond[i] != 0x55)
			return false;
	return true;
}

TEST(ring, bytes_come_out_in_order_across_the_end)
{
	char out[10];

	setup();
	for (int i = 0; i < 20; i++) {
		CHECK(ring_write(&writer, "0123456789", 10) == OK);
		CHECK(ring_read(&reader, out, 10) == OK);
		CHECK(memcmp(out, "0123456789", 10) == 0);
	}
	CHECK(beyond_is_whole());
}

TEST(ring, all_or_nothing)
{
	char out[16];

	setup();
	CHECK(ring_write(&writer, "0123456789abcdef", 16) == OK);
	CHECK(ring_write(&writer, "x", 1) == ERR_WOULD_BLOCK);
	CHECK(ring_read(&reader, out, 16) == OK);
	CHECK(ring_read(&reader, out, 1) == ERR_WOULD_BLOCK);
	CHECK(ring_write(&writer, out, 17) == ERR_BAD_ARGUMENT);
	CHECK(ring_read(&reader, out, 17) == ERR_BAD_ARGUMENT);
}

TEST(ring, some_is_what_fits)
{
	char out[32];
	uint32_t n;

	setup();
	CHECK(ring_write_some(&writer, "0123456789abcdefghij", 20, &n) == OK && n == 16);
	CHECK(ring_write_some(&writer, "x", 1, &n) == ERR_WOULD_BLOCK);
	CHECK(ring_read_some(&reader, out, 32, &n) == OK && n == 16);
	CHECK(ring_read_some(&reader, out, 32, &n) == ERR_WOULD_BLOCK);
	CHECK(ring_read_some(&reader, out, 0, &n) == OK && n == 0);
}

TEST(ring, indices_wrap_at_32_bits)
{
	char out[8];

	setup();
	shared->written = shared->read = UINT32_MAX - 3;
	CHECK(ring_open_writer(&writer, memory.bytes, SIZE, 1) == OK);
	CHECK(ring_open_reader(&reader, memory.bytes, SIZE, 2) == OK);
	CHECK(ring_write(&writer, "01234567", 8) == OK && shared->written == 4);
	CHECK(ring_read(&reader, out, 8) == OK && memcmp(out, "01234567", 8) == 0);
}

TEST(ring, a_size_must_be_a_power_of_two)
{
	setup();
	CHECK(ring_open_writer(&writer, memory.bytes, 0, 1) == ERR_BAD_ARGUMENT);
	CHECK(ring_open_reader(&writer, memory.bytes, 12, 1) == ERR_BAD_ARGUMENT);
}

TEST(ring, a_lying_writer_is_noticed)
{
	char out[16];
	uint32_t n;

	setup();
	shared->written = SIZE + 1;
	CHECK(ring_read(&reader, out, 1) == ERR_BAD_STATE);
	CHECK(ring_read_some(&reader, out, 16, &n) == ERR_BAD_STATE);
	CHECK(ring_watch_filled(&reader, 1) == ERR_BAD_STATE);
	shared->written = UINT32_MAX;
	CHECK(ring_read(&reader, out, 1) == ERR_BAD_STATE);
}

TEST(ring, a_lying_reader_is_noticed)
{
	uint32_t n;

	setup();
	shared->read = 1; /* more than was ever written */
	CHECK(ring_write(&writer, "x", 1) == ERR_BAD_STATE);
	CHECK(ring_write_some(&writer, "x", 1, &n) == ERR_BAD_STATE);
	CHECK(ring_watch_space(&writer, 1) == ERR_BAD_STATE);
	CHECK(beyond_is_whole());
}

TEST(ring, our_own_index_in_memory_is_not_believed)
{
	char out[8];

	setup();
	CHECK(ring_write(&writer, "01234567", 8) == OK);
	shared->written = 4; /* the reader may write everywhere */
	shared->read = 0;
	CHECK(ring_write(&writer, "89abcdef", 8) == OK && shared->written == 16);
	CHECK(ring_read(&reader, out, 8) == OK && memcmp(out, "01234567", 8) == 0);
}

TEST(ring, only_a_peer_that_waits_is_woken)
{
	char out[4];

	setup();
	CHECK(ring_write(&writer, "a", 1) == OK && nsignals == 0);
	CHECK(ring_read(&reader, out, 1) == OK && nsignals == 0);
	CHECK(ring_watch_filled(&reader, 1) == ERR_WOULD_BLOCK);
	CHECK(ring_write(&writer, "a", 1) == OK && nsignals == 1 && last_signal == RING_FILLED);
	CHECK(ring_write(&writer, "a", 1) == OK && nsignals == 1);
	CHECK(ring_watch_space(&writer, 15) == ERR_WOULD_BLOCK);
	CHECK(ring_read(&reader, out, 1) == OK && nsignals == 2 && last_signal == RING_SPACE);
}

TEST(ring, whatever_a_peer_writes_nothing_outside_is_touched)
{
	uint64_t random = 88172645463325252;
	char bytes[2 * SIZE];
	uint32_t n;

	setup();
	for (unsigned i = 0; i < 200000; i++) {
		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		uint32_t value = (uint32_t)(random >> 32), len = random % sizeof bytes;

		/* Mostly near what is right, so that some of it is believed. */
		if (random >> 8 & 1)
			value = (random >> 9 & 1 ? writer.index : reader.index) + value % 64;
		switch (random >> 16 & 7) {
		case 0:
			shared->written = value;
			break;
		case 1:
			shared->read = value;
			break;
		case 2:
			shared->writer_waits = shared->reader_waits = value;
			break;
		case 3:
			(void)ring_write(&writer, bytes, len); /* any outcome */
			break;
		case 4:
			(void)ring_read(&reader, bytes, len); /* any outcome */
			break;
		case 5:
			if (ring_write_some(&writer, bytes, len, &n) == OK)
				CHECK(n <= len && n <= SIZE);
			break;
		case 6:
			if (ring_read_some(&reader, bytes, len, &n) == OK)
				CHECK(n <= len && n <= SIZE);
			break;
		default:
			(void)ring_watch_filled(&reader, len); /* any outcome */
			break;
		}
	}
	CHECK(beyond_is_whole());
}

static void peer_writes(void)
{
	CHECK(ring_write(&writer, "late", 4) == OK);
}

static void peer_reads(void)
{
	char out[16];

	CHECK(ring_read(&reader, out, 16) == OK);
}

static void peer_does_nothing(void)
{
}

TEST(ring, waiting_ends_when_the_peer_acts)
{
	setup();
	wait_gives = RING_FILLED;
	while_waiting = peer_writes;
	CHECK(ring_wait_filled(&reader, 4, TIME_NEVER) == OK);
	setup();
	CHECK(ring_write(&writer, "0123456789abcdef", 16) == OK);
	wait_gives = RING_SPACE;
	while_waiting = peer_reads;
	CHECK(ring_wait_space(&writer, 16, TIME_NEVER) == OK);
	while_waiting = nullptr;
	CHECK(ring_wait_filled(&reader, 1, 5) == ERR_TIMED_OUT);
	CHECK(ring_wait_filled(&reader, SIZE + 1, 5) == ERR_BAD_ARGUMENT);
}

TEST(ring, what_was_written_before_the_end_still_arrives)
{
	setup();
	wait_gives = RING_FILLED | SIGNAL_PEER_CLOSED;
	while_waiting = peer_writes;
	CHECK(ring_wait_filled(&reader, 4, TIME_NEVER) == OK);
	while_waiting = peer_does_nothing;
	CHECK(ring_wait_filled(&reader, 5, TIME_NEVER) == ERR_PEER_CLOSED);
}

constexpr uint32_t STREAM = 200000;

static void *stream_in(void *unused)
{
	for (uint32_t i = 0; i < STREAM;) {
		uint8_t bytes[7];
		uint32_t n = 1 + i % 7;

		for (uint32_t j = 0; j < n; j++)
			bytes[j] = (uint8_t)(i + j);
		if (ring_write(&writer, bytes, n) == OK)
			i += n;
		else
			sched_yield();
	}
	return unused;
}

TEST(ring, two_threads_lose_and_invent_nothing)
{
	pthread_t thread;
	uint32_t seen = 0, wrong = 0;

	setup();
	CHECK(pthread_create(&thread, nullptr, stream_in, nullptr) == 0);
	while (seen < STREAM) {
		uint8_t bytes[5];
		uint32_t n;

		if (ring_read_some(&reader, bytes, sizeof bytes, &n) != OK) {
			sched_yield();
			continue;
		}
		for (uint32_t i = 0; i < n; i++)
			wrong += bytes[i] != (uint8_t)seen++;
	}
	pthread_join(thread, nullptr);
	CHECK(seen >= STREAM && wrong == 0);
}
