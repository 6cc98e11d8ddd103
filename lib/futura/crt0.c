/* SPDX-License-Identifier: MPL-2.0 */
/* From the first instruction to main: relocation, canary, thread-local storage, arguments. */
#include "lib/futura/program.h"
#include "lib/futura/random.h"
#include "lib/futura/startup.h"
#include "lib/futura/tls.h"
#include <elf.h>
#include <stdlib.h>
#include <futura-arch/arch.h>

/* Programs without large thread-local variables start without asking for memory. */
constexpr size_t FIRST_TLS = 1024;

extern const Elf64_Ehdr __ehdr_start;
extern const Elf64_Dyn _DYNAMIC[];

int main(int argc, char **argv);
[[noreturn]] void program_start(const struct startup *block);

uintptr_t __stack_chk_guard = 0x595e9fbd94fda766; /* replaced before main */
static const struct startup *startup;

/*
 * Programs are linked to run anywhere: each address stored in their data gets the load base added.
 * Runs before any of them may be used. Nothing here may have a stack guard, which would be such
 * use.
 */
[[clang::no_stack_protector]] static void relocate(void)
{
	uint64_t base = (uint64_t)&__ehdr_start, size = 0;
	const Elf64_Rela *r = nullptr;

	for (const Elf64_Dyn *d = _DYNAMIC; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_RELA)
			r = (const Elf64_Rela *)(base + d->d_un.d_ptr);
		else if (d->d_tag == DT_RELASZ)
			size = d->d_un.d_val;
	}
	for (size_t i = 0; r != nullptr && i < size / sizeof(*r); i++) {
		if (ELF64_R_TYPE(r[i].r_info) != RELOCATION_RELATIVE)
			__builtin_trap(); /* the build refuses to make such a program */
		*(uint64_t *)(base + r[i].r_offset) = base + (uint64_t)r[i].r_addend;
	}
}

/* Make what was relocated and does not change any more read-only. */
[[clang::no_stack_protector]] static void seal(void)
{
	uint64_t base = (uint64_t)&__ehdr_start;
	const Elf64_Phdr *p = (const Elf64_Phdr *)(base + __ehdr_start.e_phoff);

	for (unsigned i = 0; i < __ehdr_start.e_phnum; i++) {
		if (p[i].p_type != PT_GNU_RELRO)
			continue;
		uint64_t start = (base + p[i].p_vaddr) & ~0xfffull;
		uint64_t end = (base + p[i].p_vaddr + p[i].p_memsz) & ~0xfffull;
		if (end > start)
			/* Only a hardening: a program whose quota is used up runs without. */
			(void)fut_space_protect(0, start, end - start, MAP_READ);
	}
}

[[clang::no_stack_protector]] static void first_thread_tls(void)
{
	alignas(64) static char room[FIRST_TLS];
	void *block = room;

	if (tls_size() > sizeof(room) || tls_align() > alignof(max_align_t) * 4) {
		uint64_t at;
		uint64_t size = tls_size() + tls_align();
		if (fut_space_map(0, 0, 0, 0, (size + 4095) & ~4095ull,
				  MAP_READ | MAP_WRITE | INHERIT_COPY, &at) != OK)
			exit(PANIC_CODE);
		block = (void *)((at + tls_align() - 1) & ~(tls_align() - 1));
	}
	tls_install(tls_init(block));
}

static char **arguments(void)
{
	char **argv = malloc((startup->argc + 1) * sizeof(*argv));

	if (argv == nullptr)
		panic("no memory for %u arguments", startup->argc);
	for (unsigned i = 0; i < startup->argc; i++)
		argv[i] = (char *)startup_argument(startup, i);
	argv[startup->argc] = nullptr;
	return argv;
}

[[clang::no_stack_protector]] void program_start(const struct startup *block)
{
	relocate();
	random_start(block->random);
	__stack_chk_guard = random_u64() & ~0xffull; /* a zero byte stops strings that run over */
	first_thread_tls();
	seal();
	if (startup_check(block, block->size) != OK)
		panic("the start-up block is damaged");
	startup = block;
	exit(main((int)startup->argc, arguments()));
}

const struct startup *startup_block(void)
{
	return startup;
}

fut_handle cap_get(const char *name)
{
	return startup ? startup_cap(startup, name) : 0;
}

fut_handle cap_need(const char *name)
{
	fut_handle h = cap_get(name);

	if (h == 0)
		panic("was not given the capability `%s`", name);
	return h;
}

const char *env_get(const char *name)
{
	return startup ? startup_env(startup, name) : nullptr;
}
