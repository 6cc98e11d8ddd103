/* SPDX-License-Identifier: MPL-2.0 */
/* What serial port drivers share: serving protocol/console.fipc over a device that moves bytes. */
#pragma once
#include "abi/user.h"

struct uart {
	void *device;
	/* Each moves one byte; false if the device takes or has none now. */
	bool (*put)(void *device, unsigned char byte);
	bool (*get)(void *device, unsigned char *byte);
	/* Let the device raise its interrupt when bytes have arrived. */
	void (*listen)(void *device);
	fut_handle irq;
};

/* Provide the service "console" until the port is gone; returns main's result. */
int uart_serve(struct uart *u);
