/* SPDX-License-Identifier: MPL-2.0 */
/* Futexes: threads that wait at a 32-bit word, named by its memory or by its address. */
#pragma once
#include "kernel/arch.h"
#include "kernel/thread.h"

void futex_init(void);
void futex_abandon(struct thread *t);

/* A word that outlives the mapping through which it was found. */
struct futex_word {
	struct task *task; /* references, until futex_word_clear */
	struct vmo *vmo;
	vaddr address;
	uint64_t offset;
};

enum err futex_word_find(struct thread *self, vaddr address, struct futex_word *word);
/* Store 0 there, wake one waiter by either name, and drop the references. */
void futex_word_clear(struct futex_word *word);
/* A thread that ends holds the lock at this address, if the word says so. */
void futex_owner_died(struct thread *t, vaddr address, uint32_t owner);
/* The same for the words of a list (abi/control.h). */
void futex_list_died(struct thread *t, vaddr head, uint32_t owner);
