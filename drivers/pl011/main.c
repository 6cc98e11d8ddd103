/* SPDX-License-Identifier: MPL-2.0 */
/* PL011 serial port, as in QEMU's `virt` machine. Arm DDI 0183G; section numbers below are its. */
#include "lib/futura/device.h"
#include "lib/futura/uart.h"

enum reg { DR = 0x00 / 4, FR = 0x18 / 4, IMSC = 0x38 / 4, ICR = 0x44 / 4 };
constexpr uint32_t FR_RXFE = 1u << 4, FR_TXFF = 1u << 5; /* 3.3.3 */
constexpr uint32_t INT_RX = 1u << 4, INT_RT = 1u << 6;   /* 3.3.10: byte arrived; line went quiet */

static size_t put(void *device, const unsigned char *bytes, size_t n)
{
	volatile uint32_t *reg = device;
	size_t taken = 0;

	for (; taken < n && !(reg[FR] & FR_TXFF); taken++)
		reg[DR] = bytes[taken];
	return taken;
}

static bool get(void *device, unsigned char *byte)
{
	volatile uint32_t *reg = device;

	/* Clear first: a byte that lands while we drain must raise the line again. */
	reg[ICR] = INT_RX | INT_RT;
	if (reg[FR] & FR_RXFE)
		return false;
	*byte = (unsigned char)reg[DR];
	return true;
}

static void listen(void *device)
{
	volatile uint32_t *reg = device;

	reg[IMSC] = INT_RX | INT_RT;
}

int main(void)
{
	struct uart u = {
		.device = device_map("regs"),
		.put = put,
		.get = get,
		.listen = listen,
		.irq = device_irq("irq", 0),
	};

	return uart_serve(&u);
}
