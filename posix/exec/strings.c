/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/exec/strings.h"
#include <string.h>
#include "posix/core/guest.h"
#include "posix/core/memory.h"

static int64_t reserve(struct strings *s, size_t n)
{
	size_t room = s->room == 0 ? 512 : s->room;

	if (n > STRINGS_MOST - s->size)
		return -E2BIG;
	while (room < s->size + n)
		room *= 2;
	if (room > s->room) {
		char *text = heap_room(room);
		if (text == nullptr)
			return -ENOMEM;
		memcpy(text, s->text, s->size);
		heap_free(s->text);
		s->text = text;
		s->room = room;
	}
	return 0;
}

int64_t strings_add(struct strings *s, const char *text)
{
	size_t n = strlen(text) + 1;
	int64_t error = n > STRING_MOST ? -E2BIG : reserve(s, n);

	if (error != 0)
		return error;
	memcpy(s->text + s->size, text, n);
	s->size += n;
	s->count++;
	return 0;
}

int64_t strings_add_guest(struct strings *s, uint64_t address)
{
	constexpr size_t FIRST = 256;

	/* Most are short; a long one is read again with all the room it may take. */
	for (size_t room = FIRST; room <= STRING_MOST; room *= STRING_MOST / FIRST) {
		int64_t n = reserve(s, room);
		if (n == 0)
			n = guest_string(s->text + s->size, address, room);
		if (n >= 0) {
			s->size += (size_t)n + 1;
			s->count++;
			return 0;
		}
		if (n != -ENAMETOOLONG)
			return n;
	}
	return -E2BIG;
}

int64_t strings_add_array(struct strings *s, uint64_t array)
{
	uint64_t address;
	int64_t error = 0;

	for (; array != 0 && error == 0; array += sizeof(address)) {
		error = guest_get(&address, array, sizeof(address));
		if (error == 0 && address == 0)
			break;
		if (error == 0)
			error = strings_add_guest(s, address);
	}
	return error;
}

int64_t strings_replace(struct strings *s, unsigned n, const struct strings *by)
{
	size_t skip = 0;

	for (unsigned i = 0; i < n && i < s->count; i++)
		skip += strlen(s->text + skip) + 1;
	int64_t error = reserve(s, by->size);
	if (error != 0)
		return error;
	memmove(s->text + by->size, s->text + skip, s->size - skip);
	memcpy(s->text, by->text, by->size);
	s->size += by->size - skip;
	s->count += by->count - (n < s->count ? n : s->count);
	return 0;
}

void strings_free(struct strings *s)
{
	heap_free(s->text);
	*s = (struct strings){};
}
