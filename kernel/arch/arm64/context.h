/* SPDX-License-Identifier: MPL-2.0 */
/* What the kernel keeps of a thread's and a CPU's processor state. */
#pragma once
#include <stdint.h>
#include "abi/control.h"
#include "abi/info.h"

constexpr uint32_t SIMD_NOWHERE = UINT32_MAX;

/* The first fields are known to entry.S by the offsets in layout.h. */
struct context {
	struct registers registers; /* tpidr is not current while the thread runs */
	uint64_t control_kernel;
	uint64_t control_user;
	uint64_t upcall_call;
	struct simd simd;  /* not current while this CPU's simd_dirty is set for it */
	uint32_t simd_cpu; /* the CPU whose SIMD registers it had last */
	bool debugged;     /* a breakpoint, a watchpoint or a single step is set */
	bool stepping;
	struct thread_debug debug;
};

struct arch_cpu {
	uint64_t stack_top;
	struct context *current; /* whose user code ran last, or runs next */
	struct context
		*simd_owner; /* whose registers the SIMD unit holds, if its simd_cpu agrees */
	uint64_t space;      /* space_id.word of the space in use */
	uint32_t index;
	union {
		struct {
			bool simd_on;  /* SIMD instructions do not trap */
			bool debug_on; /* a debugged thread runs */
		};
		uint16_t special; /* not 0: a switch has more to do than usual */
	};
	bool simd_dirty; /* the owner's copy in memory is older than the registers */
};

/* What user code may set of PSTATE on this machine. */
void context_cpu_init(void);
