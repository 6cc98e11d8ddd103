/* SPDX-License-Identifier: MPL-2.0 */
/* The file `services`: what init tells of them, and what it is asked to do. */
#include <errno.h>
#include <string.h>
#include "lib/futura/clock.h"
#include "lib/futura/program.h"
#include "protocol/init.h"
#include "services/controld/control.h"

/* init answers at once, but it calls the registry, which may be asking us just now. */
constexpr uint64_t PATIENCE = 10 * SECOND;

static struct remote init(void)
{
	return (struct remote){ .session = cap_need("init"), .deadline = clock_after(PATIENCE) };
}

static int outcome_of(enum err e)
{
	switch (e) {
	case OK:
		return 0;
	case ERR_NOT_FOUND:
		return -ENOENT;
	case ERR_BAD_STATE:
		return -EBUSY;
	case ERR_NO_MEMORY:
	case ERR_FULL:
		return -ENOMEM;
	case ERR_TIMED_OUT:
		return -ETIMEDOUT;
	default:
		return -EIO;
	}
}

int services_fill(struct text *t, const char *)
{
	static const char *const states[] = { "stopped", "running", "waiting" };
	struct remote remote = init();
	uint32_t index = 0, state, restarts;
	int64_t code;
	char name[32];
	size_t n;
	enum err e;

	while ((e = init_next(&remote, index, &index, &state, &restarts, &code, name, sizeof(name),
			      &n)) == OK)
		text_add(t, "%s %s %u %lld\n", name, state < 3 ? states[state] : "?", restarts,
			 (long long)code);
	return e == ERR_NOT_FOUND ? 0 : outcome_of(e);
}

bool service_next(uint32_t *at, char name[static 32])
{
	struct remote remote = init();
	uint32_t state, restarts;
	int64_t code;
	size_t n;

	while (init_next(&remote, *at, at, &state, &restarts, &code, name, 32, &n) == OK)
		if (state == INIT_STATE_RUNNING)
			return true;
	return false;
}

int service_task(const char *name, fut_handle *task)
{
	struct remote remote = init();

	return outcome_of(init_task(&remote, name, strlen(name), task));
}

static enum err service_restart(struct remote *remote, const char *name, size_t n)
{
	enum err e = init_stop(remote, name, n);

	return e == OK ? init_start(remote, name, n) : e;
}

/* A line is a word for what to do, a blank, and a service's name. */
int services_write(char *text)
{
	static const struct {
		const char *word;
		enum err (*run)(struct remote *remote, const char *name, size_t n);
	} orders[] = { { "start", init_start },
		       { "stop", init_stop },
		       { "restart", service_restart },
		       { "kill", init_kill } };
	char *name = strchr(text, ' ');

	if (name == nullptr)
		return -EINVAL;
	*name++ = '\0';
	if (strcmp(name, "controld") == 0 &&
	    (strcmp(text, "stop") == 0 || strcmp(text, "restart") == 0))
		return -EDEADLK; /* who would answer, or start it? */
	for (unsigned i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		struct remote remote = init();
		if (strcmp(orders[i].word, text) == 0)
			return outcome_of(orders[i].run(&remote, name, strlen(name)));
	}
	return -EINVAL;
}
