/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The kernel on this machine, as tests use it. init's first thread, the driver, makes calls; it
 * never waits, so that there is always somebody to go on. Tasks that a test makes run above it and
 * are made to act with `as`.
 */
#pragma once
#include "kernel/arch.h"
#include "kernel/dispatch.h"

constexpr vaddr SCRATCH = 0x1000000; /* 16 pages of the driver's and of every test task's own */
constexpr size_t SCRATCH_SIZE = 16 * PAGE_SIZE;
constexpr vaddr AREAS = 0x2000000;

/* Start the kernel once; later calls only make sure that it runs. */
void fixture_start(void);
struct thread *driver(void);
/* A capability from init's startup block. */
uint32_t startup_handle(const char *name);

/* The thread that runs makes a call; its error, and its results in words(). If it waits, another
 * runs afterwards, and the error is CALL_WAITS. */
enum err call(enum call number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
	      uint64_t f);
uint64_t word(unsigned i);
#define CALL0(name)                   call(CALL_##name, 0, 0, 0, 0, 0, 0)
#define CALL1(name, a)                call(CALL_##name, a, 0, 0, 0, 0, 0)
#define CALL2(name, a, b)             call(CALL_##name, a, b, 0, 0, 0, 0)
#define CALL3(name, a, b, c)          call(CALL_##name, a, b, c, 0, 0, 0)
#define CALL4(name, a, b, c, d)       call(CALL_##name, a, b, c, d, 0, 0)
#define CALL5(name, a, b, c, d, e)    call(CALL_##name, a, b, c, d, e, 0)
#define CALL6(name, a, b, c, d, e, f) call(CALL_##name, a, b, c, d, e, f)

/* A FIPC call by the thread that runs. */
enum err message(enum call number, uint32_t handle, uint64_t tag, uint64_t deadline);

/* Memory of the running thread's task, through its page tables, faulting as it would. */
void put(vaddr va, const void *from, size_t n);
void get(void *to, vaddr va, size_t n);

/* A task with scratch memory and a thread that runs at `priority`; handles are the driver's. */
struct actor {
	uint32_t task, thread;
	struct task *task_object;
	struct thread *thread_object;
};

struct actor actor_create(uint32_t quota, unsigned priority);
/* Another thread of the actor's task. */
uint32_t actor_thread(struct actor *a, unsigned n, unsigned priority);
void actor_destroy(struct actor *a);

/* What must be the same before and after. */
struct books {
	uint64_t free, user, tables, objects;
	uint64_t live[OBJECT_TYPES];
};

struct books books_take(void);
/* Prints each difference. */
bool books_agree(const struct books *a, const struct books *b);
/* Let the reaper finish. */
void reap_all(void);
