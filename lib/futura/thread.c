/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A thread's memory is one range: guard page, stack, thread-local storage with struct thread above
 * it, and its area, which the kernel maps.
 *
 *	| guard | stack ... | TLS, struct thread | area |
 */
#include "lib/futura/thread.h"
#include "lib/futura/tls.h"
#include <stdatomic.h>
#include "abi/info.h"
#include "lib/futura/lock.h"
#include <futura-arch/arch.h>

constexpr uint64_t PAGE = 4096;

struct thread {
	_Atomic uint32_t is_alive; /* the kernel clears it, and wakes who waits for that */
	int result;
	thread_fn *run;
	void *argument;
	void *pointer;       /* thread pointer */
	uint64_t base, size; /* of the whole range, area included */
	fut_handle handle;
	struct thread *next; /* detached */
};

/* Those that nobody joins, until they have ended and somebody looks. */
static struct thread *detached;
static struct mutex detached_lock;

void thread_entry(struct thread *t); /* in start.S */
[[noreturn]] void thread_main(struct thread *t);

[[clang::no_stack_protector]] void thread_main(struct thread *t)
{
	tls_install(t->pointer);
	t->result = t->run(t->argument);
	for (;;)
		(void)fut_thread_exit((uint64_t)&t->is_alive); /* it does not come back */
}

static uint64_t pages(uint64_t n)
{
	return (n + PAGE - 1) & ~(PAGE - 1);
}

/* Map the range with a hole for the area at its end. */
static enum err map_range(uint64_t stack, uint64_t local, uint64_t *base)
{
	uint64_t size = PAGE + stack + local + THREAD_AREA_SIZE, at;
	enum err e = fut_space_map(0, 0, 0, 0, size, MAP_GUARD, base);

	if (e != OK)
		return e;
	e = fut_space_map(0, 0, *base + PAGE, 0, stack + local,
			  MAP_READ | MAP_WRITE | MAP_FIXED | MAP_REPLACE | INHERIT_COPY, &at);
	if (e == OK)
		e = fut_space_unmap(0, *base + size - THREAD_AREA_SIZE, THREAD_AREA_SIZE);
	if (e != OK)
		(void)fut_space_unmap(0, *base,
				      size); /* undo; the first error is the one to tell */
	return e;
}

static enum err create(struct thread **made, thread_fn *run, void *argument, uint64_t stack,
		       uint32_t priority)
{
	uint64_t align = tls_align();
	uint64_t local = pages(tls_size() + align + sizeof(struct thread)), base;
	enum err e = map_range(stack, local, &base);

	if (e != OK)
		return e;
	uint64_t block = (base + PAGE + stack + align - 1) & ~(align - 1);
	uint64_t area = base + PAGE + stack + local;
	struct thread *t = (struct thread *)((area - sizeof(*t)) & ~15ull);
	*t = (struct thread){
		.is_alive = 1,
		.run = run,
		.argument = argument,
		.pointer = tls_init((void *)block),
		.base = base,
		.size = area + THREAD_AREA_SIZE - base,
	};
	e = fut_thread_create(0, area, (uint64_t)thread_entry, base + PAGE + stack, (uint64_t)t,
			      priority, &t->handle);
	if (e != OK)
		(void)fut_space_unmap(0, base, area - base); /* undo; `e` is what to tell */
	else
		*made = t;
	return e;
}

/* The usual priority, if the task may have it. */
static uint32_t default_priority(void)
{
	struct task_info info;

	if (fut_task_info(0, &info, sizeof(info)) == OK && info.max_priority < THREAD_PRIORITY)
		return info.max_priority;
	return THREAD_PRIORITY;
}

static void thread_free(struct thread *t)
{
	uint64_t base = t->base, size = t->size - THREAD_AREA_SIZE;

	(void)fut_handle_close(t->handle);    /* ours, and open */
	(void)fut_space_unmap(0, base, size); /* ours; the kernel has unmapped the area */
}

static void detached_free(void)
{
	struct thread **at = &detached;

	mutex_lock(&detached_lock);
	while (*at != nullptr) {
		struct thread *t = *at;

		if (atomic_load_explicit(&t->is_alive, memory_order_acquire)) {
			at = &t->next;
		} else {
			*at = t->next;
			thread_free(t);
		}
	}
	mutex_unlock(&detached_lock);
}

void thread_detach(struct thread *t)
{
	mutex_lock(&detached_lock);
	t->next = detached;
	detached = t;
	mutex_unlock(&detached_lock);
	detached_free();
}

enum err thread_start(struct thread **made, thread_fn *run, void *argument,
		      const struct thread_options *options)
{
	uint64_t stack = pages(options && options->stack ? options->stack : THREAD_STACK);
	uint32_t priority = options && options->priority ? options->priority : default_priority();
	enum err e;

	detached_free();
	/* Another thread's mapping may land in the hole for the area; then another place will do.
	 */
	do
		e = create(made, run, argument, stack, priority);
	while (e == ERR_EXISTS);
	return e == OK ? fut_thread_resume((*made)->handle) : e;
}

int thread_join(struct thread *t)
{
	while (atomic_load_explicit(&t->is_alive, memory_order_acquire))
		/* Whatever ends the wait, the word says whether to go on. */
		(void)fut_futex_wait((uint64_t)&t->is_alive, 1, UINT32_MAX, FUTEX_PRIVATE,
				     TIME_NEVER);
	int result = t->result;

	thread_free(t);
	return result;
}

fut_handle thread_handle(const struct thread *t)
{
	return t->handle;
}
