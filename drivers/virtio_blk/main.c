/* SPDX-License-Identifier: MPL-2.0 */
/* Virtio block devices: docs/block.md. One thread, which waits for interrupts, clients and calls.
 */
#include "drivers/virtio_blk/state.h"
#include "lib/futura/error.h"
#include "lib/futura/program.h"

int main(void)
{
	static struct driver d;
	enum err e = loop_init(&d.loop);

	if (e != OK)
		panic("no event loop: %s", error_name(e));
	device_init(&d);
	sessions_serve(&d);
	/* Whoever holds memory for our predecessor's sake may let go of it: the device was reset.
	 */
	e = fut_event_signal(cap_need("ready"), 1, 0);
	if (e == OK)
		e = loop_run(&d.loop);
	panic("%s", error_name(e));
}
