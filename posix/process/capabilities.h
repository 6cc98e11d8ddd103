/* SPDX-License-Identifier: MPL-2.0 */
/* Capabilities: what other calls need of them. */
#pragma once
#include <stdint.h>

/* What prctl does about them; -ENOSYS: `what` is about something else. */
int64_t capabilities_prctl(uint32_t what, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
/* Another program begins: posixd has said that others hold for it. */
void capabilities_exec(void);
