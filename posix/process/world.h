/* SPDX-License-Identifier: MPL-2.0 */
/* Programs in worlds of their own. */
#pragma once
#include <stdint.h>

/* prctl(WORLD_RUN): `from` is a struct world_request of the guest's. */
int64_t world_run(uint64_t from);
