/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The shared memory of a block session (protocol/block.fipc): two rings (lib/futura/ring.h) in one
 * page, requests from the client and completions from the driver. The driver makes the page.
 */
#pragma once
#include <stdint.h>
#include "lib/futura/ring.h"
#include "protocol/block.h"

struct block_request {
	uint64_t cookie; /* the client's: comes back with the completion */
	uint64_t sector;
	uint64_t offset; /* in the attached memory, a multiple of the sector size */
	uint32_t count;  /* sectors */
	uint16_t memory; /* the number that `attach` gave */
	uint8_t op;      /* BLOCK_OP_... */
	uint8_t flags;   /* BLOCK_FUA */
};
static_assert(sizeof(struct block_request) == 32);

/* In any order. `error`: OK, ERR_BAD_ARGUMENT for a request that makes no sense or reaches outside
 * disk or memory, ERR_TOO_BIG, ERR_DENIED, ERR_UNSUPPORTED, ERR_IO. */
struct block_done {
	uint64_t cookie;
	int32_t error;
	uint32_t reserved;
};
static_assert(sizeof(struct block_done) == 16);

constexpr uint32_t BLOCK_REQUESTS_SIZE = BLOCK_DEPTH * sizeof(struct block_request);
constexpr uint32_t BLOCK_DONE_SIZE = BLOCK_DEPTH * sizeof(struct block_done);
constexpr uint32_t BLOCK_DONE_OFFSET = RING_HEADER + BLOCK_REQUESTS_SIZE;
constexpr uint32_t BLOCK_RING_SIZE = 4096;
static_assert(BLOCK_DONE_OFFSET + RING_HEADER + BLOCK_DONE_SIZE <= BLOCK_RING_SIZE);
