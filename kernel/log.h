/* SPDX-License-Identifier: MPL-2.0 */
/* The kernel log: a ring of bytes in memory, also printed on the debug console. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Understands %s %c %d %u %x %p with l for 64 bits, a width and 0 before it, and %%. */
[[gnu::format(printf, 1, 2)]] void klog(const char *format, ...);
[[gnu::format(printf, 1, 0)]] void klog_list(const char *format, va_list arguments);
void log_write(const char *text, size_t n);
