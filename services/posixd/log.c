/* SPDX-License-Identifier: MPL-2.0 */
/* The system's log, as processes write and read it. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include "abi/user.h"
#include "lib/futura/program.h"
#include "services/posixd/calls.h"
#include "services/posixd/core/credentials.h"

constexpr size_t LINE_MOST = 1000, ANSWER_MOST = 4000; /* protocol/posix.fipc */

/* One line, whatever the text has in it: others must not be able to speak for the system. It is not
 * printed: the console's driver may be printing what programs write. */
enum err posix_on_log(void *self, uint64_t badge, const struct posix_log_args *a)
{
	const struct process *p = self;
	char line[LINE_MOST];
	int head = snprintf(line, sizeof(line), "%s[%u]: ", p->name, p->pid);
	size_t room = sizeof(line) - (size_t)head - 1, n = a->text_len < room ? a->text_len : room;
	char *to = line + head;

	(void)badge;
	for (size_t i = 0; i < n; i++)
		to[i] = isprint((unsigned char)a->text[i]) || a->text[i] == '\t' ||
					(a->text[i] & 0x80) != 0
				? a->text[i]
				: '?';
	to[n] = '\n';
	(void)fut_log_keep(cap_need("log"), line, (size_t)head + n + 1); /* ours, and in range */
	return OK;
}

enum err posix_on_log_read(void *self, uint64_t badge, const struct posix_log_read_args *a,
			   struct posix_log_read_results *r)
{
	const struct process *p = self;
	const struct posix_world *w = (const struct posix_world *)p->world;
	uint32_t n = 0;

	(void)badge;
	r->outcome = !capable(p->who, CAP_SYSLOG) || !w->has_devices ? -EPERM : 0;
	if (r->outcome == 0 &&
	    fut_log_read(cap_need("log"), a->position, r->text, ANSWER_MOST, &r->next, &n) != OK)
		r->outcome = -EIO;
	r->text_len = n;
	return OK;
}
