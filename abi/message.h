/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The tag of a FIPC message, and the registers that carry a message.
 *
 *	 63     54 53 52 51    48 47 45 44          32 31        16 15         0
 *	+---------+-----+--------+-----+--------------+------------+------------+
 *	|    0    |grants|handles|  0  | inline bytes |  protocol  |   method   |
 *	+---------+-----+--------+-----+--------------+------------+------------+
 *
 * In an answer `method` is the status: 0 or a negative error, as a signed 16-bit number.
 *
 *	              x86-64                      ARM64
 *	number        rax                         x8 (svc #NATIVE_SVC)
 *	handle        rdi                         x0
 *	tag           rsi                         x1
 *	six words     rdx r10 r8 r9 r12 r13       x2 .. x7
 *	deadline      r14                         x9
 *	-> error      rax                         x0
 *	-> badge      rdi                         x9
 *	-> tag        rsi                         x1
 *	-> words      rdx r10 r8 r9 r12 r13       x2 .. x7
 *
 * Every other native call takes up to six arguments in rdi rsi rdx r10 r8 r9 (x0 .. x5), gives its
 * error in rax (x0), and up to four results in the registers of words 0 to 3. Registers that the C
 * calling convention does not preserve are undefined after a native call, but for these. What it
 * preserves of ARM64's v8 to v15, their low halves, the kernel preserves whole.
 *
 * The inline bytes stand at the start of the thread's message page, handles and grants in its
 * control page (abi/control.h). What is received overwrites them in the receiver's pages.
 */
#pragma once
#include <stdint.h>

constexpr unsigned MESSAGE_WORDS = 6;
constexpr unsigned MESSAGE_BYTES = 4096;
constexpr unsigned MESSAGE_HANDLES = 8;
constexpr unsigned MESSAGE_GRANTS = 2;

/* Native calls on x86-64 are NATIVE_BASE + number in eax: ASCII "FU". Linux's are below. */
constexpr uint32_t NATIVE_BASE = 0x46550000;
/* Native calls on ARM64 use this svc immediate; Linux uses 0. */
constexpr uint32_t NATIVE_SVC = 0x4655;
/*
 * The way back from an upcall by a foreign call (ARM64, where a jump needs a free register): go on
 * at the control page's guest_pc, with `masked` cleared and every other register as it is. If an
 * upcall is pending it is delivered there first.
 */
constexpr uint32_t NATIVE_RETURN_SVC = 0x4656;

constexpr uint64_t TAG_METHOD_MASK = 0xffff;
constexpr unsigned TAG_PROTOCOL_SHIFT = 16;
constexpr unsigned TAG_BYTES_SHIFT = 32;
constexpr uint64_t TAG_BYTES_MASK = 0x1fff;
constexpr unsigned TAG_HANDLES_SHIFT = 48;
constexpr uint64_t TAG_HANDLES_MASK = 0xf;
constexpr unsigned TAG_GRANTS_SHIFT = 52;
constexpr uint64_t TAG_GRANTS_MASK = 0x3;
constexpr uint64_t TAG_RESERVED =
	~((TAG_BYTES_MASK << TAG_BYTES_SHIFT) | 0xffffffffu |
	  (TAG_HANDLES_MASK << TAG_HANDLES_SHIFT) | (TAG_GRANTS_MASK << TAG_GRANTS_SHIFT));

static inline uint64_t tag_make(uint16_t protocol, uint16_t method, unsigned nbytes,
				unsigned nhandles, unsigned ngrants)
{
	return method | (uint64_t)protocol << TAG_PROTOCOL_SHIFT |
	       (uint64_t)nbytes << TAG_BYTES_SHIFT | (uint64_t)nhandles << TAG_HANDLES_SHIFT |
	       (uint64_t)ngrants << TAG_GRANTS_SHIFT;
}

static inline uint16_t tag_method(uint64_t tag)
{
	return tag & TAG_METHOD_MASK;
}

static inline int16_t tag_status(uint64_t tag)
{
	return (int16_t)(tag & TAG_METHOD_MASK);
}

static inline uint16_t tag_protocol(uint64_t tag)
{
	return (tag >> TAG_PROTOCOL_SHIFT) & 0xffff;
}

static inline unsigned tag_nbytes(uint64_t tag)
{
	return (tag >> TAG_BYTES_SHIFT) & TAG_BYTES_MASK;
}

static inline unsigned tag_nhandles(uint64_t tag)
{
	return (tag >> TAG_HANDLES_SHIFT) & TAG_HANDLES_MASK;
}

static inline unsigned tag_ngrants(uint64_t tag)
{
	return (tag >> TAG_GRANTS_SHIFT) & TAG_GRANTS_MASK;
}

/*
 * Messages from the kernel itself have protocol 0, which nobody else can send. The badge is the
 * session's, or the one given with the vmo. Words in order:
 */
enum kernel_message : uint16_t {
	SESSION_CLOSED = 1, /* the last sender is gone; wants no answer, and takes none */
	EXCEPTION = 2,      /* kind (enum fault_kind), address, code, thread id, pc, task id */
	PAGE_REQUEST = 3,   /* offset, size, 1 if for writing; answer `ok` after vmo_supply */
};
