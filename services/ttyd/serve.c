/* SPDX-License-Identifier: MPL-2.0 */
/* protocol/tty.fipc: what terminals do beyond files. */
#include "services/ttyd/serve.h"
#include <asm-generic/ioctls.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include "protocol/tty.h"
#include "services/ttyd/tree.h"

/* The seat behind a badge, or leave the handler: it is no terminal's. */
#define SEAT(s, seat, t)                                                                           \
	struct files_session *s = files_session_find(self, badge);                                 \
	if (s == nullptr) [[clang::unlikely]]                                                      \
		return ERR_BAD_STATE;                                                              \
	struct seat *seat = seat_of(s);                                                            \
	if (seat == nullptr) [[clang::unlikely]]                                                   \
		return ERR_BAD_STATE;                                                              \
	struct terminal *t = seat->terminal

/* Has the seat become useless? A master never does. */
static bool is_gone(const struct seat *seat)
{
	return seat->side != SIDE_MASTER && seat_is_hung_up(seat);
}

/* --- Settings --- */

static enum err attributes(void *self, uint64_t badge, struct tty_attributes_results *r)
{
	SEAT(s, seat, t);
	static_assert(sizeof(t->l.settings) <= 64);

	r->outcome = is_gone(seat) ? -EIO : 0;
	r->settings_len = sizeof(t->l.settings);
	memcpy(r->settings, &t->l.settings, sizeof(t->l.settings));
	return OK;
}

static enum err set_attributes(void *self, uint64_t badge, const struct tty_set_attributes_args *a,
			       struct tty_set_attributes_results *r)
{
	SEAT(s, seat, t);
	struct termios2 settings;

	if (a->settings_len != sizeof(settings) || a->when > 2)
		return ERR_BAD_ARGUMENT;
	memcpy(&settings, a->settings, sizeof(settings));
	if (is_gone(seat))
		r->outcome = -EIO;
	else if (seat->side != SIDE_MASTER && terminal_background(t, a->group))
		r->wait = TTY_WAIT_BACKGROUND;
	else if (a->when > 0 && !t->is_pty && ldisc_output_waits(&t->l) > 0)
		r->wait = TTY_WAIT_DRAINED;
	if (r->outcome != 0 || r->wait != 0)
		return OK;
	if (a->when == 2) {
		ldisc_flush_input(&t->l);
		terminal_drop_typed(t);
	}
	ldisc_set(&t->l, &settings);
	terminal_settle(t);
	return OK;
}

static enum err size(void *self, uint64_t badge, struct tty_size_results *r)
{
	SEAT(s, seat, t);
	r->outcome = is_gone(seat) ? -EIO : 0;
	r->rows = t->rows;
	r->columns = t->columns;
	r->width = t->width;
	r->height = t->height;
	return OK;
}

static enum err set_size(void *self, uint64_t badge, const struct tty_set_size_args *a,
			 struct tty_set_size_results *r)
{
	SEAT(s, seat, t);
	if (is_gone(seat)) {
		r->outcome = -EIO;
		return OK;
	}
	if (t->rows == a->rows && t->columns == a->columns && t->width == a->width &&
	    t->height == a->height)
		return OK;
	t->rows = a->rows;
	t->columns = a->columns;
	t->width = a->width;
	t->height = a->height;
	t->l.signals |= 1ull << SIGWINCH;
	terminal_settle(t);
	return OK;
}

/* --- Reading and writing --- */

static enum err told(struct transfer x, int64_t *outcome, uint32_t *wait)
{
	if (x.outcome == FILES_AGAIN)
		return ERR_AGAIN;
	*outcome = x.outcome;
	*wait = x.wait;
	return OK;
}

static enum err read(void *self, uint64_t badge, const struct tty_read_args *a,
		     struct tty_read_results *r)
{
	SEAT(s, seat, t);
	if (!(s->flags & FILE_OPEN_READ)) {
		r->outcome = -EBADF;
		return OK;
	}
	if (seat->side == SIDE_PROGRAM && !is_gone(seat) && terminal_background(t, a->group)) {
		r->wait = TTY_WAIT_BACKGROUND;
		return OK;
	}
	return told(seat_read(seat, &a->to, a->flags), &r->outcome, &r->wait);
}

static struct transfer write_checked(struct files_session *s, uint32_t group,
				     const struct lent *from, const void *data, size_t n)
{
	struct seat *seat = seat_of(s);
	struct terminal *t = seat->terminal;

	if (!(s->flags & FILE_OPEN_WRITE))
		return (struct transfer){ .outcome = -EBADF };
	if (seat->side == SIDE_PROGRAM && !is_gone(seat) && t->l.settings.c_lflag & TOSTOP &&
	    terminal_background(t, group))
		return (struct transfer){ .wait = TTY_WAIT_BACKGROUND };
	return seat_write(seat, from, data, n);
}

static enum err write(void *self, uint64_t badge, const struct tty_write_args *a,
		      struct tty_write_results *r)
{
	SEAT(s, seat, t);
	(void)t;
	struct transfer x = write_checked(s, a->group, &a->from, nullptr, a->from.size);
	return told(x, &r->outcome, &r->wait);
}

