/* SPDX-License-Identifier: MPL-2.0 */
/* What the device tree says of this machine. Nothing about it is assumed. */
#pragma once
#include "kernel/arch.h"

enum uart_kind : uint32_t { UART_NONE, UART_PL011, UART_16550, UART_S5L };

constexpr unsigned REDISTRIBUTOR_REGIONS = 4;

extern struct machine {
	struct {
		uint64_t mpidr;
		uint64_t release; /* where a spinning CPU looks for its entry; 0: PSCI starts it */
	} cpu[CPUS_MAX];          /* the first is the one we started on */
	unsigned ncpus;
	bool has_psci, psci_is_smc;

	struct {
		unsigned version;                               /* 2 or 3; 0: none was found */
		struct memory_range distributor, cpu_interface; /* the latter of version 2 */
		struct memory_range redistributors[REDISTRIBUTOR_REGIONS];
		struct memory_range message_frame; /* GICv2m; size 0: none */
		uint64_t frame_first, frame_count; /* its interrupts, if the tree says; else 0 */
		struct memory_range translation;   /* version 3's ITS; size 0: none */
	} gic;
	unsigned timer_line; /* the virtual timer's INTID, 0 if unknown */
	uint32_t timer_hz;   /* 0: CNTFRQ_EL0 is right */

	struct {
		enum uart_kind kind;
		struct memory_range registers;
		unsigned shift, width; /* of 16550: distance of registers, 2^shift; bytes of one */
	} uart;
	uint64_t seed;
} machine;

/* Read the tree at `blob` into `machine` and `boot`; false if it is none. Seeds in it are wiped. */
bool machine_read(void *blob, struct boot_info *boot);
