/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tables of states, which a file server shares with all sessions of a line (protocol/file.fipc).
 * Descriptions of a line share the tables that are mapped.
 */
#pragma once
#include "posix/files/description.h"

/* Find the description's slot, and let `state` point
 * to it. A description without a line gets one. */
int64_t states_map(struct description *d);

/* Of sessions that come from a new place: what is opened from it shares it. nullptr: no memory. */
struct line *line_new(void);
struct line *line_hold(struct line *line); /* nullptr stays nullptr */
void line_drop(struct line *line);
/* The count of changes of the line's server, if it has one and is asked often; `session` is one of
 * its. */
const volatile uint64_t *line_changes(struct line *line, fut_handle session);
/* A number that every process knows the line's tables by, for who receives a descriptor; 0: none.
 */
uint64_t line_id(const struct line *line);
/* The line with that number, if this process has it: a reference; nullptr: none. */
struct line *line_find(uint64_t id);
