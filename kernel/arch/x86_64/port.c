/* SPDX-License-Identifier: MPL-2.0 */
/* I/O ports, for those who hold them. */
#include "abi/kernel.h"
#include "kernel/arch.h"

constexpr unsigned PORTS = 65536;

unsigned arch_ioports(void)
{
	return PORTS;
}

enum err arch_ioport_read(uint16_t port, unsigned width, uint32_t *value)
{
	if (port + width > PORTS)
		return ERR_BAD_ARGUMENT;
	switch (width) {
	case 1:
		*value = in8(port);
		return OK;
	case 2:
		*value = in16(port);
		return OK;
	case 4:
		*value = in32(port);
		return OK;
	}
	return ERR_BAD_ARGUMENT;
}

enum err arch_ioport_write(uint16_t port, unsigned width, uint32_t value)
{
	if (port + width > PORTS)
		return ERR_BAD_ARGUMENT;
	switch (width) {
	case 1:
		out8(port, (uint8_t)value);
		return OK;
	case 2:
		out16(port, (uint16_t)value);
		return OK;
	case 4:
		out32(port, value);
		return OK;
	}
	return ERR_BAD_ARGUMENT;
}
