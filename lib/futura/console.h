/* SPDX-License-Identifier: MPL-2.0 */
/* Talking to a person: the service "console" as a stream of bytes. */
#pragma once
#include <stddef.h>
#include "lib/futura/message.h"

struct console_client {
	struct remote remote;
	fut_handle input; /* signal 0: bytes have arrived; 0 until the first read */
};

/* Find the console, at most until the deadline. Errors of service_find. */
enum err console_open(struct console_client *c, uint64_t deadline);

/* What one message to the device carries. */
constexpr size_t CONSOLE_PIECE = 4032;

/* All of it; waits while the device is busy. */
enum err console_print(struct console_client *c, const char *text, size_t n);

/* At least one byte; waits until the deadline. `size` is at least CONSOLE_LINE. */
constexpr size_t CONSOLE_LINE = 256;
enum err console_input_read(struct console_client *c, char *to, size_t size, uint64_t deadline,
			    size_t *n);
