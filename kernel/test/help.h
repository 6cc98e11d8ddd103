/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Shorthands of the kernel's unit tests. Everything runs at the driver's priority, so that `as`
 * reaches any thread that can run.
 */
#pragma once
#include "kernel/fail.h"
#include "kernel/test/fixture.h"
#include "lib/test/test.h"

/* A test that leaves the machine as it was: begin() first, balanced() last. */
struct books begin(void);
void balanced(const struct books *before);

/* Let the thread run now. */
void as(const struct thread *t);
void as_driver(void);
/* What a call that waited has given its thread by now; CALL_WAITS: it still waits. */
enum err result(const struct thread *t);

/* Calls of the running thread that must not fail. */
uint32_t made(enum err e); /* the call's first result: made(CALL0(EVENT_CREATE)) */
uint32_t made_vmo(uint64_t pages);
uint32_t copy_of(uint32_t handle, uint32_t rights);
void closed(uint32_t handle);
void put_word(vaddr va, uint32_t value);
uint32_t get_word(vaddr va);
/* The driver's handle moves to the actor; its number there. */
uint32_t given(const struct actor *a, uint32_t handle);
/* An actor at the driver's priority, charged to init's quota. */
struct actor actor(void);
/* Ends it, by its own doing or not, as the driver. */
void gone(struct actor *a);

/* Make a call with its first allocation failing, then its second and so on, until it needs no more.
 * Each must end in no_memory; the last has been made. */
#define SURVIVES(call)                                                                             \
	for (uint64_t nth_ = 1;; nth_++) {                                                         \
		fail_countdown = nth_;                                                             \
		enum err error_ = (call);                                                          \
		bool happened_ = fail_countdown == 0;                                              \
		fail_countdown = 0;                                                                \
		CHECK(error_ == (happened_ ? ERR_NO_MEMORY : OK));                                 \
		if (!happened_ || error_ != ERR_NO_MEMORY)                                         \
			break;                                                                     \
	}
