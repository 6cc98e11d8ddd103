/* SPDX-License-Identifier: MPL-2.0 */
/* Reads a start-up block, checking that everything in it lies inside it. */
#pragma once
#include <stddef.h>
#include "abi/kernel.h"
#include "abi/startup.h"

/* ERR_BAD_ARGUMENT if it is no start-up block of at most `limit` bytes, or damaged. */
enum err startup_check(const struct startup *s, size_t limit);

/* For a checked block. The strings are ended by zero bytes; nullptr or 0 if there is no such thing.
 */
const char *startup_argument(const struct startup *s, unsigned i);
const char *startup_env(const struct startup *s, const char *name);
const char *startup_env_at(const struct startup *s, unsigned i); /* NAME=VALUE */
fut_handle startup_cap(const struct startup *s, const char *name);

/* What startup_write packs. Names and strings are copied. */
struct startup_parts {
	unsigned argc;
	const char *const *argv;
	unsigned envc;
	const char *const *env; /* NAME=VALUE */
	unsigned capc;
	const struct startup_cap *caps;
	uint64_t random[4];
};

/* Bytes needed; 0 if there is too much for one block. */
size_t startup_size(const struct startup_parts *p);
/* Fill a block of startup_size(p) bytes. */
void startup_write(struct startup *s, size_t size, const struct startup_parts *p);
