/* SPDX-License-Identifier: MPL-2.0 */
/* Handlers of protocol/posix.fipc, by file. `self` is the calling process. */
#pragma once
#include "protocol/posix.h"
#include "services/posixd/state.h"

#define POSIX_CALL(name)                                                                           \
	enum err posix_on_##name(void *self, uint64_t badge, const struct posix_##name##_args *a,  \
				 struct posix_##name##_results *r)
#define POSIX_QUESTION(name)                                                                       \
	enum err posix_on_##name(void *self, uint64_t badge, struct posix_##name##_results *r)

/* life.c */
POSIX_QUESTION(self);
POSIX_CALL(fork);
POSIX_CALL(forked);
POSIX_CALL(exec);
POSIX_CALL(exit);
POSIX_CALL(wait);
POSIX_CALL(children);
POSIX_CALL(family);
POSIX_CALL(pidfd);
enum err posix_on_name(void *self, uint64_t badge, const struct posix_name_args *a);
POSIX_CALL(tids);
POSIX_CALL(thread);
POSIX_CALL(usage);

/* proc/descriptors.c */
POSIX_CALL(opened);
POSIX_CALL(descriptor);

/* proc/thread.c */
POSIX_CALL(cpus);

/* log.c */
enum err posix_on_log(void *self, uint64_t badge, const struct posix_log_args *a);
POSIX_CALL(log_read);

/* signals.c */
POSIX_CALL(kill);
POSIX_QUESTION(news);
POSIX_CALL(stopped);
POSIX_CALL(timer);
POSIX_CALL(timer_delivered);

/* ids.c */
POSIX_CALL(set_group);
POSIX_CALL(group);
POSIX_QUESTION(new_session);
POSIX_CALL(ticket);
POSIX_CALL(set_ids);
POSIX_QUESTION(groups);
POSIX_CALL(capabilities);
POSIX_CALL(set_capabilities);
POSIX_CALL(priority);
POSIX_CALL(io_priority);
POSIX_CALL(policy);
POSIX_CALL(limit);
POSIX_CALL(system);
POSIX_QUESTION(memory);

/* mount_calls.c */
POSIX_CALL(mount);
POSIX_CALL(mounted);
POSIX_CALL(covered);
POSIX_CALL(unmount);
POSIX_CALL(mounts);
POSIX_CALL(remount);
POSIX_CALL(root);
POSIX_CALL(power);

/* world_calls.c */
POSIX_CALL(world);

/* stash.c */
POSIX_CALL(stash);
POSIX_CALL(fetch);
enum err posix_on_drop(void *self, uint64_t badge, const struct posix_drop_args *a);

/* segments.c */
POSIX_CALL(segment_get);
POSIX_CALL(segment_attach);
enum err posix_on_segment_detach(void *self, uint64_t badge,
				 const struct posix_segment_detach_args *a);
POSIX_CALL(segment);
POSIX_CALL(segment_change);
POSIX_QUESTION(segments);

/* sockets.c */
POSIX_CALL(listen);
POSIX_CALL(named);
