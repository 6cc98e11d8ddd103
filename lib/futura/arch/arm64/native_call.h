/* SPDX-License-Identifier: MPL-2.0 */
/* Entering the kernel on ARM64: abi/message.h says which register carries what. */
#pragma once
#include "lib/futura/native.h"

/*
 * What the kernel leaves undefined beside the registers that carry a message: all that the
 * procedure call standard does not preserve (AAPCS64, 6.1). It preserves the low halves of v8 to
 * v15; the kernel preserves those registers whole.
 */
#define NATIVE_CLOBBERS                                                                            \
	"x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x30", "cc", "memory",      \
		"v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20", \
		"v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31"

/* The body of native_callN: x0 is its first argument, `inputs` are the others. */
#define NATIVE_CALL(number, results, ...)                                                          \
	register uint64_t o0 __asm__("x0"), o1 __asm__("x1"), w0 __asm__("x2"), w1 __asm__("x3"),  \
		w2 __asm__("x4"), w3 __asm__("x5");                                                \
	register uint64_t x8 __asm__("x8") = (number);                                             \
	__asm__ volatile("svc %[svc]"                                                              \
			 : "=r"(o0), "=r"(o1), "=r"(w0), "=r"(w1), "=r"(w2), "=r"(w3), "+r"(x8)    \
			 : [svc] "i"(NATIVE_SVC)__VA_OPT__(, ) __VA_ARGS__                         \
			 : "x6", "x7", "x9", NATIVE_CLOBBERS);                                     \
	*(results) = (struct native_words){ { w0, w1, w2, w3 } };                                  \
	return (enum err)o0

static inline enum err native_call0(enum call number, struct native_words *results)
{
	NATIVE_CALL(number, results);
}

static inline enum err native_call1(enum call number, uint64_t a, struct native_words *results)
{
	register uint64_t x0 __asm__("x0") = a;

	NATIVE_CALL(number, results, "r"(x0));
}

static inline enum err native_call2(enum call number, uint64_t a, uint64_t b,
				    struct native_words *results)
{
	register uint64_t x0 __asm__("x0") = a;
	register uint64_t x1 __asm__("x1") = b;

	NATIVE_CALL(number, results, "r"(x0), "r"(x1));
}

static inline enum err native_call3(enum call number, uint64_t a, uint64_t b, uint64_t c,
				    struct native_words *results)
{
	register uint64_t x0 __asm__("x0") = a;
	register uint64_t x1 __asm__("x1") = b;
	register uint64_t x2 __asm__("x2") = c;

	NATIVE_CALL(number, results, "r"(x0), "r"(x1), "r"(x2));
}

static inline enum err native_call4(enum call number, uint64_t a, uint64_t b, uint64_t c,
				    uint64_t d, struct native_words *results)
{
	register uint64_t x0 __asm__("x0") = a;
	register uint64_t x1 __asm__("x1") = b;
	register uint64_t x2 __asm__("x2") = c;
	register uint64_t x3 __asm__("x3") = d;

	NATIVE_CALL(number, results, "r"(x0), "r"(x1), "r"(x2), "r"(x3));
}

static inline enum err native_call5(enum call number, uint64_t a, uint64_t b, uint64_t c,
				    uint64_t d, uint64_t e, struct native_words *results)
{
	register uint64_t x0 __asm__("x0") = a;
	register uint64_t x1 __asm__("x1") = b;
	register uint64_t x2 __asm__("x2") = c;
	register uint64_t x3 __asm__("x3") = d;
	register uint64_t x4 __asm__("x4") = e;

	NATIVE_CALL(number, results, "r"(x0), "r"(x1), "r"(x2), "r"(x3), "r"(x4));
}

static inline enum err native_call6(enum call number, uint64_t a, uint64_t b, uint64_t c,
				    uint64_t d, uint64_t e, uint64_t f,
				    struct native_words *results)
{
	register uint64_t x0 __asm__("x0") = a;
	register uint64_t x1 __asm__("x1") = b;
	register uint64_t x2 __asm__("x2") = c;
	register uint64_t x3 __asm__("x3") = d;
	register uint64_t x4 __asm__("x4") = e;
	register uint64_t x5 __asm__("x5") = f;

	NATIVE_CALL(number, results, "r"(x0), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5));
}

/* Send `m` and receive into it: ipc_call and ipc_reply_wait. */
static inline enum err native_exchange(enum call number, fut_handle handle, struct message *m,
				       uint64_t deadline)
{
	register uint64_t x0 __asm__("x0") = handle;
	register uint64_t tag __asm__("x1") = m->tag;
	register uint64_t w0 __asm__("x2") = m->word[0];
	register uint64_t w1 __asm__("x3") = m->word[1];
	register uint64_t w2 __asm__("x4") = m->word[2];
	register uint64_t w3 __asm__("x5") = m->word[3];
	register uint64_t w4 __asm__("x6") = m->word[4];
	register uint64_t w5 __asm__("x7") = m->word[5];
	register uint64_t x8 __asm__("x8") = number;
	register uint64_t x9 __asm__("x9") = deadline;

	__asm__ volatile("svc %[svc]"
			 : "+r"(x0), "+r"(tag), "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3), "+r"(w4),
			   "+r"(w5), "+r"(x8), "+r"(x9)
			 : [svc] "i"(NATIVE_SVC)
			 : NATIVE_CLOBBERS);
	*m = (struct message){ tag, { w0, w1, w2, w3, w4, w5 }, x9 };
	return (enum err)x0;
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
	register uint64_t x0 __asm__("x0") = port;
	register uint64_t tag __asm__("x1"), w0 __asm__("x2"), w1 __asm__("x3"), w2 __asm__("x4"),
		w3 __asm__("x5"), w4 __asm__("x6"), w5 __asm__("x7");
	register uint64_t x8 __asm__("x8") = CALL_IPC_RECEIVE;
	register uint64_t x9 __asm__("x9") = deadline;

	__asm__ volatile("svc %[svc]"
			 : "+r"(x0), "=r"(tag), "=r"(w0), "=r"(w1), "=r"(w2), "=r"(w3), "=r"(w4),
			   "=r"(w5), "+r"(x8), "+r"(x9)
			 : [svc] "i"(NATIVE_SVC)
			 : NATIVE_CLOBBERS);
	*m = (struct message){ tag, { w0, w1, w2, w3, w4, w5 }, x9 };
	return (enum err)x0;
}

/* Send `m` and receive nothing. */
static inline enum err ipc_reply(fut_handle reply, const struct message *m)
{
	struct message copy = *m;

	return native_exchange(CALL_IPC_REPLY, reply, &copy, 0);
}

/* The calling thread's control page; the same for as long as the thread lives. */
static inline struct control *native_control(void)
{
	struct control *c;

	__asm__("mrs %0, tpidrro_el0" : "=r"(c));
	return c;
}
