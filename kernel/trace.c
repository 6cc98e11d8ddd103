/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/trace.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/frame.h"
#include "kernel/resource.h"
#include "kernel/sched.h"
#include "kernel/vmo.h"

constexpr uint32_t ENTRIES = 4096;
constexpr uint32_t TRACE_ALL = (1u << (TRACE_TASK + 1)) - 1;

uint32_t trace_mask;

static struct trace_head *head; /* in one run of pages, the rings behind it; made at first use */
static uint64_t size;

void trace_write(enum trace_kind kind, uint64_t a, uint64_t b, uint64_t c)
{
	struct cpu *cpu = this_cpu();
	struct trace_entry *ring = (struct trace_entry *)((char *)head + head->first);
	uint64_t n = head->next[cpu->index];

	ring[cpu->index * ENTRIES + n % ENTRIES] = (struct trace_entry){
		.time_ns = time_now(),
		.thread = cpu->current != nullptr ? (uint32_t)cpu->current->object.id : 0,
		.kind = kind,
		.cpu = (uint16_t)cpu->index,
		.a = a,
		.b = b,
		.c = c,
	};
	/* The entry is whole before the reader can count it. */
	__atomic_store_n(&head->next[cpu->index], n + 1, __ATOMIC_RELEASE);
}

static bool rings_create(struct quota *quota)
{
	uint64_t need = PAGE_SIZE + ncpus * ENTRIES * sizeof(struct trace_entry);
	uint64_t n = bytes_to_pages(need);
	paddr first;

	if (!frame_alloc_run(quota, FRAME_KERNEL, 64u - (unsigned)__builtin_clzll(n - 1), &first))
		return false;
	size = n << PAGE_SHIFT;
	for (uint64_t at = 0; at < size; at += PAGE_SIZE)
		page_zero(direct(paddr_add(first, at)));
	head = direct(first);
	*head = (struct trace_head){
		.magic = TRACE_MAGIC, .ncpus = ncpus, .entries = ENTRIES, .first = PAGE_SIZE
	};
	return true;
}

enum err sys_system_trace(struct thread *self, struct resource *resource, uint32_t mask,
			  struct vmo **vmo)
{
	enum err e = resource_check(resource, RESOURCE_SYSTEM);

	if (e != OK)
		return e;
	if (head == nullptr && !rings_create(nullptr))
		return ERR_NO_MEMORY;
	*vmo = vmo_create(self->task->object.quota, size);
	if (*vmo == nullptr)
		return ERR_NO_MEMORY;
	(*vmo)->kind = VMO_PHYSICAL;
	(*vmo)->base = direct_paddr(head);
	head->mask = trace_mask = mask & TRACE_ALL;
	calls_trace(trace_mask != 0);
	return OK;
}
