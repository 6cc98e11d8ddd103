/* SPDX-License-Identifier: MPL-2.0 */
/* Capabilities as Linux has them: the superuser has all, others none (capabilities(7)). What a
 * process may do is decided by its user ids, so that none can be given up by itself. */
#include <linux/capability.h>
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/core/thread.h"

constexpr uint64_t ALL = (1ull << (CAP_LAST_CAP + 1)) - 1;

struct sets {
	uint64_t effective, permitted, inheritable;
};

static struct sets sets_now(void)
{
	bool is_root = process.euid == 0;

	return (struct sets){
		.effective = is_root ? ALL : 0,
		.permitted = is_root || process.uid == 0 || process.suid == 0 ? ALL : 0,
	};
}

/* How many pieces of 32 bits the caller's version has; an unknown one is told which we know. */
static int64_t header_get(uint64_t from, struct __user_cap_header_struct *header)
{
	if (guest_get(header, from, sizeof(*header)) != 0)
		return -EFAULT;
	if (header->version == _LINUX_CAPABILITY_VERSION_1)
		return _LINUX_CAPABILITY_U32S_1;
	if (header->version == _LINUX_CAPABILITY_VERSION_2 ||
	    header->version == _LINUX_CAPABILITY_VERSION_3)
		return _LINUX_CAPABILITY_U32S_3;
	header->version = _LINUX_CAPABILITY_VERSION_3;
	return guest_put(from, header, sizeof(*header)) != 0 ? -EFAULT : -EINVAL;
}

static bool is_own(int pid)
{
	return pid == 0 || (uint32_t)pid == process.pid || (uint32_t)pid == self()->tid;
}

CALL2(capget, uint64_t, head, uint64_t, to)
{
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	struct sets now = sets_now();
	int64_t n = header_get(head, &header);

	if (to == 0 && n == -EINVAL)
		return 0; /* it only asked for the version */
	if (n < 0 || to == 0)
		return n < 0 ? n : 0;
	if (header.pid < 0)
		return -EINVAL;
	if (!is_own(header.pid))
		return -EPERM;
	for (int64_t i = 0; i < n; i++)
		data[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(now.effective >> 32 * i),
			.permitted = (uint32_t)(now.permitted >> 32 * i),
		};
	return guest_put(to, data, (size_t)n * sizeof(*data));
}

/* Only what changes nothing. */
CALL2(capset, uint64_t, head, uint64_t, from)
{
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
	struct sets now = sets_now(), wanted = {};
	int64_t n = header_get(head, &header);

	if (n < 0)
		return n;
	if (!is_own(header.pid))
		return -EPERM;
	if (guest_get(data, from, (size_t)n * sizeof(*data)) != 0)
		return -EFAULT;
	for (int64_t i = 0; i < n; i++) {
		wanted.effective |= (uint64_t)data[i].effective << 32 * i;
		wanted.permitted |= (uint64_t)data[i].permitted << 32 * i;
		wanted.inheritable |= (uint64_t)data[i].inheritable << 32 * i;
	}
	uint64_t known = n == 1 ? UINT32_MAX : ALL; /* a caller of version 1 sees the first 32 */
	bool is_same = (wanted.effective & ALL) == (now.effective & known) &&
		       (wanted.permitted & ALL) == (now.permitted & known) &&
		       wanted.inheritable == 0;

	return is_same ? 0 : -EPERM;
}
