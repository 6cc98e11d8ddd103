/* SPDX-License-Identifier: MPL-2.0 */
/* ARM64 has no I/O ports. */
#include "abi/kernel.h"
#include "kernel/arch.h"

unsigned arch_ioports(void)
{
	return 0;
}

enum err arch_ioport_read(uint16_t port, unsigned width, uint32_t *value)
{
	(void)port;
	(void)width;
	(void)value;
	return ERR_UNSUPPORTED;
}

enum err arch_ioport_write(uint16_t port, unsigned width, uint32_t value)
{
	(void)port;
	(void)width;
	(void)value;
	return ERR_UNSUPPORTED;
}
