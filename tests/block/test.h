/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tests of block devices inside the guest. block.0 is a disk of DISK_SECTORS sectors in which
 * sector N holds the number N, 64 times, as tests/system/test_block.py makes it; it looks at it
 * afterwards too. Each test has a part of the disk to write to.
 */
#pragma once
#include <stdint.h>
#include "lib/futura/block.h"
#include "lib/futura/clock.h"

constexpr uint64_t SECTOR = 512;
constexpr uint64_t DISK_SECTORS = 65536;
constexpr uint64_t PATIENCE = 30 * SECOND;
constexpr size_t MEMORY = 512 << 10;

/* Tests that write have sectors from FIRST_OF(n) on; the host knows what is there in the end. */
constexpr uint64_t AREA = 4096;
#define FIRST_OF(area) ((uint64_t)(area) * AREA)
enum area : unsigned {
	AREA_READ = 0, /* never written */
	AREA_WRITE = 1,
	AREA_ZERO = 2,
	AREA_DEEP = 3,
	AREA_PART = 4,
	AREA_KILL = 5,
	AREA_THREADS = 6, /* to 9 */
	AREA_FUA = 10,
};

struct test {
	const char *name;
	void (*run)(void);
};
extern const struct test basic_tests[], hostile_tests[], death_tests[];

/* The test ends here if it is not so. */
#define CHECK(condition) test_check(condition, #condition, __FILE__, __LINE__)
#define OKAY(call)       test_error(call, OK, #call, __FILE__, __LINE__)
#define FAILS(call, e)   test_error(call, e, #call, __FILE__, __LINE__)
[[noreturn]] void test_not_true(const char *what, const char *file, int line);
[[noreturn]] void test_wrong_error(enum err got, const char *what, const char *file, int line);

static inline void test_check(bool good, const char *what, const char *file, int line)
{
	if (!good)
		test_not_true(what, file, line);
}

static inline void test_error(enum err got, enum err wanted, const char *what, const char *file,
			      int line)
{
	if (got != wanted)
		test_wrong_error(got, what, file, line);
}

/* A client of block.0. */
void disk_open(struct block *b);
/* What a written sector holds: `stamp` and its number in turns. */
void sector_fill(char *at, uint64_t sector, uint64_t stamp);
bool sector_is(const char *at, uint64_t sector, uint64_t stamp);
/* What an untouched one holds. */
bool sector_is_original(const char *at, uint64_t sector);
/* A request and its own end. */
enum err request_do(struct block *b, uint8_t op, uint64_t sector, uint32_t count, uint64_t offset);
/* End the driver of block.0. */
void driver_kill(void);
