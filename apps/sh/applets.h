/* SPDX-License-Identifier: MPL-2.0 */
/* The utilities in this binary, as the shell sees them. */
#pragma once

#include <stdbool.h>

struct applet;

constexpr char DEFAULT_PATH[] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

const struct applet *applets_find(const char *name);
/*
 * The applet to run for a command whose PATH search gave `path`: only if that is this binary, or
 * nothing was found. A program of the same name elsewhere in PATH keeps its right.
 */
const struct applet *applets_match(const char *name, const char *path);
bool applets_is_safe(const struct applet *a);
int applets_run(const struct applet *a, int argc, char **argv);
/* In a forked child: runs it with the exported variables as environment, and exits. */
[[noreturn]] void applets_exit(const struct applet *a, int argc, char **argv);
/* Tells a running applet that SIGINT came. */
void applets_interrupt(void);
