/* SPDX-License-Identifier: MPL-2.0 */
/* The driver's side of a split virtqueue. */
#include "lib/virtio/queue.h"
#include <stdatomic.h>

constexpr uint16_t USED_NO_NOTIFY = 1;

size_t virtq_avail_offset(unsigned size)
{
	return size * sizeof(struct virtq_desc);
}

size_t virtq_used_offset(unsigned size)
{
	/* Flags, index, entries, and an event index that we do not negotiate. */
	size_t end = virtq_avail_offset(size) + 2 * (3 + (size_t)size);

	return (end + VIRTQ_ALIGN - 1) & ~(VIRTQ_ALIGN - 1);
}

size_t virtq_bytes(unsigned size)
{
	size_t end = virtq_used_offset(size) + 6 + 8 * (size_t)size;

	return (end + VIRTQ_ALIGN - 1) & ~(VIRTQ_ALIGN - 1);
}

void virtq_init(struct virtq *q, void *memory, unsigned size)
{
	char *at = memory;

	*q = (struct virtq){
		.size = size,
		.desc = (struct virtq_desc *)at,
		.avail = (struct virtq_avail *)(at + virtq_avail_offset(size)),
		.used = (struct virtq_used *)(at + virtq_used_offset(size)),
	};
}

void virtq_put(struct virtq *q, uint16_t head)
{
	q->avail->ring[q->next_avail++ & (q->size - 1)] = head;
	/* From here the device can see the entry and the descriptors. */
	atomic_store_explicit(&q->avail->index, q->next_avail, memory_order_release);
}

bool virtq_wants_notice(const struct virtq *q)
{
	/* The index must be visible before the flag is read, or both sides could go to sleep. */
	atomic_thread_fence(memory_order_seq_cst);
	return (atomic_load_explicit(&q->used->flags, memory_order_relaxed) & USED_NO_NOTIFY) == 0;
}

enum err virtq_take(struct virtq *q, uint16_t *head)
{
	uint16_t filled = (uint16_t)(atomic_load_explicit(&q->used->index, memory_order_acquire) -
				     q->next_used);

	if (filled == 0)
		return ERR_WOULD_BLOCK;
	if (filled > q->size)
		return ERR_IO;
	uint32_t id = *(volatile uint32_t *)&q->used->ring[q->next_used & (q->size - 1)].id;
	if (id >= q->size)
		return ERR_IO;
	q->next_used++;
	*head = (uint16_t)id;
	return OK;
}
