/* SPDX-License-Identifier: MPL-2.0 */
/* What the files of sockets share. */
#pragma once
#include "posix/ipc/socket.h"

constexpr uint32_t ROOM_ENOUGH = SOCKET_RING / 4; /* to be ready for output */

/* Bytes of records in the ring. */
uint32_t way_filled(const struct socket_way *w);
/* Is the other side closed? */
bool socket_is_alone(fut_handle event);
