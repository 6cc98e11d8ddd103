/* SPDX-License-Identifier: MPL-2.0 */
/* The kernel for tests: handles, messages and grants between two tasks. */
#include "lib/futura/test/fake.h"
#include <string.h>

struct fake_task fake_client, fake_server;
struct fake_task *fake_current = &fake_client;
bool (*fake_serve)(struct message *m);
void (*fake_late)(void);
unsigned fake_gone;
fut_handle fake_session;
const struct fake_step *fake_steps;
unsigned fake_nsteps;
struct message fake_answer;
enum err (*fake_call)(enum call number, const uint64_t *args, struct native_words *results);
unsigned fake_answered, fake_dropped;

static unsigned step;
static uint32_t objects;
static bool call_open, call_kept; /* between the delivery of a call and its answer */
static enum err answer_error;

void fake_reset(void)
{
	memset(&fake_client, 0, sizeof fake_client);
	memset(&fake_server, 0, sizeof fake_server);
	fake_client.room = fake_server.room = FAKE_HANDLES;
	fake_current = &fake_client;
	fake_serve = nullptr;
	fake_late = nullptr;
	fake_call = nullptr;
	fake_gone = fake_nsteps = step = fake_answered = fake_dropped = 0;
	call_open = call_kept = false;
	answer_error = OK;
	fake_answer = (struct message){};
}

static struct control *control_of(struct fake_task *t)
{
	return (struct control *)t->area;
}

struct control *native_control(void)
{
	return control_of(fake_current);
}

static struct fake_handle *find(struct fake_task *t, fut_handle handle)
{
	struct fake_handle *h = &t->handles[handle % FAKE_HANDLES];

	return handle != 0 && h->type != 0 && h->age == handle / FAKE_HANDLES ? h : nullptr;
}

static fut_handle place(struct fake_task *t, struct fake_handle what)
{
	for (unsigned i = 0; i < FAKE_HANDLES; i++) {
		struct fake_handle *h = &t->handles[i];

		if (h->type != 0)
			continue;
		what.age = h->age + 1;
		*h = what;
		return what.age * FAKE_HANDLES + i;
	}
	return 0;
}

fut_handle fake_open(struct fake_task *t, enum object_type type, uint32_t rights)
{
	return place(t, (struct fake_handle){ .type = type, .rights = rights, .id = ++objects });
}

unsigned fake_count(const struct fake_task *t)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FAKE_HANDLES; i++)
		n += t->handles[i].type != 0;
	return n;
}

uint32_t fake_object(const struct fake_task *t, fut_handle handle)
{
	struct fake_handle *h = find((struct fake_task *)t, handle);

	return h != nullptr ? h->id : 0;
}

/* Move a message from one task's pages to the other's. Nothing moves if it is not in order. */
static enum err move(struct fake_task *from, struct fake_task *to, const struct message *m)
{
	struct control *sent = control_of(from), *got = control_of(to);
	unsigned n = tag_nhandles(m->tag), nbytes = tag_nbytes(m->tag);

	if ((m->tag & TAG_RESERVED) != 0 || n > MESSAGE_HANDLES || nbytes > MESSAGE_BYTES ||
	    tag_ngrants(m->tag) > MESSAGE_GRANTS || (to == &fake_client && tag_ngrants(m->tag) > 0))
		return ERR_BAD_ARGUMENT;
	for (unsigned i = 0; i < n; i++) {
		if (find(from, sent->handles[i]) == nullptr)
			return ERR_BAD_HANDLE;
		for (unsigned j = 0; j < i; j++)
			if (sent->handles[i] == sent->handles[j])
				return ERR_BAD_ARGUMENT;
	}
	if (fake_count(to) + n > to->room)
		return ERR_FULL;
	for (unsigned i = 0; i < n; i++) {
		struct fake_handle *h = find(from, sent->handles[i]);

		got->handles[i] = place(to, *h);
		h->type = 0;
	}
	memcpy(got->grants, sent->grants, tag_ngrants(m->tag) * sizeof(struct grant));
	memcpy(to->area + MESSAGE_PAGE_OFFSET, from->area + MESSAGE_PAGE_OFFSET, nbytes);
	return OK;
}

