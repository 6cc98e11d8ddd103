/* SPDX-License-Identifier: MPL-2.0 */
/* Fresh memory for each segment, then its contents through the kernel: code is never mapped
 * writable. */
#include "lib/futura/load.h"
#include "abi/user.h"

/* Copy into the task in pieces that one call takes. */
static enum err copy_out(fut_handle task, uint64_t to, const char *from, uint64_t n)
{
	constexpr uint64_t PIECE = 1048576;

	while (n > 0) {
		uint64_t done;
		enum err e = fut_space_write(task, to, from, n < PIECE ? n : PIECE, &done);

		if (e != OK)
			return e;
		to += done;
		from += done;
		n -= done;
	}
	return OK;
}

enum err elf_load(fut_handle task, const void *file, const struct elf_image *image, uint64_t base,
		  uint32_t inherit)
{
	for (unsigned i = 0; i < image->nsegments; i++) {
		const struct elf_segment *s = &image->segments[i];
		uint64_t at;
		enum err e = fut_space_map(task, 0, base + s->address, 0, s->size,
					   s->flags | MAP_FIXED | inherit, &at);
		if (e == OK)
			e = copy_out(task, at + s->skip, (const char *)file + s->offset, s->nbytes);
		if (e != OK)
			return e;
	}
	return OK;
}
