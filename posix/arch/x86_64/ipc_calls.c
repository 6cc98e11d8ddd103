/* SPDX-License-Identifier: MPL-2.0 */
/* Calls that only this architecture has: older forms of others. */
#include "posix/core/call.h"

CALL_HEAD(epoll_create1);
CALL_HEAD(epoll_pwait);
CALL_HEAD(eventfd2);
CALL_HEAD(signalfd4);

CALL1(epoll_create, int32_t, size)
{
	return size <= 0 ? -EINVAL : call_epoll_create1(0, 0, 0, 0, 0, 0);
}

CALL4(epoll_wait, uint64_t, fd, uint64_t, to, uint64_t, most, uint64_t, timeout)
{
	return call_epoll_pwait(fd, to, most, timeout, 0, 0);
}

CALL1(eventfd, uint64_t, value)
{
	return call_eventfd2(value, 0, 0, 0, 0, 0);
}

CALL3(signalfd, uint64_t, fd, uint64_t, mask, uint64_t, size)
{
	return call_signalfd4(fd, mask, size, 0, 0, 0);
}
