/* SPDX-License-Identifier: MPL-2.0 */
/* Fuzzes the line discipline: any settings, any bytes, in any order; what it says of itself holds.
 */
#include <stdlib.h>
#include <string.h>
#include "services/ttyd/core/ldisc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

static void settings(struct ldisc *l, const uint8_t *from, size_t n)
{
	struct termios2 t = l->settings;

	memcpy(&t, from, n < sizeof(t) ? n : sizeof(t));
	ldisc_set(l, &t);
}

static void read_some(struct ldisc *l, size_t n, bool expired)
{
	static uint8_t to[LDISC_INPUT];
	struct ldisc_patience p = ldisc_patience(l, n, expired);

	if (!p.now)
		check(p.wanted > 0 && !ldisc_has(l, p.wanted));
	else if (n <= sizeof(to))
		check(ldisc_read(l, to, n) <= n);
}

static void doing(struct ldisc *l, uint8_t what, const uint8_t *from, size_t n)
{
	static uint8_t to[LDISC_OUTPUT];

	switch (what % 8) {
	case 0:
		settings(l, from, n);
		break;
	case 1:
		check(ldisc_write(l, from, n) <= n);
		break;
	case 2:
		read_some(l, n * 16, what & 8);
		break;
	case 3:
		n = ldisc_peek(l, to, n * 64);
		check(n <= ldisc_output_waits(l));
		ldisc_sent(l, n);
		break;
	case 4:
		ldisc_flush_input(l);
		break;
	case 5:
		ldisc_hold(l, what & 8);
		break;
	default:
		for (unsigned i = 0; i < (what >> 4); i++)
			check(ldisc_receive(l, from, n) <= n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ldisc l;

	ldisc_init(&l);
	l.packet_mode = size & 1;
	while (size >= 2) {
		size_t n = data[1] < size - 2 ? data[1] : size - 2;
		doing(&l, data[0], data + 2, n);
		data += 2 + n;
		size -= 2 + n;
		check(l.head - l.tail <= LDISC_INPUT);
		check(ldisc_input_waits(&l) <= LDISC_INPUT);
		check(ldisc_output_waits(&l) <= LDISC_OUTPUT);
		check(l.echo_head - l.echo_tail <= LDISC_ECHO);
	}
	return 0;
}
