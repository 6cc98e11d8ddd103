/* SPDX-License-Identifier: MPL-2.0 */
/*
 * In place of musl's own: what its pure functions call that would make Linux system calls, or that
 * looks into musl's threads and locales. docs/decisions/0002-musl.md has the whole story.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <wchar.h>

int *___errno_location(void);
int __lockfile(void *file);
void __unlockfile(void *file);
void __stdio_exit(void);
void __stdio_exit_needed(void);

int *__errno_location(void)
{
	static thread_local int number;

	return &number;
}

int *___errno_location(void)
{
	return __errno_location();
}

/* printf's and scanf's files are strings in memory, of one thread, never locked or flushed. */
int __lockfile(void *file)
{
	(void)file;
	return 0;
}

void __unlockfile(void *file)
{
	(void)file;
}

void __stdio_exit(void)
{
}

void __stdio_exit_needed(void)
{
}

/* --- %ls and %lc: text is UTF-8, and there are no locales --- */

constexpr unsigned UTF8_MOST = 4; /* bytes of a character */
/* By how many bytes follow the first: the first character that needs them, the first byte's mark.
 */
static const uint32_t utf8_from[] = { 0, 0x80, 0x800, 0x10000, 0x110000 };
static const uint8_t utf8_mark[] = { 0, 0xc0, 0xe0, 0xf0, 0xf8 };

static bool is_character(uint32_t c)
{
	return c < utf8_from[UTF8_MOST] &&
	       (c < 0xd800 || c > 0xdfff); /* no half of a UTF-16 pair */
}

int wctomb(char *to, wchar_t wide)
{
	uint32_t c = (uint32_t)wide;
	int follow = 0;

	if (to == nullptr)
		return 0; /* no shift states */
	if (!is_character(c)) {
		errno = EILSEQ;
		return -1;
	}
	while (c >= utf8_from[follow + 1])
		follow++;
	to[0] = (char)(utf8_mark[follow] | c >> 6 * follow);
	for (int i = follow; i > 0; i--, c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	return follow + 1;
}

/* How many bytes follow a first byte; UTF8_MOST: it is none. */
static unsigned utf8_follow(uint8_t first)
{
	unsigned follow = 0;

	if (first < 0x80)
		return 0;
	while (++follow < UTF8_MOST && first >= utf8_mark[follow + 1])
		;
	return first < utf8_mark[1] ? UTF8_MOST : follow;
}

/* The state between two calls: `whole` << 8 | `left`, the bytes that follow the character's first
 * and those of them that are yet to come (not 0, by which mbsinit knows); the character so far. */
size_t mbrtowc(wchar_t *restrict to, const char *restrict from, size_t n, mbstate_t *restrict state)
{
	uint32_t c = state->__opaque2;
	unsigned whole = state->__opaque1 >> 8, left = state->__opaque1 & 0xff;

	for (size_t i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)from[i];

		if (left == 0) {
			whole = left = utf8_follow(byte);
			c = byte & (0xff >> (whole == 0 ? 0 : whole + 1));
		} else {
			left = (byte & 0xc0) == 0x80 ? left - 1 : UTF8_MOST;
			c = c << 6 | (byte & 0x3f);
		}
		if (left == UTF8_MOST ||
		    (left == 0 && (c < utf8_from[whole] || !is_character(c)))) {
			*state = (mbstate_t){};
			errno = EILSEQ;
			return (size_t)-1;
		}
		if (left > 0)
			continue;
		*state = (mbstate_t){};
		if (to != nullptr)
			*to = (wchar_t)c;
		return c == 0 ? 0 : i + 1;
	}
	*state = (mbstate_t){ whole << 8 | left, c };
	return (size_t)-2;
}
