/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/exec/image.h"
#include <asm/errno.h>
#include <elf.h>
#include <string.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/mm/maps.h"
#include <posix-arch/cpu.h>

constexpr unsigned HEADERS_MOST = 64;

static bool read_at(fut_handle vmo, uint64_t size, uint64_t offset, void *to, size_t n)
{
	return offset <= size && n <= size - offset && fut_vmo_read(vmo, offset, to, n) == OK;
}

static bool is_program(const Elf64_Ehdr *h)
{
	return memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 && h->e_ident[EI_CLASS] == ELFCLASS64 &&
	       h->e_ident[EI_DATA] == ELFDATA2LSB && h->e_machine == GUEST_MACHINE &&
	       (h->e_type == ET_EXEC || h->e_type == ET_DYN) &&
	       h->e_phentsize == sizeof(Elf64_Phdr) && h->e_phnum > 0 && h->e_phnum <= HEADERS_MOST;
}

static uint32_t access_of(uint32_t flags)
{
	return ((flags & PF_R) != 0 ? MAP_READ : 0) | ((flags & PF_W) != 0 ? MAP_WRITE : 0) |
	       ((flags & PF_X) != 0 ? MAP_EXEC : 0);
}

static bool add_segment(struct image *image, const Elf64_Phdr *p, const Elf64_Ehdr *h,
			uint64_t size)
{
	if (p->p_memsz == 0)
		return true;
	if (image->nsegments == IMAGE_SEGMENTS || p->p_filesz > p->p_memsz ||
	    !guest_ok(p->p_vaddr, p->p_memsz) || p->p_offset > size ||
	    p->p_filesz > size - p->p_offset || p->p_offset % PAGE != p->p_vaddr % PAGE ||
	    page_down(p->p_vaddr) < image->high)
		return false;
	image->segments[image->nsegments++] =
		(struct image_segment){ p->p_vaddr, p->p_filesz, p->p_memsz, p->p_offset,
					access_of(p->p_flags) };
	if (image->nsegments == 1)
		image->low = page_down(p->p_vaddr);
	image->high = page_up(p->p_vaddr + p->p_memsz);
	if (h->e_phoff >= p->p_offset && h->e_phoff - p->p_offset < p->p_filesz)
		image->headers = p->p_vaddr + (h->e_phoff - p->p_offset);
	return true;
}

static bool read_interpreter(struct image *image, const Elf64_Phdr *p, fut_handle vmo,
			     uint64_t size)
{
	if (image->interpreter != nullptr)
		return true; /* the first counts */
	if (p->p_filesz <= 1 || p->p_filesz > INTERPRETER_MOST)
		return false;
	image->interpreter = heap_room(p->p_filesz);
	return image->interpreter != nullptr &&
	       read_at(vmo, size, p->p_offset, image->interpreter, p->p_filesz) &&
	       image->interpreter[p->p_filesz - 1] == '\0';
}

/* Of its segments only those that were put in are read. */
void image_init(struct image *image)
{
	memset(image, 0, offsetof(struct image, segments));
}

void image_free(struct image *image)
{
	heap_free(image->interpreter);
	image->interpreter = nullptr;
}

int64_t image_read(fut_handle vmo, uint64_t size, struct image *image)
{
	Elf64_Phdr headers[HEADERS_MOST];
	Elf64_Ehdr h;

	if (!read_at(vmo, size, 0, &h, sizeof(h)) || !is_program(&h) ||
	    !read_at(vmo, size, h.e_phoff, headers, h.e_phnum * sizeof(*headers)))
		return -ENOEXEC;
	image->entry = h.e_entry;
	image->nheaders = h.e_phnum;
	image->is_movable = h.e_type == ET_DYN;
	for (unsigned i = 0; i < h.e_phnum; i++) {
		const Elf64_Phdr *p = &headers[i];
		if ((p->p_type == PT_LOAD && !add_segment(image, p, &h, size)) ||
		    (p->p_type == PT_INTERP && !read_interpreter(image, p, vmo, size)))
			return -ENOEXEC;
		if (p->p_type == PT_GNU_STACK)
			image->stack_executable = (p->p_flags & PF_X) != 0;
	}
	return image->nsegments > 0 && guest_ok(image->entry, 1) ? 0 : -ENOEXEC;
}

/* A segment's pages from the file, and fresh ones after them. */
static int64_t map_segment(const struct image_segment *s, struct map_backing *file, uint64_t base)
{
	uint64_t start = page_down(base + s->address),
		 end = page_up(base + s->address + s->memory_size);
	uint64_t data_end = base + s->address + s->file_size, file_end = page_up(data_end);
	struct map_request r = {
		.address = start, .fixed = true, .replace = true, .flags = s->access
	};
	int64_t at = 0;

	if (s->file_size > 0) {
		r.size = file_end - start;
		r.backing = file;
		r.offset = page_down(s->offset);
		at = maps_add(&r);
		/* What the file has after the segment on its last page must not show. */
		if (at >= 0 && s->memory_size > s->file_size && data_end < file_end &&
		    guest_zero(data_end, file_end - data_end) != 0)
			return -ENOEXEC; /* not writable, and yet larger than its contents */
	} else {
		file_end = start;
	}
	if (at >= 0 && end > file_end) {
		r = (struct map_request){ .address = file_end,
					  .size = end - file_end,
					  .fixed = true,
					  .replace = true,
					  .flags = s->access };
		at = maps_add(&r);
	}
	return at < 0 ? at : 0;
}

int64_t image_map(const struct image *image, struct map_backing *file, uint64_t wish,
		  uint64_t *base)
{
	uint64_t size = image->high - image->low, at;

	*base = 0;
	if (image->is_movable) {
		at = wish != 0 && guest_ok(wish, size) ? wish : maps_gap(size, maps_top);
		if (at == 0)
			return -ENOMEM;
		*base = at - image->low;
	} else if (image->low < GUEST_START) {
		return -EPERM;
	}
	for (unsigned i = 0; i < image->nsegments; i++) {
		int64_t error = map_segment(&image->segments[i], file, *base);
		if (error < 0)
			return error;
	}
	return 0;
}
