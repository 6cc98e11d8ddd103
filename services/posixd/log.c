/* SPDX-License-Identifier: MPL-2.0 */
/* The system's log, as processes write and read it. */
#include <ctype.h>
#include <errno.h>
#include "abi/user.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "services/posixd/calls.h"
#include "services/posixd/core/credentials.h"

constexpr size_t LINE_MOST = 1000, ANSWER_MOST = 4000; /* protocol/posix.fipc */

/* One line, whatever the text has in it: others must not be able to speak for the system. */
enum err posix_on_log(void *self, uint64_t badge, const struct posix_log_args *a)
{
	const struct process *p = self;
	char line[LINE_MOST];
	size_t n = a->text_len < sizeof(line) ? a->text_len : sizeof(line);

	(void)badge;
	for (size_t i = 0; i < n; i++)
		line[i] = isprint((unsigned char)a->text[i]) || a->text[i] == '\t' ||
					  (a->text[i] & 0x80) != 0
				  ? a->text[i]
				  : '?';
	print("%s[%u]: %.*s\n", p->name, p->pid, (int)n, line);
	return OK;
}

enum err posix_on_log_read(void *self, uint64_t badge, const struct posix_log_read_args *a,
			   struct posix_log_read_results *r)
{
	const struct process *p = self;
	const struct posix_world *w = (const struct posix_world *)p->world;
	uint32_t n = 0;

	(void)badge;
	r->outcome = p->who->euid != 0 || !w->has_devices ? -EPERM : 0;
	if (r->outcome == 0 &&
	    fut_log_read(cap_need("log"), a->position, r->text, ANSWER_MOST, &r->next, &n) != OK)
		r->outcome = -EIO;
	r->text_len = n;
	return OK;
}
