/* SPDX-License-Identifier: MPL-2.0 */
/* Addresses of AF_UNIX sockets, and the doors they lead to (protocol/door.fipc). */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>
#include "posix/ipc/socket.h"

constexpr uint32_t PATH_AT = offsetof(struct sockaddr_un, sun_path);
static_assert(sizeof(struct sockaddr_un) == ADDRESS_MOST);

/* An address as the guest gave it: a path, an abstract name after a zero byte, or none. */
struct address {
	struct sockaddr_un un;
	uint32_t len;
	char path[ADDRESS_MOST]; /* ended by a zero byte; empty: abstract or none */
};

/* EINVAL, EFAULT; EAFNOSUPPORT: AF_UNSPEC. */
int64_t address_read(uint64_t from, uint32_t len, struct address *a);
/* To the guest, as accept and others give it: cut to the room there is. */
int64_t address_put(uint64_t to, uint64_t to_len, const void *address, uint32_t len);
/* The door of the socket that is called so. */
int64_t address_door(const struct address *a, fut_handle *door);
