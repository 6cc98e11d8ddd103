/* SPDX-License-Identifier: MPL-2.0 */
/* A thread and a CPU of the simulated machine: registers are just the values of a call. */
#pragma once

struct context {
	uint64_t number;
	uint64_t arguments[6];
	uint64_t tag, badge, deadline;
	uint64_t words[6];
	int64_t error;
	uint64_t pc, sp, tls;
	bool repeat; /* the call was rewound: it is to be made again */
	uint64_t control_kernel;
	uint64_t control_user;
	uint64_t upcall_call;
};

struct arch_cpu {
	unsigned index;
};
