/* SPDX-License-Identifier: MPL-2.0 */
/* The clock of QEMU's `virt` machine, read once to set the wall clock. Arm DDI 0224C, 3.3.1. */
#include "abi/user.h"
#include "lib/futura/clock.h"
#include "lib/futura/device.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"

int main(void)
{
	const volatile uint32_t *data = device_map("regs"); /* RTCDR: seconds since 1970 */
	enum err e = fut_system_set_wall(cap_need("system"), *data * SECOND - clock_now());

	if (e != OK)
		print("pl031: the wall clock: %s\n", error_name(e));
	return e != OK;
}
