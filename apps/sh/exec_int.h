/* SPDX-License-Identifier: MPL-2.0 */
/* What the files that run commands share among themselves. */
#pragma once

struct fields;
struct node;
struct sym;
struct assign;

int eval_simple(struct node *n, unsigned flags);
/* The DEBUG action, and BASH_COMMAND for it and for ERR. */
void trap_before(const struct node *n);
int eval_time(struct node *n);
int eval_coproc(struct node *n);
/* A pipe whose ends do not lie on 0 to 2, should the shell have been started without those. */
void pipe_open(int ends[2]);
/* The status is final: ERR trap, -e. */
int eval_finish(int status, unsigned flags);
/* Does an assignment of the tree, exporting it too if asked. */
void eval_assign(const struct assign *as, bool export);
/* Shows the menu and reads an answer into REPLY and the variable; false at the end of input. */
bool select_ask(const struct fields *f, bool menu, struct sym *var);

void trace_for(const char *name, const struct fields *f);
void trace_text(const char *before, const char *text, const char *after);
void trace_command(const struct assign *as, char **argv);
