/* SPDX-License-Identifier: MPL-2.0 */
/* CRC32C (Castagnoli): what every block on the device is checked with. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Continue `crc` (0 to begin) over `len` bytes. */
uint32_t crc32c(uint32_t crc, const void *buf, size_t len);

/* The same with the processor's instruction. Only where the processor has it. */
uint32_t crc32c_hw(uint32_t crc, const void *buf, size_t len);
