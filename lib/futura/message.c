/* SPDX-License-Identifier: MPL-2.0 */
/* Taking messages apart and putting them together. */
#include "lib/futura/message.h"
#include <string.h>
#include "lib/futura/word.h"

/* A service that dies this often while one call is repeated is not going to answer it. */
constexpr unsigned REMOTE_TRIES = 4;

bool remote_again(struct remote *remote, unsigned tries)
{
	return remote->reopen != nullptr && tries < REMOTE_TRIES && remote->reopen(remote) == OK;
}

static size_t part_start(const struct inline_cursor *c)
{
	return (c->at + 7) & ~(size_t)7;
}

enum err inline_get(struct inline_cursor *c, const void **from, uint64_t len, size_t limit)
{
	size_t start = part_start(c);

	if (len > limit)
		return ERR_TOO_BIG;
	if (start > c->end || len > c->end - start)
		return ERR_BAD_ARGUMENT;
	*from = (const char *)message_page() + start;
	c->at = start + len;
	return OK;
}

enum err inline_copy(struct inline_cursor *c, void *to, size_t size, uint64_t len)
{
	const void *from;
	enum err e = inline_get(c, &from, len, size);

	if (e == OK)
		memcpy(to, from, len);
	return e;
}

/*
 * Texts are short: a loop over words beats the calls it replaces. Whole words can be read, because
 * a part starts at a multiple of eight and the page ends at one.
 */
enum err inline_text(struct inline_cursor *c, char *to, size_t size, uint64_t len)
{
	const void *part = nullptr;
	uint64_t zeros = 0, word;
	enum err e = size > 0 ? inline_get(c, &part, len, size - 1) : ERR_TOO_BIG;
	const char *from = part;
	size_t at = 0;

	if (e != OK)
		return e;
#pragma clang loop vectorize(disable) unroll(disable)
	for (; at + 8 <= len; at += 8) {
		memcpy(&word, from + at, 8);
		memcpy(to + at, &word, 8);
		zeros |= zero_bytes(word);
	}
	if (at < len) {
		uint64_t beyond = ~0ull << (len - at) * 8;

		memcpy(&word, from + at, 8);
		zeros |= zero_bytes(word | beyond);
		word &= ~beyond;
		if (at + 8 <= size)
			memcpy(to + at, &word, 8);
		else
			memcpy(to + at, &word, len - at);
	}
	to[len] = 0;
	return zeros == 0 ? OK : ERR_BAD_ARGUMENT;
}

void inline_put(struct inline_cursor *c, const void *from, size_t len)
{
	char *page = message_page();
	size_t start = part_start(c);

	for (size_t gap = c->at; gap < start; gap++)
		page[gap] = 0;
	if (from != page + start)
		memmove(page + start, from, len);
	c->at = start + len;
}

/* The words stay: they are the caller's own. */
bool message_answer(struct message *m, enum err e)
{
	m->tag = tag_make(tag_protocol(m->tag), (uint16_t)e, 0, 0, 0);
	return e != KEPT;
}

bool message_refuse(struct message *m, enum err e)
{
	return message_answer(m, message_discard(m->tag, e));
}

bool message_fail(struct message *m, enum err e, const fut_handle *handles, unsigned n)
{
	return message_answer(m, e == KEPT ? e : handles_close(handles, n, e));
}

enum err message_reply(fut_handle reply, struct message *m)
{
	enum err e = ipc_reply(reply, m);

	/* The handles do not fit the caller's table, for example: it hears that instead. */
	if (e != OK && message_refuse(m, e))
		(void)ipc_reply(reply, m); /* then the caller sees its call dropped */
	return handles_close(&reply, 1, e);
}

void message_drop(uint64_t tag)
{
	(void)handles_close(native_control()->handles, tag_nhandles(tag), OK); /* gives OK back */
}

enum err handle_check(fut_handle handle, enum object_type type, uint32_t rights)
{
	uint32_t is, has;
	uint64_t id;
	enum err e = fut_handle_info(handle, &is, &has, &id);

	if (e != OK)
		return e;
	if (type != OBJECT_ANY && is != type)
		return ERR_WRONG_TYPE;
	return (has & rights) == rights ? OK : ERR_NO_RIGHT;
}

enum err handles_close(const fut_handle *handles, unsigned n, enum err e)
{
	for (unsigned i = 0; i < n && i < MESSAGE_HANDLES; i++)
		if (handles[i] != 0)
			(void)fut_handle_close(handles[i]); /* it may have moved away already */
	return e;
}

enum err message_lent(struct lent *l, unsigned i, enum grant_access access, uint64_t limit)
{
	uint64_t size = native_control()->grants[i].size;

	if ((size & access) == 0)
		return ERR_NO_RIGHT;
	size &= ~(GRANT_READ | GRANT_WRITE);
	if (size > limit && access == GRANT_READ)
		return ERR_TOO_BIG;
	*l = (struct lent){ .index = i, .size = size < limit ? size : limit };
	return OK;
}

enum err lent_read(const struct lent *l, uint64_t offset, void *to, size_t n)
{
	uint64_t count;

	if (offset > l->size || n > l->size - offset)
		return ERR_BAD_ARGUMENT;
	for (size_t done = 0; done < n; done += count) {
		enum err e = fut_grant_read(l->reply, l->index, offset + done, (char *)to + done,
					    n - done, &count);

		if (e != OK)
			return e;
		if (count == 0)
			return ERR_BAD_ADDRESS;
	}
	return OK;
}

/* One fut_grant_write takes no more than this. */
constexpr size_t LENT_WRITE_MAX = 1048576;

enum err lent_write(const struct lent *l, uint64_t offset, const void *from, size_t n)
{
	uint64_t count;

	if (offset > l->size || n > l->size - offset)
		return ERR_BAD_ARGUMENT;
	for (size_t done = 0; done < n; done += count) {
		size_t part = n - done < LENT_WRITE_MAX ? n - done : LENT_WRITE_MAX;
		enum err e = fut_grant_write(l->reply, l->index, offset + done,
					     (const char *)from + done, part, &count);

		if (e != OK)
			return e;
		if (count == 0)
			return ERR_BAD_ADDRESS;
	}
	return OK;
}
