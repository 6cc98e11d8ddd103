/* SPDX-License-Identifier: MPL-2.0 */
/* What the comparison with Linux does not reach: limits, waiting, and reads that are undone. */
#include <string.h>
#include "lib/test/test.h"
#include "services/ttyd/core/ldisc.h"

static struct ldisc l;
static uint8_t bytes[2 * LDISC_OUTPUT];

static size_t type(const char *text)
{
	return ldisc_receive(&l, (const uint8_t *)text, strlen(text));
}

static void make_raw(unsigned least, unsigned tenths)
{
	struct termios2 t = l.settings;

	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	t.c_iflag = 0;
	t.c_cc[VMIN] = (cc_t)least;
	t.c_cc[VTIME] = (cc_t)tenths;
	ldisc_set(&l, &t);
}

TEST(ldisc, a_line_that_does_not_fit_keeps_room_for_its_end)
{
	ldisc_init(&l);
	memset(bytes, 'a', LDISC_INPUT + 100);
	CHECK(ldisc_receive(&l, bytes, LDISC_INPUT + 100) == LDISC_INPUT + 100);
	CHECK(type("b\n") == 2);
	CHECK(ldisc_read(&l, bytes, sizeof(bytes)) == LDISC_INPUT);
	CHECK(bytes[LDISC_INPUT - 1] == '\n');
	CHECK(ldisc_input_waits(&l) == 0);
}

TEST(ldisc, a_full_queue_takes_no_more_until_it_is_read)
{
	ldisc_init(&l);
	make_raw(1, 0);
	memset(bytes, 'a', sizeof(bytes));
	CHECK(ldisc_receive(&l, bytes, sizeof(bytes)) == LDISC_INPUT - 1);
	CHECK(ldisc_receive(&l, bytes, 1) == 0);
	CHECK(ldisc_read(&l, bytes, 10) == 10);
	CHECK(ldisc_receive(&l, bytes, sizeof(bytes)) == 10);
	CHECK(ldisc_write(&l, bytes, sizeof(bytes)) == LDISC_OUTPUT && !ldisc_writable(&l));
	ldisc_sent(&l, 100);
	CHECK(ldisc_writable(&l) && ldisc_write(&l, bytes, 1000) == 100);
}

TEST(ldisc, a_read_waits_as_VMIN_and_VTIME_say)
{
	ldisc_init(&l);
	make_raw(3, 0);
	CHECK(!ldisc_patience(&l, 10, false).now && ldisc_patience(&l, 10, false).wanted == 3);
	CHECK(ldisc_patience(&l, 2, false).wanted == 2);
	make_raw(3, 5);
	CHECK(ldisc_patience(&l, 10, false).tenths == 0); /* the clock starts with a byte */
	type("x");
	CHECK(ldisc_patience(&l, 10, false).tenths == 5);
	CHECK(ldisc_patience(&l, 10, true).now);
	make_raw(0, 5);
	CHECK(ldisc_patience(&l, 10, false).now);
	CHECK(ldisc_read(&l, bytes, 10) == 1);
	CHECK(ldisc_patience(&l, 10, false).tenths == 5 && ldisc_patience(&l, 10, true).now);
	make_raw(0, 0);
	CHECK(ldisc_patience(&l, 10, false).now && ldisc_read(&l, bytes, 10) == 0);
}

TEST(ldisc, a_read_that_nobody_got_is_given_again)
{
	ldisc_init(&l);
	type("one\ntwo\n\004");
	for (unsigned i = 0; i < 2; i++) {
		uint32_t tail = l.tail;
		CHECK(ldisc_read(&l, bytes, 100) == 4 && memcmp(bytes, "one\n", 4) == 0);
		if (i == 0)
			ldisc_unread(&l, tail);
	}
	CHECK(ldisc_read(&l, bytes, 100) == 4 && memcmp(bytes, "two\n", 4) == 0);
	CHECK(ldisc_patience(&l, 100, false).now && ldisc_read(&l, bytes, 100) == 0);
	CHECK(!ldisc_patience(&l, 100, false).now);
}
