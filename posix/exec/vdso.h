/* SPDX-License-Identifier: MPL-2.0 */
/* The vDSO: a small shared library that the guest
 * finds by AT_SYSINFO_EHDR. posix/vdso/ is its source. */
#pragma once
#include <stdint.h>

/* Map it for a new program: 0 or an error. */
int64_t vdso_map(void);
/* Where it is; 0: nowhere. */
uint64_t vdso_base(void);
/* ARM64: what a handler without a restorer returns to. */
uint64_t vdso_sigreturn(void);
