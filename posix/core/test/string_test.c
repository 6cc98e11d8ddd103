/* SPDX-License-Identifier: MPL-2.0 */
/* posix/core/string.c beside the C library's, at every place in a word and with all short sizes. */
#include <stdint.h>
#include <string.h>
#include "lib/test/test.h"

/* string.c, compiled with other names. */
void *our_memcpy(void *restrict to, const void *restrict from, size_t n);
void *our_memmove(void *to, const void *from, size_t n);
void *our_memset(void *to, int byte, size_t n);
int our_memcmp(const void *a, const void *b, size_t n);
size_t our_strlen(const char *s);

constexpr size_t ROOM = 512, MOST = 200, PLACES = 9;

static char ours[ROOM], theirs[ROOM], source[ROOM];

static void fill(void)
{
	for (size_t i = 0; i < ROOM; i++) {
		source[i] = (char)(i * 37 + i / 256 + 1);
		ours[i] = theirs[i] = (char)(i * 11 + 5);
	}
}

static bool same(void)
{
	return memcmp(ours, theirs, ROOM) == 0;
}

TEST(string, copies_what_was_asked_for)
{
	for (size_t n = 0; n < MOST; n++)
		for (size_t to = 0; to < PLACES; to++)
			for (size_t from = 0; from < PLACES; from++) {
				fill();
				CHECK(our_memcpy(ours + to, source + from, n) == ours + to);
				memcpy(theirs + to, source + from, n);
				CHECK(same());
			}
}

TEST(string, moves_over_itself)
{
	for (size_t n = 0; n < MOST; n++)
		for (size_t to = 0; to < 2 * PLACES + 64; to++)
			for (size_t from = 0; from < 2 * PLACES + 64; from += 5) {
				fill();
				CHECK(our_memmove(ours + to, ours + from, n) == ours + to);
				memmove(theirs + to, theirs + from, n);
				CHECK(same());
			}
}

TEST(string, fills_what_was_asked_for)
{
	for (size_t n = 0; n < MOST; n++)
		for (size_t to = 0; to < PLACES; to++) {
			fill();
			CHECK(our_memset(ours + to, (int)n + 0x80, n) == ours + to);
			memset(theirs + to, (int)n + 0x80, n);
			CHECK(same());
		}
}

TEST(string, finds_the_first_zero_byte)
{
	alignas(uint64_t) char text[ROOM];

	for (size_t n = 0; n < MOST; n++)
		for (size_t at = 0; at < PLACES; at++)
			for (int byte = 1; byte < 256; byte += 127) {
				memset(text, byte, ROOM);
				text[at + n] = '\0';
				CHECK(our_strlen(text + at) == n);
				text[at + n + 1] = '\0';
				CHECK(our_strlen(text + at) == n);
			}
}

TEST(string, compares_bytes_without_sign)
{
	CHECK(our_memcmp("\x80", "\x7f", 1) > 0);
	CHECK(our_memcmp("abc", "abd", 2) == 0);
	CHECK(our_memcmp("abc", "abd", 3) < 0);
}
