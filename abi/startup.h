/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a new native program finds: its first thread's argument is the address of a block, made by
 * whoever started it (for init by the kernel), with arguments, environment and capabilities.
 * Read-only, whole pages, `size` bytes used. Strings follow the capabilities: `argc` arguments,
 * then `envc` strings NAME=VALUE, each ended by a zero byte. `random` is for this program alone:
 * the seed of all it needs that nobody can guess.
 *
 * init's capabilities: "task" (its own task), "quota" (all memory), "bundle" and "dtb" (memory
 * objects; the latter only where firmware gives one), "physical", "irq", "ioport" (x86 only), "msi"
 * (where the machine has them), "iospace", "power", "log", "system" (resources). Its environment:
 * BUNDLE_SIZE, DTB_SIZE (bytes used of those objects), BUNDLE_OFFSET, DTB_OFFSET (where in them
 * these start), and where firmware tells of them ACPI_RSDP (physical address) and FRAMEBUFFER
 * (base,width,height,pitch,bpp): all numbers in hex after 0x; CMDLINE (the kernel's command line),
 * ARCH.
 */
#pragma once
#include <stdint.h>

constexpr uint32_t STARTUP_MAGIC = 0x54525453; /* "STRT" */

struct startup_cap {
	char name[24]; /* ended by a zero byte */
	uint32_t handle;
	uint32_t reserved;
};

struct startup {
	uint32_t magic;
	uint32_t size;
	uint32_t argc;
	uint32_t envc;
	uint32_t capc;
	uint32_t reserved;
	uint64_t random[4];
	struct startup_cap caps[];
};
static_assert(sizeof(struct startup) == 56);
