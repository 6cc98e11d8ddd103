/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* What kind of data a file's first bytes are, in words and as a media type. */
#include <stddef.h>
#include "apps/applet/mem.h"

struct magic {
	struct text words;
	const char *mime;    /* "text/plain" */
	const char *charset; /* "us-ascii", or "binary" */
};

/* Looks at the first `len` bytes of a file; fd is for what lies elsewhere in it, or -1. */
void magic_find(struct magic *m, const unsigned char *bytes, size_t len, int fd);

/* For magic.c's parts: what is text, and what is an ELF file. */
bool magic_text(struct magic *m, const unsigned char *bytes, size_t len);
bool magic_elf(struct magic *m, const unsigned char *bytes, size_t len, int fd);
