/* SPDX-License-Identifier: MPL-2.0 */
/* UARTs, written to and nothing else: input and interrupts are a driver's. */
#include "kernel/arch/arm64/uart.h"
#include "kernel/arch/arm64/machine.h"
#include "kernel/arch/arm64/mmu.h"

/* PL011, Arm DDI 0183, 3.3: data, flags (transmit FIFO full). */
constexpr unsigned PL011_DR = 0x00, PL011_FR = 0x18, PL011_FR_FULL = 1 << 5;
/* 16550: transmit holding, line status (it is empty); in units of the registers' distance. */
constexpr unsigned NS_THR = 0, NS_LSR = 5, NS_LSR_EMPTY = 1 << 5;
/* Samsung and Apple S5L: status (transmit buffer empty), transmit holding. */
constexpr unsigned S5L_UTRSTAT = 0x10, S5L_UTXH = 0x20, S5L_UTRSTAT_EMPTY = 1 << 1;

static volatile uint8_t *registers;

/* A UART that never gets ready must not stop the machine. */
constexpr unsigned PATIENCE = 1000000;

static uint32_t uart_read(unsigned offset, unsigned width)
{
	return width == 1 ? registers[offset] : *(volatile uint32_t *)(registers + offset);
}

static void uart_write(unsigned offset, unsigned width, uint32_t value)
{
	if (width == 1)
		registers[offset] = (uint8_t)value;
	else
		*(volatile uint32_t *)(registers + offset) = value;
}

static void uart_put(char c)
{
	unsigned status = PL011_FR, data = PL011_DR, width = 4;
	uint32_t mask = PL011_FR_FULL, ready = 0;

	if (machine.uart.kind == UART_16550) {
		status = NS_LSR << machine.uart.shift;
		data = NS_THR << machine.uart.shift;
		width = machine.uart.width;
		mask = ready = NS_LSR_EMPTY;
	} else if (machine.uart.kind == UART_S5L) {
		status = S5L_UTRSTAT;
		data = S5L_UTXH;
		mask = ready = S5L_UTRSTAT_EMPTY;
	}
	for (unsigned i = 0; i < PATIENCE && (uart_read(status, width) & mask) != ready; i++)
		cpu_relax();
	uart_write(data, width, (uint8_t)c);
}

void uart_init(void)
{
	constexpr uint64_t ENOUGH = 0x100; /* the registers above lie below it */

	if (machine.uart.kind != UART_NONE && machine.uart.registers.size >= ENOUGH >> 2)
		registers =
			device_map((struct memory_range){ machine.uart.registers.base, ENOUGH });
}

void console_putc(char c)
{
	if (registers == nullptr)
		return;
	if (c == '\n')
		uart_put('\r');
	uart_put(c);
}
