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

/* Pages that a device may use; they stay where they are until all their windows are gone. */
struct window {
	struct list link;   /* in iospace->windows */
	struct list of_vmo; /* in vmo->windows */
	struct vmo *vmo;    /* a reference */
	uint64_t index, n;
	uint64_t address;
};

/* True if a device may use any of these pages. */
bool vmo_is_pinned(const struct vmo *vmo, uint64_t index, uint64_t n);

/* An interrupt arrived. It is masked until whoever waits for it acknowledges. */
void irq_fire(unsigned line);
void irq_end(void *irq);
void iospace_release(void *iospace);
