/* SPDX-License-Identifier: MPL-2.0 */
/* Reads the headers of a static ELF program in memory. Nothing in it is trusted. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "abi/kernel.h"

constexpr unsigned ELF_SEGMENTS = 16;

enum elf_machine : uint16_t { ELF_X86_64 = 62, ELF_ARM64 = 183 };

struct elf_segment {
	uint64_t address; /* page aligned; from the load base if the program can move */
	uint64_t size;    /* whole pages */
	uint64_t skip;    /* bytes from `address` to the contents; zero before and after them */
	uint64_t offset;  /* of the contents in the file */
	uint64_t nbytes;  /* of contents */
	uint32_t flags;   /* MAP_READ, MAP_WRITE, MAP_EXEC */
};

struct elf_image {
	uint64_t entry;
	uint64_t low, high; /* all segments lie in [low, high); page aligned */
	bool is_movable;    /* position independent: add a page-aligned base to each address */
	enum elf_machine machine;
	unsigned nsegments;
	struct elf_segment segments[ELF_SEGMENTS]; /* ascending, not overlapping */
};

/*
 * ERR_BAD_ARGUMENT: no ELF program, damaged, or segments that overlap, wrap, or are writable and
 * executable. ERR_UNSUPPORTED: not 64-bit little-endian, or it needs a dynamic linker. ERR_TOO_BIG:
 * more than ELF_SEGMENTS segments.
 */
enum err elf_parse(const void *file, size_t size, struct elf_image *image);
