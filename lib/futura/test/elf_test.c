/* SPDX-License-Identifier: MPL-2.0 */
/* The program reader: what it accepts, and each thing it refuses. */
#include "lib/futura/elf.h"
#include <elf.h>
#include <string.h>
#include "lib/test/test.h"

struct program {
	Elf64_Ehdr h;
	Elf64_Phdr p[3];
	char contents[4096];
};

static struct program *setup(void)
{
	static struct program f;

	f = (struct program){
		.h = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, 1 },
			.e_type = ET_DYN,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_entry = 0x1010,
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 3,
		},
		.p = {
			{ PT_LOAD, PF_R | PF_X, 0, 0x1000, 0, 0x100, 0x100, 4096 },
			{ PT_LOAD, PF_R | PF_W, 0x210, 0x3210, 0, 0x20, 0x2000, 4096 },
			{ PT_TLS, PF_R, 0, 0, 0, 0, 0, 8 },
		},
	};
	return &f;
}

static enum err parse(const struct program *f, struct elf_image *image)
{
	return elf_parse(f, sizeof(*f), image);
}

TEST(elf, reads_segments)
{
	struct elf_image i;

	CHECK(parse(setup(), &i) == OK);
	CHECK(i.is_movable && i.machine == ELF_X86_64 && i.entry == 0x1010 && i.nsegments == 2);
	CHECK(i.low == 0x1000 && i.high == 0x6000);
	CHECK(i.segments[0].flags == (MAP_READ | MAP_EXEC) && i.segments[0].nbytes == 0x100);
	CHECK(i.segments[1].address == 0x3000 && i.segments[1].size == 0x3000);
	CHECK(i.segments[1].skip == 0x210 && i.segments[1].offset == 0x210);
}

/* Each line spoils one thing. */
#define REFUSES(what, expected, ...)                                                               \
	TEST(elf, refuses_##what)                                                                  \
	{                                                                                          \
		struct program *f = setup();                                                       \
		struct elf_image i;                                                                \
		__VA_ARGS__;                                                                       \
		CHECK(parse(f, &i) == (expected));                                                 \
	}

REFUSES(another_magic, ERR_BAD_ARGUMENT, f->h.e_ident[0] = 'M')
REFUSES(thirty_two_bits, ERR_UNSUPPORTED, f->h.e_ident[EI_CLASS] = ELFCLASS32)
REFUSES(big_endian, ERR_UNSUPPORTED, f->h.e_ident[EI_DATA] = ELFDATA2MSB)
REFUSES(an_object_file, ERR_UNSUPPORTED, f->h.e_type = ET_REL)
REFUSES(a_dynamic_linker, ERR_UNSUPPORTED, f->p[2].p_type = PT_INTERP)
REFUSES(no_headers, ERR_BAD_ARGUMENT, f->h.e_phnum = 0)
REFUSES(headers_past_the_end, ERR_BAD_ARGUMENT, f->h.e_phoff = sizeof(*f) - 8)
REFUSES(headers_that_wrap, ERR_BAD_ARGUMENT, f->h.e_phoff = UINT64_MAX - 7)
REFUSES(headers_of_another_size, ERR_BAD_ARGUMENT, f->h.e_phentsize = 32)
REFUSES(more_contents_than_memory, ERR_BAD_ARGUMENT, f->p[0].p_filesz = 0x101)
REFUSES(contents_past_the_end, ERR_BAD_ARGUMENT, f->p[0].p_offset = sizeof(*f))
REFUSES(contents_that_wrap, ERR_BAD_ARGUMENT, f->p[0].p_offset = UINT64_MAX)
REFUSES(memory_that_wraps, ERR_BAD_ARGUMENT, f->p[1].p_vaddr = UINT64_MAX - 0x1fff)
REFUSES(kernel_addresses, ERR_BAD_ARGUMENT, f->p[1].p_vaddr = 1ull << 47)
REFUSES(writable_code, ERR_BAD_ARGUMENT, f->p[0].p_flags |= PF_W)
REFUSES(segments_on_one_page, ERR_BAD_ARGUMENT, f->p[1].p_vaddr = 0x1f10)
REFUSES(an_entry_outside_code, ERR_BAD_ARGUMENT, f->h.e_entry = 0x3210)
REFUSES(no_code, ERR_BAD_ARGUMENT, f->p[0].p_memsz = f->p[0].p_filesz = 0)

TEST(elf, refuses_too_many_segments)
{
	static struct {
		Elf64_Ehdr h;
		Elf64_Phdr p[ELF_SEGMENTS + 1];
	} f;
	struct elf_image i;

	f.h = setup()->h;
	f.h.e_phnum = ELF_SEGMENTS + 1;
	for (unsigned k = 0; k <= ELF_SEGMENTS; k++)
		f.p[k] = (Elf64_Phdr){ PT_LOAD, PF_R | PF_X, 0, 0x1000ul * (k + 1), 0, 1, 1, 4096 };
	CHECK(elf_parse(&f, sizeof(f), &i) == ERR_TOO_BIG);
}

TEST(elf, refuses_a_file_shorter_than_its_header)
{
	struct elf_image i;

	CHECK(elf_parse(setup(), sizeof(Elf64_Ehdr) - 1, &i) == ERR_BAD_ARGUMENT);
}
