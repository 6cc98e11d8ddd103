/* SPDX-License-Identifier: MPL-2.0 */
/* Functions in the environment, in bash's form: BASH_FUNC_name%%=() { ... }. */
#pragma once

struct sym;

/* The function as a string of the environment, in scratch. */
char *function_to_env(const struct sym *s);
/* Defines, and exports again, the functions that came in the environment. */
void functions_import(char **envp);
