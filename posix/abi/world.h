/* SPDX-License-Identifier: MPL-2.0 */
/* How a Linux program asks for a world of its own for another: prctl(WORLD_RUN, &request), which
 * returns when that program has ended, with its status as wait4 has it. */
#pragma once
#include <stdint.h>

constexpr int WORLD_RUN = 0x46550001; /* of no number that Linux gives */

struct world_request {
	uint64_t root;                   /* the path of the directory that it sees as / */
	uint64_t arguments, environment; /* arrays of addresses of strings, ended by 0 */
	uint32_t capabilities;           /* POSIX_WORLD_ of protocol/posix.fipc */
	uint32_t padding;
};
