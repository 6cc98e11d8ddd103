/* SPDX-License-Identifier: MPL-2.0 */
/* Finding tree leaves whose way from the root is lost. */
#pragma once

#include "futurafs/fs.h"

/*
 * Put back into the tree the items with low <= key < high of leaves found by looking at every block
 * of node segments. Of leaves for the same keys the one written last counts.
 */
enum fs_err salvage_range(struct fs *fs, struct key low, struct key high);
