/* SPDX-License-Identifier: MPL-2.0 */
/* What devd knows of each device, and of its driver. */
#pragma once
#include "abi/kernel.h"
#include "lib/futura/loop.h"
#include "protocol/devices.h"
#include "services/devd/core/match.h"
#include "services/devd/core/pci.h"
#include "services/devd/core/tree.h"

constexpr unsigned DEVICES = 64;
constexpr unsigned IRQS = 8; /* message interrupts of one device */

enum door : unsigned { DOOR_ALL, DOOR_READ_ONLY, DOORS }; /* badges, and names NAME and NAME-ro */

/* Badges of devd's own sessions. Who stands in for a driver speaks no protocol: whoever calls is
 * told at once that there is none. */
enum badge : uint64_t { BADGE_LIST, BADGE_CONTROL, BADGE_STAND_IN };

struct device {
	struct devd *devd;
	char bus[32];
	uint32_t id, class;        /* vendor << 16 | device */
	const struct match *match; /* nullptr: there is no driver for it */
	char name[24];

	/* Where it is: behind a PCI bus, or registers in memory. */
	struct pci_bus *pci; /* nullptr: registers in memory */
	struct pci_function function;
	volatile uint32_t *msix; /* its table, mapped; nullptr: no messages */
	uint64_t regs, regs_size;
	bool has_line;
	struct tree_line line;

	/* The driver's life. */
	uint32_t state, restarts;
	unsigned failures; /* lives in a row that ended soon */
	uint64_t started;
	fut_handle task, quota, ready; /* 0 while there is none */
	fut_handle doors[DOORS];       /* sessions with the driver, until it is ready */
	fut_handle stand_ins[DOORS];   /* ours, found under its names while there will be none */
	bool is_removed;               /* no driver is to be started */
	bool is_absent;                /* it is not in its slot any more */
	struct loop_watch task_watch, ready_watch;
	struct loop_timer restart;
	/*
	 * The DMA window of this life, and that of an earlier one. A driver may die while the
	 * device writes to its memory: the pages stay pinned until a later life has reset the
	 * device.
	 */
	fut_handle dma, stale_dma;
	bool is_emptied; /* a slot: what is in it is on its way out */
};

struct devd {
	struct loop loop;
	struct server server;
	struct loop_server loop_server;
	struct loop_timer slots;
	const void *bundle;
	size_t bundle_size;
	unsigned ndevices;
	struct device devices[DEVICES];
};

/* find.c: fill in the devices of this machine. */
void devices_find(struct devd *d);
/* Physical addresses, mapped; nullptr if that cannot be done. `flags`: PHYSICAL_... */
void *physical_map(uint64_t base, uint64_t size, uint32_t flags);

/* hardware.c: what a driver gets of its device. Each appends capabilities that are to be moved. */
struct caps {
	unsigned n;
	struct startup_cap cap[32];
};
enum err caps_add(struct caps *c, const char *name, fut_handle h);
enum err caps_duplicate(struct caps *c, const char *name, fut_handle h, uint32_t rights);
enum err device_caps(struct device *x, struct caps *c);

/* driver.c: start a device's driver, now; or end it as a fault would. */
void driver_start(struct device *x);
enum err driver_restart(struct device *x);
/* No driver from now on. It may end a little later. */
enum err driver_remove(struct device *x);

/* slots.c: watch the slots that devices may be taken out of, if there are such. */
void slots_watch(struct devd *d);
