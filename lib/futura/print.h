/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Formatted output. It goes where `output_set` says: at first to the kernel log if the program was
 * given the capability "log" with `write`, else nowhere. Formats are printf's.
 */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include "abi/kernel.h"

/* Takes `n` bytes of text, all of them. Called by one thread at a time. */
typedef void output_fn(void *self, const char *text, size_t n);

[[gnu::format(printf, 1, 2)]] void print(const char *format, ...);
[[gnu::format(printf, 1, 0)]] void print_list(const char *format, va_list arguments);

/* Text as it is, without formatting and without a limit on its length. */
void print_text(const char *text, size_t n);

/* From now on output goes there; returns nothing of what was printed before. */
void output_set(output_fn *output, void *self);

/* Use the kernel log: `resource` is of the log. */
void output_to_log(fut_handle resource);
