/* SPDX-License-Identifier: MPL-2.0 */
/* Who a process acts for, and what it may use. */
#pragma once
#include "services/posixd/core/process.h"

/* With one reference. nullptr: no memory. */
struct credentials *credentials_create(struct world *w, uint32_t uid, uint32_t gid);
struct credentials *credentials_get(struct credentials *c);
void credentials_put(struct credentials *c);
/* A copy that may do that instead. */
struct credentials *credentials_with(const struct credentials *c, const struct capabilities *may);
bool credentials_in_group(const struct credentials *c, uint32_t gid);

enum set_ids : uint32_t { SET_UIDS = 0, SET_GIDS = 1, SET_GROUPS = 2, SET_FILES = 3 };
constexpr uint32_t ID_KEEP = 0xffffffff;

/* setresuid, setresgid, setgroups, or setfsuid and setfsgid (the first two ids) as `which` says. On
 * 0 the process has new credentials in `*made` (its own reference), or the old ones if nothing is
 * different: nullptr. */
int credentials_set(struct process *p, uint32_t which, const uint32_t ids[3],
		    const uint32_t *groups, uint32_t ngroups, struct credentials **made);

/* Give the process other credentials: takes the reference. */
void credentials_change(struct process *p, struct credentials *c);

/* May it see and set what is another's own? Who has all the same ids and may do as much, or has
 * CAP_SYS_PTRACE. */
bool process_may_reach(const struct process *caller, const struct process *target);

struct limits *limits_create(void);
struct limits *limits_get(struct limits *l);
void limits_put(struct limits *l);
/* prlimit on `target`, for `caller`. */
int limits_set(struct process *caller, struct process *target, uint32_t resource, bool set,
	       uint64_t new_soft, uint64_t new_hard, uint64_t *soft, uint64_t *hard);

/* getpriority and setpriority. `nice` is -20 to 19. */
int priority_get(struct process *caller, uint32_t which, uint32_t id, int32_t *nice);
int priority_set(struct process *caller, uint32_t which, uint32_t id, int32_t nice);
/* What a child begins with. */
void priority_inherit(struct process *child, const struct process *parent);
/* May it say how the target is scheduled? */
bool schedule_may(const struct process *caller, const struct process *target);
/* sched_setscheduler: the policy and priority exist. */
int policy_set(const struct process *caller, struct process *target, uint32_t policy,
	       uint32_t priority);
/* ioprio_get and ioprio_set: kept and told, for nothing here queues by it. */
int io_priority_get(struct process *caller, uint32_t which, uint32_t id);
int io_priority_set(struct process *caller, uint32_t which, uint32_t id, uint32_t value);
