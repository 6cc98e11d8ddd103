/* SPDX-License-Identifier: MPL-2.0 */
/* The program's own headers say where the first values of thread-local variables are. */
#include "lib/futura/tls.h"
#include <elf.h>
#include <string.h>
#include <futura-arch/arch.h>

extern const Elf64_Ehdr __ehdr_start; /* the linker: this program's ELF header, in memory */
extern uintptr_t __stack_chk_guard;

static const Elf64_Phdr *tls_header(void)
{
	const char *base = (const char *)&__ehdr_start;
	const Elf64_Phdr *p = (const Elf64_Phdr *)(base + __ehdr_start.e_phoff);

	for (unsigned i = 0; i < __ehdr_start.e_phnum; i++)
		if (p[i].p_type == PT_TLS)
			return &p[i];
	return nullptr; /* there are no such variables */
}

/* What the linker has rounded the variables' size to: the thread pointer is where that ends. */
static size_t own_align(const Elf64_Phdr *p)
{
	return p ? p->p_align : 1;
}

size_t tls_align(void)
{
	const Elf64_Phdr *p = tls_header();

	return p && p->p_align > 16 ? p->p_align : 16;
}

size_t tls_size(void)
{
	const Elf64_Phdr *p = tls_header();

	return tls_block_size(p ? p->p_memsz : 0, own_align(p));
}

void *tls_init(void *block)
{
	const Elf64_Phdr *p = tls_header();
	void *pointer;
	void *variables = tls_block_init(block, p ? p->p_memsz : 0, own_align(p), __stack_chk_guard,
					 &pointer);

	if (p)
		memcpy(variables, (const char *)&__ehdr_start + p->p_vaddr, p->p_filesz);
	return pointer;
}
