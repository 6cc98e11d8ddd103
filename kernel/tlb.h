/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Keeping TLBs true. Changes that take access away call tlb_shoot before the page is used for
 * anything else; changes that only give access need not.
 */
#pragma once
#include "kernel/cpu.h"

/* No CPU uses an entry of the space for these pages any more (n = SIZE_MAX: for any). */
void tlb_shoot(struct space *space, vaddr va, size_t n);
/* Do what another CPU asked for. Takes no lock. */
void tlb_flush_if_wanted(struct cpu *cpu);
/* A CPU that was idle goes on: what it slept through. Under the kernel lock. */
void tlb_flush_late(struct cpu *cpu);
