/* SPDX-License-Identifier: MPL-2.0 */
/* Making a copy of the process. */
#pragma once
#include <stdint.h>

struct fork {
	bool vfork;   /* the child uses the parent's memory until it executes or ends; that waits */
	bool shares;  /* the same without waiting: CLONE_VM */
	bool sibling; /* CLONE_PARENT */
	uint32_t end_signal; /* that its end sends to the parent; 0: none */
	uint64_t stack;      /* of the child; 0: as the parent's */
	uint64_t tls;        /* with set_tls */
	bool set_tls;
	uint64_t child_set_tid, child_clear_tid, parent_set_tid; /* guest addresses; 0: none */
	uint64_t pidfd; /* where the parent finds a descriptor of the child; 0: it wants none */
};

/* The child's pid; 0 in the child, which goes on as from the same call. */
int64_t process_fork(const struct fork *f);
