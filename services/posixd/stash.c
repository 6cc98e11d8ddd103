/* SPDX-License-Identifier: MPL-2.0 */
/* Descriptors on their way between processes: whoever has the token may take them, once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "services/posixd/calls.h"
#include <futura-arch/arch.h>

constexpr unsigned BUCKETS = 256;
constexpr unsigned MOST = 4096; /* then the oldest make room whose senders are gone */
constexpr uint32_t KIND_MOST = 256;

struct stashed {
	struct stashed *next;          /* of the bucket */
	struct stashed *older, *newer; /* of all */
	uint64_t token;
	uint64_t owner; /* badge of the sender's session */
	fut_handle h0, h1;
	uint32_t len;
	char kind[];
};

static struct stashed *buckets[BUCKETS], *oldest, *newest;
static unsigned nstashed;

/* Not to be guessed from others: each depends on when all those before were asked for. */
static uint64_t token_next(void)
{
	static uint64_t state;

	state ^= ticks();
	for (unsigned i = 0; i < 2; i++) { /* MurmurHash3's finalizer spreads the bits */
		state = (state ^ state >> 33) * 0xff51afd7ed558ccd;
		state = (state ^ state >> 33) * 0xc4ceb9fe1a85ec53;
	}
	return state ^ state >> 33;
}

static struct stashed **stashed_place(uint64_t token)
{
	struct stashed **at = &buckets[token % BUCKETS];

	while (*at != nullptr && (*at)->token != token)
		at = &(*at)->next;
	return at;
}

static void stashed_unlink(struct stashed *s)
{
	*stashed_place(s->token) = s->next;
	*(s->older ? &s->older->newer : &oldest) = s->newer;
	*(s->newer ? &s->newer->older : &newest) = s->older;
	nstashed--;
}

static void stashed_drop(struct stashed *s)
{
	stashed_unlink(s);
	handle_drop(&s->h0);
	handle_drop(&s->h1);
	free(s);
}

/* Senders may end before what they sent is received; only when room is short is that too long ago.
 */
static bool stash_has_room(void)
{
	if (nstashed < MOST)
		return true;
	for (struct stashed *s = oldest; s != nullptr; s = s->newer)
		if (process_of_badge(s->owner) == nullptr) {
			stashed_drop(s);
			return true;
		}
	return false;
}

enum err posix_on_stash(void *self, uint64_t badge, const struct posix_stash_args *a,
			struct posix_stash_results *r)
{
	struct stashed *s = nullptr;

	(void)self;
	if (a->kind_len > KIND_MOST)
		return ERR_TOO_BIG;
	if (!stash_has_room())
		return ERR_FULL;
	s = malloc(sizeof(*s) + a->kind_len);
	if (s == nullptr)
		return ERR_NO_MEMORY;
	*s = (struct stashed){
		.older = newest,
		.token = token_next(),
		.owner = badge,
		.h0 = a->h0,
		.h1 = a->h1,
		.len = a->kind_len,
	};
	memcpy(s->kind, a->kind, a->kind_len);
	struct stashed **bucket = &buckets[s->token % BUCKETS];
	s->next = *bucket;
	*bucket = s;
	*(newest ? &newest->newer : &oldest) = s;
	newest = s;
	nstashed++;
	r->token = s->token;
	r->outcome = 0;
	return OK;
}

enum err posix_on_fetch(void *self, uint64_t badge, const struct posix_fetch_args *a,
			struct posix_fetch_results *r)
{
	struct stashed *s = *stashed_place(a->token);

	(void)self, (void)badge;
	if (s == nullptr)
		return ERR_NOT_FOUND;
	stashed_unlink(s);
	r->h0 = s->h0;
	r->h1 = s->h1;
	memcpy(r->kind, s->kind, s->len);
	r->kind_len = s->len;
	free(s);
	return OK;
}

enum err posix_on_drop(void *self, uint64_t badge, const struct posix_drop_args *a)
{
	struct stashed *s = *stashed_place(a->token);

	(void)self, (void)badge;
	if (s != nullptr)
		stashed_drop(s);
	return OK;
}
