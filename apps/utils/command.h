/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Running other commands, for utilities that take one as operands. */
#include <sys/types.h>

/* Becomes the command; ends with 127 or 126 if it is not found or cannot be run. */
[[noreturn]] void command_become(char **argv);
/* Starts it as a child; ends the applet if it cannot. */
pid_t command_start(char **argv);
/* Waits for its end: its status as a shell tells it, 128 + N after signal N. */
int command_wait(pid_t pid);
