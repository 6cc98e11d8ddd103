/* SPDX-License-Identifier: MPL-2.0 */
/* The debug console: a 16550 at COM1's ports, polled. */
#include "kernel/arch/x86_64/uart.h"
#include "kernel/arch.h"

enum port : uint16_t {
	DATA = 0x3f8,
	INTERRUPT_ENABLE = 0x3f9,
	FIFO_CONTROL = 0x3fa,
	LINE_CONTROL = 0x3fb,
	MODEM_CONTROL = 0x3fc,
	LINE_STATUS = 0x3fd,
	SCRATCH = 0x3ff,
};

constexpr uint8_t LINE_8N1 = 3, LINE_DIVISOR = 0x80, MODEM_DTR_RTS_OUT2 = 0xb;
constexpr uint8_t FIFO_ENABLE_CLEAR = 7, STATUS_EMPTY = 0x20;
constexpr uint8_t DIVISOR_115200 = 1;
/* A character takes 90 us; reading a port about 1 us. */
constexpr unsigned POLLS_MAX = 100'000;

static bool is_there;

void uart_init(void)
{
	out8(SCRATCH, 0x5a);
	if (in8(SCRATCH) != 0x5a)
		return;
	out8(INTERRUPT_ENABLE, 0);
	out8(LINE_CONTROL, LINE_DIVISOR);
	out8(DATA, DIVISOR_115200);
	out8(INTERRUPT_ENABLE, 0);
	out8(LINE_CONTROL, LINE_8N1);
	out8(FIFO_CONTROL, FIFO_ENABLE_CLEAR);
	out8(MODEM_CONTROL, MODEM_DTR_RTS_OUT2);
	is_there = true;
}

void console_putc(char c)
{
	if (!is_there)
		return;
	for (unsigned n = 0; !(in8(LINE_STATUS) & STATUS_EMPTY); n++)
		if (n == POLLS_MAX) {
			is_there = false;
			return;
		}
	out8(DATA, (uint8_t)c);
}
