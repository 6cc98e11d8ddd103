/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Any messages to ramfsd, from a client that has a few sessions. Whatever they are, the server
 * stays in order, and when the sessions are closed nothing is left of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include "services/ramfsd/test/fixture.h"
#include "services/ramfsd/test/host/kernel.h"

constexpr unsigned SESSIONS = 12;
constexpr unsigned CALLS = 40;

static fut_handle sessions[SESSIONS];

/* The input, taken piece by piece; zero when it is used up. */
struct input {
	const uint8_t *at;
	size_t left;
};

static uint64_t take(struct input *in, size_t n)
{
	uint64_t value = 0;

	for (; n > 0 && in->left > 0; n--, in->left--)
		value = value << 8 | *in->at++;
	return value;
}

/* The frame that the fixture is written for. */
void test_failed(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
	abort();
}

/* Numbers that mean something are taken more often than others. */
static uint64_t word(struct input *in)
{
	static const uint64_t known[] = { 0,          1,         2,       3,           7,
					  16,         4095,      4096,    65536,       1 << 20,
					  UINT64_MAX, INT64_MAX, 0700,    FILE_CREATE, S_IFDIR,
					  S_IFIFO,    S_IFLNK,   S_IFSOCK };
	uint8_t kind = (uint8_t)take(in, 1);

	return kind < 128 ? known[kind % (sizeof(known) / sizeof(*known))]
			  : take(in, 1 + (kind & 7));
}

/* A path of few names, or anything. */
static size_t path(struct input *in, char *to)
{
	static const char *const names[] = { "a", "b", "dev", "tmp", "..", ".", "", "c/d" };
	size_t n = 0;
	uint8_t parts = (uint8_t)take(in, 1) % 6;

	for (uint8_t i = 0; i < parts; i++)
		n += (size_t)sprintf(to + n, "%s%s", names[take(in, 1) % 8],
				     i + 1 < parts ? "/" : "");
	return n;
}

static void call(struct input *in)
{
	static char lent[2][5000];
	uint16_t protocol = take(in, 1) % 8 == 0 ? FILES_PROTOCOL : FILE_PROTOCOL;
	struct message m = {};
	char *page = message_page();
	size_t nbytes = 0;
	unsigned nhandles = 0, ngrants = (unsigned)take(in, 1) % 3;
	fut_handle session = sessions[take(in, 1) % SESSIONS];

	uint16_t method = (uint16_t)(take(in, 1) % 33);
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		m.word[i] = word(in);
	if (take(in, 1) % 4 != 0) {
		nbytes = path(in, page);
		m.word[take(in, 1) % MESSAGE_WORDS] = nbytes;
	} else {
		for (nbytes = take(in, 1); nbytes % 8 != 0; nbytes++)
			;
		for (size_t i = 0; i < nbytes; i++)
			page[i] = (char)take(in, 1);
	}
	for (unsigned i = 0; i < ngrants; i++)
		message_lend(i, lent[i], take(in, 2) % sizeof(lent[i]),
			     take(in, 1) & 1 ? GRANT_READ : GRANT_WRITE);
	if (take(in, 1) % 4 == 0 &&
	    fut_handle_duplicate(sessions[take(in, 1) % SESSIONS], RIGHTS_SESSION,
				 &native_control()->handles[0]) == OK)
		nhandles = 1;
	m.tag = tag_make(protocol, method, (unsigned)nbytes, nhandles, ngrants);
	if (ipc_call(session, &m, TIME_NEVER) != OK)
		return;
	/* What came is kept in place of another, or dropped. */
	for (unsigned i = 0; i < tag_nhandles(m.tag); i++) {
		fut_handle got = message_taken(i),
			   *place = &sessions[2 + take(in, 1) % (SESSIONS - 2)];
		if (handle_check(got, OBJECT_SESSION, RIGHT_SEND) == OK) {
			fut_handle old = *place;
			*place = got;
			got = old;
		}
		if (got != 0)
			fixture_close(got);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct remote files = fixture_start();

	for (unsigned i = 0; i < SESSIONS; i++)
		sessions[i] = 0;
	/* Not CAPABILITY_MOUNT: a mount stays until it is undone. */
	sessions[0] =
		line_make(&files, 0, 0, ROOT_CAPABILITIES & ~FILES_CAPABILITY_MOUNT, 0).session;
	sessions[1] = line_make(&files, 5, 5, FILES_LINE_MOUNT, 0).session;
	if (take(&in, 1) % 8 == 0)
		kernel_fail = (unsigned)take(&in, 1);
	for (unsigned i = 0; i < CALLS && in.left > 0; i++)
		call(&in);
	kernel_fail = 0;
	for (unsigned i = 0; i < SESSIONS; i++)
		if (sessions[i] != 0)
			fixture_close(sessions[i]);
	fixture_end(&files);
	return 0;
}
