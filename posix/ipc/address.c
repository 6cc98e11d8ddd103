/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/ipc/address.h"
#include <string.h>
#include <sys/socket.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/files/path.h"
#include "protocol/file.h"
#include "protocol/posix.h"

#ifndef AT_FDCWD
	#define AT_FDCWD (-100) /* linux/fcntl.h, which sys/socket.h does not go with */
#endif

int64_t address_read(uint64_t from, uint32_t len, struct address *a)
{
	memset(a, 0, sizeof(*a));
	if (len < sizeof(a->un.sun_family) || len > sizeof(a->un))
		return -EINVAL;
	if (guest_get(&a->un, from, len) != 0)
		return -EFAULT;
	if (a->un.sun_family != AF_UNIX)
		return a->un.sun_family == AF_UNSPEC ? -EAFNOSUPPORT : -EINVAL;
	a->len = len;
	if (len <= PATH_AT || a->un.sun_path[0] == '\0')
		return 0;
	memcpy(a->path, a->un.sun_path, len - PATH_AT);
	a->len = PATH_AT + (uint32_t)strlen(a->path) + 1;
	return 0;
}

int64_t address_put(uint64_t to, uint64_t to_len, const void *address, uint32_t len)
{
	uint32_t room;
	uint16_t family = AF_UNIX;

	if (to == 0)
		return 0;
	if (guest_get(&room, to_len, sizeof(room)) != 0)
		return -EFAULT;
	if ((int32_t)room < 0)
		return -EINVAL;
	if (len == 0) {
		address = &family;
		len = sizeof(family);
	}
	if (guest_put(to, address, len < room ? len : room) != 0)
		return -EFAULT;
	return guest_put(to_len, &len, sizeof(len));
}

static int64_t door_of_path(const char *path, fut_handle *door)
{
	struct walk *w = heap_new(sizeof(*w));
	int64_t result;

	if (w == nullptr)
		return -ENOMEM;
	result = walk_begin_own(w, AT_FDCWD, path);
	while (result == 0 && w->found == nullptr) {
		uint64_t node = 0;
		int32_t outcome = 0;
		enum err e = file_door(&w->at, w->path, w->length, door, &outcome, &node, w->rest,
				       sizeof(w->rest), &w->rest_length);
		if (walk_is_done(w, e, outcome, node, 0, &result))
			break;
	}
	if (result == 0 && w->found != nullptr)
		result = -ECONNREFUSED;
	walk_end(w);
	heap_free(w);
	return result;
}

int64_t address_door(const struct address *a, fut_handle *door)
{
	int32_t outcome;

	if (a->path[0] != '\0')
		return door_of_path(a->path, door);
	if (a->len <= PATH_AT)
		return -EINVAL;
	enum err e = posix_named(&process.posix, a->un.sun_path, a->len - PATH_AT, door, &outcome);
	return e != OK ? file_error(e) : outcome;
}
