/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The controlling terminal: a place at it (protocol/tty.fipc) that forks inherit, so that it can be
 * opened as /dev/tty by the session's processes and nobody else.
 */
#include <asm/ioctls.h>
#include <linux/signal.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/process.h"
#include "posix/files/file.h"
#include "posix/files/path.h"
#include "posix/signal/deliver.h"
#include "posix/tty/tty.h"
#include "protocol/posix.h"
#include "protocol/tty.h"

static fut_handle place;   /* 0: none controls us */
static uint64_t device;    /* its number */
static uint32_t number_of; /* the session to which that was so */

void tty_forget(void)
{
	if (place != 0)
		(void)fut_handle_close(place); /* ours */
	place = 0;
}

/* The terminal's own number, whatever it was opened as. */
static uint64_t device_of(struct description *d)
{
	struct tty *own = d->own;
	struct remote r = tty_remote(d);
	int64_t outcome;
	uint32_t wait;

	if (own->device == 0 && tty_control(&r, TIOCGDEV, 0, 0, &outcome, &wait) == OK &&
	    outcome > 0)
		own->device = (uint64_t)outcome;
	return own->device;
}

uint32_t tty_group(struct description *d)
{
	return place != 0 && device_of(d) == device ? process.group : 0;
}

int64_t tty_open_controlling(struct description **d, uint32_t flags)
{
	struct remote r = { .session = place };
	struct opened o = { .mode = (*d)->mode, .node = (*d)->node, .size = device };
	struct description *opened;
	int32_t outcome;

	if (place == 0)
		return -ENXIO;
	enum err e = tty_reopen(&r, flags & (FILE_OPEN_READ | FILE_OPEN_WRITE), &o.session,
				&outcome, &o.slot);
	if (e != OK || outcome < 0)
		return e != OK ? -ENXIO : outcome;
	int64_t error = file_description(&o, flags, atomic_load(&(*d)->state->status), &opened);
	if (error != 0)
		return error;
	opened->device = (*d)->device; /* stat shows what was opened */
	description_drop(*d);
	*d = opened;
	return 0;
}

int64_t tty_acquire_it(struct description *d, bool force)
{
	struct remote r = tty_remote(d);
	fut_handle ticket, got;
	int32_t outcome;

	if (place != 0 && number_of == process.session)
		return device_of(d) == device ? 0 : -EPERM;
	if (process.session != process.pid)
		return -EPERM;
	enum err e = posix_ticket(&process.posix, (uint32_t)device_of(d), &ticket, &outcome);
	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	e = tty_acquire(&r, force, process.session, process.group, ticket, &got, &outcome);
	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	tty_forget();
	place = got;
	device = device_of(d);
	number_of = process.session;
	return 0;
}

int64_t tty_give_up(struct description *d)
{
	struct remote r = tty_remote(d);
	int32_t outcome = 0;
	enum err e = OK;

	if (place == 0 || device_of(d) != device)
		return -ENOTTY;
	if (process.session == process.pid)
		e = tty_release(&r, process.session, &outcome);
	tty_forget();
	return e != OK ? file_error(e) : outcome;
}

static bool is_refused(int signal)
{
	return process.signals.actions[signal].handler == (uint64_t)SIG_IGN ||
	       (self()->signals.blocked & signal_bit((unsigned)signal)) != 0;
}

int64_t tty_background(struct description *d, int signal, uint32_t *group)
{
	struct remote r = tty_remote(d);
	uint32_t orphaned;
	int32_t outcome;

	if (is_refused(signal)) {
		*group = 0;
		return signal == SIGTTIN ? -EIO : 0;
	}
	if (tty_orphaned(&r, process.group, &orphaned) != OK || orphaned != 0)
		return -EIO;
	enum err e = posix_kill(&process.posix, 0, 0, (uint32_t)signal, 0, 0, 0, &outcome);
	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	signal_fetch();
	work_add(self(), WORK_SIGNAL); /* the call is repeated even if another thread took it */
	return -ERESTARTSYS;
}
