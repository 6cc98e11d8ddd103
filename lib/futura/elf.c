/* SPDX-License-Identifier: MPL-2.0 */
/* ELF-64, as the System V ABI (generic, chapter 4 and 5) lays it out. */
#include "lib/futura/elf.h"
#include <elf.h>
#include <stdckdint.h>
#include <string.h>

constexpr uint64_t PAGE = 4096;
constexpr uint64_t ADDRESS_END = 1ull << 47; /* no user address lies above */

static enum err header_check(const Elf64_Ehdr *h, size_t size)
{
	uint64_t end;

	if (memcmp(h->e_ident, ELFMAG, SELFMAG) != 0 || h->e_version != EV_CURRENT)
		return ERR_BAD_ARGUMENT;
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB)
		return ERR_UNSUPPORTED;
	if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
		return ERR_UNSUPPORTED;
	if (h->e_phnum == 0 || h->e_phentsize != sizeof(Elf64_Phdr) ||
	    ckd_add(&end, h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr)) || end > size)
		return ERR_BAD_ARGUMENT;
	return OK;
}

static uint32_t map_flags(uint32_t flags)
{
	return (flags & PF_R ? MAP_READ : 0) | (flags & PF_W ? MAP_WRITE : 0) |
	       (flags & PF_X ? MAP_EXEC : 0);
}

static enum err segment_add(struct elf_image *image, const Elf64_Phdr *p, size_t size)
{
	uint64_t file_end, end;

	if (p->p_memsz == 0)
		return OK;
	if (image->nsegments == ELF_SEGMENTS)
		return ERR_TOO_BIG;
	if (p->p_filesz > p->p_memsz || ckd_add(&file_end, p->p_offset, p->p_filesz) ||
	    file_end > size || ckd_add(&end, p->p_vaddr, p->p_memsz) || end > ADDRESS_END - PAGE)
		return ERR_BAD_ARGUMENT;
	if ((p->p_flags & PF_W) && (p->p_flags & PF_X))
		return ERR_BAD_ARGUMENT;
	uint64_t address = p->p_vaddr & ~(PAGE - 1);
	if (image->nsegments > 0 && address < image->high)
		return ERR_BAD_ARGUMENT;
	end = (end + PAGE - 1) & ~(PAGE - 1);
	image->segments[image->nsegments++] = (struct elf_segment){
		.address = address,
		.size = end - address,
		.skip = p->p_vaddr - address,
		.offset = p->p_offset,
		.nbytes = p->p_filesz,
		.flags = map_flags(p->p_flags),
	};
	if (image->nsegments == 1)
		image->low = address;
	image->high = end;
	return OK;
}

static bool entry_is_code(const struct elf_image *image)
{
	for (unsigned i = 0; i < image->nsegments; i++) {
		const struct elf_segment *s = &image->segments[i];
		if ((s->flags & MAP_EXEC) && image->entry >= s->address &&
		    image->entry - s->address < s->size)
			return true;
	}
	return false;
}

enum err elf_parse(const void *file, size_t size, struct elf_image *image)
{
	Elf64_Ehdr h;
	enum err e;

	if (size < sizeof(h))
		return ERR_BAD_ARGUMENT;
	memcpy(&h, file, sizeof(h));
	if ((e = header_check(&h, size)) != OK)
		return e;
	image->entry = h.e_entry;
	image->low = image->high = 0;
	image->is_movable = h.e_type == ET_DYN;
	image->machine = (enum elf_machine)h.e_machine;
	image->nsegments = 0;
	for (unsigned i = 0; i < h.e_phnum; i++) {
		Elf64_Phdr p;
		memcpy(&p, (const char *)file + h.e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type == PT_INTERP)
			return ERR_UNSUPPORTED;
		if (p.p_type == PT_LOAD && (e = segment_add(image, &p, size)) != OK)
			return e;
	}
	return entry_is_code(image) ? OK : ERR_BAD_ARGUMENT;
}
