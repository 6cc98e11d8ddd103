/* SPDX-License-Identifier: MPL-2.0 */
/* The locks that protect state which fork copies: together, so that taking them all writes to one
 * page. process_lock_all takes them in this order, and so does everybody who needs two. */
#pragma once
#include "lib/futura/lock.h"

struct locks {
	struct mutex threads; /* the list of threads, and their slots */
	struct mutex maps;
	struct mutex files;   /* descriptors, root, working directory, umask */
	struct mutex signals; /* all queues and actions */
	struct mutex epoll;   /* all epolls; never held over a wait */
	struct mutex sockets; /* where datagrams go */
	struct mutex mounts;
	struct mutex states; /* of all lines */
	struct mutex random, window, heap;
};
