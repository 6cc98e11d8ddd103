/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Fuzzing what the generator makes: any message to a generated server, and any answer to a
 * generated client. The input is a struct input, and then the inline bytes. Beside what the
 * sanitizers find, no handle may be lost: all are closed at the end, or where the server or the
 * client has taken them.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/futura/test/fake.h"
#include "tools/test/every_ops.h"

struct input {
	uint16_t protocol; /* from the test's own on */
	uint16_t method;
	uint16_t nbytes;
	uint8_t nhandles, ngrants;
	uint64_t word[MESSAGE_WORDS];
	struct {
		uint8_t type;
		uint8_t unused[3];
		uint32_t rights;
	} handles[MESSAGE_HANDLES];
	uint16_t grants[MESSAGE_GRANTS]; /* the size, and the access in the two highest bits */
	uint8_t result;                  /* of the handlers, as a positive number */
	uint8_t client;                  /* not 0: it is an answer, to the stub of this number */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct every_server server;
static struct message answer;
static char lent[16384];

static bool serve_message(struct message *m)
{
	return every_dispatch(&every_ops, &server, m);
}

static bool serve_answer(struct message *m)
{
	*m = answer;
	return true;
}

/* Handles, grants and inline bytes of the sender. */
static void fill(struct fake_task *t, const struct input *in, const uint8_t *bytes, size_t n)
{
	struct control *c = (struct control *)t->area;

	for (unsigned i = 0; i < MESSAGE_HANDLES; i++)
		if (in->handles[i].type != 0)
			c->handles[i] = fake_open(t, in->handles[i].type % OBJECT_TYPES,
						  in->handles[i].rights);
	for (unsigned i = 0; i < MESSAGE_GRANTS; i++)
		c->grants[i] = (struct grant){ (uint64_t)lent,
					       (in->grants[i] & 0x3fffu) |
						       (uint64_t)(in->grants[i] >> 14) << 62 };
	memcpy(t->area + MESSAGE_PAGE_OFFSET, bytes, n < MESSAGE_BYTES ? n : MESSAGE_BYTES);
}

static void answer_later(void)
{
	struct every_later_results r = { .text = lent, .text_len = server.sum % 32 };

	(void)every_later_answer(server.kept, (enum err)(server.sum % 3), &r); /* any outcome */
}

/* A client's stub takes the answer, whatever it says. Returns how many handles it then has. */
static unsigned call_stub(unsigned which, struct remote *r)
{
	uint64_t n[7];
	uint32_t n32[2];
	uint16_t n16[2];
	uint8_t n8[2];
	int64_t sum;
	bool b[2];
	char text[101], data[50];
	size_t len[2];
	fut_handle h[2] = {};
	enum err e = OK;

	switch (which % 7) {
	case 0:
		e = every_nothing(r);
		break;
	case 1:
		e = every_words(r, 1, 2, 3, 4, 5, 6, &sum, &b[0]);
		break;
	case 2:
		e = every_packed(r, 1, 2, 3, 4, 5, true, false, &n32[0], &n32[1], &n16[0], &n16[1],
				 &n8[0], &b[0], &b[1]);
		break;
	case 3:
		e = every_paged(r, 1, 2, 3, 4, 5, 6, 7, "name", 4, &n[0], &n[1], &n[2], &n[3],
				&n[4], &n[5], &n8[0]);
		break;
	case 4:
		e = every_shout(r, "text", 4, "data", 4, text, which, &len[0], data, which % 51,
				&len[1], &n32[0]);
		if (e == OK && (strlen(text) != len[0] || len[1] > sizeof data))
			abort();
		break;
	case 5:
		e = every_move(r, fake_open(&fake_client, OBJECT_EVENT, RIGHTS_EVENT),
			       fake_open(&fake_client, OBJECT_EVENT, RIGHTS_EVENT), 0, &h[0],
			       &h[1]);
		break;
	default:
		e = every_later(r, 1, &n[0], text, sizeof text, &len[0]);
		break;
	}
	return e == OK ? (h[0] != 0) + (h[1] != 0) : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in;
	struct remote remote = { .session = 1 };

	if (size < sizeof in)
		return 0;
	memcpy(&in, data, sizeof in);
	fake_reset();
	server = (struct every_server){ .result = -(enum err)(in.result % 21) };
	answer = (struct message){ .tag = tag_make(EVERY_PROTOCOL + in.protocol, in.method,
						   in.nbytes % (MESSAGE_BYTES + 1),
						   in.nhandles % (MESSAGE_HANDLES + 1),
						   in.ngrants % (MESSAGE_GRANTS + 1)) };
	memcpy(answer.word, in.word, sizeof answer.word);
	if (in.client != 0) {
		fill(&fake_server, &in, data + sizeof in, size - sizeof in);
		fake_serve = serve_answer;
		unsigned given = call_stub(in.client % 102, &remote);
		if (fake_count(&fake_client) != given)
			abort();
		return 0;
	}
	fill(&fake_client, &in, data + sizeof in, size - sizeof in);
	fake_serve = serve_message;
	fake_late = answer_later;
	if (ipc_call(1, &answer, TIME_NEVER) != OK)
		return 0;
	/* The second handle of `move` stays with the server, the others are in the answer. */
	if (fake_count(&fake_server) != (server.taken[1] != 0 ? 1 : 0))
		abort();
	return 0;
}
