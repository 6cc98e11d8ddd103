/* SPDX-License-Identifier: MPL-2.0 */
/* Numbers as people write them, and the start-up block. */
#include <stdlib.h>
#include <string.h>
#include "lib/futura/number.h"
#include "lib/futura/startup.h"
#include "lib/test/test.h"

TEST(number, reads_decimal_and_hexadecimal)
{
	uint64_t n;

	CHECK(number_parse("0", &n) == OK && n == 0);
	CHECK(number_parse("18446744073709551615", &n) == OK && n == UINT64_MAX);
	CHECK(number_parse("0xFeed", &n) == OK && n == 0xfeed);
	CHECK(bytes_parse("64K", &n) == OK && n == 65536);
	CHECK(bytes_parse("0x10M", &n) == OK && n == 16 << 20);
	CHECK(duration_parse("250ms", &n) == OK && n == 250000000);
}

TEST(number, refuses_what_is_none)
{
	const char *bad[] = { "",
			      "-1",
			      "+1",
			      " 1",
			      "1 ",
			      "0x",
			      "12f",
			      "18446744073709551616",
			      "0x10000000000000000",
			      "1K" };
	uint64_t n;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(number_parse(bad[i], &n) == ERR_BAD_ARGUMENT);
	CHECK(bytes_parse("1KB", &n) == ERR_BAD_ARGUMENT);
	CHECK(bytes_parse("16777216T", &n) == ERR_BAD_ARGUMENT);
	CHECK(duration_parse("5", &n) == ERR_BAD_ARGUMENT);
	CHECK(duration_parse("5m", &n) == ERR_BAD_ARGUMENT);
}

static const char *const argv[] = { "prog", "", "two words" };
static const char *const env[] = { "HOME=/", "EMPTY=" };
static const struct startup_cap caps[] = { { "log", 7, 0 }, { "console", 9, 0 } };
static const struct startup_parts parts = { 3, argv, 2, env, 2, caps, { 1, 2, 3, 4 } };

static struct startup *block(size_t *size)
{
	*size = startup_size(&parts);
	struct startup *s = malloc(*size);
	startup_write(s, *size, &parts);
	return s;
}

TEST(startup, gives_back_what_was_packed)
{
	size_t size;
	struct startup *s = block(&size);

	CHECK(startup_check(s, size) == OK);
	CHECK(strcmp(startup_argument(s, 2), "two words") == 0 && *startup_argument(s, 1) == '\0');
	CHECK(startup_argument(s, 3) == nullptr);
	CHECK(strcmp(startup_env(s, "HOME"), "/") == 0 && *startup_env(s, "EMPTY") == '\0');
	CHECK(startup_env(s, "HOM") == nullptr && startup_env(s, "prog") == nullptr);
	CHECK(startup_cap(s, "console") == 9 && startup_cap(s, "absent") == 0);
	free(s);
}

TEST(startup, refuses_a_block_cut_off_anywhere)
{
	size_t size;
	struct startup *s = block(&size);

	for (size_t n = 0; n < size; n++) {
		struct startup *cut = malloc(n ? n : 1);
		memcpy(cut, s, n);
		CHECK(startup_check(cut, n) == ERR_BAD_ARGUMENT);
		if (n >= sizeof(*cut)) {
			cut->size = (uint32_t)n;
			CHECK(startup_check(cut, n) == ERR_BAD_ARGUMENT);
		}
		free(cut);
	}
	s->capc = UINT32_MAX;
	CHECK(startup_check(s, size) == ERR_BAD_ARGUMENT);
	free(s);
}
