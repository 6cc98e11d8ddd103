/* SPDX-License-Identifier: MPL-2.0 */
/* Fresh memory for each segment, then its contents through the kernel: code is never mapped
 * writable. */
#include "lib/futura/load.h"
#include "abi/user.h"

constexpr uint64_t PIECE = 1048576; /* of contents: what one call takes */

static enum err copy_out(fut_handle task, uint64_t to, const char *from, uint64_t n)
{
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

static enum err segment_share(const char *file, const struct elf_segment *s, fut_handle *shared)
{
	fut_handle whole;
	enum err e = fut_vmo_create(s->size, 0, &whole);

	if (e != OK)
		return e;
	for (uint64_t done = 0, part; done < s->nbytes && e == OK; done += part) {
		part = s->nbytes - done < PIECE ? s->nbytes - done : PIECE;
		e = fut_vmo_write(whole, s->skip + done, file + s->offset + done, part);
	}
	if (e == OK)
		e = fut_handle_duplicate(whole, s->flags | RIGHT_MAP, shared);
	(void)fut_handle_close(whole); /* ours, and open */
	return e;
}

enum err elf_share(const void *file, const struct elf_image *image, fut_handle shared[ELF_SEGMENTS])
{
	enum err e = OK;

	for (unsigned i = 0; i < image->nsegments && e == OK; i++) {
		shared[i] = 0;
		if ((image->segments[i].flags & MAP_WRITE) == 0)
			e = segment_share(file, &image->segments[i], &shared[i]);
	}
	return e;
}

static enum err segment_load(fut_handle task, const char *file, const struct elf_segment *s,
			     uint64_t base, uint32_t flags)
{
	uint64_t at;
	enum err e = fut_space_map(task, 0, base + s->address, 0, s->size, flags, &at);

	return e == OK ? copy_out(task, at + s->skip, file + s->offset, s->nbytes) : e;
}

enum err elf_load(fut_handle task, const void *file, const struct elf_image *image, uint64_t base,
		  uint32_t inherit, const fut_handle shared[ELF_SEGMENTS])
{
	enum err e = OK;

	for (unsigned i = 0; i < image->nsegments && e == OK; i++) {
		const struct elf_segment *s = &image->segments[i];
		uint32_t flags = s->flags | MAP_FIXED | inherit;
		uint64_t at;

		if (shared != nullptr && shared[i] != 0)
			e = fut_space_map(task, shared[i], base + s->address, 0, s->size, flags,
					  &at);
		else
			e = segment_load(task, file, s, base, flags);
	}
	return e;
}
