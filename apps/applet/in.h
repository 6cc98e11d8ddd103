/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Buffered input: bytes in bulk, or lines of any length and any bytes, without copying them. */
#include <stddef.h>

struct in {
	int fd;
	const char *name; /* for messages */
	char *buf;
	size_t start, end; /* what is in buf and not taken yet */
	size_t size;
	bool eof;
	bool failed; /* a read failed; it has been reported */
};

/* "-" is standard input. On failure warns and returns false. */
bool in_open(struct in *in, const char *path);
void in_open_fd(struct in *in, int fd, const char *name);
void in_close(struct in *in);

/*
 * Reads more behind what is there, making room by moving or growing. False at the end of the
 * file, and after an error, which is reported.
 */
bool in_fill(struct in *in);

/*
 * Takes the next line, up to and with `delim`; the last may lack it. False at the end. The bytes
 * stay valid until the next call.
 */
bool in_line(struct in *in, int delim, char **line, size_t *len);

/* Reads what is left of a file into memory of the applet; a NUL follows. False after an error. */
bool in_all(struct in *in, char **bytes, size_t *len);
