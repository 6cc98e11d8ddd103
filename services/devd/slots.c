/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Hot-plug slots of PCI Express, looked at once a second if there are any with a driver behind:
 * whoever presses a slot's button, or has taken out what was in it, ends the drivers behind. Then
 * the slot's power goes off. What is put in later is not looked for.
 */
#include "lib/futura/clock.h"
#include "lib/futura/program.h"
#include "services/devd/state.h"

constexpr uint64_t INTERVAL = SECOND;

static bool is_behind(const struct device *x, const struct device *bridge)
{
	unsigned bus = x->function.at >> 8;

	return x->match && x->pci == bridge->pci && bus >= bridge->function.bus &&
	       bus <= bridge->function.last_bus;
}

/* How many drivers behind it have not ended. */
static unsigned drivers_remove(struct device *bridge)
{
	struct devd *d = bridge->devd;
	unsigned n = 0;

	for (unsigned i = 0; i < d->ndevices; i++) {
		struct device *x = &d->devices[i];
		if (!is_behind(x, bridge))
			continue;
		x->is_absent = true;
		(void)driver_remove(x); /* it has one */
		n += x->task != 0;
	}
	return n;
}

/* Without power nothing writes to memory any more. */
static void dma_release(const struct device *bridge)
{
	struct devd *d = bridge->devd;

	for (unsigned i = 0; i < d->ndevices; i++) {
		struct device *x = &d->devices[i];
		if (!is_behind(x, bridge))
			continue;
		if (x->dma)
			(void)fut_handle_close(x->dma); /* ours, and open */
		if (x->stale_dma)
			(void)fut_handle_close(x->stale_dma); /* the same */
		x->dma = x->stale_dma = 0;
	}
}

/* True if there is more to look for. */
static bool slot_look(struct device *bridge)
{
	bool used = false;

	for (unsigned i = 0; i < bridge->devd->ndevices; i++) {
		const struct device *x = &bridge->devd->devices[i];
		used |= is_behind(x, bridge) && !x->is_absent;
	}
	if (used && pci_slot_is_leaving(bridge->pci, &bridge->function))
		bridge->is_emptied = true;
	if (!bridge->is_emptied)
		return used;
	if (drivers_remove(bridge) > 0)
		return true;
	pci_slot_power_off(bridge->pci, &bridge->function);
	dma_release(bridge);
	bridge->is_emptied = false;
	return false;
}

static void slots_look(void *self, uint64_t)
{
	struct devd *d = self;
	bool more = false;

	for (unsigned i = 0; i < d->ndevices; i++)
		if (d->devices[i].function.slot != 0)
			more |= slot_look(&d->devices[i]);
	if (more)
		loop_timer_set(&d->loop, &d->slots, clock_after(INTERVAL), slots_look, d);
}

void slots_watch(struct devd *d)
{
	slots_look(d, 0);
}
