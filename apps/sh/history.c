/* SPDX-License-Identifier: MPL-2.0 */
/* Earlier commands. */
#include "apps/sh/history.h"
#include "apps/sh/mem.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

constexpr int SIZE_DEFAULT = 2000;

static char **entries;
static int count, cap;
static int first = 1; /* the number of entries[0] */

static const char *file_name(void)
{
	const char *name = var_get("HISTFILE"), *home = var_value(sym_home);

	if (name != nullptr)
		return *name != '\0' ? name : nullptr;
	if (home == nullptr)
		return nullptr;
	return arena_printf(&scratch, "%s/%s", home, sh.posix ? ".sh_history" : ".fush_history");
}

static int size_limit(void)
{
	const char *s = var_get("HISTSIZE");
	int n = s != nullptr ? atoi(s) : SIZE_DEFAULT;

	return n > 0 ? n : SIZE_DEFAULT;
}

int history_first_number(void)
{
	return first;
}

int history_next_number(void)
{
	return first + count;
}

const char *history_get(int number)
{
	return number >= first && number < first + count ? entries[number - first] : nullptr;
}

void history_clear(void)
{
	for (int i = 0; i < count; i++)
		free(entries[i]);
	first += count;
	count = 0;
}

void history_remove_last(void)
{
	if (count > 0)
		free(entries[--count]);
}

static bool remember(const char *text, size_t len)
{
	while (len > 0 && text[len - 1] == '\n')
		len--;
	if (len == 0 || (count > 0 && strlen(entries[count - 1]) == len &&
			 memcmp(entries[count - 1], text, len) == 0))
		return false;
	if (count >= size_limit()) {
		free(entries[0]);
		count--;
		first++;
		memmove(entries, entries + 1, (size_t)count * sizeof(*entries));
	}
	if (count == cap) {
		cap = cap * 2 + 64;
		entries = xrealloc(entries, (size_t)cap * sizeof(*entries));
	}
	entries[count++] = xstrndup(text, len);
	return true;
}

/* In the file a newline inside a command is written as \n, a backslash as two. */
static void encode(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			buf_puts(b, "\\n");
		else if (*s == '\\')
			buf_puts(b, "\\\\");
		else
			buf_byte(b, *s);
	}
	buf_byte(b, '\n');
}

static void decode_line(const char *s, size_t len)
{
	struct buf b = {};

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\\' && i + 1 < len) {
			i++;
			buf_byte(&b, s[i] == 'n' ? '\n' : s[i]);
		} else {
			buf_byte(&b, s[i]);
		}
	}
	if (b.len > 0)
		remember(b.p, b.len);
}

void history_load(void)
{
	struct buf b = {};
	const char *name = file_name();
	int fd = name != nullptr ? open(name, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n;

	if (fd < 0)
		return;
	do {
		buf_room(&b, 4096);
		n = read(fd, b.p + b.len, b.cap - b.len);
		b.len += n > 0 ? (size_t)n : 0;
	} while (n > 0 || (n < 0 && errno == EINTR));
	close(fd);
	for (size_t i = 0; i < b.len;) {
		const char *end = memchr(b.p + i, '\n', b.len - i);
		size_t len = end != nullptr ? (size_t)(end - b.p) - i : b.len - i;
		decode_line(b.p + i, len);
		i += len + 1;
	}
}

void history_add(const char *text, size_t len)
{
	const char *name = file_name();

	if (!remember(text, len) || name == nullptr)
		return;
	struct buf b = {};
	encode(&b, entries[count - 1]);
	int fd = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return; /* a read-only home is no reason to complain at every line */
	if (write(fd, b.p, b.len) < 0) {
		/* nor is a full disk: the command itself will tell */
	}
	close(fd);
}

int history_search(const char *text, size_t len, int before, bool prefix)
{
	for (int n = before - 1; n >= first; n--) {
		const char *s = history_get(n);
		if (s == nullptr)
			continue;
		if (prefix ? strncmp(s, text, len) == 0 : strstr(s, text) != nullptr)
			return n;
	}
	return 0;
}
