/* SPDX-License-Identifier: MPL-2.0 */
/* The call chain of the kernel, by its frame records: the caller's record, then a return address.
 */
#include "kernel/arch.h"
#include "kernel/arch/arm64/start.h"

constexpr unsigned FRAMES_MAX = 32;

/* In a CPU's stack, or in the one that start.S uses, and exceptions that find a stack full. */
static bool is_in_stack(uint64_t at)
{
	bool in_cpus = at >= KSTACKS_BASE && at < KSTACKS_BASE + CPUS_MAX * KSTACK_SLOT &&
		       (at & KSTACK_SIZE) != 0;
	bool in_boot = at >= (uint64_t)boot_stack && at < (uint64_t)boot_stack_end;

	return at % 16 == 0 && (in_cpus || in_boot);
}

void arch_backtrace(void (*frame)(vaddr pc))
{
	uint64_t at = (uint64_t)__builtin_frame_address(0);

	for (unsigned i = 0; i < FRAMES_MAX && is_in_stack(at); i++) {
		const uint64_t *record = (const uint64_t *)at;

		if (record[1] == 0)
			return;
		frame(record[1]);
		at = record[0];
	}
}
