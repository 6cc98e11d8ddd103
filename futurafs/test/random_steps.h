/* SPDX-License-Identifier: MPL-2.0 */
/* Random steps over few names, so that most of them meet something. */
#pragma once

#include "futurafs/test/model.h"

/* Writes stay within `most` bytes; sync and checkpoint come now and then. */
struct step step_random(uint64_t *seed, uint64_t most);
