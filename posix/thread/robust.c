/* SPDX-License-Identifier: MPL-2.0 */
/* The list of robust locks that a thread keeps in its own memory: get_robust_list(2), Linux's
 * robust-futex-ABI. Nothing in it is trusted. */
#include "posix/thread/robust.h"
#include <linux/futex.h>
#include <linux/resource.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/process/ids.h"

constexpr unsigned LOCKS_MOST = 2048; /* as Linux's ROBUST_LIST_LIMIT: a list may be a circle */

static void release(uint64_t word, uint32_t tid)
{
	uint32_t seen, woken;

	if (word % 4 != 0 || guest_get(&seen, word, sizeof(seen)) != 0)
		return;
	do {
		if ((seen & FUTEX_TID_MASK) != tid)
			return;
	} while (!guest_swap(word, &seen, (seen & FUTEX_WAITERS) | FUTEX_OWNER_DIED));
	if ((seen & FUTEX_WAITERS) == 0)
		return;
	/* Waiters may have named it by address or by memory. */
	(void)fut_futex_wake(word, 1, ~0u, 0, &woken);
	(void)fut_futex_wake(word, 1, ~0u, 1, &woken);
}

void robust_release(struct thread *t)
{
	struct robust_list_head head;
	uint64_t at, next;

	if (t->robust_list == 0 || guest_get(&head, t->robust_list, sizeof(head)) != 0)
		return;
	at = (uint64_t)head.list.next;
	for (unsigned i = 0; i < LOCKS_MOST && at != t->robust_list; i++) {
		if (guest_get(&next, at & ~1ull, sizeof(next)) != 0)
			break;
		if (at != (uint64_t)head.list_op_pending)
			release((at & ~1ull) + (uint64_t)head.futex_offset, t->tid);
		at = next;
	}
	if (head.list_op_pending != nullptr)
		release(((uint64_t)head.list_op_pending & ~1ull) + (uint64_t)head.futex_offset,
			t->tid);
}

void robust_list_set(struct thread *t, uint64_t head)
{
	if (head == 0 && t->robust_list == 0 && control()->robust_list == 0)
		return; /* after a fork each page that is written is copied */
	t->robust_list = head;
	control()->robust_owner = t->tid & FUTEX_TID_MASK;
	control()->robust_list = head <= GUEST_END - sizeof(struct robust_list_head) ? head : 0;
}

CALL3(get_robust_list, uint32_t, tid, uint64_t, head, uint64_t, size)
{
	uint64_t n = sizeof(struct robust_list_head);

	if (tid != 0 && tid != self()->tid) {
		int64_t error = id_exists(PRIO_PROCESS, tid);
		return error != 0 ? error : -EPERM; /* what another has is not ours to see */
	}
	return guest_put(size, &n, sizeof(n)) != 0 ? -EFAULT
						   : guest_put(head, &self()->robust_list, 8);
}
