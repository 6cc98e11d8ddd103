/* SPDX-License-Identifier: MPL-2.0 */
/* Entering the kernel on x86-64: abi/message.h says which register carries what. */
#pragma once
#include "lib/futura/native.h"

/*
 * What `syscall` and the kernel leave undefined beside the registers that carry results: all that
 * the System V calling convention does not preserve (AMD64 ABI 1.0, 3.2.1).
 */
#ifdef __AVX512F__
	#define NATIVE_CLOBBERS_512                                                                \
		, "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", \
			"xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k0", "k1", \
			"k2", "k3", "k4", "k5", "k6", "k7"
#else
	#define NATIVE_CLOBBERS_512
#endif
#define NATIVE_CLOBBERS                                                                            \
	"rcx", "r11", "cc", "memory", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)",  \
		"st(7)", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",   \
		"xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15" NATIVE_CLOBBERS_512

/* The body of native_callN: `inputs` are the constraints of its arguments. */
#define NATIVE_CALL(number, results, ...)                                                          \
	register uint64_t w1 __asm__("r10"), w2 __asm__("r8"), w3 __asm__("r9");                   \
	uint64_t error, w0, rdi, rsi;                                                              \
	__asm__ volatile("syscall"                                                                 \
			 : "=a"(error), "=d"(w0), "=r"(w1), "=r"(w2), "=r"(w3), "=D"(rdi),         \
			   "=S"(rsi)                                                               \
			 : "a"(NATIVE_BASE + (number)) __VA_OPT__(, ) __VA_ARGS__                  \
			 : NATIVE_CLOBBERS);                                                       \
	*(results) = (struct native_words){ { w0, w1, w2, w3 } };                                  \
	return (enum err)error

static inline enum err native_call0(enum call number, struct native_words *results)
{
	NATIVE_CALL(number, results);
}

static inline enum err native_call1(enum call number, uint64_t a, struct native_words *results)
{
	NATIVE_CALL(number, results, "D"(a));
}

static inline enum err native_call2(enum call number, uint64_t a, uint64_t b,
				    struct native_words *results)
{
	NATIVE_CALL(number, results, "D"(a), "S"(b));
}

static inline enum err native_call3(enum call number, uint64_t a, uint64_t b, uint64_t c,
				    struct native_words *results)
{
	NATIVE_CALL(number, results, "D"(a), "S"(b), "d"(c));
}

static inline enum err native_call4(enum call number, uint64_t a, uint64_t b, uint64_t c,
				    uint64_t d, struct native_words *results)
{
	register uint64_t r10 __asm__("r10") = d;

	NATIVE_CALL(number, results, "D"(a), "S"(b), "d"(c), "r"(r10));
}

static inline enum err native_call5(enum call number, uint64_t a, uint64_t b, uint64_t c,
				    uint64_t d, uint64_t e, struct native_words *results)
{
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;

	NATIVE_CALL(number, results, "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8));
}

static inline enum err native_call6(enum call number, uint64_t a, uint64_t b, uint64_t c,
				    uint64_t d, uint64_t e, uint64_t f,
				    struct native_words *results)
{
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;
	register uint64_t r9 __asm__("r9") = f;

	NATIVE_CALL(number, results, "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9));
}

/* Send `m` and receive into it: ipc_call and ipc_reply_wait. */
static inline enum err native_exchange(enum call number, fut_handle handle, struct message *m,
				       uint64_t deadline)
{
	register uint64_t w1 __asm__("r10") = m->word[1];
	register uint64_t w2 __asm__("r8") = m->word[2];
	register uint64_t w3 __asm__("r9") = m->word[3];
	register uint64_t w4 __asm__("r12") = m->word[4];
	register uint64_t w5 __asm__("r13") = m->word[5];
	register uint64_t until __asm__("r14") = deadline;
	uint64_t error = NATIVE_BASE + number, badge = handle, tag = m->tag, w0 = m->word[0];

	__asm__ volatile("syscall"
			 : "+a"(error), "+D"(badge), "+S"(tag), "+d"(w0), "+r"(w1), "+r"(w2),
			   "+r"(w3), "+r"(w4), "+r"(w5)
			 : "r"(until)
			 : NATIVE_CLOBBERS);
	*m = (struct message){ tag, { w0, w1, w2, w3, w4, w5 }, badge };
	return (enum err)error;
}

static inline enum err ipc_call(fut_handle session, struct message *m, uint64_t deadline)
{
	return native_exchange(CALL_IPC_CALL, session, m, deadline);
}

static inline enum err ipc_reply_wait(fut_handle port, struct message *m, uint64_t deadline)
{
	return native_exchange(CALL_IPC_REPLY_WAIT, port, m, deadline);
}

static inline enum err ipc_receive(fut_handle port, struct message *m, uint64_t deadline)
{
	register uint64_t w1 __asm__("r10"), w2 __asm__("r8"), w3 __asm__("r9"), w4 __asm__("r12"),
		w5 __asm__("r13");
	register uint64_t until __asm__("r14") = deadline;
	uint64_t error = NATIVE_BASE + CALL_IPC_RECEIVE, badge = port, tag, w0;

	__asm__ volatile("syscall"
			 : "+a"(error), "+D"(badge), "=S"(tag), "=d"(w0), "=r"(w1), "=r"(w2),
			   "=r"(w3), "=r"(w4), "=r"(w5)
			 : "r"(until)
			 : NATIVE_CLOBBERS);
	*m = (struct message){ tag, { w0, w1, w2, w3, w4, w5 }, badge };
	return (enum err)error;
}

/* Send `m` and receive nothing. */
static inline enum err ipc_reply(fut_handle reply, const struct message *m)
{
	register uint64_t w1 __asm__("r10") = m->word[1];
	register uint64_t w2 __asm__("r8") = m->word[2];
	register uint64_t w3 __asm__("r9") = m->word[3];
	register uint64_t w4 __asm__("r12") = m->word[4];
	register uint64_t w5 __asm__("r13") = m->word[5];
	uint64_t error = NATIVE_BASE + CALL_IPC_REPLY, rdi = reply, tag = m->tag, w0 = m->word[0];

	__asm__ volatile("syscall"
			 : "+a"(error), "+D"(rdi), "+S"(tag), "+d"(w0), "+r"(w1), "+r"(w2),
			   "+r"(w3), "+r"(w4), "+r"(w5)
			 :
			 : NATIVE_CLOBBERS);
	return (enum err)error;
}

/* The calling thread's control page; the same for as long as the thread lives. */
static inline struct control *native_control(void)
{
	struct control *c;

	__asm__("movq %%gs:0, %0" : "=r"(c));
	return c;
}
