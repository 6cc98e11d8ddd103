/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/core/view.h"
#include <stddef.h>
#include "posix/core/process.h"
#include "posix/files/description.h"
#include "posix/mm/maps.h"

static_assert(sizeof(struct view_action) == sizeof(struct signal_action));
static_assert(offsetof(struct signal_action, handler) == 0);

static_assert(sizeof(struct description) <= VIEW_DESCRIPTION);

static struct process_view view;

static void view_fields(void)
{
	view.description.access = offsetof(struct description, access);
	view.description.mode = offsetof(struct description, mode);
	view.description.node = offsetof(struct description, node);
	view.description.path = offsetof(struct description, path);
	view.description.state = offsetof(struct description, state);
	view.description.ops = offsetof(struct description, ops);
	view.description.kind_name = offsetof(struct description_ops, name);
	view.description.kind = offsetof(struct description, kind);
	view.description.mount = offsetof(struct description, mount);
	view.description.handle = offsetof(struct description, a);
	view.description.second = offsetof(struct description, b);
	view.description.own = offsetof(struct description, own);
	view.description.size = sizeof(struct description);
	view.thread.next = offsetof(struct thread, next);
	view.thread.tid = offsetof(struct thread, tid);
	view.thread.control = offsetof(struct thread, control);
	view.thread.blocked = offsetof(struct thread, signals.blocked);
	view.thread.name = offsetof(struct thread, name);
	view.thread.pending = offsetof(struct thread, signals.queue.set);
}

void view_init(void)
{
	view_fields();
	view_fds(&view);
	view.cwd = (uint64_t)&process.cwd;
	view.root = (uint64_t)&process.root;
	view.program = (uint64_t)&process.program;
	view.threads = (uint64_t)&process.threads;
	view.umask = (uint64_t)&process.umask;
	view.auxv = (uint64_t)process.auxv;
	view.held = (uint64_t)&process.signals.held;
	view.pending = (uint64_t)&process.signals.queue.set;
	view.actions = (uint64_t)process.signals.actions;
	maps.view = (uint64_t)&view;
}
