/* SPDX-License-Identifier: MPL-2.0 */
/* A client of protocol/console.fipc. */
#include "lib/futura/console.h"
#include "lib/futura/clock.h"
#include "lib/futura/service.h"
#include "protocol/console.h"

enum err console_open(struct console_client *c, uint64_t deadline)
{
	c->input = 0;
	return service_open(&c->remote, "console", deadline);
}

enum err console_print(struct console_client *c, const char *text, size_t n)
{
	while (n > 0) {
		uint32_t taken = 0;
		enum err e = console_write(&c->remote, text, n < CONSOLE_PIECE ? n : CONSOLE_PIECE,
					   &taken);
		if (e == ERR_WOULD_BLOCK)
			e = fut_thread_sleep(clock_after(MILLISECOND));
		if (e != OK)
			return e;
		text += taken;
		n -= taken;
	}
	return OK;
}

enum err console_input_read(struct console_client *c, char *to, size_t size, uint64_t deadline,
			    size_t *n)
{
	uint64_t signals;

	if (size < CONSOLE_LINE)
		return ERR_TOO_BIG;
	enum err e = c->input ? OK : console_input(&c->remote, &c->input);
	while (e == OK && (e = console_read(&c->remote, to, size, n)) == ERR_WOULD_BLOCK)
		e = fut_wait(c->input, 1, 1, deadline, &signals);
	return e;
}
