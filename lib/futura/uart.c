/* SPDX-License-Identifier: MPL-2.0 */
/* A console's server: one loop for requests and the device's interrupt. */
#include "lib/futura/uart.h"
#include "abi/info.h"
#include "lib/futura/error.h"
#include "lib/futura/program.h"
#include "lib/futura/serve.h"
#include "lib/futura/service.h"
#include "protocol/console.h"

constexpr unsigned INPUT_SIZE = 4096; /* a power of two */

enum cookie : uint64_t { COOKIE_PORT, COOKIE_IRQ };

struct console {
	struct uart *uart;
	fut_handle ready; /* signal 0: bytes have arrived */
	unsigned char input[INPUT_SIZE];
	uint32_t head, tail; /* counts of bytes put in and taken out */
};

static enum err write(void *self, uint64_t badge, const struct console_write_args *a,
		      struct console_write_results *r)
{
	struct console *c = self;
	const unsigned char *text = a->text;
	size_t n;

	(void)badge;
	while (r->taken < a->text_len &&
	       (n = c->uart->put(c->uart->device, text + r->taken, a->text_len - r->taken)) != 0)
		r->taken += (uint32_t)n;
	return r->taken > 0 || a->text_len == 0 ? OK : ERR_WOULD_BLOCK;
}

static enum err read(void *self, uint64_t badge, struct console_read_results *r)
{
	struct console *c = self;
	unsigned char *text = r->text;

	(void)badge;
	while (r->text_len < 256 && c->tail != c->head)
		text[r->text_len++] = c->input[c->tail++ % INPUT_SIZE];
	return r->text_len > 0 ? OK : ERR_WOULD_BLOCK;
}

static enum err input(void *self, uint64_t badge, struct console_input_results *r)
{
	struct console *c = self;

	(void)badge;
	return fut_handle_duplicate(c->ready, RIGHT_WAIT | RIGHT_SIGNAL | RIGHT_TRANSFER,
				    &r->ready);
}

/* One byte out of the device; what nobody reads in time is dropped. */
static bool receive_byte(struct console *c)
{
	unsigned char byte;

	if (!c->uart->get(c->uart->device, &byte))
		return false;
	if (c->head - c->tail < INPUT_SIZE)
		c->input[c->head++ % INPUT_SIZE] = byte;
	return true;
}

/* Move what has arrived out of the device. A byte that comes while the line is masked, which it is
 * until the acknowledgement, makes no edge afterwards: so look again. */
static void receive(struct console *c)
{
	uint32_t had = c->head;

	do {
		while (receive_byte(c))
			;
		(void)fut_irq_ack(c->uart->irq); /* ours, and open */
	} while (receive_byte(c));
	if (c->head != had)
		(void)fut_event_signal(c->ready, 1, 0); /* ours, and open */
}

static enum err prepare(struct console *c, fut_handle *port, fut_handle *waitset)
{
	fut_handle watch; /* both stay for as long as we run */
	enum err e;

	if ((e = fut_event_create(&c->ready)) != OK || (e = fut_port_create(port)) != OK ||
	    (e = fut_waitset_create(waitset)) != OK ||
	    (e = fut_watch_create(*waitset, *port, SIGNAL_READY, 0, COOKIE_PORT, &watch)) != OK ||
	    (e = fut_watch_create(*waitset, c->uart->irq, SIGNAL_READY, 0, COOKIE_IRQ, &watch)) !=
		    OK)
		return e;
	c->uart->listen(c->uart->device);
	receive(c);
	return service_provide("console", *port);
}

int uart_serve(struct uart *u)
{
	static struct console c;
	static const struct console_ops ops = { .write = write, .read = read, .input = input };
	static const struct service speaks = { CONSOLE_PROTOCOL, console_dispatch, &ops };
	struct server server = { .services = &speaks, .nservices = 1, .self = &c };
	fut_handle waitset;

	c.uart = u;
	enum err e = prepare(&c, &server.port, &waitset);
	while (e == OK) {
		struct watch_event events[2];
		uint32_t n;
		e = fut_waitset_wait(waitset, events, sizeof(events), TIME_NEVER, &n);
		for (uint32_t i = 0; e == OK && i < n; i++) {
			if (events[i].cookie == COOKIE_IRQ)
				receive(&c);
			else
				e = serve_waiting(&server);
		}
	}
	panic("console: %s", error_name(e));
}
