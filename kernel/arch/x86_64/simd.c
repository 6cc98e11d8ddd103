/* SPDX-License-Identifier: MPL-2.0 */
/* SIMD registers: volume 1, chapter 13, of the Intel manual. */
#include "kernel/arch/x86_64/simd.h"
#include "kernel/frame.h"
#include "kernel/string.h"
#include "kernel/thread.h"

/* The legacy area and header of an XSAVE area: volume 1, section 13.4, of the Intel manual. */
struct simd_area {
	uint16_t fcw, fsw;
	uint32_t reserved0[5];
	uint32_t mxcsr, mxcsr_mask;
	uint64_t reserved1[60];
	uint64_t present; /* XSTATE_BV */
	uint64_t compact;
	uint64_t reserved2[6];
};
static_assert(offsetof(struct simd_area, mxcsr) == 24);
static_assert(offsetof(struct simd_area, present) == 512);

/* x87, SSE, AVX, and the three parts of AVX-512. */
constexpr uint64_t COMPONENTS = 0xe7, COMPONENTS_AVX512 = 0xe0, COMPONENT_AVX = 4;
constexpr uint16_t FCW_INITIAL = 0x37f;
constexpr uint32_t MXCSR_INITIAL = 0x1f80, MXCSR_MASK_OLD = 0xffbf;

static uint64_t components; /* in XCR0; 0: the processor has FXSAVE only */
static size_t area_size = offsetof(struct simd_area, present);
static bool several_cpus;

void simd_smp(bool several)
{
	several_cpus = several;
}

/* Offsets of components do not depend on which are on, so the size is that of the last one's end.
 */
static void components_find(void)
{
	struct cpuid all = cpuid(0xd, 0);

	components = (all.a | (uint64_t)all.d << 32) & COMPONENTS;
	/* Parts of a whole: none is on without the others. */
	if ((components & COMPONENTS_AVX512) != COMPONENTS_AVX512 || !(components & COMPONENT_AVX))
		components &= ~COMPONENTS_AVX512;
	area_size = sizeof(struct simd_area);
	for (unsigned i = 2; i < 8; i++) {
		struct cpuid part = cpuid(0xd, i);

		if (components >> i & 1 && part.b + part.a > area_size)
			area_size = part.b + part.a;
	}
}

void simd_cpu_init(void)
{
	if (!cpu_has.xsave)
		return;
	if (components == 0)
		components_find();
	asm volatile("xsetbv" ::"c"(0), "a"((uint32_t)components), "d"(0));
}

static void area_save(struct simd_area *a)
{
	if (cpu_has.xsaveopt)
		asm volatile("xsaveopt64 %0"
			     : "+m"(*a)
			     : "a"((uint32_t)components), "d"(0)
			     : "memory");
	else if (cpu_has.xsave)
		asm volatile("xsave64 %0"
			     : "+m"(*a)
			     : "a"((uint32_t)components), "d"(0)
			     : "memory");
	else
		asm volatile("fxsave64 %0" : "+m"(*a)::"memory");
}

static void area_load(const struct simd_area *a)
{
	if (cpu_has.xsave)
		asm volatile("xrstor64 %0" ::"m"(*a), "a"((uint32_t)components), "d"(0) : "memory");
	else
		asm volatile("fxrstor64 %0" ::"m"(*a) : "memory");
}

static void area_init(struct simd_area *a)
{
	memset(a, 0, area_size);
	a->fcw = FCW_INITIAL;
	a->mxcsr = MXCSR_INITIAL;
}

/* One page, paid for by whoever pays for the thread. */
static bool area_create(struct context *c)
{
	struct thread *t = (struct thread *)c;
	paddr page;

	if (!frame_alloc(t->object.quota, FRAME_OBJECT, &page))
		return false;
	c->simd = direct(page);
	area_init(c->simd);
	return true;
}

static void registers_turn(struct arch_cpu *cpu, bool on)
{
	if (on)
		asm volatile("clts" ::: "memory");
	else
		cr0_write(cr0_read() | CR0_TS);
	cpu->simd_on = on;
}

static bool is_loaded(const struct arch_cpu *cpu, const struct context *c)
{
	return cpu->simd_owner == c && c->simd_cpu == cpu->index;
}

