/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Files written by mappings in place of messages. Who does so tells when in the description's
 * state; the file's times are made true from there whenever somebody asks for them. The next write
 * has to be a message then, so that what was told is known to hold until it comes.
 */
#include <fcntl.h>
#include <stdlib.h>
#include "services/ramfsd/data.h"

/* session->own of a regular file */
struct ram_window {
	struct files_session *session;
	struct ram_window *next;
};

/* In `written`: earlier than any time, and yet not 0. */
constexpr int64_t NOT_YET = 1;

static void time_take(struct ram_node *n, struct file_state *state, bool forget)
{
	int64_t at, now;

	if (atomic_load_explicit(&state->written, memory_order_relaxed) == 0)
		return;
	at = atomic_exchange(&state->written, 0);
	now = files_now();
	if (at > now)
		at = now; /* a liar's */
	if (!forget && at > n->mtime)
		n->mtime = at;
	if (!forget && at > n->ctime)
		n->ctime = at;
}

void windows_tell(struct ram_node *n, bool forget)
{
	for (struct ram_window *w = n->data.windows; w != nullptr; w = w->next)
		time_take(n, w->session->state, forget);
}

/* Holes are filled and seals are kept only by who knows of each write. */
static bool may_be_written(const struct ram_data *d)
{
	return d->seals == F_SEAL_SEAL && !d->is_sparse && d->dense == d->room / RAM_PAGE;
}

/* The session's, made if need be. */
static bool window_begin(struct files_session *s, struct ram_data *d)
{
	if (s->own != nullptr)
		return true;
	struct ram_window *w = malloc(sizeof(*w));
	if (w == nullptr)
		return false;
	*w = (struct ram_window){ .session = s, .next = d->windows };
	d->windows = s->own = w;
	return true;
}

int ram_window(struct files_session *s, fut_handle *memory)
{
	struct ram_data *d = &ram_of(s->node)->data;
	int e = ram_contents(s, false, memory);

	if (e != 0)
		return e;
	if (!may_be_written(d))
		return -ENODEV;
	if (!window_begin(s, d))
		return -ENOMEM;
	window_wrote(s);
	d->is_shared = true;
	return 0;
}

void window_wrote(struct files_session *s)
{
	if (s->own != nullptr)
		atomic_store(&s->state->written, NOT_YET);
}

void window_close(struct files_session *s)
{
	struct ram_node *n = ram_of(s->node);
	struct ram_window **at = &n->data.windows, *w = s->own;

	if (w == nullptr)
		return;
	time_take(n, s->state, false);
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	free(w);
	s->own = nullptr;
}
