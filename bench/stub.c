/* SPDX-License-Identifier: MPL-2.0 */
/* Calls through generated stubs, the server loop and generated dispatch; and rings. */
#include "bench/bench.h"
#include "abi/startup.h"
#include "lib/futura/ring.h"
#include "lib/futura/serve.h"
#include "protocol/echo.h"
#include <string.h>

static struct remote remote;
static fut_handle task;

static enum err on_count(void *self, uint64_t badge, struct echo_count_results *r)
{
	(void)badge;
	r->calls = ++*(uint64_t *)self;
	return OK;
}

static enum err on_say(void *self, uint64_t badge, const struct echo_say_args *a,
		       struct echo_say_results *r)
{
	(void)self, (void)badge;
	memcpy(r->back, a->text, a->text_len);
	r->back_len = a->text_len;
	return OK;
}

ROLE(stub_server)
{
	static const struct echo_ops ops = { .say = on_say, .count = on_count };
	static const struct service speaks = { ECHO_PROTOCOL, echo_dispatch, &ops };
	static uint64_t ncalls;
	const struct server server = {
		.port = cap_need("port"),
		.services = &speaks,
		.nservices = 1,
		.self = &ncalls,
	};

	return serve(&server) == OK ? 0 : 1;
}

static bool setup(void)
{
	fut_handle port = 0;

	need(fut_port_create(&port), "port");
	need(fut_session_create(port, 1, &remote.session), "session");
	struct startup_cap caps[] = { named("port", port) };
	task = helper_start("stub_server", 32, 1, caps);
	return true;
}

static void done(void)
{
	need(fut_handle_close(remote.session), "close");
	need(fut_handle_close(task), "close");
}

static uint64_t count(void)
{
	uint64_t calls;

	need(echo_count(&remote, &calls), "count");
	return 0;
}

static uint64_t say(void)
{
	char back[257];
	size_t len;

	need(echo_say(&remote, "sixteen bytes ..", 16, back, sizeof back, &len), "say");
	return 0;
}

BENCH(stub, count) = { "stub.call_word", "a generated stub, the server loop, one word back",
		       .setup = setup, .run = count, .done = done };
BENCH(stub, say) = { "stub.call_text_16", "the same with a text of 16 bytes each way",
		     .setup = setup, .run = say, .done = done };

static struct ring writer, reader;
static char entry[64];

static bool ring_setup(void)
{
	static struct {
		alignas(64) char bytes[RING_HEADER + 4096];
	} memory;

	need(ring_open_writer(&writer, &memory, 4096, 0), "ring");
	need(ring_open_reader(&reader, &memory, 4096, 0), "ring");
	return true;
}

static uint64_t ring_pass(void)
{
	need(ring_write(&writer, entry, sizeof entry), "write");
	need(ring_read(&reader, entry, sizeof entry), "read");
	return 0;
}

BENCH(ring, pass) = { "ring.pass_64_bytes", "write to and read from a ring, nobody waits",
		      .setup = ring_setup, .run = ring_pass };
