/* SPDX-License-Identifier: MPL-2.0 */
/* The echo client: a tour of the server's calls, one line of output each. */
#include <string.h>
#include "examples/echo/echo.h"
#include "lib/futura/clock.h"
#include "lib/futura/console.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "lib/futura/service.h"
#include "protocol/echo.h"

constexpr uint64_t PATIENCE = 10 * SECOND;

static void need(const char *what, enum err e)
{
	if (e != OK)
		panic("%s: %s", what, error_name(e));
}

static void show_inline(struct remote *echo)
{
	char back[257];
	size_t n;

	need("say", echo_say(echo, "hello", 5, back, sizeof(back), &n));
	print("say: the server answered \"%.*s\"\n", (int)n, back);
}

static void show_grants(struct remote *echo)
{
	static const char from[] = "lent, not copied through the kernel's hands twice";
	char to[sizeof(from)] = {};
	uint64_t count;

	need("upper", echo_upper(echo, from, sizeof(from), to, sizeof(to), &count));
	print("upper: \"%s\"\n", to);
}

static void show_sessions(struct remote *echo)
{
	struct remote own = {};
	uint64_t calls = 0;

	need("open", echo_open(echo, &own.session));
	for (unsigned i = 0; i < 3; i++)
		need("count", echo_count(&own, &calls));
	print("count: %llu calls on our own session; on the shared one: %s\n",
	      (unsigned long long)calls, error_name(echo_count(echo, &calls)));
	need("close", fut_handle_close(own.session));
}

static void show_lease(struct remote *echo)
{
	char text[64] = {};
	fut_handle memory;

	need("borrow", echo_borrow(echo, &memory));
	need("read", fut_vmo_read(memory, 0, text, sizeof(text) - 1));
	print("borrow: we read \"%s\"\n", text);
	need("take_back", echo_take_back(echo));
	print("take_back: now reading gives %s\n",
	      error_name(fut_vmo_read(memory, 0, text, sizeof(text) - 1)));
	need("close", fut_handle_close(memory));
}

/* `say` is idempotent: its stub finds the server's successor and asks again. `count` is not. */
static void show_restart(struct remote *echo)
{
	char back[257];
	size_t n;

	print("fail: %s\n", error_name(echo_fail(echo)));
	need("say after the restart", echo_say(echo, "again", 5, back, sizeof(back), &n));
	print("say: the restarted server answered \"%.*s\"\n", (int)n, back);
}

static void show_console(void)
{
	static const char text[] = "this line went through the console driver\r\n";
	struct console_client console;
	enum err e = console_open(&console, clock_after(PATIENCE));

	if (e == OK)
		e = console_print(&console, text, sizeof(text) - 1);
	if (e != OK)
		print("console: %s\n", error_name(e));
}

int client_main(void)
{
	struct remote echo;

	need("find echo", service_open(&echo, "echo", clock_after(PATIENCE)));
	show_inline(&echo);
	show_grants(&echo);
	show_sessions(&echo);
	show_lease(&echo);
	show_restart(&echo);
	show_console();
	return 0;
}
