/* SPDX-License-Identifier: MPL-2.0 */
/* A new program's stack, as the System V ABI and Linux's ELF loader have it. */
#include <asm/errno.h>
#include <linux/auxvec.h>
#include <string.h>
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/random.h"
#include "posix/exec/capabilities.h"
#include "posix/exec/exec.h"
#include "posix/exec/vdso.h"
#include "posix/mm/maps.h"

constexpr uint64_t STACK_SIZE = 8ull << 20;
constexpr unsigned CLOCK_TICKS = 100; /* USER_HZ */
constexpr unsigned VALUES = 24;

/* The top of the stack, filled from above in a buffer of ours that has its address in the guest. */
struct build {
	char *buffer;
	uint64_t low; /* guest address of the buffer's start */
	uint64_t at;  /* guest address of what was put last */
};

static void put(struct build *b, const void *from, size_t n)
{
	b->at -= n;
	memcpy(b->buffer + (b->at - b->low), from, n);
}

static uint64_t put_text(struct build *b, const char *text)
{
	put(b, text, strlen(text) + 1);
	return b->at;
}

/* The strings in order, so that the first stands lowest; /proc shows them so. */
static uint64_t put_strings(struct build *b, const struct strings *s)
{
	put(b, s->text, s->size);
	return b->at;
}

static void put_word(struct build *b, uint64_t word)
{
	put(b, &word, sizeof(word));
}

/* An array of pointers to strings that stand one after the other from `first` on. */
static void put_pointers(struct build *b, const struct strings *s, uint64_t first)
{
	size_t total = (s->count + 1) * sizeof(uint64_t), offset = 0;

	b->at -= total;
	uint64_t *array = (uint64_t *)(b->buffer + (b->at - b->low));
	for (unsigned i = 0; i < s->count; i++) {
		array[i] = first + offset;
		offset += strlen(s->text + offset) + 1;
	}
	array[s->count] = 0;
}

struct values {
	uint64_t pair[VALUES][2];
	unsigned n;
};

static void value(struct values *v, uint64_t key, uint64_t is)
{
	v->pair[v->n][0] = key;
	v->pair[v->n++][1] = is;
}

static void put_values(struct build *b, const struct exec_values *e, uint64_t platform,
		       uint64_t random, uint64_t name)
{
	struct values v = {};

	if (vdso_base() != 0)
		value(&v, AT_SYSINFO_EHDR, vdso_base());
	value(&v, AT_HWCAP, cpu_capabilities());
	value(&v, AT_HWCAP2, cpu_capabilities2());
	value(&v, AT_PAGESZ, PAGE);
	value(&v, AT_CLKTCK, CLOCK_TICKS);
	value(&v, AT_PHDR, e->headers);
	value(&v, AT_PHENT, 56);
	value(&v, AT_PHNUM, e->nheaders);
	value(&v, AT_BASE, e->interpreter_base);
	value(&v, AT_FLAGS, 0);
	value(&v, AT_ENTRY, e->entry);
	value(&v, AT_UID, process.uid);
	value(&v, AT_EUID, process.euid);
	value(&v, AT_GID, process.gid);
	value(&v, AT_EGID, process.egid);
	value(&v, AT_SECURE, 0);
	value(&v, AT_RANDOM, random);
	value(&v, AT_MINSIGSTKSZ, signal_stack_least());
	value(&v, AT_EXECFN, name);
	value(&v, AT_PLATFORM, platform);
	value(&v, AT_NULL, 0);
	put(b, v.pair, v.n * sizeof(v.pair[0]));
}

static void fill(struct build *b, const struct strings *arguments,
		 const struct strings *environment, const struct exec_values *e)
{
	uint64_t random[2];

	random_bytes(random, sizeof(random));
	put_word(b, 0);
	uint64_t name = put_text(b, e->path);
	process.env_end = b->at;
	process.env_start = put_strings(b, environment);
	process.arg_end = b->at;
	process.arg_start = put_strings(b, arguments);
	uint64_t platform = put_text(b, GUEST_PLATFORM);
	b->at &= ~15ull;
	put(b, random, sizeof(random));
	uint64_t random_at = b->at;
	/* The count of arguments, at the stack pointer, is to be at a multiple of 16. */
	if ((arguments->count + environment->count) % 2 == 0)
		put_word(b, 0);
	process.auxv[1] = b->at;
	put_values(b, e, platform, random_at, name);
	process.auxv[0] = b->at;
	put_pointers(b, environment, process.env_start);
	put_pointers(b, arguments, process.arg_start);
	put_word(b, arguments->count);
}

int64_t stack_build(const struct strings *arguments, const struct strings *environment,
		    const struct exec_values *e, bool executable)
{
	size_t room = arguments->size + environment->size + strlen(e->path) +
		      (arguments->count + environment->count + 2 * VALUES) * 8 + 128;

	room = (room + 15) & ~(size_t)15; /* what stands aligned in the guest does so here */

	uint64_t top = GUEST_END - PAGE - (exec_shift() & 0x3fff) * PAGE;
	struct map_request r = { .address = top - STACK_SIZE,
				 .size = STACK_SIZE,
				 .fixed = true,
				 .flags = MAP_IS_READABLE | MAP_IS_WRITABLE | MAP_IS_STACK |
					  (executable ? MAP_IS_EXECUTABLE : 0u) };
	int64_t at = maps_add(&r);
	if (at < 0)
		return at;
	maps_top = r.address - PAGE;
	struct build b = { .buffer = heap_new(room), .low = top - room, .at = top };
	if (b.buffer == nullptr)
		return -ENOMEM;
	fill(&b, arguments, environment, e);
	at = guest_put(b.at, b.buffer + (b.at - b.low), top - b.at);
	heap_free(b.buffer);
	return at != 0 ? at : (int64_t)b.at;
}
