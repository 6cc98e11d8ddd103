/* SPDX-License-Identifier: MPL-2.0 */
/* Disks as POSIX programs see them: /dev/vda is block.0, whose file system "futurafs" serves. */
#pragma once
#include <stdint.h>
#include "abi/kernel.h"

constexpr unsigned DISKS = 8, DISK_NONE = ~0u;

/* The number in "block.N"; DISK_NONE. */
unsigned disk_of_name(const char *name);
/* What a disk says of itself, as it was when its world began; nullptr: there is none. */
struct disk_facts {
	uint64_t sectors; /* of 512 bytes */
	uint32_t sector_size, physical_size;
	bool read_only;
};
const struct disk_facts *disk_facts(unsigned disk);
/* For errands: ask its driver. */
void disk_ask(unsigned disk);
/* "vda" */
const char *disk_name(unsigned disk);
/* The device number of its node, and back: DISK_NONE. */
uint64_t disk_number(unsigned disk);
unsigned disk_of_number(uint64_t rdev);
/* By which name the file server of the volume on it is found; nullptr: there is none. */
const char *disk_server(unsigned disk);
/* Why it was not mounted, on the log. */
void disk_complain(const char *source, int error);

/* For errands: st_dev of what a session is with; st_rdev, if it is a block device's node, else 0.
 */
uint64_t disk_device_of(fut_handle session);
uint64_t disk_node_of(fut_handle session);
/* st_dev of our own file systems. */
uint64_t disk_proc_device(const char *server);