static enum err write_short(void *self, uint64_t badge, const struct tty_write_short_args *a,
			    struct tty_write_short_results *r)
{
	SEAT(s, seat, t);
	(void)t;
	return told(write_checked(s, a->group, nullptr, a->data, a->data_len), &r->outcome,
		    &r->wait);
}

/* --- Control --- */

/* What a program in the background may not do without a signal. */
static bool changes(uint32_t op)
{
	return op == TCSBRK || op == TCSBRKP || op == TIOCSBRK || op == TIOCCBRK || op == TCXONC ||
	       op == TCFLSH;
}

static int64_t flush(const struct seat *seat, uint64_t which)
{
	struct terminal *t = seat->terminal;
	bool master = seat->side == SIDE_MASTER;

	if (which > TCIOFLUSH)
		return -EINVAL;
	/* What a master has not read is what its slave has written. */
	if (which == TCIFLUSH || which == TCIOFLUSH) {
		if (master) {
			ldisc_sent(&t->l, ldisc_output_waits(&t->l));
		} else {
			ldisc_flush_input(&t->l);
			terminal_drop_typed(t);
		}
	}
	if (which == TCOFLUSH || which == TCIOFLUSH) {
		if (master)
			terminal_drop_typed(t);
		else
			ldisc_flush_output(&t->l);
	}
	return 0;
}

static int64_t flow(const struct seat *seat, uint64_t what)
{
	struct terminal *t = seat->terminal;

	if (what > TCION)
		return -EINVAL;
	if (seat->side == SIDE_MASTER)
		return 0;
	if (what == TCOOFF || what == TCOON) {
		ldisc_hold(&t->l, what == TCOOFF);
		return 0;
	}
	ldisc_put(&t->l, t->l.settings.c_cc[what == TCIOFF ? VSTOP : VSTART]);
	return 0;
}

static int64_t packet_mode(struct terminal *t, bool on)
{
	if (on && !t->l.packet_mode)
		t->l.packet = 0;
	t->l.packet_mode = on;
	return 0;
}

static int64_t signal_send(struct terminal *t, uint64_t signal)
{
	if (signal != SIGINT && signal != SIGQUIT && signal != SIGTSTP)
		return -EINVAL;
	ldisc_signal(&t->l, (int)signal);
	return 0;
}

static int64_t control_master(struct terminal *t, uint32_t op, uint64_t argument)
{
	switch (op) {
	case TIOCGPTN:
		return t->number;
	case TIOCSPTLCK:
		t->locked = argument != 0;
		return 0;
	case TIOCGPTLCK:
		return t->locked;
	case TIOCPKT:
		return packet_mode(t, argument != 0);
	case TIOCGPKT:
		return t->l.packet_mode;
	case TIOCSIG:
		return signal_send(t, argument);
	case FIONREAD:
		return (int64_t)ldisc_output_waits(&t->l);
	default:
		return -ENOTTY;
	}
}

static int64_t control_program(const struct files_session *s, uint32_t op)
{
	struct terminal *t = seat_of(s)->terminal;

	switch (op) {
	case FIONREAD:
		return (int64_t)ldisc_input_waits(&t->l);
	case TIOCOUTQ:
		return t->is_pty ? 0 : (int64_t)ldisc_output_waits(&t->l);
	case TIOCSTI:
		return -EIO; /* Linux's default: nobody may type for others */
	case TIOCVHANGUP:
		if (s->line->who.uid != 0)
			return -EPERM;
		terminal_hang_up(t);
		return 0;
	default:
		return -ENOTTY;
	}
}

static int64_t control_any(const struct files_session *s, uint32_t op, uint64_t argument)
{
	const struct seat *seat = seat_of(s);
	struct terminal *t = seat->terminal;

	switch (op) {
	case TCSBRK: /* drain, or a break that no line here can send; so are the next three */
	case TCSBRKP:
	case TIOCSBRK:
	case TIOCCBRK:
		return 0;
	case TCXONC:
		return flow(seat, argument);
	case TCFLSH:
		return flush(seat, argument);
	case TIOCEXCL:
	case TIOCNXCL:
		t->exclusive = op == TIOCEXCL;
		return 0;
	case TIOCGEXCL:
		return t->exclusive;
	case TIOCGDEV:
		return (int64_t)s->node->rdev;
	default:
		return seat->side == SIDE_MASTER ? control_master(t, op, argument)
						 : control_program(s, op);
	}
}

static enum err control(void *self, uint64_t badge, const struct tty_control_args *a,
			struct tty_control_results *r)
{
	SEAT(s, seat, t);
	if (is_gone(seat))
		r->outcome = -EIO;
	else if (seat->side != SIDE_MASTER && changes(a->op) && terminal_background(t, a->group))
		r->wait = TTY_WAIT_BACKGROUND;
	else if (a->op == TCSBRK && !t->is_pty && ldisc_output_waits(&t->l) > 0)
		r->wait = TTY_WAIT_DRAINED;
	else
		r->outcome = control_any(s, a->op, a->argument);
	if (r->wait == 0)
		terminal_settle(t);
	return OK;
}

