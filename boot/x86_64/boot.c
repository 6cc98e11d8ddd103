/* SPDX-License-Identifier: MPL-2.0 */
/* The way from a loader's information to kernel_main, but for what assembly has to do. */
#include "boot/x86_64/boot.h"
#include "kernel/arch/x86_64/memory.h"
#include "kernel/arch/x86_64/random.h"
#include "kernel/arch/x86_64/smp.h"
#include "kernel/arch/x86_64/trap.h"
#include "kernel/arch/x86_64/uart.h"
#include "kernel/log.h"
#include "kernel/string.h"

enum loader : uint32_t { LOADER_PVH = 0, LOADER_MULTIBOOT = 1 }; /* as in head.S */

constexpr uint64_t LOW_END = 0xa0000;
constexpr size_t SMAP_INSTRUCTION = 3; /* bytes of stac and clac */

extern const uint64_t relocations_start[],
	relocations_end[]; /* SHT_RELR of the ELF specification */
extern const int32_t smap_sites_start[], smap_sites_end[];

uint64_t boot_low(enum loader loader, uint64_t info);
[[noreturn]] void boot_high(void);

uint64_t start_ticks; /* set by head.S */
vaddr boot_stack_top;
uint64_t trampoline_page;
static struct boot_info boot;

void boot_fail(const char *why)
{
	klog("boot: %s\n", why);
	arch_halt();
}

bool low_readable(uint64_t base, uint64_t size)
{
	return base != 0 && base < 4ull << 30 && size <= (4ull << 30) - base;
}

/* An even entry is the address of a word to be moved; an odd one says by its other bits which of
 * the 63 words that follow are. */
static void relocate(uint64_t slide)
{
	constexpr unsigned BITS = 63;
	uint64_t *at = (uint64_t *)image_start;

	for (const uint64_t *r = relocations_start; r < relocations_end; r++) {
		if ((*r & 1) == 0) {
			at = (uint64_t *)(image_start + (*r - KERNEL_LINK));
			*at++ += slide;
			continue;
		}
		for (unsigned i = 0; i < BITS; i++)
			if (*r >> (i + 1) & 1)
				at[i] += slide;
		at += BITS;
	}
}

/* Without SMAP the instructions that open and close user memory do not exist. */
static void smap_remove(void)
{
	static const uint8_t nop[SMAP_INSTRUCTION] = { 0x0f, 0x1f, 0x00 };

	for (const int32_t *s = smap_sites_start; s < smap_sites_end; s++)
		memcpy((char *)s + *s, nop, SMAP_INSTRUCTION);
}

/* Whole pages; the image, its guard, and the fixed slots at the end of the window are left out. */
static uint64_t slide_choose(void)
{
	uint64_t room = STACKS_SLOT * LARGE_PAGE - (uint64_t)(image_end - image_start);

	const char *after = option_find(boot.cmdline, "nokaslr");

	if (after != nullptr && (*after == '\0' || *after == ' '))
		return 0;
	return arch_random() % (room / PAGE_SIZE) * PAGE_SIZE;
}

/* Called by head.S with the first 4 GiB mapped where they are. Returns the image's final address.
 */
uint64_t boot_low(enum loader loader, uint64_t info)
{
	uart_init();
	cpu_detect();
	boot.start_ticks = start_ticks;
	if (loader == LOADER_PVH)
		pvh_read(&boot, info);
	else
		multiboot_read(&boot, info);
	if (boot.nram == 0)
		boot_fail("the loader told of no memory");
	ranges_reserve(&boot, (uint64_t)image_start, (uint64_t)(image_end - image_start));
	if (boot.bundle.size != 0)
		ranges_reserve(&boot, boot.bundle.base, boot.bundle.size);
	/* Not page 0, which has the BIOS's vectors. The rest of low memory is firmware's
	 * playground: but for starting CPUs it is left alone. */
	ranges_reserve(&boot, 0, PAGE_SIZE);
	trampoline_page = ranges_take(&boot, TRAMPOLINE_PAGES);
	if (trampoline_page >= LOW_END)
		trampoline_page = 0;
	ranges_start_at(&boot, 1 << 20);

	random_stir(start_ticks ^ info ^ boot.bundle.size);
	boot.entropy = arch_random();
	uint64_t slide = slide_choose();

	if (!cpu_has.smap)
		smap_remove();
	map_image(slide);
	map_ram(&boot);
	boot_stack_top = stack_top(0, STACK_MAIN);
	relocate(slide);
	return KERNEL_LINK + slide;
}

/* The image is where it stays; low memory is forgotten. */
[[gnu::no_stack_protector]] void boot_high(void)
{
	descriptors_early();
	kernel_tables.root[0] = 0;
	cr3_write(cr3_read());
	/* This function and its caller do not return, so no canary of the old value is checked. */
	__stack_chk_guard = arch_random() & ~0xffull;
	kernel_main(&boot);
}
