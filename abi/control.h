/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A thread's area: its control page, and after it its message page. The kernel makes both with the
 * thread and reads and writes them at any time; nothing in them is trusted.
 *
 * Finding it: x86-64 GS base, ARM64 TPIDRRO_EL0 hold the control page's address.
 *
 * Upcalls (task_set_upcall). A foreign system call, that is a Linux `syscall` or `svc #0`, made
 * unmasked: the kernel sets `guest_pc` to the address after it and `masked` to 1, and goes on at
 * `on_call` with every other register as it was (on x86-64 rcx and r11 are lost, as on Linux; on
 * ARM64 x17 may be changed at once, for its value also stands in `guest_x17`). A
 * fault, or an interrupt by thread_interrupt, while unmasked: all registers go to `saved`, `reason`
 * and `fault` say why, `masked` becomes 1, and the thread goes on at `on_event` with its registers
 * unchanged. An interrupt while masked sets `pending` and breaks waits. A fault while masked goes
 * on at `fixup` if that is not 0, and sets it to 0. Any other fault is an exception: it goes to the
 * debugger or ends the task. SIMD registers are never touched by an upcall.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "abi/message.h"
#include <abi-arch/registers.h>

enum fault_kind : uint32_t {
	FAULT_NONE = 0,
	FAULT_UNMAPPED = 1,    /* no mapping at the address */
	FAULT_ACCESS = 2,      /* the mapping does not allow it */
	FAULT_NO_PAGE = 3,     /* past the memory object's end, or its pager failed */
	FAULT_NO_MEMORY = 4,   /* the quota cannot pay for the page */
	FAULT_INSTRUCTION = 5, /* undefined or privileged instruction */
	FAULT_ARITHMETIC = 6,  /* integer division */
	FAULT_FLOATING = 7,    /* `code` is the status word (MXCSR, x87 FSW << 32, FPSR) */
	FAULT_ALIGNMENT = 8,
	FAULT_BREAKPOINT = 9,
	FAULT_STEP = 10,     /* single step or hardware breakpoint */
	FAULT_CALL = 11,     /* foreign or unknown, and nobody takes it; `code` is its number */
	FAULT_HARDWARE = 12, /* the machine reported an error (machine check, SError) */
};

enum fault_access : uint32_t { ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_EXEC = 4 };

struct fault {
	enum fault_kind kind;
	enum fault_access access; /* 0 if it was no memory access */
	uint64_t address;         /* of the access, else of the instruction */
	uint64_t code; /* the processor's own: x86-64 error code | vector << 32, ARM64 ESR_EL1 */
};

enum upcall_reason : uint32_t { UPCALL_INTERRUPT = 1, UPCALL_FAULT = 2 };

enum grant_access : uint64_t { GRANT_READ = 1ull << 62, GRANT_WRITE = 1ull << 63 };

/* Memory lent for the time of a call. `size` carries enum grant_access in its top bits. */
struct grant {
	uint64_t address;
	uint64_t size;
};

constexpr unsigned ROBUST_LOCKS = 64;
constexpr unsigned ROBUST_LIST_LOCKS = 64; /* of a list that many are looked at */
/* Addresses may have bit 0 set, which is not part of them. */
struct robust_head {
	uint64_t
		first; /* each entry begins with the address of the next; the last has the head's */
	int64_t offset;   /* from an entry to its word */
	uint64_t pending; /* an entry that may just be entering or leaving the list; or 0 */
};

constexpr uint32_t ROBUST_OWNER_DIED = 0x40000000; /* as Linux FUTEX_OWNER_DIED */

struct control {
	uint64_t self; /* the user address of this page */
	uint64_t task_id;
	uint64_t thread_id;
	uint32_t masked;
	uint32_t pending;
	uint64_t guest_pc;
	uint64_t fixup;
	enum upcall_reason reason;
	uint32_t reserved;
	struct fault fault;

	/* The message to send, and the one received last. */
	uint32_t handles[MESSAGE_HANDLES];
	struct grant grants[MESSAGE_GRANTS];

	/*
	 * Words in shared memory that this thread holds as robust locks. When the thread ends the
	 * kernel sets ROBUST_OWNER_DIED in each that has the owner `robust_owner` in its low 30
	 * bits, and wakes one waiter.
	 */
	uint32_t robust_count;
	uint32_t robust_owner;
	uint64_t robust[ROBUST_LOCKS];

	uint64_t guest_x17;     /* ARM64: at a foreign call */
	struct registers saved; /* as they were at the upcall; taken by upcall_return */

	/*
	 * Such words in a list, or 0: the address of a struct robust_head, which is the
	 * robust_list_head of Linux's robust-futex-ABI.
	 */
	uint64_t robust_list;

	/* The rest belongs to user code. */
	alignas(64) uint64_t user[64];
};

static_assert(offsetof(struct control, masked) == 24);
static_assert(offsetof(struct control, guest_pc) == 32);
static_assert(sizeof(struct control) <= 4096);

constexpr size_t THREAD_AREA_SIZE = 8192;
constexpr size_t MESSAGE_PAGE_OFFSET = 4096;
