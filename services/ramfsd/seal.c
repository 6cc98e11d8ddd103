/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Seals: what nobody may do to a file's contents any more. Who maps a file that can still be sealed
 * for writing holds one end of a pair of events as long as the mapping lasts, and we see its end
 * close. What they map is leased: once a file is sealed against writing the lease ends, so that one
 * who lets go of the event but not of the memory has neither.
 */
#include <fcntl.h>
#include <stdlib.h>
#include "services/ramfsd/data.h"

constexpr uint32_t NO_WRITE = F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;

struct ram_writer {
	fut_handle end; /* our end of the pair */
	struct ram_writer *next;
};

void seals_init(struct ram_data *d, bool sealable)
{
	d->seals = sealable ? 0 : F_SEAL_SEAL;
}

/* --- Who writes by mappings --- */

/* Forget those who have let go, or all. */
static void writers_drop(struct ram_data *d, bool all)
{
	uint64_t signals;

	for (struct ram_writer **at = &d->writers, *w; (w = *at) != nullptr;) {
		if (!all && fut_wait(w->end, SIGNAL_PEER_CLOSED, 0, 0, &signals) != OK) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		(void)fut_handle_close(w->end); /* ours */
		free(w);
	}
}

static int writer_add(struct ram_data *d, fut_handle *use)
{
	struct ram_writer *w = malloc(sizeof(*w));
	fut_handle whole;
	enum err e;

	if (w == nullptr)
		return -ENOMEM;
	if (fut_event_create_pair(&w->end, &whole) != OK) {
		free(w);
		return -ENOMEM;
	}
	w->next = d->writers;
	d->writers = w; /* if the rest fails it is found to have let go */
	e = fut_handle_duplicate(whole, RIGHT_TRANSFER | RIGHT_INHERIT, use);
	(void)fut_handle_close(whole); /* ours */
	return e == OK ? 0 : -ENOMEM;
}

static void lease_end(struct ram_data *d)
{
	if (d->lease == 0)
		return;
	(void)fut_handle_close(d->lease); /* ours, both */
	(void)fut_handle_close(d->leased);
	d->lease = d->leased = 0;
}

int ram_lend(struct files_session *s, fut_handle *memory)
{
	struct ram_data *d = &ram_of(s->node)->data;

	if (d->seals & NO_WRITE)
		return -EPERM;
	if (d->seals & F_SEAL_SEAL)
		return 0;
	if (d->lease == 0 && fut_lease_create(*memory, RIGHTS_ALL, &d->leased, &d->lease) != OK) {
		d->lease = d->leased = 0;
		return -ENOMEM;
	}
	*memory = d->leased;
	return 1;
}

int ram_use(struct files_session *s, fut_handle *use)
{
	struct ram_data *d = &ram_of(s->node)->data;

	if (d->seals & NO_WRITE)
		return -EPERM;
	writers_drop(d, false);
	return writer_add(d, use);
}

void seals_fini(struct ram_data *d)
{
	writers_drop(d, true);
	lease_end(d);
}

/* --- Seals --- */

int ram_seal(struct files_session *s, uint32_t add)
{
	struct ram_data *d = &ram_of(s->node)->data;

	if (d->seals & F_SEAL_SEAL)
		return -EPERM;
	if (add & ~d->seals & F_SEAL_WRITE) {
		writers_drop(d, false);
		if (d->writers != nullptr)
			return -EBUSY;
		lease_end(d);
	}
	d->seals |= add;
	return 0;
}

uint32_t ram_seals(struct files_session *s)
{
	return ram_of(s->node)->data.seals;
}

int seals_check_size(const struct ram_node *n, uint64_t size)
{
	uint32_t seals = n->data.seals;

	return (size < n->node.size && (seals & F_SEAL_SHRINK)) ||
			       (size > n->node.size && (seals & F_SEAL_GROW))
		       ? -EPERM
		       : 0;
}

int seals_check_write(const struct ram_node *n, uint64_t offset, size_t *size)
{
	uint64_t whole = n->node.size & ~(RAM_PAGE - 1);

	if (n->data.seals & NO_WRITE)
		return -EPERM;
	if (seals_check_size(n, offset + *size) == 0 || offset + *size <= n->node.size)
		return 0;
	if (offset >= whole)
		return -EPERM;
	*size = whole - offset;
	return 0;
}
