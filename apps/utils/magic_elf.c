/* SPDX-License-Identifier: MPL-2.0 */
/* What file(1) tells of an ELF file: System V ABI, "Object Files" and "Program Loading". */
#include <elf.h>
#include <string.h>
#include <unistd.h>
#include "apps/utils/magic.h"

struct elf {
	const unsigned char *p;
	size_t n;
	int fd;
	bool wide, big;
	unsigned type;
	bool dynamic, has_interpreter, is_static_pie;
};

/* A number of `size` bytes at `at`, 0 outside of what was read. */
static uint64_t get(const struct elf *e, size_t at, int size)
{
	uint64_t n = 0;

	for (int i = 0; i < size; i++) {
		size_t k = at + (size_t)(e->big ? i : size - 1 - i);
		n = n << 8 | (k >= at && k < e->n ? e->p[k] : 0);
	}
	return n;
}

/* Field of a structure with another place and size in 32-bit files. */
#define GET(e, at, type, field)                                                                    \
	((e)->wide                                                                                 \
		 ? get(e, at + offsetof(Elf64_##type, field), sizeof(((Elf64_##type *)0)->field))  \
		 : get(e, at + offsetof(Elf32_##type, field), sizeof(((Elf32_##type *)0)->field)))

static const char *machine_name(unsigned machine)
{
	switch (machine) {
	case EM_386:
		return "Intel 80386";
	case EM_X86_64:
		return "x86-64";
	case EM_ARM:
		return "ARM";
	case EM_AARCH64:
		return "ARM aarch64";
	case EM_RISCV:
		return "UCB RISC-V";
	case EM_PPC64:
		return "64-bit PowerPC or cisco 7500";
	case EM_S390:
		return "IBM S/390";
	case EM_MIPS:
		return "MIPS";
	default:
		return nullptr;
	}
}

static void note_tell(struct magic *m, const struct elf *e, size_t at, size_t size)
{
	size_t stop = at + size < e->n ? at + size : e->n;

	while (at < stop && stop - at > 16) {
		size_t name = get(e, at, 4), len = get(e, at + 4, 4), type = get(e, at + 8, 4);
		size_t data = at + 12 + (name + 3) / 4 * 4;
		if (name > size || len > size || data + len > stop)
			return;
		bool gnu = name == 4 && memcmp(e->p + at + 12, "GNU", 4) == 0;
		if (gnu && type == NT_GNU_BUILD_ID) {
			text_add_string(&m->words, len == 20 ? ", BuildID[sha1]=" : ", BuildID=");
			for (size_t i = 0; i < len; i++)
				text_format(&m->words, "%02x", e->p[data + i]);
		} else if (gnu && type == NT_GNU_ABI_TAG && len >= 16) {
			text_format(&m->words, ", for GNU/Linux %u.%u.%u",
				    (unsigned)get(e, data + 4, 4), (unsigned)get(e, data + 8, 4),
				    (unsigned)get(e, data + 12, 4));
		}
		at = data + (len + 3) / 4 * 4;
	}
}

/* DF_1_PIE tells a program from a shared object; which of them has an interpreter does not. */
static bool is_pie(const struct elf *e, size_t at, size_t size)
{
	size_t step = e->wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);

	for (size_t i = at; i + step <= at + size && i + step <= e->n; i += step)
		if (GET(e, i, Dyn, d_tag) == DT_FLAGS_1)
			return (GET(e, i, Dyn, d_un.d_val) & DF_1_PIE) != 0;
	return false;
}

enum { PHDRS_MOST = 256, SHDRS_MOST = 65536 };

static size_t phdr_at(const struct elf *e, size_t i)
{
	return GET(e, 0, Ehdr, e_phoff) + i * GET(e, 0, Ehdr, e_phentsize);
}

static void headers_look(struct elf *e, bool *pie)
{
	for (size_t i = 0; i < GET(e, 0, Ehdr, e_phnum) && i < PHDRS_MOST; i++) {
		size_t at = phdr_at(e, i), type = GET(e, at, Phdr, p_type);
		e->has_interpreter |= type == PT_INTERP;
		if (type == PT_DYNAMIC) {
			e->dynamic = true;
			*pie = is_pie(e, GET(e, at, Phdr, p_offset), GET(e, at, Phdr, p_filesz));
		}
	}
}

static void headers_tell(struct magic *m, const struct elf *e)
{
	for (size_t i = 0; i < GET(e, 0, Ehdr, e_phnum) && i < PHDRS_MOST; i++) {
		size_t at = phdr_at(e, i), type = GET(e, at, Phdr, p_type);
		size_t offset = GET(e, at, Phdr, p_offset), size = GET(e, at, Phdr, p_filesz);
		if (offset >= e->n || size == 0 || size > e->n - offset)
			continue;
		if (type == PT_INTERP && e->p[offset + size - 1] == '\0')
			text_format(&m->words, ", interpreter %s", (const char *)e->p + offset);
		if (type == PT_NOTE)
			note_tell(m, e, offset, size);
	}
}

/* Section headers lie at the end, perhaps beyond what was read. */
static void sections_tell(struct magic *m, const struct elf *e)
{
	size_t count = GET(e, 0, Ehdr, e_shnum), step = GET(e, 0, Ehdr, e_shentsize);
	size_t least = e->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	off_t base = (off_t)GET(e, 0, Ehdr, e_shoff);
	bool symbols = false, debug = false;

	if (count == 0 || step != least || count > SHDRS_MOST) {
		text_add_string(&m->words, count == 0 ? ", no section header" : "");
		return;
	}
	size_t size = count * step;
	unsigned char *table = mem_alloc(size);
	ssize_t got = e->fd >= 0 ? pread(e->fd, table, size, base) : -1;
	if (got == (ssize_t)size) {
		struct elf s = *e;
		s.p = table;
		s.n = size;
		size_t strings = GET(e, 0, Ehdr, e_shstrndx) * step;
		off_t names = (off_t)GET(&s, strings, Shdr, sh_offset);
		for (size_t i = 0; i < count; i++) {
			char name[12] = "";
			symbols |= GET(&s, i * step, Shdr, sh_type) == SHT_SYMTAB;
			off_t at = names + (off_t)GET(&s, i * step, Shdr, sh_name);
			if (pread(e->fd, name, sizeof name - 1, at) > 0)
				debug |= strcmp(name, ".debug_info") == 0;
		}
	}
	mem_free(table);
	text_format(&m->words, "%s, %s", debug ? ", with debug_info" : "",
		    symbols ? "not stripped" : "stripped");
}

static void type_tell(struct magic *m, const struct elf *e, bool pie)
{
	static const char *const names[] = { "no file type", "relocatable", "executable",
					     "shared object", "core file" };
	static const char *const mimes[] = { "application/octet-stream", "application/x-object",
					     "application/x-executable", "application/x-sharedlib",
					     "application/x-coredump" };
	unsigned type = e->type < 5 ? e->type : 0;

	text_format(&m->words, " %s", type == ET_DYN && pie ? "pie executable" : names[type]);
	m->mime = type == ET_DYN && pie ? "application/x-pie-executable" : mimes[type];
}

bool magic_elf(struct magic *m, const unsigned char *bytes, size_t len, int fd)
{
	if (len < sizeof(Elf32_Ehdr) || memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return false;
	struct elf e = { .p = bytes,
			 .n = len,
			 .fd = fd,
			 .wide = bytes[EI_CLASS] == ELFCLASS64,
			 .big = bytes[EI_DATA] == ELFDATA2MSB };
	bool pie = false;

	e.type = (unsigned)GET(&e, 0, Ehdr, e_type);
	headers_look(&e, &pie);
	text_format(&m->words, "ELF %s-bit %s", e.wide ? "64" : "32", e.big ? "MSB" : "LSB");
	type_tell(m, &e, pie);
	unsigned machine = (unsigned)GET(&e, 0, Ehdr, e_machine), abi = bytes[EI_OSABI];
	const char *name = machine_name(machine);
	if (name != nullptr)
		text_format(&m->words, ", %s", name);
	else
		text_format(&m->words, ", unknown machine %u", machine);
	text_format(&m->words, ", version %u", (unsigned)GET(&e, 0, Ehdr, e_version));
	if (abi == ELFOSABI_NONE || abi == ELFOSABI_GNU)
		text_format(&m->words, " (%s)", abi == ELFOSABI_NONE ? "SYSV" : "GNU/Linux");
	if (e.type == ET_EXEC || e.type == ET_DYN)
		text_format(&m->words, ", %s linked",
			    e.type == ET_DYN && e.dynamic && !e.has_interpreter && pie
				    ? "static-pie"
			    : e.dynamic ? "dynamically"
					: "statically");
	headers_tell(m, &e);
	if (e.type != ET_CORE)
		sections_tell(m, &e);
	return true;
}
