/* SPDX-License-Identifier: MPL-2.0 */
#include "lib/files/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

constexpr size_t TEXT_MOST = 4 << 20;

/* Room for n more bytes and a zero byte. */
static bool text_room(struct text *t, size_t n)
{
	size_t room = t->room ? t->room : 1024;

	while (room < t->len + n + 1)
		room *= 2;
	if (room == t->room)
		return true;
	char *at = room <= TEXT_MOST ? realloc(t->at, room) : nullptr;
	if (at == nullptr) {
		t->failed = true;
		return false;
	}
	t->at = at;
	t->room = room;
	return true;
}

void text_bytes(struct text *t, const void *bytes, size_t n)
{
	if (!text_room(t, n))
		return;
	memcpy(t->at + t->len, bytes, n);
	t->len += n;
}

void text_add(struct text *t, const char *format, ...)
{
	va_list arguments;

	for (size_t room = 256;; room *= 4) {
		if (!text_room(t, room))
			return;
		va_start(arguments, format);
		int n = vsnprintf(t->at + t->len, room, format, arguments);
		va_end(arguments);
		if (n < 0)
			return;
		if ((size_t)n < room) {
			t->len += (size_t)n;
			return;
		}
	}
}
