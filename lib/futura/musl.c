/* SPDX-License-Identifier: MPL-2.0 */
/*
 * In place of musl's own: what its pure functions call that would make Linux system calls, or that
 * looks into musl's threads and locales. docs/decisions/0002-musl.md has the whole story.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
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

/* Text is UTF-8, and there are no locales: %ls and %lc are not supported, and say so. */
int wctomb(char *to, wchar_t c)
{
	(void)to, (void)c;
	errno = EILSEQ;
	return -1;
}

size_t mbrtowc(wchar_t *restrict to, const char *restrict from, size_t n, mbstate_t *restrict state)
{
	(void)to, (void)from, (void)n, (void)state;
	errno = EILSEQ;
	return (size_t)-1;
}

char *strerror(int number)
{
	static char text[] = "error";

	(void)number; /* our errors are another list: error_name */
	return text;
}
