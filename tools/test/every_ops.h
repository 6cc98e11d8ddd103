/* SPDX-License-Identifier: MPL-2.0 */
/* A server of tools/test/every.fipc that looks at every byte it is given. */
#pragma once
#include "protocol/every.h"

struct every_server {
	enum err result; /* what every handler gives */
	unsigned calls;
	fut_handle kept;
	uint64_t badge;
	fut_handle taken[3]; /* handles of the last successful move */
	uint32_t sum;        /* of all bytes seen */
};

extern const struct every_ops every_ops;
