/* SPDX-License-Identifier: MPL-2.0 */
/* Frames, each in as few messages to the console as can be. */
#include "services/exec/frames.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "lib/futura/clock.h"
#include "lib/futura/console.h"

constexpr char MARKER[] = "\x1e<futura-exec 1>\n";
constexpr size_t HEAD = 6; /* 0x1e, the kind, four digits */
constexpr size_t FRAME_MOST = 0xffff;

static struct console_client console;

enum err frames_open(void)
{
	enum err e = console_open(&console, clock_after(10 * SECOND));

	return e == OK ? console_print(&console, MARKER, sizeof(MARKER) - 1) : e;
}

/* A frame's head goes with its first bytes. */
static void frame_one(enum frame kind, const char *bytes, size_t n)
{
	char first[CONSOLE_PIECE + 1];
	size_t with = n < CONSOLE_PIECE - HEAD ? n : CONSOLE_PIECE - HEAD;

	snprintf(first, sizeof(first), "\x1e%c%04zx", kind, n);
	memcpy(first + HEAD, bytes, with);
	if (console_print(&console, first, HEAD + with) == OK && n > with)
		(void)console_print(&console, bytes + with, n - with); /* nobody is left to tell */
}

void frame_write(enum frame kind, const char *bytes, size_t n)
{
	while (n > 0) {
		size_t now = n < FRAME_MOST ? n : FRAME_MOST;
		frame_one(kind, bytes, now);
		bytes += now;
		n -= now;
	}
}

void frame_say(const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	int n = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (n > 0)
		frame_write(FRAME_SYSTEM, text,
			    (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}
