/* SPDX-License-Identifier: MPL-2.0 */
/* Checking requests: every number in one comes from a client that may want to do harm. */
#include "drivers/virtio_blk/core/request.h"

constexpr uint64_t PAGE = 4096;

static bool is_inside(uint64_t first, uint64_t count, uint64_t size)
{
	return first <= size && count <= size - first;
}

enum err extent_part(const struct extent *x, uint64_t first, uint64_t count, struct extent *part)
{
	if (count == 0 || !is_inside(first, count, x->count))
		return ERR_BAD_ARGUMENT;
	*part = (struct extent){ x->first + first, count, x->is_read_only };
	return OK;
}

/* Add bytes that the device sees in one piece, to the last segment if they follow it. */
static bool segment_add(struct blk_job *job, const struct blk_limits *l, uint64_t address,
			uint32_t size)
{
	struct blk_segment *last = job->nsegments > 0 ? &job->segment[job->nsegments - 1] : nullptr;

	if (last && last->address + last->size == address && last->size + size <= l->segment_max) {
		last->size += size;
		return true;
	}
	if (job->nsegments == l->nsegments)
		return false;
	job->segment[job->nsegments++] = (struct blk_segment){ address, size };
	return true;
}

/* The pieces of `bytes` bytes of memory from `offset` on, which are inside. */
static enum err segments_find(const struct memory *m, const struct blk_limits *l, uint64_t offset,
			      uint64_t bytes, struct blk_job *job)
{
	while (bytes > 0) {
		uint64_t in_page = offset % PAGE, n = PAGE - in_page;
		if (n > bytes)
			n = bytes;
		if (n > l->segment_max)
			n = l->segment_max;
		if (!segment_add(job, l, m->page[offset / PAGE] + in_page, (uint32_t)n))
			return ERR_TOO_BIG;
		offset += n;
		bytes -= n;
	}
	return OK;
}

static enum err transfer_read(const struct block_request *r, const struct blk_limits *l,
			      const struct memory memories[BLOCK_MEMORIES], struct blk_job *job)
{
	uint64_t bytes = (uint64_t)r->count * l->sector_size;

	if (r->memory >= BLOCK_MEMORIES || r->offset % l->sector_size != 0 ||
	    !is_inside(r->offset, bytes, memories[r->memory].size))
		return ERR_BAD_ARGUMENT;
	if (bytes > l->max_bytes)
		return ERR_TOO_BIG;
	job->memory = r->memory;
	return segments_find(&memories[r->memory], l, r->offset, bytes, job);
}

static enum err erase_read(const struct block_request *r, uint32_t most)
{
	if (most == 0)
		return ERR_UNSUPPORTED;
	return r->count > most ? ERR_TOO_BIG : OK;
}

enum err request_read(const struct block_request *r, const struct blk_limits *l,
		      const struct extent *x, const struct memory memories[BLOCK_MEMORIES],
		      struct blk_job *job)
{
	bool is_flush = r->op == BLOCK_OP_FLUSH;

	if (r->op < BLOCK_OP_READ || r->op > BLOCK_OP_ZERO ||
	    (r->flags & ~(r->op == BLOCK_OP_WRITE ? BLOCK_FUA : 0)) != 0)
		return ERR_BAD_ARGUMENT;
	if (!is_flush && (r->count == 0 || !is_inside(r->sector, r->count, x->count)))
		return ERR_BAD_ARGUMENT;
	if (x->is_read_only && r->op != BLOCK_OP_READ && !is_flush)
		return ERR_DENIED;
	job->op = r->op;
	job->fua = r->flags & BLOCK_FUA && l->can_flush;
	job->sector = (x->first + r->sector) * (l->sector_size / 512);
	job->count = r->count * (l->sector_size / 512);
	job->nsegments = 0;
	job->cookie = r->cookie;
	job->memory = BLOCK_MEMORIES;
	switch (r->op) {
	case BLOCK_OP_READ:
	case BLOCK_OP_WRITE:
		return transfer_read(r, l, memories, job);
	case BLOCK_OP_DISCARD:
		return erase_read(r, l->max_discard);
	case BLOCK_OP_ZERO:
		return erase_read(r, l->max_zero);
	default:
		/* Without a cache every write lasts once it has completed. */
		return l->can_flush ? OK : ERR_WOULD_BLOCK;
	}
}
