/* SPDX-License-Identifier: MPL-2.0 */
/* A signal on its way from posixd to a process: protocol/posix.fipc, `news`. */
#pragma once
#include <stdint.h>

struct posix_signal {
	uint32_t signal; /* 1 to 64 */
	int32_t code;    /* si_code */
	uint32_t pid, uid;
	uint64_t value;              /* si_value; of a timer its id, with `status` the overruns */
	int32_t status;              /* SIGCHLD: exit status or signal */
	uint32_t tid;                /* for that thread only; 0: for the process */
	uint64_t user_ns, system_ns; /* SIGCHLD */
};
static_assert(sizeof(struct posix_signal) == 48);
