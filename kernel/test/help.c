/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/test/help.h"
#include <stdio.h>
#include <stdlib.h>

struct books begin(void)
{
	fixture_start();
	as_driver();
	return books_take();
}

void balanced(const struct books *before)
{
	as_driver();
	struct books after = books_take();

	CHECK(books_agree(before, &after));
}

void as(const struct thread *t)
{
	for (unsigned i = 0; i < 100 && machine_thread() != t; i++)
		(void)CALL0(THREAD_YIELD);
	if (machine_thread() != t) {
		fprintf(stderr, "thread %lu cannot run\n", t->object.id);
		abort();
	}
}

void as_driver(void)
{
	as(driver());
}

enum err result(const struct thread *t)
{
	return (enum err)t->context.error;
}

uint32_t made(enum err e)
{
	CHECK(e == OK);
	return e == OK ? (uint32_t)word(0) : 0;
}

uint32_t made_vmo(uint64_t pages)
{
	return made(CALL2(VMO_CREATE, pages << PAGE_SHIFT, 0));
}

uint32_t copy_of(uint32_t handle, uint32_t rights)
{
	return made(CALL2(HANDLE_DUPLICATE, handle, rights));
}

void closed(uint32_t handle)
{
	CHECK(CALL1(HANDLE_CLOSE, handle) == OK);
}

void put_word(vaddr va, uint32_t value)
{
	put(va, &value, sizeof(value));
}

uint32_t get_word(vaddr va)
{
	uint32_t value;

	get(&value, va, sizeof(value));
	return value;
}

uint32_t given(const struct actor *a, uint32_t handle)
{
	return made(CALL2(HANDLE_GIVE, a->task, handle));
}

struct actor actor(void)
{
	return actor_create(startup_handle("quota"), 1);
}

void gone(struct actor *a)
{
	as_driver();
	actor_destroy(a);
	reap_all();
	as_driver();
}
