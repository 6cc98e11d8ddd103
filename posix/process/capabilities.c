/* SPDX-License-Identifier: MPL-2.0 */
/* Capabilities as Linux has them (capabilities(7)). posixd keeps the sets, for all threads of the
 * process together, and has the rules. */
#include "posix/process/capabilities.h"
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/securebits.h>
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/files/path.h"
#include "posix/process/ids.h"
#include "protocol/posix.h"

struct sets {
	uint64_t effective, permitted, inheritable, bounding, ambient;
	uint32_t securebits;
};

static int64_t sets_get(uint32_t pid, struct sets *s)
{
	int32_t outcome = 0;
	enum err e = posix_capabilities(&process.posix, pid, &s->effective, &s->permitted,
					&s->inheritable, &s->bounding, &s->ambient, &s->securebits,
					&outcome);

	return e != OK ? file_error(e) : outcome;
}

static int64_t sets_change(uint32_t which, uint64_t first, uint64_t second, uint64_t third)
{
	fut_handle root = 0;
	int32_t outcome = 0;
	enum err e = posix_set_capabilities(&process.posix, which, first, second, third, &root,
					    &outcome);

	return e != OK ? file_error(e) : outcome < 0 ? outcome : ids_changed(root);
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
	struct sets now;
	int64_t n = header_get(head, &header);

	if (to == 0 && n == -EINVAL)
		return 0; /* it only asked for the version */
	if (n < 0 || to == 0)
		return n < 0 ? n : 0;
	if (header.pid < 0)
		return -EINVAL;
	int64_t error = sets_get((uint32_t)header.pid, &now);
	if (error != 0)
		return error;
	for (int64_t i = 0; i < n; i++)
		data[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(now.effective >> 32 * i),
			.permitted = (uint32_t)(now.permitted >> 32 * i),
			.inheritable = (uint32_t)(now.inheritable >> 32 * i),
		};
	return guest_put(to, data, (size_t)n * sizeof(*data));
}

CALL2(capset, uint64_t, head, uint64_t, from)
{
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
	struct sets wanted = {};
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
	return sets_change(POSIX_CAPABILITIES_SETS, wanted.effective, wanted.permitted,
			   wanted.inheritable);
}

void capabilities_exec(void)
{
	/* What it has stays if posixd has no memory. */
	(void)sets_change(POSIX_CAPABILITIES_EXEC, process.no_new_privileges, 0, 0);
}

/* --- prctl --- */

static int64_t ambient(uint64_t how, uint64_t capability, bool has_more)
{
	struct sets now;

	if (has_more ||
	    (how == PR_CAP_AMBIENT_CLEAR_ALL ? capability != 0 : capability > CAP_LAST_CAP))
		return -EINVAL;
	switch (how) {
	case PR_CAP_AMBIENT_CLEAR_ALL:
		return sets_change(POSIX_CAPABILITIES_LOWER, UINT64_MAX, 0, 0);
	case PR_CAP_AMBIENT_LOWER:
		return sets_change(POSIX_CAPABILITIES_LOWER, 1ull << capability, 0, 0);
	case PR_CAP_AMBIENT_RAISE:
		return sets_change(POSIX_CAPABILITIES_RAISE, capability, 0, 0);
	case PR_CAP_AMBIENT_IS_SET: {
		int64_t error = sets_get(0, &now);
		return error != 0 ? error : (int64_t)(now.ambient >> capability & 1);
	}
	default:
		return -EINVAL;
	}
}

/* Questions that have a number for an answer. */
static int64_t question(uint32_t what, uint64_t capability)
{
	struct sets now;
	int64_t error = sets_get(0, &now);

	if (error != 0)
		return error;
	return what == PR_CAPBSET_READ     ? (int64_t)(now.bounding >> capability & 1)
	       : what == PR_GET_SECUREBITS ? now.securebits
					   : (now.securebits & SECBIT_KEEP_CAPS) != 0;
}

int64_t capabilities_prctl(uint32_t what, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	switch (what) {
	case PR_CAPBSET_READ:
		return a > CAP_LAST_CAP ? -EINVAL : question(what, a);
	case PR_GET_SECUREBITS:
	case PR_GET_KEEPCAPS:
		return question(what, 0);
	case PR_CAPBSET_DROP:
		return sets_change(POSIX_CAPABILITIES_BOUND, a, 0, 0);
	case PR_SET_SECUREBITS:
		return sets_change(POSIX_CAPABILITIES_SECUREBITS, a, 0, 0);
	case PR_SET_KEEPCAPS:
		return a > 1 ? -EINVAL : sets_change(POSIX_CAPABILITIES_KEEP, a, 0, 0);
	case PR_CAP_AMBIENT:
		return ambient(a, b, (c | d) != 0);
	default:
		return -ENOSYS;
	}
}
