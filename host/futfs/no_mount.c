/* SPDX-License-Identifier: MPL-2.0 */
/* `futfs mount` where there is no FUSE: in Futura, whose own mount has fsd do it. */
#include <stdio.h>

#include "host/futfs/futfs.h"

int command_mount(struct command *)
{
	fputs("futfs: no FUSE here: mount -t futurafs DEVICE DIR\n", stderr);
	return 1;
}
