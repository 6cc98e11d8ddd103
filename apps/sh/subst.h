/* SPDX-License-Identifier: MPL-2.0 */
/* Command and process substitution. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct node;

/* The command's output without its last newlines, in scratch. Sets sh.subst_status. */
const char *subst_command(const struct node *n, size_t *len);
/* Starts the command with one end of a pipe; `name` gets a path for the other end. */
void subst_process(const struct node *n, bool in, char *name, size_t size);
/* Forgets the pipe ends that the command just run could name. */
void subst_close(int upto);
int subst_open_count(void);
