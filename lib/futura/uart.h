/* SPDX-License-Identifier: MPL-2.0 */
/* What serial port drivers share: serving protocol/console.fipc over a device that moves bytes. */
#pragma once
#include <stddef.h>
#include "abi/user.h"

struct uart {
	void *device;
	/* How many of the `n` bytes the device took, as much as it has room for. */
	size_t (*put)(void *device, const unsigned char *bytes, size_t n);
	/* One byte; false if the device has none now. */
	bool (*get)(void *device, unsigned char *byte);
	/* Let the device raise its interrupt when bytes have arrived. */
	void (*listen)(void *device);
	fut_handle irq;
};

/* Provide the service "console" until the port is gone; returns main's result. */
int uart_serve(struct uart *u);
