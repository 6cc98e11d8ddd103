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
	FRAME_SYSTEM = 'k',
};

/* Find the console and begin. */
enum err frames_open(void);
/* As many frames as `n` bytes take. */
void frame_write(enum frame kind, const char *bytes, size_t n);
/* What the system has to say. */
[[gnu::format(printf, 1, 2)]] void frame_say(const char *format, ...);
