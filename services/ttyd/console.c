/* SPDX-License-Identifier: MPL-2.0 */
#include "services/ttyd/console.h"
#include "lib/futura/clock.h"
#include "lib/futura/service.h"
#include "protocol/console.h"
#include "services/ttyd/tree.h"

constexpr size_t PIECE = 1024; /* bytes that console.write takes */
/* A UART sends a byte in about 90 us at 115200 baud: by then its FIFO has room again. */
constexpr uint64_t SOON = MILLISECOND;
constexpr uint64_t RETRY = 100 * MILLISECOND;
constexpr uint64_t START = 1000 * MILLISECOND;

static struct remote line; /* no session: not connected */
static fut_handle input;
static struct loop_watch arrived;
static struct loop_timer later, again;

static void try_connect(void *self, uint64_t signals);

static void disconnect(void)
{
	loop_unwatch(&arrived);
	if (input != 0)
		(void)fut_handle_close(input); /* ours, and so is the next */
	if (line.session != 0)
		(void)fut_handle_close(line.session); /* ours */
	input = 0;
	line.session = 0;
	loop_timer_set(&terminal_loop, &again, clock_after(RETRY), try_connect, nullptr);
}

static void push_later(void *self, uint64_t signals)
{
	(void)self, (void)signals;
	terminal_settle(&console_terminal);
}

/* Send what waits. While there is no line it waits. */
static void push(struct terminal *t)
{
	uint8_t piece[PIECE];
	uint32_t taken;
	size_t n;

	while (line.session != 0 && !t->l.stopped && (n = ldisc_peek(&t->l, piece, PIECE)) > 0) {
		enum err e = console_write(&line, piece, n, &taken);
		if (e == OK && taken <= n) {
			ldisc_sent(&t->l, taken);
		} else if (e == ERR_WOULD_BLOCK) {
			loop_timer_set(&terminal_loop, &later, clock_after(SOON), push_later,
				       nullptr);
			return;
		} else {
			disconnect();
		}
	}
}

static void read_input(void *self, uint64_t signals)
{
	uint8_t text[256];
	size_t n;
	enum err e;

	(void)self;
	(void)fut_event_signal(input, 0, signals); /* ours */
	while ((e = console_read(&line, text, sizeof(text), &n)) == OK)
		(void)terminal_type(&console_terminal, text, n); /* too much is lost */
	if (e != ERR_WOULD_BLOCK)
		disconnect();
	terminal_settle(&console_terminal);
}

static void connect_until(uint64_t deadline)
{
	enum err e = service_find("console", deadline, &line.session);

	if (e == OK)
		e = console_input(&line, &input);
	if (e == OK)
		e = loop_watch(&terminal_loop, &arrived, input, 1, read_input, nullptr);
	if (e != OK) {
		disconnect();
		return;
	}
	read_input(nullptr, 1);
}

static void try_connect(void *self, uint64_t signals)
{
	(void)self, (void)signals;
	connect_until(clock_now());
}

/* At the start nobody is kept waiting, and the driver is starting too. */
void console_start(void)
{
	console_terminal.push = push;
	connect_until(clock_after(START));
}
