/* SPDX-License-Identifier: MPL-2.0 */
/* Redirections: applying them, and taking them back. */
#pragma once

#include <stdbool.h>

struct redir;

struct redir_undo {
	struct redir_undo *prev;
	int fd;
	int saved; /* a copy of what fd was, or -1 if it was closed */
};

extern struct redir_undo *redir_undo_top;

/* False after a message when one fails; those before it stay until undone. */
bool redir_apply(const struct redir *list, bool undo);
void redir_undo_to(struct redir_undo *mark);
/* Makes the redirections since the mark permanent: `exec`. */
void redir_keep(struct redir_undo *mark);
/* Whether the shell uses the descriptor for itself, so that scripts may not. */
bool redir_is_ours(int fd);
/* A copy of fd out of the scripts' way, closed on exec; -1 on failure. */
int redir_move_high(int fd);
