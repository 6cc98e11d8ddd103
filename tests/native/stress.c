/* SPDX-License-Identifier: MPL-2.0 */
/* Clients and servers on all CPUs, moved, killed and restarted at random. `seconds=N` lengthens it.
 */
#include <stdlib.h>
#include "lib/futura/message.h"
#include "tests/native/test.h"

constexpr unsigned PAIRS = 8;
constexpr uint16_t PROTOCOL = 202;
constexpr uint64_t DEFAULT_SECONDS = 3;

ROLE(stress_server)
{
	fut_handle port = cap_need("port");
	struct message m = {};
	enum err e = ipc_receive(port, &m, TIME_NEVER);

	while (e == OK) {
		for (unsigned i = 0; i < MESSAGE_WORDS; i++)
			m.word[i] ^= m.badge;
		m.tag = tag_make(PROTOCOL, 0, tag_nbytes(m.tag), 0, 0);
		e = ipc_reply_wait(port, &m, TIME_NEVER);
	}
	return 1;
}

/* Calls until the server is gone; counts in shared memory. */
ROLE(stress_client)
{
	fut_handle session = cap_need("session");
	uint64_t at = 0, badge = argument;
	unsigned char *page = message_page();

	if (fut_space_map(0, cap_need("count"), 0, 0, 4096, MAP_READ | MAP_WRITE, &at) != OK)
		return 2;
	for (uint64_t k = 0;; k++) {
		unsigned n = k % 7 == 0 ? (unsigned)(k * 37 % 4097) : 0;
		struct message m = { .tag = tag_make(PROTOCOL, 1, n, 0, 0),
				     .word = { k, k + 1, k + 2, k + 3, k + 4, k + 5 } };
		if (n > 0)
			page[n - 1] = (unsigned char)k;
		enum err e = ipc_call(session, &m, TIME_NEVER);
		if (e == ERR_PEER_CLOSED)
			return 0;
		if (e != OK || tag_nbytes(m.tag) != n || (n > 0 && page[n - 1] != (unsigned char)k))
			return 3;
		for (unsigned i = 0; i < MESSAGE_WORDS; i++)
			if (m.word[i] != ((k + i) ^ badge))
				return 4;
		++*(_Atomic uint64_t *)(at + badge % PAIRS * 64);
	}
}

struct pair {
	fut_handle client, server;
};

static uint64_t last_badge;

static void start(struct pair *p, unsigned index, fut_handle count)
{
	fut_handle port = make_port();
	uint64_t badge = ++last_badge * PAIRS + index;
	fut_handle session = make_session(port, badge);

	p->server =
		peer_start("stress_server", 0, 1, (struct startup_cap[]){ named("port", port) });
	p->client =
		peer_start("stress_client", badge, 2,
			   (struct startup_cap[]){ named("session", session),
						   named("count", duplicate(count, RIGHTS_ALL)) });
}

/* The server dies, or the client; what is left of the pair follows. */
static void stop(struct pair *p, bool server_first)
{
	OKAY(fut_task_kill(server_first ? p->server : p->client, 0));
	if (server_first) {
		struct task_info i = peer_end(p->client);
		EQUAL(i.fault.kind, 0);
		EQUAL(i.exit_code, 0); /* it saw peer_closed, and no wrong answer before */
	} else {
		OKAY(fut_task_kill(p->server, 0));
		(void)peer_end(p->client);
	}
	(void)peer_end(p->server);
	close_handle(p->client);
	close_handle(p->server);
}

static void move(fut_handle task, uint64_t cpus)
{
	fut_handle thread;
	uint64_t id;

	OKAY(fut_task_thread(task, 0, &thread, &id));
	OKAY(fut_thread_set_affinity(thread, cpus));
	close_handle(thread);
}

TEST(stress, pairs_on_all_cpus_with_moves_kills_and_restarts)
{
	const char *text = env_get("SECONDS");
	uint64_t seconds = text ? strtoull(text, nullptr, 10) : DEFAULT_SECONDS;
	uint64_t end = clock_after(seconds * SECOND), x = 1, at = 0,
		 all = (1ull << clock_cpus()) - 1;
	fut_handle count = make_vmo(4096);
	struct pair pairs[PAIRS];

	OKAY(fut_space_map(0, count, 0, 0, 4096, MAP_READ, &at));
	for (unsigned i = 0; i < PAIRS; i++)
		start(&pairs[i], i, count);
	while (clock_now() < end) {
		x = x * 6364136223846793005 + 1442695040888963407;
		unsigned i = (unsigned)(x >> 33) % PAIRS;
		uint64_t cpus = x >> 40 & all ? x >> 40 & all : all;
		switch (x >> 60) {
		case 0:
		case 1:
			stop(&pairs[i], x >> 60 == 0);
			start(&pairs[i], i, count);
			break;
		case 2:
		case 3:
		case 4:
		case 5:
			move(x >> 60 & 1 ? pairs[i].client : pairs[i].server, cpus);
			break;
		default:
			OKAY(fut_thread_sleep(clock_after(2 * MILLISECOND)));
		}
	}
	for (unsigned i = 0; i < PAIRS; i++) {
		CHECK(*(volatile uint64_t *)(at + i * 64) > 0);
		stop(&pairs[i], true);
	}
}
