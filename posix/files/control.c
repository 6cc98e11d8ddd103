/* SPDX-License-Identifier: MPL-2.0 */
/* fcntl beyond descriptors and status. */
#include "posix/core/call.h"
#include "posix/files/locks.h"
#include "posix/files/open_flags.h"

int64_t description_control(struct description *d, uint32_t command, uint64_t argument)
{
	int64_t result = lock_control(d, command, argument);

	return result != -ENOSYS ? result : -EINVAL;
}
