/* SPDX-License-Identifier: MPL-2.0 */
/* The framed stream on the console: docs/exec.md. */
#pragma once
#include <stddef.h>
#include "abi/kernel.h"

enum frame : char {
	FRAME_BEGIN = 'b',
	FRAME_OUTPUT = 'o',
	FRAME_ERROR = 'e',
	FRAME_STATUS = 'x',
};

/* Find the console and begin. */
enum err frames_open(void);
/* As many frames as `n` bytes take. */
void frame_write(enum frame kind, const char *bytes, size_t n);
/* On standard error, in our own name: why there was no command. */
[[gnu::format(printf, 1, 2)]] void frame_complain(const char *format, ...);
