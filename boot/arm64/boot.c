/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What has to be done before the kernel can run at its final address. This code runs where the boot
 * loader put it, and nothing is relocated yet: it must not use pointers that are stored in
 * constants.
 */
#include "kernel/arch/arm64/start.h"
#include "kernel/arch/arm64/fdt.h"
#include "kernel/arch/arm64/machine.h"
#include "kernel/arch/arm64/mmu.h"
#include "kernel/arch/arm64/random.h"
#include "kernel/arch/arm64/ranges.h"
#include "kernel/string.h"

constexpr uint64_t BLOCK = 2 << 20;

/* Pages of the pool kept for tables that devices will need. */
constexpr uint64_t POOL_KEPT = 16 * PAGE_SIZE;

/* The kernel's base is one of this many. */
constexpr uint64_t BASES = 1 << 17;

struct boot_info boot_info;
uint64_t mmu_root;

struct relocation {
	uint64_t offset, info, addend;
};
constexpr uint64_t R_AARCH64_RELATIVE = 1027;
extern const struct relocation relocations[], relocations_end[];

/*
 * Where something is now. It will be elsewhere once we run at the final address, so the compiler
 * must not take what we remember of it for the symbol's address, and look that up again later.
 */
static uint64_t at_here(const void *symbol)
{
	uint64_t at = (uint64_t)symbol;

	asm volatile("" : "+r"(at));
	return at;
}

/* With the MMU still off: tables that map the image and the device tree to where they are. */
uint64_t boot_identity(uint64_t dtb)
{
	mmu.image = at_here(image_start);
	mmu.pool_next = at_here(pool_start);
	mmu.pool_limit = at_here(pool_end);
	mmu.identity = mmu_page_take();
	uint64_t size = (mmu.pool_limit - mmu.image + BLOCK - 1) & ~(BLOCK - 1);
	uint64_t tree = dtb & ~(BLOCK - 1);

	(void)mmu_map(mmu.identity, mmu.image, mmu.image, size,
		      MAP_BOOT); /* the pool is full of pages */
	(void)mmu_map(mmu.identity, tree, tree, 2 * BLOCK, MAP_DATA); /* the same */
	return mmu.identity;
}

/* Whole pages inside what the direct map can hold. */
static void ram_trim(struct boot_info *boot)
{
	unsigned n = boot->nram;

	boot->nram = 0;
	for (unsigned i = 0; i < n; i++) {
		struct memory_range r = boot->ram[i];
		uint64_t end = r.base + r.size;

		if (end > DIRECT_END - DIRECT_BASE)
			end = DIRECT_END - DIRECT_BASE;
		end &= ~(uint64_t)(PAGE_SIZE - 1);
		r.base = (r.base + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
		if (r.base < end)
			boot->ram[boot->nram++] = (struct memory_range){ r.base, end - r.base };
	}
}

static bool map_direct(struct memory_range r, enum map_kind kind)
{
	uint64_t first = r.base & ~(uint64_t)(PAGE_SIZE - 1);
	uint64_t end = (r.base + r.size + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);

	if (end < first || end > DIRECT_END - DIRECT_BASE)
		return false;
	return mmu_map(mmu.root, DIRECT_BASE + first, first, end - first, kind);
}

/* All RAM; the image's own code and constants only for reading. What cannot be mapped is not used.
 */
static void build_direct(struct boot_info *boot)
{
	uint64_t constants = (uint64_t)(constants_end - image_start);

	(void)map_direct((struct memory_range){ mmu.image, constants },
			 MAP_CONSTANT); /* first of all */
	for (unsigned i = boot->nram; i-- > 0;)
		if (!map_direct(boot->ram[i], MAP_DATA))
			ranges_remove(boot->ram, &boot->nram, boot->ram[i]);
	/* Firmware may keep these outside of what it calls memory. */
	if (boot->dtb.size != 0 && !map_direct(boot->dtb, MAP_CONSTANT))
		boot->dtb.size = 0;
	if (boot->bundle.size != 0 && !map_direct(boot->bundle, MAP_CONSTANT))
		boot->bundle.size = 0;
}

static void build_image(void)
{
	vaddr base = KERNEL_LINK + mmu.slide;
	const struct {
		uint64_t from, to;
		enum map_kind kind;
	} parts[] = {
		{ at_here(image_start), at_here(code_end), MAP_CODE },
		{ at_here(code_end), at_here(constants_end), MAP_CONSTANT },
		{ at_here(constants_end), at_here(image_end), MAP_DATA },
	};

	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		(void)mmu_map(mmu.root, base + (parts[i].from - mmu.image), parts[i].from,
			      parts[i].to - parts[i].from, parts[i].kind); /* there are pages */
}

/* One for each CPU there may be: the upper half of its slot. */
static void build_stacks(void)
{
	for (unsigned i = 0; i < machine.ncpus; i++) {
		for (uint64_t at = KSTACK_SIZE; at < KSTACK_SLOT; at += PAGE_SIZE) {
			uint64_t page = mmu_page_take();
			if (page == 0 || !mmu_map(mmu.root, KSTACKS_BASE + i * KSTACK_SLOT + at,
						  page, PAGE_SIZE, MAP_DATA)) {
				machine.ncpus = i;
				return;
			}
		}
	}
}

static void relocate(void)
{
	for (const struct relocation *r = relocations; r < relocations_end; r++)
		if (r->info == R_AARCH64_RELATIVE)
			*(uint64_t *)(r->offset - KERNEL_LINK + mmu.image) = r->addend + mmu.slide;
}

static uint64_t slide_choose(const struct boot_info *boot)
{
	if (option_find(boot->cmdline, "nokaslr") != nullptr)
		return 0;
	return arch_random() % BASES * BLOCK;
}

/* With the MMU on: read the tree, build the kernel's tables. Returns the way from here to there. */
uint64_t boot_build(uint64_t dtb, uint64_t start_ticks)
{
	struct boot_info *boot = &boot_info;

	mmu_init();
	boot->start_ticks = start_ticks;
	if (!machine_read((void *)dtb, boot))
		machine.ncpus = 1;
	random_init(machine.seed);
	boot->entropy = arch_random();
	ram_trim(boot);
	mmu.slide = slide_choose(boot);
	mmu.root = mmu_page_take();
	mmu.devices_end = DEVICE_BASE;
	mmu_root = mmu.root;
	build_image();
	build_direct(boot);
	build_stacks();
	relocate();
	if (mmu.pool_next + POOL_KEPT < mmu.pool_limit)
		mmu.pool_limit = mmu.pool_next + POOL_KEPT;
	ranges_add(boot->reserved, &boot->nreserved,
		   (struct memory_range){ mmu.image, mmu.pool_limit - mmu.image });
	mmu.tables = DIRECT_BASE;
	return KERNEL_LINK + mmu.slide - mmu.image;
}
