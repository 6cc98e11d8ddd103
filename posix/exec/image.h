/* SPDX-License-Identifier: MPL-2.0 */
/* Programs for Linux: reading their headers, of which nothing is trusted, and mapping them. */
#pragma once
#include "abi/kernel.h"

constexpr unsigned IMAGE_SEGMENTS = 32;
constexpr unsigned INTERPRETER_MOST = 4096;

struct map_backing;

struct image_segment {
	uint64_t address, file_size, memory_size, offset;
	uint32_t access; /* PROT_ bits */
};

struct image {
	uint64_t entry,
		headers;    /* as linked; `headers` is where the program headers are mapped, or 0 */
	uint64_t low, high; /* page aligned */
	uint16_t nheaders;
	bool is_movable, stack_executable;
	char *interpreter; /* from the heap; nullptr: none */
	unsigned nsegments;
	struct image_segment segments[IMAGE_SEGMENTS];
};

void image_init(struct image *image);
void image_free(struct image *image);
/* Read the headers from a file's contents into an image that was initialised: 0, -ENOEXEC, or an
 * error of reading. */
int64_t image_read(fut_handle vmo, uint64_t size, struct image *image);
/* The address that makes it run anywhere: added to
 * all of its own. `near`: where it is wanted, or 0. */
int64_t image_map(const struct image *image, struct map_backing *file, uint64_t wish,
		  uint64_t *base);
