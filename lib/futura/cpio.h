/* SPDX-License-Identifier: MPL-2.0 */
/* Reads a cpio archive (newc format) in memory, such as the boot bundle. Nothing in it is trusted.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "abi/kernel.h"

struct cpio_file {
	const char *name; /* in the archive, ended by a zero byte */
	const void *data; /* in the archive */
	size_t size;
	uint32_t mode; /* as stat's st_mode */
};

constexpr uint32_t CPIO_TYPE = 0170000;
constexpr uint32_t CPIO_REGULAR = 0100000;
constexpr uint32_t CPIO_DIRECTORY = 0040000;
constexpr uint32_t CPIO_LINK = 0120000;

/*
 * The member at `*position` (0: the first), which moves on to the next. ERR_NOT_FOUND after the
 * last; ERR_BAD_ARGUMENT if the archive is damaged or cut off.
 */
enum err cpio_next(const void *archive, size_t size, size_t *position, struct cpio_file *f);

/* The regular file of that path, without a leading slash. Errors as above. */
enum err cpio_find(const void *archive, size_t size, const char *path, struct cpio_file *f);
