/* SPDX-License-Identifier: MPL-2.0 */
/* Mending single problems, for repair. */
#pragma once

#include "futurafs/check.h"
#include "futurafs/fs.h"

/* Undo the damage of one problem as far as it can be; a later check tells what is left. */
enum fs_err problem_fix(struct fs *fs, const struct fs_problem *p);
