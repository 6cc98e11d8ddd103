/* SPDX-License-Identifier: MPL-2.0 */
/* Reads a tar in memory: ustar, with pax records and GNU's long names. Nothing in it is trusted. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "abi/kernel.h"

constexpr size_t TAR_PATH = 4096;

struct tar {
	const char *at;
	size_t size;
	size_t position;                     /* 0: the first member */
	char path[TAR_PATH], link[TAR_PATH]; /* of the member read last */
};

struct tar_member {
	const char *path, *link; /* in struct tar, ended by a zero byte */
	const char *data;        /* in the tar */
	uint64_t size;
	int64_t mtime; /* nanoseconds since 1970 */
	uint32_t mode; /* as stat's st_mode, with its type; 0: a kind that is none of files' */
	uint32_t uid, gid;
	uint32_t major, minor; /* of a device */
	bool is_link;          /* a further name of the file `link` */
};

/* ERR_NOT_FOUND after the last member; ERR_BAD_ARGUMENT: damaged or cut off. */
enum err tar_next(struct tar *t, struct tar_member *m);
