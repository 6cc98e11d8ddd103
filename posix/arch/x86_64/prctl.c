/* SPDX-License-Identifier: MPL-2.0 */
/* The call that only x86-64 has. */
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/thread.h"

constexpr uint32_t SET_GS = 0x1001, SET_FS = 0x1002, GET_FS = 0x1003, GET_GS = 0x1004,
		   GET_CPUID = 0x1011, SET_CPUID = 0x1012; /* asm/prctl.h */

CALL2(arch_prctl, uint32_t, what, uint64_t, address)
{
	uint64_t base = tls_now();

	switch (what) {
	case SET_FS:
		if (!guest_ok(address, 0))
			return -EPERM;
		tls_set(address);
		return 0;
	case GET_FS:
		return guest_put(address, &base, sizeof(base));
	case GET_CPUID: /* the instruction works, and nobody can take it away */
		return 1;
	case SET_CPUID:
		return -ENODEV;
	case SET_GS: /* GS leads to the control page */
	case GET_GS:
	default:
		return -EINVAL;
	}
}
