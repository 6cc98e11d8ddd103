/* SPDX-License-Identifier: MPL-2.0 */
#include "services/posixd/disks.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "lib/futura/clock.h"
#include "lib/futura/print.h"
#include "lib/futura/service.h"
#include "protocol/block.h"
#include "protocol/file.h"
#include "services/posixd/mounts.h"
#include "services/posixd/proc/proc.h"

/* virtblk's first major number for local use, and its minor numbers for each disk's partitions. */
constexpr unsigned MAJOR = 253, MINORS = 16;

unsigned disk_of_name(const char *name)
{
	char *end;

	if (strncmp(name, "block.", 6) != 0)
		return DISK_NONE;
	unsigned long n = strtoul(name + 6, &end, 10);
	return *end == '\0' && end != name + 6 && n < DISKS ? (unsigned)n : DISK_NONE;
}

static struct disk_facts facts[DISKS]; /* no sectors: there is no such disk */

const struct disk_facts *disk_facts(unsigned disk)
{
	return disk < DISKS && facts[disk].sectors > 0 ? &facts[disk] : nullptr;
}

const char *disk_name(unsigned disk)
{
	static const char names[DISKS][4] = {
		"vda", "vdb", "vdc", "vdd", "vde", "vdf", "vdg", "vdh"
	};

	return names[disk];
}

void disk_ask(unsigned disk)
{
	constexpr uint64_t PATIENCE = SECOND; /* for a driver that starts with us */
	struct disk_facts f = {};
	struct remote driver;
	uint32_t features, most, most_discard;
	uint64_t sectors;
	char name[16], serial[33];
	size_t n;

	snprintf(name, sizeof(name), "block.%u", disk);
	if (service_open(&driver, name, clock_after(PATIENCE)) != OK)
		return;
	if (block_info(&driver, &sectors, &features, &f.sector_size, &f.physical_size, &most,
		       &most_discard, serial, sizeof(serial), &n) == OK) {
		f.sectors = sectors * (f.sector_size / 512);
		f.read_only = features & BLOCK_READ_ONLY;
		facts[disk] = f;
	}
	(void)fut_handle_close(driver.session); /* ours */
}

uint64_t disk_number(unsigned disk)
{
	return makedev(MAJOR, disk * MINORS);
}

unsigned disk_of_number(uint64_t rdev)
{
	return major(rdev) == MAJOR && minor(rdev) % MINORS == 0 && minor(rdev) / MINORS < DISKS
		       ? minor(rdev) / MINORS
		       : DISK_NONE;
}

const char *disk_server(unsigned disk)
{
	/* As services/init/system.conf has them. */
	static const char *const servers[] = { SERVER_DISK, SERVER_DISK ".1", SERVER_DISK ".2",
					       SERVER_DISK ".3" };

	return disk < sizeof(servers) / sizeof(*servers) ? servers[disk] : nullptr;
}

void disk_complain(const char *source, int error)
{
	if (error == -EINVAL)
		print("%s is not mounted: it holds no FuturaFS volume. On the host, "
		      "build/tools/mkfutfs IMAGE makes one.\n",
		      source);
	else
		print("%s is not mounted: %s\n", source,
		      error == -ENXIO ? "there is no such disk" : strerror(-error));
}

static enum err ask(fut_handle session, uint32_t *mode, uint64_t *device, uint64_t *rdev)
{
	struct remote there = { .session = session };
	uint64_t size, blocks, node;
	int64_t atime, mtime, ctime, btime;
	uint32_t nlink, uid, gid, block_size;
	int32_t outcome;
	size_t rest_len;
	char rest[8];
	enum err e = file_stat(&there, 0, "", 0, &size, &blocks, &atime, &mtime, &ctime, &btime,
			       &node, device, rdev, &outcome, mode, &nlink, &uid, &gid, &block_size,
			       rest, sizeof(rest), &rest_len);

	return e == OK && outcome != 0 ? ERR_NOT_FOUND : e;
}

uint64_t disk_device_of(fut_handle session)
{
	uint64_t device, rdev;
	uint32_t mode;

	return ask(session, &mode, &device, &rdev) == OK ? device : 0;
}

uint64_t disk_node_of(fut_handle session)
{
	uint64_t device, rdev;
	uint32_t mode;

	return ask(session, &mode, &device, &rdev) == OK && S_ISBLK(mode) ? rdev : 0;
}

uint64_t disk_proc_device(const char *server)
{
	return PROC_DEVICE + (strcmp(server, SERVER_PROC) == 0 ? PROC_PROC : PROC_SYS);
}
