/* SPDX-License-Identifier: MPL-2.0 */
/* A call and its answer between two tasks, from the client's stub to its return. */
#include "bench/bench.h"
#include "abi/startup.h"
#include "lib/futura/message.h"

constexpr uint16_t PROTOCOL = 201;

static fut_handle session, task;

ROLE(server)
{
	fut_handle port = cap_need("port");
	struct message in = {};
	enum err e = ipc_receive(port, &in, TIME_NEVER);

	while (e == OK) {
		/* As much comes back as was sent. */
		in.tag = tag_make(PROTOCOL, 0, tag_nbytes(in.tag), 0, 0);
		e = ipc_reply_wait(port, &in, TIME_NEVER);
	}
	return 1;
}

static bool setup(void)
{
	fut_handle port;

	need(fut_port_create(&port), "port");
	need(fut_session_create(port, 1, &session), "session");
	struct startup_cap caps[] = { named("port", port) };
	task = helper_start("server", 32, 1, caps);
	return true;
}

static void done(void)
{
	need(fut_handle_close(session), "close");
	need(fut_handle_close(task), "close");
}

/* The words are made where they are sent, and looked at where they arrive, as by a generated stub.
 */
static inline uint64_t call(unsigned nbytes)
{
	struct message m = { .tag = tag_make(PROTOCOL, 1, nbytes, 0, 0),
			     .word = { 1, 2, 3, 4, 5, 6 } };

	need(ipc_call(session, &m, TIME_NEVER), "call");
	return 0;
}

static uint64_t words(void)
{
	return call(0);
}

static uint64_t bytes_512(void)
{
	return call(512);
}

static uint64_t bytes_4096(void)
{
	return call(4096);
}

BENCH(ipc, words) = { "ipc.call_6_words",
		      "call and answer between two tasks, six words",
		      INSTRUCTIONS(400, 450),
		      setup,
		      words,
		      .done = done };
BENCH(ipc, bytes_512) = { "ipc.call_512_bytes",
			  "the same with 512 bytes each way",
			  INSTRUCTIONS(650, 700),
			  setup,
			  bytes_512,
			  .done = done };
BENCH(ipc, bytes_4096) = { "ipc.call_4096_bytes",
			   "the same with 4 KiB each way",
			   INSTRUCTIONS(1900, 1950),
			   setup,
			   bytes_4096,
			   .done = done };
