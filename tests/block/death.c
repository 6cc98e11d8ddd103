/* SPDX-License-Identifier: MPL-2.0 */
/* Drivers that die under load. */
#include <stdatomic.h>
#include <string.h>
#include "abi/user.h"
#include "lib/futura/service.h"
#include "lib/futura/thread.h"
#include "protocol/devices.h"
#include "tests/block/test.h"

static void tells_clients_that_it_is_gone(void)
{
	struct block b;
	struct block_done done;
	enum err e = OK;

	disk_open(&b);
	for (unsigned i = 0; i < BLOCK_DEPTH; i++) {
		struct block_request r = { .op = BLOCK_OP_READ, .count = 8 };
		OKAY(block_submit(&b, &r));
	}
	driver_kill();
	/* What ended before is still told; then there is one clear error. */
	for (unsigned i = 0; e == OK && i <= BLOCK_DEPTH; i++)
		e = block_wait(&b, clock_after(PATIENCE), &done);
	CHECK(e == ERR_PEER_CLOSED || e == ERR_BAD_STATE);
	OKAY(block_reopen(&b, clock_after(PATIENCE)));
	memset(b.memory, 0, SECTOR);
	OKAY(request_do(&b, BLOCK_OP_READ, 11, 1, 0));
	CHECK(sector_is_original(b.memory, 11));
	block_close(&b);
}

static atomic_uint rounds;
static atomic_bool stop;

/* Write and read back for ever; each round overwrites the last. */
static int write_on(void *)
{
	constexpr uint64_t FIRST = FIRST_OF(AREA_KILL), COUNT = 128;
	struct block b;

	if (block_open(&b, "block.0", COUNT * SECTOR, clock_after(PATIENCE)) != OK)
		return 1;
	for (uint64_t round = 1; !stop; round++) {
		for (uint64_t i = 0; i < COUNT; i++)
			sector_fill(b.memory + i * SECTOR, FIRST + i, round);
		if (request_do(&b, BLOCK_OP_WRITE, FIRST, COUNT, 0) != OK)
			return 2;
		memset(b.memory, 0, COUNT * SECTOR);
		if (request_do(&b, BLOCK_OP_READ, FIRST, COUNT, 0) != OK)
			return 3;
		for (uint64_t i = 0; i < COUNT; i++)
			if (!sector_is(b.memory + i * SECTOR, FIRST + i, round))
				return 4;
		rounds++;
	}
	/* What the host looks for. */
	for (uint64_t i = 0; i < COUNT; i++)
		sector_fill(b.memory + i * SECTOR, FIRST + i, 5);
	if (request_do(&b, BLOCK_OP_WRITE, FIRST, COUNT, 0) != OK || block_flush(&b) != OK)
		return 5;
	block_close(&b);
	return 0;
}

static void clients_carry_on_while_it_dies(void)
{
	struct thread *t;

	rounds = 0;
	stop = false;
	OKAY(thread_start(&t, write_on, nullptr, nullptr));
	for (unsigned i = 0; i < 4; i++) {
		uint64_t end = clock_after(PATIENCE);
		unsigned now = rounds;
		while (rounds < now + 3 && clock_now() < end)
			(void)fut_thread_sleep(
				clock_after(MILLISECOND)); /* a shorter one will do */
		CHECK(rounds >= now + 3);
		driver_kill();
	}
	stop = true;
	CHECK(thread_join(t) == 0);
}

static void only_who_may_ends_a_driver(void)
{
	struct remote devices;

	OKAY(service_open(&devices, "devices", clock_after(PATIENCE)));
	FAILS(devices_restart(&devices, 1), ERR_DENIED);
	(void)fut_handle_close(devices.session); /* ours, and open */
	OKAY(service_open(&devices, "devices-control", clock_after(PATIENCE)));
	FAILS(devices_restart(&devices, 0), ERR_NOT_FOUND);
	FAILS(devices_restart(&devices, 1000), ERR_NOT_FOUND);
	FAILS(devices_restart(&devices, 1), ERR_BAD_STATE); /* the host bridge */
	(void)fut_handle_close(devices.session);            /* ours, and open */
}

const struct test death_tests[] = {
	{ "death.tells_clients_that_it_is_gone", tells_clients_that_it_is_gone },
	{ "death.clients_carry_on_while_it_dies", clients_carry_on_while_it_dies },
	{ "death.only_who_may_ends_a_driver", only_who_may_ends_a_driver },
	{},
};