/* --- Job control --- */

static int may_acquire(const struct files_session *s, const struct tty_acquire_args *a)
{
	const struct seat *seat = seat_of(s);
	const struct jobs *jobs = seat->terminal->jobs;
	bool free = jobs == nullptr || jobs->session == a->session;

	if (is_gone(seat))
		return -EIO;
	if (seat->side == SIDE_MASTER)
		return -EINVAL;
	return free || (a->force != 0 && s->line->who.uid == 0) ? 0 : -EPERM;
}

/* A further session of the line at that seat. */
static int place_create(const struct files_session *s, uint32_t flags, enum side side,
			fut_handle *handle, uint32_t *slot)
{
	struct terminal *t = seat_of(s)->terminal;
	struct files_session *made;
	int e = files_session_create(s->line, &t->node, flags, handle, &made);

	if (e == 0 && (e = terminal_open(t, made, side)) != 0) {
		(void)fut_handle_close(*handle); /* ours */
		*handle = 0;
	}
	if (e == 0)
		*slot = made->slot;
	return e;
}

static enum err acquire(void *self, uint64_t badge, const struct tty_acquire_args *a,
			struct tty_acquire_results *r)
{
	SEAT(s, seat, t);
	uint32_t slot;

	r->outcome = may_acquire(s, a);
	struct jobs *jobs = nullptr;
	if (r->outcome == 0 && (jobs = jobs_create(a->ticket, a->session, a->group)) == nullptr)
		r->outcome = -ENOMEM;
	if (r->outcome == 0)
		r->outcome = place_create(s, 0, SIDE_PLACE, &r->place, &slot);
	if (r->outcome == 0)
		terminal_acquire(t, jobs);
	else if (jobs != nullptr)
		jobs_put(jobs);
	else
		(void)fut_handle_close(a->ticket); /* it is ours now */
	return OK;
}

static enum err reopen(void *self, uint64_t badge, const struct tty_reopen_args *a,
		       struct tty_reopen_results *r)
{
	SEAT(s, seat, t);
	uint32_t flags = a->flags & (FILE_OPEN_READ | FILE_OPEN_WRITE);

	if (seat->side != SIDE_PLACE || seat_is_hung_up(seat) || t->jobs == nullptr)
		r->outcome = -ENXIO;
	else
		r->outcome = place_create(s, flags, SIDE_PROGRAM, &r->session, &r->slot);
	return OK;
}

static enum err peer(void *self, uint64_t badge, const struct tty_peer_args *a,
		     struct tty_peer_results *r)
{
	SEAT(s, seat, t);
	uint32_t flags = a->flags & (FILE_OPEN_READ | FILE_OPEN_WRITE);

	(void)t;
	r->outcome = seat->side != SIDE_MASTER
			     ? -ENOTTY
			     : place_create(s, flags, SIDE_PROGRAM, &r->session, &r->slot);
	return OK;
}

static enum err release(void *self, uint64_t badge, const struct tty_release_args *a,
			struct tty_release_results *r)
{
	SEAT(s, seat, t);
	if (is_gone(seat) || t->jobs == nullptr || t->jobs->session != a->session)
		r->outcome = -ENOTTY;
	else
		terminal_release(t);
	return OK;
}

static enum err foreground(void *self, uint64_t badge, struct tty_foreground_results *r)
{
	SEAT(s, seat, t);
	if (is_gone(seat) || t->jobs == nullptr) {
		r->outcome = -ENOTTY;
		return OK;
	}
	r->group = atomic_load(&t->jobs->foreground);
	r->session = t->jobs->session;
	return OK;
}

static enum err set_foreground(void *self, uint64_t badge, const struct tty_set_foreground_args *a,
			       struct tty_set_foreground_results *r)
{
	SEAT(s, seat, t);
	if (is_gone(seat) || t->jobs == nullptr || seat->side == SIDE_MASTER)
		r->outcome = -ENOTTY;
	else if (terminal_background(t, a->caller))
		r->wait = TTY_WAIT_BACKGROUND;
	else
		return courier_answer_foreground(t->jobs, a->group);
	return OK;
}

static enum err orphaned(void *self, uint64_t badge, const struct tty_orphaned_args *a,
			 struct tty_orphaned_results *r)
{
	SEAT(s, seat, t);
	if (!is_gone(seat) && t->jobs != nullptr)
		return courier_answer_orphaned(t->jobs, a->group);
	r->orphaned = 1;
	return OK;
}

const struct tty_ops tty_ops = {
	.attributes = attributes,
	.set_attributes = set_attributes,
	.size = size,
	.set_size = set_size,
	.read = read,
	.write = write,
	.write_short = write_short,
	.control = control,
	.acquire = acquire,
	.reopen = reopen,
	.release = release,
	.foreground = foreground,
	.set_foreground = set_foreground,
	.orphaned = orphaned,
	.peer = peer,
};
