/* SPDX-License-Identifier: MPL-2.0 */
/* Loads the personality into a new task, with a program's words and descriptors. */
#pragma once
#include "lib/futura/spawn.h"
#include "services/posixd/lines.h"

constexpr unsigned START_DESCRIPTORS = 12;

struct start_descriptor {
	uint32_t number;
	uint32_t len;
	uint8_t kind[64]; /* struct descriptor */
	fut_handle h0, h1;
};

/* An errand. Whoever sends it sets the first part; the handles are given away. */
struct start {
	struct errand errand;
	fut_handle reply; /* the call that asked, to be answered by `done` */
	struct process *process;
	struct credentials *who; /* the process's: a reference */
	struct posix_world *world;
	fut_handle session; /* the process's with posixd */
	char *cwd;
	char *strings; /* as protocol/worlds.fipc has them; freed by start_free */
	size_t strings_size;
	unsigned ndescriptors;
	struct start_descriptor descriptors[START_DESCRIPTORS];

	int32_t outcome;
	fut_handle root;
	fut_handle task;
};

/* The errand's `run`. */
void start_run(struct errand *errand);
/* With the handles that were not given on. */
void start_free(struct start *s);
