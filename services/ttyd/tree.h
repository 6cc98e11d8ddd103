/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The tree of names, which is /dev/pts: the pseudo-terminals by number, ptmx, and for those who
 * know of it the console. What is opened is a seat at a terminal (terminal.h).
 */
#pragma once
#include "services/ttyd/terminal.h"

extern struct terminal console_terminal;

/* `read` and `write` of both protocols. `flags`: TTY_READ_. An outcome, and what to wait for. */
struct transfer {
	int64_t outcome;
	uint32_t wait; /* TTY_WAIT_ */
};
/* FILES_AGAIN as outcome: the caller's page has to come first. */
struct transfer seat_read(struct seat *seat, const struct lent *to, uint32_t flags);
/* From lent memory, or where that is nullptr from `data`, at most a message's bytes. */
struct transfer seat_write(struct seat *seat, const struct lent *from, const void *data, size_t n);

void tree_init(void);
struct files_node *tree_root(void);
