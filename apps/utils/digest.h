/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Checksums of byte streams: MD5 (RFC 1321), SHA-1 and SHA-2 (FIPS 180-4), CRC-32. */
#include <stddef.h>
#include <stdint.h>

enum digest_kind {
	DIGEST_MD5,
	DIGEST_SHA1,
	DIGEST_SHA224,
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512
};

struct digest {
	enum digest_kind kind;
	uint64_t state[8];
	uint64_t len;
	uint8_t block[128];
	size_t used;
};

size_t digest_size(enum digest_kind kind); /* in bytes, up to 64 */
void digest_init(struct digest *d, enum digest_kind kind);
void digest_add(struct digest *d, const void *bytes, size_t n);
void digest_end(struct digest *d, uint8_t result[static 64]);

/* The CRC of gzip and zip, continued from `crc`, which is 0 first. */
uint32_t crc32_add(uint32_t crc, const void *bytes, size_t n);
