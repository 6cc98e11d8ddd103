/* SPDX-License-Identifier: MPL-2.0 */
/* Mediated hardware: interrupts, I/O ports, DMA windows. */
#pragma once
#include "kernel/object.h"
#include "kernel/vmo.h"

struct irq {
	struct waitable waitable; /* SIGNAL_READY from firing to irq_ack */
	uint32_t line;            /* message interrupts follow the lines */
};

struct ioport {
	struct object object;
	uint32_t base, count;
};

struct iospace {
	struct object object;
	uint32_t device;
	struct list windows;
};

/* An interrupt arrived. It is masked until whoever waits for it acknowledges. */
void irq_fire(unsigned line);
void irq_end(void *irq);
void iospace_release(void *iospace);
