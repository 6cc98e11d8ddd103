/* SPDX-License-Identifier: MPL-2.0 */
/* The second 16550: enabling its transmitter interrupt raises it, as there is nothing to send. */
#include "bench/device.h"
#include "bench/bench.h"
#include "lib/futura/device.h"

enum reg : uint32_t { IER = 1, MCR = 4, LSR = 5 };
constexpr uint32_t IER_SENT = 2;
constexpr uint32_t MCR_INTERRUPT = 8;
constexpr uint32_t NO_DEVICE = 0xff;

static fut_handle ports;
static uint64_t write_cost; /* ticks from before a port write to after it: no part of the path */

static void ier(uint32_t value)
{
	need(fut_ioport_write(ports, IER, 1, value), "port");
}

bool bench_device_open(fut_handle *irq)
{
	uint32_t status;

	if (cap_get("com2") == 0)
		return false;
	ports = device_ioport("com2");
	need(fut_ioport_read(ports, LSR, 1, &status), "port");
	if (status == NO_DEVICE)
		return false;
	*irq = device_irq("com2-irq", IRQ_EDGE);
	need(fut_ioport_write(ports, MCR, 1, MCR_INTERRUPT), "port");
	for (unsigned i = 0; i < 100; i++) {
		uint64_t start = measure();
		ier(0);
		write_cost = measure() - start;
	}
	return true;
}

/* The write is a kernel call, after which the interrupt is taken: its cost is not the interrupt's.
 */
uint64_t bench_device_raise(void)
{
	uint64_t start = measure() + write_cost;

	ier(IER_SENT);
	return start;
}

void bench_device_quiet(void)
{
	ier(0);
}
