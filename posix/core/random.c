/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/core/random.h"
#include <asm/errno.h>
#include <string.h>
#include "lib/futura/chacha.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"

static struct generator generator;

void random_start(const uint64_t seed[4])
{
	memcpy(generator.key, seed, sizeof(generator.key));
}

void random_bytes(void *to, size_t n)
{
	mutex_lock(&process.locks.random);
	generator_take(&generator, control()->thread_id, to, n);
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
