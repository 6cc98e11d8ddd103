/* SPDX-License-Identifier: MPL-2.0 */
/* The service as a whole: what speaks files.fipc and file.fipc on one port. */
#pragma once
#include "lib/futura/serve.h"
#include "services/ramfsd/ram.h"

struct ramfsd {
	struct files_server files; /* first: lib/files is given its address */
	struct ram_system *root;
};

/* Handlers get the struct ramfsd; struct server's `closed` is files_closed. */
constexpr unsigned RAMFSD_SERVICES = 2;
extern const struct service ramfsd_services[RAMFSD_SERVICES];
