/* SPDX-License-Identifier: MPL-2.0 */
/* PL031 real-time clock of QEMU's `virt`: its alarm fires at once if set to now. Arm DDI
 * 0224C, 3.3. */
#include "bench/device.h"
#include "bench/bench.h"
#include "lib/futura/device.h"

enum reg { DR = 0x00 / 4, MR = 0x04 / 4, IMSC = 0x10 / 4, ICR = 0x1c / 4 };

static volatile uint32_t *reg;

bool bench_device_open(fut_handle *irq)
{
	if (cap_get("rtc") == 0)
		return false;
	reg = device_map("rtc");
	*irq = device_irq("rtc-irq", 0);
	reg[IMSC] = 1;
	return true;
}

uint64_t bench_device_raise(void)
{
	uint32_t now = reg[DR];
	uint64_t start = measure();

	reg[MR] = now;
	return start;
}

void bench_device_quiet(void)
{
	reg[ICR] = 1;
}
