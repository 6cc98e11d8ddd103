/* SPDX-License-Identifier: MPL-2.0 */
/* protocol/posix.fipc: who calls, and what answers. */
#include "protocol/posix.h"
#include <signal.h>
#include "services/posixd/calls.h"

static const struct posix_ops handlers = {
	.self = posix_on_self,
	.fork = posix_on_fork,
	.forked = posix_on_forked,
	.exec = posix_on_exec,
	.exit = posix_on_exit,
	.wait = posix_on_wait,
	.kill = posix_on_kill,
	.news = posix_on_news,
	.stopped = posix_on_stopped,
	.children = posix_on_children,
	.family = posix_on_family,
	.name = posix_on_name,
	.pidfd = posix_on_pidfd,
	.opened = posix_on_opened,
	.descriptor = posix_on_descriptor,
	.set_group = posix_on_set_group,
	.group = posix_on_group,
	.new_session = posix_on_new_session,
	.ticket = posix_on_ticket,
	.set_ids = posix_on_set_ids,
	.groups = posix_on_groups,
	.capabilities = posix_on_capabilities,
	.set_capabilities = posix_on_set_capabilities,
	.tids = posix_on_tids,
	.priority = posix_on_priority,
	.io_priority = posix_on_io_priority,
	.policy = posix_on_policy,
	.cpus = posix_on_cpus,
	.limit = posix_on_limit,
	.usage = posix_on_usage,
	.timer = posix_on_timer,
	.timer_delivered = posix_on_timer_delivered,
	.system = posix_on_system,
	.memory = posix_on_memory,
	.thread = posix_on_thread,
	.mount = posix_on_mount,
	.mounted = posix_on_mounted,
	.covered = posix_on_covered,
	.unmount = posix_on_unmount,
	.mounts = posix_on_mounts,
	.remount = posix_on_remount,
	.root = posix_on_root,
	.power = posix_on_power,
	.log = posix_on_log,
	.log_read = posix_on_log_read,
	.world = posix_on_world,
	.stash = posix_on_stash,
	.fetch = posix_on_fetch,
	.drop = posix_on_drop,
	.segment_get = posix_on_segment_get,
	.segment_attach = posix_on_segment_attach,
	.segment_detach = posix_on_segment_detach,
	.segment = posix_on_segment,
	.segment_change = posix_on_segment_change,
	.segments = posix_on_segments,
	.listen = posix_on_listen,
	.named = posix_on_named,
};

bool posix_serve(const void *ops, void *self, struct message *m)
{
	struct process *p =
		badge_kind(m->badge) == BADGE_PROCESS ? process_of_badge(m->badge) : nullptr;

	(void)ops, (void)self;
	/* A prepared one has no task yet: who speaks for it is not it. */
	if (p == nullptr || p->state == PROCESS_DEAD ||
	    (p->state == PROCESS_PREPARED && !p->is_starting))
		return message_refuse(m, ERR_DENIED);
	bool answered = posix_dispatch(&handlers, p, m);
	alarm_update();
	return answered;
}

/* The last handle to a process's session is closed. One that posixd holds no task of never began.
 */
void process_closed(uint64_t badge)
{
	struct process *p = process_of_badge(badge);

	if (p == nullptr || p->state != PROCESS_PREPARED || p->is_starting)
		return;
	task_announce_end(p);
	process_abandon(p);
}
