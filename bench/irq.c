/* SPDX-License-Identifier: MPL-2.0 */
/* From a device's interrupt to the first instruction of the driver's thread that waits for it. */
#include "bench/bench.h"
#include "bench/device.h"
#include "abi/startup.h"

static volatile uint64_t *woken;
static fut_handle irq, task;

/* The driver: notes when it runs, quiets the device, and waits again. */
ROLE(driver)
{
	uint64_t at = 0, signals;
	fut_handle line = cap_need("irq");

	need(fut_space_map(0, cap_need("shared"), 0, 0, 4096, MAP_READ | MAP_WRITE, &at), "map");
	while (fut_wait(line, SIGNAL_READY, 0, TIME_NEVER, &signals) == OK) {
		*(volatile uint64_t *)at = measure();
		need(fut_event_signal(cap_need("served"), 1, 0), "signal");
		need(fut_wait(cap_need("quiet"), 1, 1, TIME_NEVER, &signals), "wait");
		need(fut_irq_ack(line), "ack");
	}
	return 1;
}

static fut_handle served, quiet;

static fut_handle copy(fut_handle h)
{
	fut_handle c;

	need(fut_handle_duplicate(h, RIGHTS_ALL, &c), "duplicate");
	return c;
}

static bool setup(void)
{
	fut_handle vmo;
	uint64_t at;

	if (!bench_device_open(&irq))
		return false;
	need(fut_event_create(&served), "event");
	need(fut_event_create(&quiet), "event");
	need(fut_vmo_create(4096, 0, &vmo), "vmo");
	need(fut_space_map(0, vmo, 0, 0, 4096, MAP_READ | MAP_WRITE, &at), "map");
	woken = (uint64_t *)at;
	struct startup_cap caps[] = { named("irq", copy(irq)), named("served", copy(served)),
				      named("quiet", copy(quiet)), named("shared", vmo) };
	task = helper_start("driver", 40, 4, caps);
	need(fut_irq_ack(irq), "ack");
	return true;
}

static void done(void)
{
	need(fut_handle_close(task), "close");
	need(fut_handle_close(served), "close");
	need(fut_handle_close(quiet), "close");
	need(fut_handle_close(irq), "close");
	need(fut_space_unmap(0, (uint64_t)woken, 4096), "unmap");
}

/* The device raises its line when it is told to; the driver's priority is above ours. */
static uint64_t raise(void)
{
	uint64_t start = bench_device_raise(), signals;

	need(fut_wait(served, 1, 1, clock_after(SECOND), &signals), "interrupt");
	bench_device_quiet();
	need(fut_event_signal(quiet, 1, 0), "signal");
	return *woken - start;
}

BENCH(irq, driver) = { "irq.to_driver",
		       "interrupt to the waiting driver's first instruction",
		       800,
		       setup,
		       raise,
		       .is_span = true,
		       .done = done };
