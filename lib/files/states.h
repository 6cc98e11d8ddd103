/* SPDX-License-Identifier: MPL-2.0 */
/* Slots in the tables of states that the sessions of a line share with the server. */
#pragma once
#include "lib/files/files.h"

/* A zeroed slot of the line. False: no memory. */
bool state_take(struct files_line *l, uint32_t *slot, struct file_state **state);
void state_give(struct files_line *l, uint32_t slot);
/* A handle for clients to the table with that number; 0 or an errno. */
int states_share(struct files_line *l, uint32_t table, fut_handle *handle);
/* The line's tables are no longer needed. */
void states_drop(struct files_line *l);
