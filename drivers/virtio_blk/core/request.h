/* SPDX-License-Identifier: MPL-2.0 */
/* A client's request, checked against what its session may do, as a job for the device. */
#pragma once
#include "drivers/virtio_blk/core/blk.h"
#include "lib/futura/block_ring.h"

/* Memory of a client, pinned: where the device sees each of its pages. */
struct memory {
	uint64_t size; /* bytes, whole pages; 0: this number is free */
	uint64_t *page;
	uint64_t *run; /* where the device sees the pieces that were pinned in one */
	unsigned nruns;
	unsigned nbusy; /* requests under way in it */
};

/* What a session is for. */
struct extent {
	uint64_t first, count; /* sectors of the device */
	bool is_read_only;
};

/*
 * Fill `job` but for `owner`. Errors are those of struct block_done: nothing has been started then.
 * ERR_WOULD_BLOCK: there is nothing to do, the request has ended well.
 */
enum err request_read(const struct block_request *r, const struct blk_limits *l,
		      const struct extent *x, const struct memory memories[BLOCK_MEMORIES],
		      struct blk_job *job);

/* Part of an extent. ERR_BAD_ARGUMENT: it is not inside. */
enum err extent_part(const struct extent *x, uint64_t first, uint64_t count, struct extent *part);
