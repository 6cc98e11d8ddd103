/* SPDX-License-Identifier: MPL-2.0 */
/* One generator for the program. A clone of the task has a copy, and other threads: other bytes. */
#include "lib/futura/random.h"
#include <string.h>
#include "lib/futura/chacha.h"
#include "lib/futura/lock.h"
#include <futura-arch/arch.h>

static struct generator generator;
static struct mutex lock;

void random_start(const uint64_t seed[4])
{
	memcpy(generator.key, seed, sizeof(generator.key));
}

void random_bytes(void *to, size_t n)
{
	mutex_lock(&lock);
	generator_take(&generator, native_control()->thread_id, to, n);
	mutex_unlock(&lock);
}

uint64_t random_u64(void)
{
	uint64_t value;

	random_bytes(&value, sizeof(value));
	return value;
}
