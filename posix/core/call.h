/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How a Linux call is defined: CALL3(read, int, fd, uint64_t, buffer, uint64_t, size) { ... } in
 * any source below posix/. tools/linux_calls collects them into the table. The result is at least
 * 0, or a negative errno.
 */
#pragma once
#include <stdint.h>
#include <asm/errno.h>
#include "abi/kernel.h"

typedef int64_t call_fn(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f);

#define CALL_HEAD(name)                                                                            \
	int64_t call_##name(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)

#define CALL_DEFINE(name, parameters, ...)                                                         \
	CALL_HEAD(name);                                                                           \
	static inline int64_t do_##name parameters;                                                \
	CALL_HEAD(name)                                                                            \
	{                                                                                          \
		(void)a, (void)b, (void)c, (void)d, (void)e, (void)f;                              \
		return do_##name(__VA_ARGS__);                                                     \
	}                                                                                          \
	static inline int64_t do_##name parameters

#define CALL0(name)                      CALL_DEFINE(name, (void))
#define CALL1(name, A, a_)               CALL_DEFINE(name, (A a_), (A)a)
#define CALL2(name, A, a_, B, b_)        CALL_DEFINE(name, (A a_, B b_), (A)a, (B)b)
#define CALL3(name, A, a_, B, b_, C, c_) CALL_DEFINE(name, (A a_, B b_, C c_), (A)a, (B)b, (C)c)
#define CALL4(name, A, a_, B, b_, C, c_, D, d_)                                                    \
	CALL_DEFINE(name, (A a_, B b_, C c_, D d_), (A)a, (B)b, (C)c, (D)d)
#define CALL5(name, A, a_, B, b_, C, c_, D, d_, E, e_)                                             \
	CALL_DEFINE(name, (A a_, B b_, C c_, D d_, E e_), (A)a, (B)b, (C)c, (D)d, (E)e)
#define CALL6(name, A, a_, B, b_, C, c_, D, d_, E, e_, F, f_)                                      \
	CALL_DEFINE(name, (A a_, B b_, C c_, D d_, E e_, F f_), (A)a, (B)b, (C)c, (D)d, (E)e, (F)f)

/* Linux's own, inside the kernel: the call was interrupted, and ... */
constexpr int64_t ERESTARTSYS = 512;    /* ... is repeated, but for a handler without SA_RESTART */
constexpr int64_t ERESTARTNOINTR = 513; /* ... is always repeated */
constexpr int64_t ERESTARTNOHAND = 514; /* ... is repeated if there was no handler */
constexpr int64_t ERESTARTBLOCK = 516;  /* ... goes on by restart_syscall if there was no handler */

extern call_fn *const call_table[];
extern const char *const call_names[];
/* A number outside the table, or one that nobody defines: reported once, ENOSYS. */
int64_t call_unknown(uint64_t number);
/* errno for an error of the kernel's list, negative; 0 for OK only, as static analysis is told. */
int64_t call_error_number(enum err e);
static inline int64_t call_error(enum err e)
{
	int64_t error = call_error_number(e);

	if (e != OK && error == 0)
		__builtin_unreachable();
	return error;
}
