/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A new task is built from outside while it has no thread: program, stack, start-up block, handles.
 * Its first thread's memory is one range:
 *
 *	| guard | stack ... | guard | start-up block | area |
 */
#include "lib/futura/spawn.h"
#include <stdlib.h>
#include <string.h>
#include "abi/info.h"
#include "lib/futura/load.h"
#include "lib/futura/random.h"
#include "lib/futura/thread.h"
#include <futura-arch/arch.h>

constexpr uint64_t PAGE = 4096, TABLE_SPAN = 2 << 20; /* what a page table of leaves maps */

struct build {
	const struct spawn *s;
	fut_handle task;
	unsigned capc; /* of `caps`: handles that have moved already */
	struct startup_cap caps[SPAWN_CAPS + 1];
	uint32_t inherit;
	uint64_t image_end, entry, stack_top, block, area;
};

static uint64_t pages(uint64_t n)
{
	return (n + PAGE - 1) & ~(PAGE - 1);
}

/* Write to pages that are zero, so that they are there. */
static enum err pages_make(fut_handle task, uint64_t from, uint64_t to)
{
	for (uint64_t done; from < to; from += PAGE) {
		enum err e = fut_space_write(task, from, "", 1, &done);

		if (e != OK || done == 0)
			return e != OK ? e : ERR_NO_MEMORY;
	}
	return OK;
}

/* Read a byte wherever another page table begins, so that they are all there. */
static enum err tables_make(fut_handle task, uint64_t from, uint64_t to)
{
	char byte;

	for (uint64_t done; from < to; from = (from | (TABLE_SPAN - 1)) + 1) {
		enum err e = fut_space_read(task, from, &byte, 1, &done);

		if (e != OK || done == 0)
			return e != OK ? e : ERR_NO_MEMORY;
	}
	return OK;
}

/* Page tables for every segment, and what follows the contents of each writable one. */
static enum err image_make(struct build *b, const struct elf_image *image, uint64_t base)
{
	enum err e = OK;

	for (unsigned i = 0; i < image->nsegments && e == OK; i++) {
		const struct elf_segment *s = &image->segments[i];
		uint64_t at = base + s->address;

		e = tables_make(b->task, at, at + s->size);
		if (e == OK && (s->flags & MAP_WRITE) != 0)
			e = pages_make(b->task, at + pages(s->skip + s->nbytes), at + s->size);
	}
	return e;
}

static enum err load(struct build *b)
{
	struct elf_image image;
	enum err e = elf_parse(b->s->image, b->s->size, &image);

	if (e != OK)
		return e;
	if (image.machine != ELF_NATIVE)
		return ERR_UNSUPPORTED;
	uint64_t base = b->s->base ? b->s->base - image.low : program_base(random_u64());
	if (!image.is_movable)
		base = 0;
	b->entry = base + image.entry;
	b->image_end = base + image.high;
	e = elf_load(b->task, b->s->image, &image, base, b->inherit, b->s->shared);
	return e == OK && b->s->is_whole ? image_make(b, &image, base) : e;
}

/* Map the first thread's range, with a hole where the kernel will map the area. */
static enum err map_range(struct build *b, uint64_t block_size)
{
	uint64_t stack = pages(b->s->stack ? b->s->stack : SPAWN_STACK), base, at;
	uint64_t size = PAGE + stack + PAGE + block_size + THREAD_AREA_SIZE;
	uint32_t place = b->s->base ? MAP_FIXED : 0;
	enum err e = fut_space_map(b->task, 0, place ? b->image_end : 0, 0, size, MAP_GUARD | place,
				   &base);

	if (e != OK)
		return e;
	b->stack_top = base + PAGE + stack;
	b->block = b->stack_top + PAGE;
	b->area = b->block + block_size;
	e = fut_space_map(b->task, 0, base + PAGE, 0, stack,
			  MAP_READ | MAP_WRITE | MAP_FIXED | MAP_REPLACE | b->inherit, &at);
	if (e == OK && b->s->is_whole)
		e = pages_make(b->task,
			       b->stack_top - (stack < SPAWN_STACK_MADE ? stack : SPAWN_STACK_MADE),
			       b->stack_top);
	if (e == OK)
		e = fut_space_map(b->task, 0, b->block, 0, block_size,
				  MAP_READ | MAP_FIXED | MAP_REPLACE | b->inherit, &at);
	return e == OK ? fut_space_unmap(b->task, b->area, THREAD_AREA_SIZE) : e;
}

