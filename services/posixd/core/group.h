/* SPDX-License-Identifier: MPL-2.0 */
/* Process groups and sessions. */
#pragma once
#include "services/posixd/core/process.h"

struct group *group_find(const struct world *w, uint32_t pgid);
struct session *session_find(const struct world *w, uint32_t sid);

/* setpgid and setsid; the latter's result is the session's number. */
int group_set(struct process *p, uint32_t pid, uint32_t pgid);
int session_new(struct process *p);

/* Nobody in the group has a parent in another group of the session, who could continue it; `but` is
 * taken as gone. */
bool group_is_orphaned(const struct group *g, const struct process *but);

/* For core: make a process the first of a new session, of a new group, a member, or no member. */
int session_create(struct process *leader);
int group_start(struct process *p, struct session *s);
void group_join(struct process *p, struct group *g);
void group_leave(struct process *p);
/* The process ends: what its session and the groups that depended on it are to hear. */
void group_ended(struct process *p);