/* Save what this CPU's registers hold of `c`. They stay valid. */
static void registers_save(struct arch_cpu *cpu, struct context *c)
{
	bool on = cpu->simd_on;

	if (!on)
		registers_turn(cpu, true);
	area_save(c->simd);
	if (!on)
		registers_turn(cpu, false);
}

/* The registers are `c`'s from now on. They may hold its state still, if nobody used them since. */
static void registers_load(struct arch_cpu *cpu, struct context *c)
{
	struct context *owner = cpu->simd_owner;

	if (!cpu->simd_on)
		registers_turn(cpu, true);
	if (is_loaded(cpu, c))
		return;
	/* With several CPUs it was saved when it stopped, and may be gone by now. */
	if (!several_cpus && owner != nullptr)
		area_save(owner->simd);
	area_load(c->simd);
	cpu->simd_owner = c;
	c->simd_cpu = cpu->index;
}

bool simd_use(void)
{
	struct arch_cpu *cpu = this_arch_cpu();
	struct context *c = cpu->context;

	if (c->simd == nullptr && !area_create(c))
		return false;
	registers_load(cpu, c);
	return true;
}

void simd_switch(struct arch_cpu *cpu, struct context *from, struct context *to)
{
	if (several_cpus && cpu->simd_on && from != nullptr)
		area_save(from->simd);
	if (to != nullptr && to->simd != nullptr && to->upcall_call != 0)
		registers_load(cpu, to);
	else if (cpu->simd_on)
		registers_turn(cpu, false);
}

/* Its state in memory is complete afterwards. */
static void context_settle(struct context *c)
{
	struct arch_cpu *cpu = this_arch_cpu();

	if (is_loaded(cpu, c) && (cpu->simd_on || !several_cpus))
		registers_save(cpu, c);
}

bool context_copy(struct context *to, struct context *from)
{
	fs_base_save(from);
	to->registers.fs_base = from->registers.fs_base;
	if (from->simd == nullptr)
		return true;
	if (to->simd == nullptr && !area_create(to))
		return false;
	context_settle(from);
	words_copy(to->simd, from->simd, area_size);
	return true;
}

/* Nobody else's registers hold it: with several CPUs an owner elsewhere is known to be stale. */
void context_fini(struct context *c)
{
	struct arch_cpu *cpu = this_arch_cpu();

	if (cpu->simd_owner == c) {
		cpu->simd_owner = nullptr;
		if (cpu->simd_on)
			registers_turn(cpu, false);
	}
	if (c->simd != nullptr)
		frame_free(direct_paddr(c->simd));
	c->simd = nullptr;
	c->simd_cpu = SIMD_NOWHERE;
}

/* --- For debuggers and signal frames --- */

size_t context_simd_size(void)
{
	return area_size;
}

void context_simd_get(struct context *c, void *to)
{
	context_settle(c);
	if (c->simd != nullptr)
		memcpy(to, c->simd, area_size);
	else
		area_init(to);
}

static uint32_t mxcsr_mask(void)
{
	static uint32_t mask;

	if (mask == 0) {
		alignas(64) static struct simd_area probe;
		struct arch_cpu *cpu = this_arch_cpu();
		bool on = cpu->simd_on;

		registers_turn(cpu, true);
		asm volatile("fxsave64 %0" : "+m"(probe)::"memory");
		registers_turn(cpu, on);
		mask = probe.mxcsr_mask != 0 ? probe.mxcsr_mask : MXCSR_MASK_OLD;
	}
	return mask;
}

/* What xrstor would refuse (volume 1, section 13.8.1) is refused here. */
static bool area_is_valid(const struct simd_area *a)
{
	static const uint64_t zero[6];

	if (a->mxcsr & ~mxcsr_mask())
		return false;
	return components == 0 || ((a->present & ~components) == 0 && a->compact == 0 &&
				   memcmp(a->reserved2, zero, sizeof(zero)) == 0);
}

bool context_simd_set(struct context *c, const void *from)
{
	struct arch_cpu *cpu = this_arch_cpu();

	if (!area_is_valid(from) || (c->simd == nullptr && !area_create(c)))
		return false;
	if (cpu->simd_owner == c)
		cpu->simd_owner = nullptr;
	c->simd_cpu = SIMD_NOWHERE;
	memcpy(c->simd, from, area_size);
	if (cpu->context == c)
		registers_load(cpu, c);
	return true;
}