static enum err give(struct build *b, const char *name, fut_handle handle)
{
	struct startup_cap *c = &b->caps[b->capc];

	*c = (struct startup_cap){};
	strncpy(c->name, name, sizeof(c->name) - 1);
	enum err e = fut_handle_give(b->task, handle, &c->handle);
	if (e == OK)
		b->capc++;
	return e;
}

static enum err give_all(struct build *b)
{
	enum err e;

	for (unsigned i = 0; i < b->s->capc; i++)
		if ((e = give(b, b->s->caps[i].name, b->s->caps[i].handle)) != OK)
			return e;
	if (b->s->own_task == 0)
		return OK;
	fut_handle own;
	e = fut_handle_duplicate(b->task, b->s->own_task | RIGHT_TRANSFER, &own);
	if (e != OK)
		return e;
	e = give(b, "task", own);
	if (e != OK)
		(void)fut_handle_close(own); /* ours, and open */
	return e;
}

static enum err write_block(struct build *b, const struct startup_parts *parts, size_t size)
{
	struct startup *block = malloc(size);
	uint64_t done;

	if (block == nullptr)
		return ERR_NO_MEMORY;
	startup_write(block, size, parts);
	/* At most 1 MiB, so one call takes it; fresh memory only fails by running out. */
	enum err e = fut_space_write(b->task, b->block, block, size, &done);
	free(block);
	return e == OK && done < size ? ERR_NO_MEMORY : e;
}

static enum err start(struct build *b)
{
	uint32_t priority = b->s->priority ? b->s->priority : THREAD_PRIORITY;
	fut_handle thread;
	enum err e = fut_task_set_limits(b->task, priority, b->s->budget);

	if (e == OK)
		e = fut_thread_create(b->task, b->area, b->entry, b->stack_top, b->block, priority,
				      &thread);
	if (e != OK)
		return e;
	e = fut_thread_resume(thread);
	(void)fut_handle_close(thread); /* ours, and open */
	return e;
}

static enum err build(struct build *b)
{
	struct startup_parts parts = {
		.argc = b->s->argc,
		.argv = b->s->argv,
		.envc = b->s->envc,
		.env = b->s->env,
		.capc = b->s->capc + (b->s->own_task != 0),
		.caps = b->caps,
	};
	size_t size = startup_size(&parts);
	enum err e;

	if (size == 0 || b->s->capc > SPAWN_CAPS)
		return ERR_TOO_BIG;
	random_bytes(parts.random, sizeof(parts.random));
	if ((e = load(b)) != OK || (e = map_range(b, pages(size))) != OK ||
	    (e = give_all(b)) != OK || (e = write_block(b, &parts, size)) != OK)
		return e;
	if (b->s->is_whole && (e = tables_make(b->task, b->block, b->area)) != OK)
		return e;
	return start(b);
}

enum err spawn(const struct spawn *s, fut_handle *task)
{
	struct build b = { .s = s, .inherit = s->inherit ? s->inherit : INHERIT_COPY };
	size_t length = strlen(s->name);
	enum err e = fut_task_create(s->quota, s->name, length < 32 ? length : 31, &b.task);

	if (e == OK) {
		e = build(&b);
		if (e != OK)
			(void)fut_handle_close(b.task); /* ours, and open: the task ends */
	}
	if (e == OK)
		*task = b.task;
	else
		for (unsigned i = b.capc; i < s->capc; i++)
			(void)fut_handle_close(s->caps[i].handle); /* may be none: no harm */
	return e;
}

enum err spawn_wait(fut_handle task, uint64_t deadline, struct task_info *info)
{
	uint64_t signals;
	enum err e = fut_wait(task, SIGNAL_DEAD, 0, deadline, &signals);

	return e == OK ? fut_task_info(task, info, sizeof(*info)) : e;
}