static enum err answer(const struct message *m)
{
	enum err e;

	if (!call_open)
		return ERR_BAD_STATE;
	e = answer_error != OK ? answer_error : move(&fake_server, &fake_client, m);
	answer_error = OK;
	if (e != OK)
		return e;
	call_open = call_kept = false;
	fake_answered++;
	fake_answer = *m;
	return OK;
}

enum err ipc_call(fut_handle session, struct message *m, uint64_t deadline)
{
	enum err e;

	(void)deadline;
	fake_session = session;
	if (fake_gone > 0) {
		fake_gone--;
		return ERR_PEER_CLOSED;
	}
	e = move(&fake_client, &fake_server, m);
	if (e != OK)
		return e;
	fake_current = &fake_server;
	call_open = true;
	call_kept = false;
	if (fake_serve(m))
		e = answer(m);
	else if (call_kept)
		fake_late();
	fake_current = &fake_client;
	*m = fake_answer;
	return call_open ? ERR_PEER_CLOSED : e;
}

enum err ipc_receive(fut_handle port, struct message *m, uint64_t deadline)
{
	const struct fake_step *s = &fake_steps[step];

	(void)port, (void)deadline;
	fake_dropped += call_open && !call_kept;
	call_open = false;
	if (step >= fake_nsteps)
		return ERR_BAD_HANDLE;
	step++;
	if (s->receive != OK)
		return s->receive;
	*m = s->message;
	call_open = tag_protocol(m->tag) != 0;
	answer_error = s->answer;
	return OK;
}

enum err ipc_reply_wait(fut_handle port, struct message *m, uint64_t deadline)
{
	enum err e = answer(m);

	return e == OK ? ipc_receive(port, m, deadline) : e;
}

enum err ipc_reply(fut_handle reply, const struct message *m)
{
	if (reply != 0 && find(&fake_server, reply) == nullptr)
		return ERR_BAD_HANDLE;
	return answer(m);
}

static enum err grant_copy(const uint64_t *a, uint64_t access, struct native_words *r)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): these calls have arguments */
	const struct grant *g = &control_of(&fake_client)->grants[a[1]];
	uint64_t size = g->size & ~(GRANT_READ | GRANT_WRITE), n = a[4];

	if (!call_open || a[1] >= MESSAGE_GRANTS || a[2] > size)
		return ERR_BAD_ARGUMENT;
	if ((g->size & access) == 0)
		return ERR_NO_RIGHT;
	n = n < size - a[2] ? n : size - a[2];
	n = n < 100 ? n : 100; /* the kernel may copy less than asked for */
	if (access == GRANT_READ)
		memcpy((void *)a[3], (char *)g->address + a[2], n);
	else
		memcpy((char *)g->address + a[2], (void *)a[3], n);
	r->word[0] = n;
	return OK;
}

static enum err info(const struct fake_handle *h, struct native_words *r)
{
	*r = (struct native_words){ { h->type, h->rights, h->id } };
	return OK;
}

enum err native_call(enum call number, const uint64_t *a, struct native_words *r)
{
	struct fake_handle *h = a != nullptr ? find(fake_current, (fut_handle)a[0]) : nullptr;

	switch (number) {
	case CALL_HANDLE_CLOSE:
		if (h != nullptr)
			h->type = 0;
		return h != nullptr ? OK : ERR_BAD_HANDLE;
	case CALL_HANDLE_INFO:
		return h != nullptr ? info(h, r) : ERR_BAD_HANDLE;
	case CALL_REPLY_KEEP:
		if (!call_open || call_kept)
			return ERR_BAD_STATE;
		call_kept = true;
		r->word[0] = fake_open(fake_current, OBJECT_REPLY, RIGHTS_REPLY);
		return OK;
	case CALL_GRANT_READ:
		return grant_copy(a, GRANT_READ, r);
	case CALL_GRANT_WRITE:
		return grant_copy(a, GRANT_WRITE, r);
	default:
		return fake_call != nullptr ? fake_call(number, a, r) : ERR_UNSUPPORTED;
	}
}
