/* SPDX-License-Identifier: MPL-2.0 */
/* The start-up block: head, capabilities, then argument and environment strings. */
#include "lib/futura/startup.h"
#include <string.h>

constexpr size_t BLOCK_MAX = 1048576;

static size_t head_size(unsigned capc)
{
	return sizeof(struct startup) + capc * sizeof(struct startup_cap);
}

static const char *strings(const struct startup *s)
{
	return (const char *)&s->caps[s->capc];
}

enum err startup_check(const struct startup *s, size_t limit)
{
	if (limit < sizeof(*s) || s->magic != STARTUP_MAGIC || s->size > limit ||
	    s->capc > s->size / sizeof(struct startup_cap) || head_size(s->capc) > s->size)
		return ERR_BAD_ARGUMENT;
	for (unsigned i = 0; i < s->capc; i++)
		if (memchr(s->caps[i].name, '\0', sizeof(s->caps[i].name)) == nullptr)
			return ERR_BAD_ARGUMENT;

	const char *at = strings(s), *end = (const char *)s + s->size;
	for (uint64_t n = (uint64_t)s->argc + s->envc; n > 0; n--) {
		const char *zero = memchr(at, '\0', (size_t)(end - at));
		if (zero == nullptr)
			return ERR_BAD_ARGUMENT;
		at = zero + 1;
	}
	return OK;
}

/* The n-th string, arguments first. */
static const char *string(const struct startup *s, unsigned n)
{
	const char *at = strings(s);

	while (n-- > 0)
		at += strlen(at) + 1;
	return at;
}

const char *startup_argument(const struct startup *s, unsigned i)
{
	return i < s->argc ? string(s, i) : nullptr;
}

const char *startup_env(const struct startup *s, const char *name)
{
	size_t n = strlen(name);
	const char *at = string(s, s->argc);

	for (unsigned i = 0; i < s->envc; i++, at += strlen(at) + 1)
		if (strncmp(at, name, n) == 0 && at[n] == '=')
			return at + n + 1;
	return nullptr;
}

const char *startup_env_at(const struct startup *s, unsigned i)
{
	return i < s->envc ? string(s, s->argc + i) : nullptr;
}

fut_handle startup_cap(const struct startup *s, const char *name)
{
	for (unsigned i = 0; i < s->capc; i++)
		if (strcmp(s->caps[i].name, name) == 0)
			return s->caps[i].handle;
	return 0;
}

static size_t strings_size(unsigned n, const char *const *list)
{
	size_t size = 0;

	for (unsigned i = 0; i < n; i++)
		size += strlen(list[i]) + 1;
	return size;
}

size_t startup_size(const struct startup_parts *p)
{
	size_t size =
		head_size(p->capc) + strings_size(p->argc, p->argv) + strings_size(p->envc, p->env);

	return size <= BLOCK_MAX ? size : 0;
}

static char *strings_write(char *at, unsigned n, const char *const *list)
{
	for (unsigned i = 0; i < n; i++) {
		size_t size = strlen(list[i]) + 1;
		memcpy(at, list[i], size);
		at += size;
	}
	return at;
}

void startup_write(struct startup *s, size_t size, const struct startup_parts *p)
{
	*s = (struct startup){
		.magic = STARTUP_MAGIC,
		.size = (uint32_t)size,
		.argc = p->argc,
		.envc = p->envc,
		.capc = p->capc,
	};
	memcpy(s->random, p->random, sizeof(s->random));
	if (p->capc > 0)
		memcpy(s->caps, p->caps, p->capc * sizeof(*s->caps));
	char *at = strings_write((char *)s + head_size(p->capc), p->argc, p->argv);
	strings_write(at, p->envc, p->env);
}
