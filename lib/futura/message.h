/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the code made from .fipc files stands on: a client's view of a service, and taking
 * messages apart and putting them together. docs/fipc.md has the format.
 */
#pragma once
#include "abi/user.h"

/* A service as a client sees it. {.session = s} is enough. */
struct remote {
	fut_handle session;
	uint64_t deadline; /* of each call, in nanoseconds since boot; 0: none */
	/*
	 * Called when the server is gone, before an idempotent call is repeated: put a session
	 * with its successor into `session`, or fail. nullptr: calls are not repeated.
	 */
	enum err (*reopen)(struct remote *remote);
	void *context; /* for reopen */
};

static inline uint64_t remote_deadline(const struct remote *remote)
{
	return remote->deadline != 0 ? remote->deadline : TIME_NEVER;
}

/* After the server was gone for the `tries`th time: true if there is a successor to ask. */
bool remote_again(struct remote *remote, unsigned tries);

/* A handler's result beside the errors: it has kept the call (fut_reply_keep) to answer it later.
 */
constexpr enum err KEPT = (enum err)1;

/*
 * Serve one message: `m` becomes the answer. False if there is none, because the call was kept. The
 * code made from an interface has such a function, X_dispatch, for its struct X_ops.
 */
typedef bool dispatch_fn(const void *ops, void *self, struct message *m);

/* The thread's inline bytes: sent with the next message, or received with the last. */
static inline void *message_page(void)
{
	return (char *)native_control() + MESSAGE_PAGE_OFFSET;
}

/* Is this the tag that was expected? With `bytes` it may say any number of inline bytes; with
 * `optional` the last handle may be missing. */
static inline bool tag_fits(uint64_t tag, uint64_t expected, bool bytes, bool optional)
{
	if (bytes)
		tag &= ~(TAG_BYTES_MASK << TAG_BYTES_SHIFT);
	return tag == expected || (optional && tag == expected - (1ull << TAG_HANDLES_SHIFT));
}

/* Where the inline parts of a message are read or written; each starts at a multiple of eight. */
struct inline_cursor {
	size_t at;
	size_t end; /* reading: how many bytes there are */
};

/* The next part in place: bad_argument if it is not there, too_big if it is over the limit. */
enum err inline_get(struct inline_cursor *c, const void **from, uint64_t len, size_t limit);
/* The same, copied to where there is room for `size` bytes. */
enum err inline_copy(struct inline_cursor *c, void *to, size_t size, uint64_t len);
/* The same, ended by a zero byte, for which there must be room, and none within. */
enum err inline_text(struct inline_cursor *c, char *to, size_t size, uint64_t len);
/* Append a part, which fits. `from` may lie in the page, at or after the place it goes to. */
void inline_put(struct inline_cursor *c, const void *from, size_t len);

/* Make `m` an answer that says `e` and no more. With KEPT there is none: false. */
bool message_answer(struct message *m, enum err e);
/* The same for a message whose handles nobody has taken: they are closed. */
bool message_refuse(struct message *m, enum err e);
/* The same where these handles must not stay here, unless the call was kept. */
bool message_fail(struct message *m, enum err e, const fut_handle *handles, unsigned n);
/* Answer a kept call and close `reply`. Handles in `m` are given away, even if this fails. */
enum err message_reply(fut_handle reply, struct message *m);

/* Close the handles of an answer with this tag. */
void message_drop(uint64_t tag);
/* For an answer that cannot be used: the same, and return `e`. */
static inline enum err message_discard(uint64_t tag, enum err e)
{
	message_drop(tag);
	return e;
}
/* For an answer that is not as expected: the same, with the error that it says, or bad_state. */
static inline enum err message_failed(uint64_t tag)
{
	enum err e = (enum err)tag_status(tag);

	return message_discard(tag, e < OK ? e : ERR_BAD_STATE);
}

/* The i-th handle that was received, or is sent with the next message. */
static inline fut_handle message_taken(unsigned i)
{
	return native_control()->handles[i];
}

static inline void message_give(unsigned i, fut_handle handle)
{
	native_control()->handles[i] = handle;
}

/* Is this a handle to an object of this type (OBJECT_ANY: any) with these rights? */
enum err handle_check(fut_handle handle, enum object_type type, uint32_t rights);
/* Close those handles that are not 0, if they are still here, and return `e`. */
enum err handles_close(const fut_handle *handles, unsigned n, enum err e);

/* Memory that a caller lends for the time of its call. */
struct lent {
	fut_handle reply; /* the kept call, or 0 for the one received last */
	uint32_t index;
	uint64_t size;
};

/* Lend memory with the next message, as grant i. */
static inline void message_lend(unsigned i, const void *address, size_t size, uint64_t access)
{
	native_control()->grants[i] = (struct grant){ (uint64_t)address, size | access };
}

/* Grant i of a message: no_right if it does not allow `access`. Longer than `limit` it is too_big
 * to be read, and cut to be written. */
enum err message_lent(struct lent *l, unsigned i, enum grant_access access, uint64_t limit);
/* Copy all n bytes from or to lent memory; bad_argument if they reach past its end. */
enum err lent_read(const struct lent *l, uint64_t offset, void *to, size_t n);
enum err lent_write(const struct lent *l, uint64_t offset, const void *from, size_t n);
