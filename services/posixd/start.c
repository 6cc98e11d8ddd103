/* SPDX-License-Identifier: MPL-2.0 */
/* Starting a program: its root, then the personality, which finds the rest. */
#include "services/posixd/start.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/futura/clock.h"
#include "services/posixd/disks.h"
#include "services/posixd/mounts.h"
#include <futura-arch/arch.h>

constexpr uint64_t PERSONALITY_BASE = 0x7f0000000000;
constexpr uint64_t PERSONALITY_SPREAD = 1ull << 30; /* its place is random in so many bytes */
constexpr size_t PERSONALITY_STACK = 131072;
constexpr unsigned WORDS_MOST = 65536;

struct making {
	struct start *s;
	struct spawn spawn;
	struct startup_cap caps[SPAWN_CAPS];
	const char **words;               /* arguments, then environment */
	char cwd[1008];                   /* CWD=path */
	char env[START_DESCRIPTORS][160]; /* FDN=hexadecimal */
};

static uint64_t base_choose(void)
{
	static uint64_t before;
	uint64_t x = ticks() ^ before ^ native_control()->thread_id << 40;

	x = (x ^ x >> 33) * 0xff51afd7ed558ccd; /* MurmurHash3's finalizer spreads the bits */
	x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53;
	before = x;
	return PERSONALITY_BASE + (x >> 20) % PERSONALITY_SPREAD / 4096 * 4096;
}

static void cap_add(struct making *m, const char *name, fut_handle handle)
{
	struct startup_cap *c = &m->caps[m->spawn.capc];

	if (handle == 0 || m->spawn.capc == SPAWN_CAPS)
		return;
	*c = (struct startup_cap){ .handle = handle };
	snprintf(c->name, sizeof(c->name), "%s", name);
	m->spawn.capc++;
}

static void descriptor_add(struct making *m, const struct start_descriptor *d, char *env)
{
	char name[24];
	int at = snprintf(env, sizeof(m->env[0]), "FD%u=", d->number);

	for (uint32_t i = 0; i < d->len; i++)
		at += snprintf(env + at, sizeof(m->env[0]) - (size_t)at, "%02x", d->kind[i]);
	snprintf(name, sizeof(name), "fd%ua", d->number);
	cap_add(m, name, d->h0);
	snprintf(name, sizeof(name), "fd%ub", d->number);
	cap_add(m, name, d->h1);
}

/* Split `strings` into words; ours go before the program's own environment. */
static int words_split(struct making *m)
{
	const struct start *s = m->s;
	const char *at = s->strings + 8, *end = s->strings + s->strings_size;
	uint32_t counts[2];

	memcpy(counts, s->strings, sizeof(counts));
	if (counts[0] == 0 || counts[0] > WORDS_MOST || counts[1] > WORDS_MOST)
		return -EINVAL;
	uint32_t ours = 1 + s->ndescriptors, total = counts[0] + ours + counts[1];
	m->words = calloc(total, sizeof(*m->words));
	if (m->words == nullptr)
		return -ENOMEM;
	for (uint32_t i = 0; i < total; i++) {
		if (i >= counts[0] && i < counts[0] + ours) {
			m->words[i] = i == counts[0] ? m->cwd : m->env[i - counts[0] - 1];
			continue;
		}
		const char *zero = at < end ? memchr(at, '\0', (size_t)(end - at)) : nullptr;
		if (zero == nullptr)
			return -EINVAL;
		m->words[i] = at;
		at = zero + 1;
	}
	m->spawn.argc = counts[0];
	m->spawn.argv = m->words;
	m->spawn.envc = ours + counts[1];
	m->spawn.env = m->words + counts[0];
	return 0;
}

static int spawn_error(enum err e)
{
	switch (e) {
	case OK:
		return 0;
	case ERR_TOO_BIG:
		return -E2BIG;
	case ERR_NO_MEMORY:
		return -ENOMEM;
	default:
		return -ENOEXEC;
	}
}

static int start_spawn(struct start *s)
{
	fut_handle root = 0;
	struct making *m = calloc(1, sizeof(*m));

	if (m == nullptr)
		return -ENOMEM;
	m->s = s;
	m->spawn = (struct spawn){
		.name = "posix",
		.image = posixd.personality,
		.size = posixd.personality_size,
		.shared = posixd.personality_shared,
		.quota = s->world->quota,
		.stack = PERSONALITY_STACK,
		.base = base_choose(),
		.inherit = INHERIT_PRIVATE,
		.caps = m->caps,
		.own_task = RIGHT_READ | RIGHT_WRITE,
	};
	int result = words_split(m);
	if (result == 0)
		result = line_give(s->root, &root);
	if (result == 0) {
		cap_add(m, "posix", s->session);
		cap_add(m, "root", root);
		snprintf(m->cwd, sizeof(m->cwd), "CWD=%s", s->cwd);
		for (unsigned i = 0; i < s->ndescriptors; i++)
			descriptor_add(m, &s->descriptors[i], m->env[i]);
		s->session = 0;
		s->ndescriptors = 0;
		result = spawn_error(spawn(&m->spawn, &s->task));
	}
	free(m->words);
	free(m);
	return result;
}

void start_run(struct errand *errand)
{
	struct start *s = (struct start *)errand;

	const struct mount *root = s->world->mounts;

	s->outcome = line_open(s->who, root->server, handle_copy(root->start),
			       mount_flags(s->world, root), mount_key(s->world, root), &s->root);
	if (s->outcome != 0 && strcmp(root->kind, "futurafs") == 0)
		disk_complain(root->source, s->outcome);
	if (s->outcome == 0 && !s->world->has_mounts && s->who->euid == 0)
		mounts_begin(s->world, s->who, s->root);
	if (s->outcome == 0)
		s->outcome = start_spawn(s);
}

void start_free(struct start *s)
{
	for (unsigned i = 0; i < s->ndescriptors; i++) {
		handle_drop(&s->descriptors[i].h0);
		handle_drop(&s->descriptors[i].h1);
	}
	handle_drop(&s->session);
	handle_drop(&s->root);
	handle_drop(&s->task);
	free(s->cwd);
	free(s->strings);
	free(s);
}
