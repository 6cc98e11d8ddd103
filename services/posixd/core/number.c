/* SPDX-License-Identifier: MPL-2.0 */
/* Numbers of processes and threads: each belongs to one thing until all that is known by it is
 * gone. */
#include "services/posixd/core/process.h"
#include <errno.h>
#include <stdlib.h>

/* Is there room for `count` at `first`? If not, `busy` is the last one in the way. */
static bool number_fits(const struct world *w, uint32_t first, uint32_t count, uint32_t *busy)
{
	for (uint32_t n = first + count; n-- > first;)
		if (w->numbers[n].uses != 0) {
			*busy = n;
			return false;
		}
	return true;
}

static uint32_t number_search(const struct world *w, uint32_t from, uint32_t to, uint32_t count)
{
	uint32_t busy;

	while (from < to && to - from >= count) {
		if (number_fits(w, from, count, &busy))
			return from;
		from = busy + 1;
	}
	return 0;
}

/* They go round, so that a number is not soon used again. The first of the row, or -EAGAIN. */
int number_take(struct world *w, uint32_t count)
{
	uint32_t first = number_search(w, w->last_number + 1, PID_MAX, count);

	if (first == 0)
		first = number_search(w, PID_RESERVED, PID_MAX, count);
	if (first == 0)
		return -EAGAIN;
	for (uint32_t n = first; n < first + count; n++)
		w->numbers[n].uses = 1;
	w->last_number = first + count - 1;
	return (int)first;
}

int process_tids(struct process *p, uint32_t count)
{
	constexpr uint32_t MOST = 256;
	struct world *w = p->world;

	if (count == 0 || count > MOST)
		return -EINVAL;
	if (p->ntids + count > TIDS_MOST)
		return -EAGAIN;
	struct tid_range *r = calloc(1, sizeof(*r));
	if (r == nullptr)
		return -EAGAIN;
	int first = number_take(w, count);
	if (first < 0) {
		free(r);
		return first;
	}
	*r = (struct tid_range){ .next = p->tids, .first = (uint32_t)first, .count = count };
	p->tids = r;
	p->ntids += count;
	for (uint32_t n = r->first; n < r->first + count; n++)
		w->numbers[n].owner = p->pid;
	return first;
}

void tids_free(struct process *p)
{
	while (p->tids != nullptr) {
		struct tid_range *r = p->tids;

		p->tids = r->next;
		for (uint32_t n = r->first; n < r->first + r->count; n++) {
			p->world->numbers[n].owner = 0;
			number_drop(p->world, n);
		}
		free(r);
	}
}

struct process *process_find(const struct world *w, uint32_t pid)
{
	return pid < PID_MAX ? w->numbers[pid].process : nullptr;
}

struct process *process_of(const struct world *w, uint32_t number)
{
	struct process *p = process_find(w, number);

	return p || number >= PID_MAX ? p : process_find(w, w->numbers[number].owner);
}

struct process *process_next(const struct world *w, uint32_t after)
{
	for (uint32_t n = after + 1; n < PID_MAX; n++)
		if (w->numbers[n].process != nullptr)
			return w->numbers[n].process;
	return nullptr;
}
