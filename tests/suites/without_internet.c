/* SPDX-License-Identifier: MPL-2.0 */
/* Preloaded on Linux: the C library's socket() as on a system without Internet sockets. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int socket(int family, int type, int protocol)
{
	if (family != AF_UNIX) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return (int)syscall(SYS_socket, family, type, protocol);
}
