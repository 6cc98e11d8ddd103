/* SPDX-License-Identifier: MPL-2.0 */
/* The boot bundle, for a program that was given the capability "bundle". */
#pragma once
#include "lib/futura/cpio.h"

/*
 * Map it, and give the archive, which stays. It looks for BUNDLE_OFFSET and BUNDLE_SIZE in the
 * environment; without them all of the memory is the archive. ERR_NOT_FOUND: no capability.
 */
enum err bundle_open(const void **archive, size_t *size);

/* The regular file of that path. Errors as cpio_find's and bundle_open's. */
enum err bundle_file(const char *path, struct cpio_file *f);
