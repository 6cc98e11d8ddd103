/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/core/random.h"
#include <asm/errno.h>
#include <string.h>
#include "lib/futura/chacha.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"

static struct generator generator;

/* What was made and not given away yet: most requests are small. For the thread that made it only,
 * since fork copies this, too. */
static struct {
	uint64_t thread_id;
	size_t left;
	uint8_t bytes[32]; /* all that one block gives */
} spare;

void random_start(const uint64_t seed[4])
{
	memcpy(generator.key, seed, sizeof(generator.key));
}

static void spare_take(uint64_t thread_id, void *to, size_t n)
{
	if (spare.thread_id != thread_id || spare.left < n) {
		generator_take(&generator, thread_id, spare.bytes, sizeof(spare.bytes));
		spare.thread_id = thread_id;
		spare.left = sizeof(spare.bytes);
	}
	spare.left -= n;
	memcpy(to, spare.bytes + spare.left, n);
	memset(spare.bytes + spare.left, 0, n);
}

void random_bytes(void *to, size_t n)
{
	uint64_t id = control()->thread_id;

	mutex_lock(&process.locks.random);
	if (n > sizeof(spare.bytes))
		generator_take(&generator, id, to, n);
	else
		spare_take(id, to, n);
	mutex_unlock(&process.locks.random);
}

int64_t random_put(uint64_t to, uint64_t size)
{
	char piece[256];

	for (uint64_t done = 0; done < size;) {
		size_t n = size - done < sizeof(piece) ? size - done : sizeof(piece);
		random_bytes(piece, n);
		if (guest_put(to + done, piece, n) != 0)
			return done > 0 ? (int64_t)done : -EFAULT;
		done += n;
	}
	return (int64_t)size;
}
