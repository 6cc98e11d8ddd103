/* SPDX-License-Identifier: MPL-2.0 */
/* Services by name: finding them, and being found, through the capability "registry". */
#pragma once
#include "lib/futura/message.h"

/*
 * A session with the service of that name. Waits until somebody provides it, at most until the
 * deadline: ERR_TIMED_OUT. ERR_DENIED: this program may not see the name. ERR_NOT_FOUND: it was
 * given no registry.
 */
enum err service_find(const char *name, uint64_t deadline, fut_handle *session);

/* The same as a remote, that looks for the successor if the service ends. `name` must stay. */
enum err service_open(struct remote *remote, const char *name, uint64_t deadline);

/* Let clients find the server of `port` under this name. They share one session, with badge 0,
 * unless the server also speaks protocol/service.fipc. */
enum err service_provide(const char *name, fut_handle port);
