/* SPDX-License-Identifier: MPL-2.0 */
/* Frames, each in one message to the console. */
#include "services/exec/frames.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "lib/futura/clock.h"
#include "lib/futura/console.h"

constexpr char BEGIN[] = "futura-exec 2";
constexpr size_t HEAD = 4; /* 0xff, the kind, the length */
/* What one message to the console holds, so that no other client's words fall into a frame. */
constexpr size_t FRAME_MOST = (CONSOLE_PIECE - HEAD) / 8 * 7;

static struct console_client console;

/* Seven bits in each byte, the lowest first; how many bytes that takes. */
static size_t pack(unsigned char *to, const char *from, size_t n)
{
	unsigned bits = 0, nbits = 0;
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		bits |= (unsigned)(unsigned char)from[i] << nbits;
		for (nbits += 8; nbits >= 7; nbits -= 7, bits >>= 7)
			to[used++] = (unsigned char)(0x80 | bits);
	}
	if (nbits > 0)
		to[used++] = (unsigned char)(0x80 | bits);
	return used;
}

static enum err frame_one(enum frame kind, const char *bytes, size_t n)
{
	static unsigned char frame[CONSOLE_PIECE];

	frame[0] = 0xff;
	frame[1] = (unsigned char)(0x80 | (unsigned char)kind);
	frame[2] = (unsigned char)(0x80 | n >> 7);
	frame[3] = (unsigned char)(0x80 | n);
	return console_print(&console, (const char *)frame, HEAD + pack(frame + HEAD, bytes, n));
}

enum err frames_open(void)
{
	enum err e = console_open(&console, clock_after(10 * SECOND));

	return e == OK ? frame_one(FRAME_BEGIN, BEGIN, sizeof(BEGIN) - 1) : e;
}

void frame_write(enum frame kind, const char *bytes, size_t n)
{
	while (n > 0) {
		size_t now = n < FRAME_MOST ? n : FRAME_MOST;
		(void)frame_one(kind, bytes, now); /* nobody is left to tell */
		bytes += now;
		n -= now;
	}
}

void frame_complain(const char *format, ...)
{
	char text[5000];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments); /* cut off if it is long */
	va_end(arguments);
	frame_write(FRAME_ERROR, "futura: ", 8);
	frame_write(FRAME_ERROR, text, strlen(text));
	frame_write(FRAME_ERROR, "\n", 1);
}
