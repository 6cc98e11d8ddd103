/* SPDX-License-Identifier: MPL-2.0 */
/* Interrupts as objects: a line, or a message of one device, that a driver waits for. */
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/event.h"
#include "kernel/hardware.h"
#include "kernel/resource.h"

constexpr unsigned IRQS_MAX = 1280; /* GICv3 without extensions has 1020 lines; then messages */

static struct irq *irqs[IRQS_MAX]; /* who has taken which; no references */

void irq_fire(unsigned line)
{
	struct irq *irq = line < IRQS_MAX ? irqs[line] : nullptr;

	arch_irq_mask(line);
	if (irq != nullptr)
		signals_set(&irq->waitable, SIGNAL_READY);
}

void irq_end(void *object)
{
	struct irq *irq = object;

	arch_irq_mask(irq->line);
	irqs[irq->line] = nullptr;
}

static struct irq *irq_take(struct quota *quota, uint32_t line)
{
	struct irq *irq = (struct irq *)object_create(OBJECT_IRQ, quota);

	if (irq == nullptr)
		return nullptr;
	irq->line = line;
	irqs[line] = irq;
	return irq;
}

enum err sys_irq_create(struct thread *self, struct resource *resource, uint32_t line,
			uint32_t flags, struct irq **irq)
{
	enum err e = resource_check(resource, RESOURCE_IRQ);

	if (e != OK)
		return e;
	if (!resource_covers(resource, line, 1) || line >= IRQS_MAX ||
	    (flags & ~(IRQ_EDGE | IRQ_LOW)) != 0)
		return ERR_BAD_ARGUMENT;
	if (irqs[line] != nullptr)
		return ERR_EXISTS;
	e = arch_irq_setup(line, flags);
	if (e != OK)
		return ERR_BAD_ARGUMENT;
	*irq = irq_take(self->task->object.quota, line);
	return *irq != nullptr ? OK : ERR_NO_MEMORY;
}

enum err sys_irq_create_msi(struct thread *self, struct resource *resource, uint32_t device,
			    struct irq **irq, uint64_t *address, uint32_t *data)
{
	enum err e = resource_check(resource, RESOURCE_MSI);
	unsigned lines = arch_irq_lines();

	if (e != OK)
		return e;
	if (arch_msi_count() == 0)
		return ERR_UNSUPPORTED;
	for (unsigned n = 0; n < arch_msi_count() && lines + n < IRQS_MAX; n++) {
		if (irqs[lines + n] != nullptr)
			continue;
		e = arch_msi_setup(n, device, address, data);
		if (e != OK)
			return e;
		*irq = irq_take(self->task->object.quota, lines + n);
		return *irq != nullptr ? OK : ERR_NO_MEMORY;
	}
	return ERR_FULL;
}

enum err sys_irq_ack(struct thread *self, struct irq *irq)
{
	(void)self;
	irq->waitable.signals &= ~SIGNAL_READY;
	arch_irq_unmask(irq->line);
	return OK;
}
