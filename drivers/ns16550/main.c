/* SPDX-License-Identifier: MPL-2.0 */
/* 16550 serial port of PCs. National Semiconductor PC16550D data sheet; section numbers are its. */
#include "abi/user.h"
#include "lib/futura/device.h"
#include "lib/futura/uart.h"

enum reg : uint32_t { DATA = 0, IER = 1, FCR = 2, LCR = 3, MCR = 4, LSR = 5 };
constexpr uint32_t IER_RECEIVED = 1;                 /* 8.7 */
constexpr uint32_t FCR_ENABLE = 1;                   /* 8.5: FIFOs on */
constexpr uint32_t LCR_8_BITS = 3;                   /* 8.1 */
constexpr uint32_t MCR_READY = 3, MCR_INTERRUPT = 8; /* 8.8: DTR and RTS; OUT2 gates the line */
/* Bytes: the FIFO has 16 (8.0), and the kernel's log, which waits until it is empty, may put one.
 */
constexpr size_t SEND_MOST = 15;
constexpr uint32_t LSR_RECEIVED = 1, LSR_CAN_SEND = 0x20; /* 8.4 */

static uint32_t reg_read(void *device, enum reg reg)
{
	uint32_t value = 0;

	(void)fut_ioport_read(*(fut_handle *)device, reg, 1, &value); /* ours, and in range */
	return value;
}

static void reg_write(void *device, enum reg reg, uint32_t value)
{
	(void)fut_ioport_write(*(fut_handle *)device, reg, 1, value); /* ours, and in range */
}

/* One that can send has an empty FIFO, so that not every byte has to be asked for. */
static size_t put(void *device, const unsigned char *bytes, size_t n)
{
	if (!(reg_read(device, LSR) & LSR_CAN_SEND))
		return 0;
	if (n > SEND_MOST)
		n = SEND_MOST;
	for (size_t i = 0; i < n; i++)
		reg_write(device, DATA, bytes[i]);
	return n;
}

static bool get(void *device, unsigned char *byte)
{
	if (!(reg_read(device, LSR) & LSR_RECEIVED))
		return false;
	*byte = (unsigned char)reg_read(device, DATA);
	return true;
}

static void listen(void *device)
{
	reg_write(device, LCR, LCR_8_BITS);
	reg_write(device, FCR, FCR_ENABLE);
	reg_write(device, MCR, MCR_READY | MCR_INTERRUPT);
	reg_write(device, IER, IER_RECEIVED);
}

int main(void)
{
	fut_handle ports = device_ioport("ports");
	struct uart u = {
		.device = &ports,
		.put = put,
		.get = get,
		.listen = listen,
		.irq = device_irq("irq", IRQ_EDGE),
	};

	return uart_serve(&u);
}
