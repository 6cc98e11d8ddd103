/* SPDX-License-Identifier: MPL-2.0 */
/* Runs the tests of block devices: prints `plan N`, then `ok NAME` or `not ok NAME: why` for each.
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "lib/futura/service.h"
#include "protocol/devices.h"
#include "tests/block/test.h"

static jmp_buf failed;
static char why[256];

void test_not_true(const char *what, const char *file, int line)
{
	snprintf(why, sizeof(why), "%s:%d: %s", file, line, what);
	longjmp(failed, 1);
}

void test_wrong_error(enum err got, const char *what, const char *file, int line)
{
	snprintf(why, sizeof(why), "%s:%d: %s gives %s", file, line, what, error_name(got));
	longjmp(failed, 1);
}

void disk_open(struct block *b)
{
	OKAY(block_open(b, "block.0", MEMORY, clock_after(PATIENCE)));
}

void sector_fill(char *at, uint64_t sector, uint64_t stamp)
{
	for (unsigned i = 0; i < SECTOR / 16; i++) {
		memcpy(at + 16 * i, &stamp, 8);
		memcpy(at + 16 * i + 8, &sector, 8);
	}
}

bool sector_is(const char *at, uint64_t sector, uint64_t stamp)
{
	char wanted[SECTOR];

	sector_fill(wanted, sector, stamp);
	return memcmp(at, wanted, SECTOR) == 0;
}

bool sector_is_original(const char *at, uint64_t sector)
{
	return sector_is(at, sector, sector);
}

enum err request_do(struct block *b, uint8_t op, uint64_t sector, uint32_t count, uint64_t offset)
{
	struct block_request r = { .op = op, .sector = sector, .count = count, .offset = offset };

	return block_do(b, &r);
}

void driver_kill(void)
{
	struct remote devices;
	uint32_t index = 0, state, restarts, id, class;
	char bus[32], name[32];
	size_t nbus, nname;

	OKAY(service_open(&devices, "devices-control", clock_after(PATIENCE)));
	do
		OKAY(devices_next(&devices, index, &index, &state, &restarts, &id, &class, bus,
				  sizeof(bus), &nbus, name, sizeof(name), &nname));
	while (nname != 7 || memcmp(name, "block.0", 7) != 0);
	OKAY(devices_restart(&devices, index));
	(void)fut_handle_close(devices.session); /* ours, and open */
}

static unsigned count(const struct test *t)
{
	unsigned n = 0;

	while (t[n].name)
		n++;
	return n;
}

static unsigned run(const struct test *t)
{
	static unsigned nfailed;

	for (nfailed = 0; t->name; t++) {
		if (setjmp(failed) == 0) {
			t->run();
			print("ok %s\n", t->name);
		} else {
			print("not ok %s: %s\n", t->name, why);
			nfailed++;
		}
	}
	return nfailed;
}

int main(void)
{
	unsigned nfailed;

	print("plan %u\n", count(basic_tests) + count(hostile_tests) + count(death_tests));
	nfailed = run(basic_tests);
	nfailed += run(hostile_tests);
	nfailed += run(death_tests);
	return nfailed > 0;
}
