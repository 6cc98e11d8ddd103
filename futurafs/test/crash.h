/* SPDX-License-Identifier: MPL-2.0 */
/* Power cuts: every state that one could leave, mounted, checked, and compared with the oracle. */
#pragma once

#include "futurafs/test/model.h"

struct crash_options {
	uint32_t subsets; /* random subsets of each window that has too many writes for all */
	uint32_t torn;    /* torn versions of each write */
	bool twice;       /* cut the power during recovery, too */
	bool snapshots;   /* look at snapshot "s" as well */
	uint64_t seed;
};

struct crash_result {
	uint64_t states, bad;
	uint64_t hole_blocks; /* written into holes while recording */
};

/*
 * Do the setup on a fresh volume and unmount it; then do the steps, and try all that a power cut
 * during them could leave. A state is good if it mounts, has no problem, and equals the volume
 * after some step that is not before the last one promised to be durable.
 */
struct crash_result crash_run(const struct step *setup, unsigned nsetup, const struct step *steps,
			      unsigned nsteps, const struct crash_options *o);

/* The largest write that is one operation, on the volumes these tests make. */
constexpr uint64_t CRASH_PIECE = 8192;

/*
 * One volume that lives, loses power at a random moment, and lives on with what is left: `lives`
 * times so many steps from `draw`. Stale blocks of earlier lives must never be taken for new ones.
 */
struct crash_result crash_lives(unsigned lives, unsigned steps, const struct crash_options *o,
				struct step (*draw)(uint64_t *seed, uint64_t most));
