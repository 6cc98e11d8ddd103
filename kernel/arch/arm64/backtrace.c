/* SPDX-License-Identifier: MPL-2.0 */
/* The call chain of the kernel, by its frame records: the caller's record, then a return address.
 */
#include "kernel/arch.h"

constexpr unsigned FRAMES_MAX = 32;

/* Records lie in one stack, each above the one it was called from. */
void arch_backtrace(void (*frame)(vaddr pc))
{
	const uint64_t *record = __builtin_frame_address(0);
	uint64_t slot = (uint64_t)record & ~(STACK_SLOT - 1ull);

	for (unsigned i = 0; i < FRAMES_MAX; i++) {
		uint64_t at = (uint64_t)record;

		if (at % 8 != 0 || at < slot || at > slot + STACK_SLOT - 16 || record[1] == 0)
			return;
		frame(record[1]);
		if (record[0] <= at)
			return;
		record = (const uint64_t *)record[0];
	}
}
