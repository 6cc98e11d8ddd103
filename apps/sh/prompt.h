/* SPDX-License-Identifier: MPL-2.0 */
/* Prompts: PS1, PS2, PS4 and their escapes. */
#pragma once

/* Expands backslash escapes (full language) and parameters; in scratch. */
char *prompt_expand(const char *text);
/* The prompt for the first line of a command (1), or a further one (2). */
char *prompt_text(int which);
