/* SPDX-License-Identifier: MPL-2.0 */
#include "services/ttyd/terminal.h"
#include <asm-generic/ioctls.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "protocol/tty.h"

struct loop terminal_loop;

void terminal_init(struct terminal *t)
{
	ldisc_init(&t->l);
	t->read_time = t->write_time = t->change_time = files_now();
}

/* --- Bytes --- */

size_t terminal_typed_room(const struct terminal *t)
{
	return TYPED - (t->typed_head - t->typed_tail);
}

void terminal_drop_typed(struct terminal *t)
{
	t->typed_tail = t->typed_head;
}

/* What could not be received before. */
static void receive_typed(struct terminal *t)
{
	while (t->typed_head != t->typed_tail) {
		uint32_t at = t->typed_tail % TYPED, n = t->typed_head - t->typed_tail;
		if (n > TYPED - at)
			n = TYPED - at;
		uint32_t taken = (uint32_t)ldisc_receive(&t->l, t->typed + at, n);
		t->typed_tail += taken;
		if (taken < n)
			return;
	}
}

size_t terminal_type(struct terminal *t, const uint8_t *from, size_t n)
{
	size_t done = t->typed_head == t->typed_tail ? ldisc_receive(&t->l, from, n) : 0;

	for (; done < n && terminal_typed_room(t) > 0; done++)
		t->typed[t->typed_head++ % TYPED] = from[done];
	return done;
}

/* --- What is ready --- */

bool seat_is_hung_up(const struct seat *seat)
{
	const struct terminal *t = seat->terminal;

	return seat->age != t->age || (t->is_pty && !t->has_master);
}

static uint64_t master_ready(const struct seat *seat)
{
	const struct terminal *t = seat->terminal;
	uint64_t bits = TTY_READY_DRAINED;

	if (ldisc_output_waits(&t->l) > 0)
		bits |= FILE_READY_INPUT | TTY_READY_MORE;
	if (t->l.packet_mode && t->l.packet != 0)
		bits |= FILE_READY_INPUT | FILE_READY_PRIORITY | TTY_READY_MORE;
	if (terminal_typed_room(t) > 0)
		bits |= FILE_READY_OUTPUT;
	if (t->left)
		bits |= FILE_READY_HANGUP | TTY_READY_MORE;
	return bits;
}

uint64_t seat_ready(const struct seat *seat)
{
	const struct ldisc *l = &seat->terminal->l;
	uint64_t bits = 0;

	if (seat->side == SIDE_MASTER)
		return master_ready(seat);
	if (seat_is_hung_up(seat))
		return FILE_READY_INPUT | FILE_READY_OUTPUT | FILE_READY_HANGUP | TTY_READY_MORE |
		       TTY_READY_DRAINED;
	if (ldisc_readable(l))
		bits |= FILE_READY_INPUT;
	if (ldisc_has(l, seat->wanted > 0 ? seat->wanted : 1))
		bits |= TTY_READY_MORE;
	if (ldisc_writable(l))
		bits |= FILE_READY_OUTPUT;
	if (ldisc_output_waits(l) == 0 || seat->terminal->is_pty)
		bits |= TTY_READY_DRAINED;
	return bits;
}

static void seats_tell(struct files_node *n)
{
	for (struct files_session *s = n->watchers; s != nullptr; s = s->next_watcher) {
		struct seat *seat = seat_of(s);
		if (seat == nullptr)
			continue; /* it is being closed */
		uint64_t bits = seat_ready(seat), set = bits & ~seat->shown;
		uint64_t clear = seat->shown & ~bits;
		if (set | clear)
			(void)fut_event_signal(s->event, set, clear); /* ours */
		seat->shown = bits;
	}
}

static void signals_send(struct terminal *t)
{
	for (int i = 1; t->l.signals >> i; i++)
		if (t->jobs != nullptr && (t->l.signals >> i & 1))
			courier_signal(t->jobs, i);
	t->l.signals = 0;
}

void terminal_settle(struct terminal *t)
{
	receive_typed(t);
	if (t->l.signals != 0)
		signals_send(t);
	if (t->push != nullptr)
		t->push(t);
	seats_tell(&t->node);
	seats_tell(&t->master);
}

/* --- Who has it open --- */

static bool may_open(const struct terminal *t, const struct files_session *s)
{
	return !t->exclusive || s->line->who.uid == 0;
}

int terminal_open(struct terminal *t, struct files_session *s, enum side side)
{
	if (side == SIDE_PROGRAM && (t->locked || (t->is_pty && !t->has_master)))
		return -EIO;
	if (side == SIDE_PROGRAM && !may_open(t, s))
		return -EBUSY;
	struct seat *seat = calloc(1, sizeof(*seat));
	if (seat == nullptr)
		return -ENOMEM;
	*seat = (struct seat){ .terminal = t, .side = side, .age = t->age };
	s->own = seat;
	if (side != SIDE_PROGRAM)
		return 0;
	t->nopen++;
	t->left = false;
	terminal_settle(t);
	return 0;
}

static void program_closed(struct terminal *t)
{
	if (--t->nopen > 0)
		return;
	t->exclusive = false;
	t->left = t->is_pty;
	terminal_settle(t);
}

void terminal_close(struct files_session *s)
{
	struct seat *seat = seat_of(s);
	struct terminal *t = seat->terminal;
	bool is_program = seat->side == SIDE_PROGRAM;

	s->own = nullptr;
	if (seat->side == SIDE_MASTER) {
		t->has_master = false;
		terminal_hang_up(t);
	}
	free(seat);
	if (is_program)
		program_closed(t);
}

/* --- Sessions --- */

bool terminal_background(const struct terminal *t, uint32_t group)
{
	if (t->jobs == nullptr || group == 0)
		return false;
	uint32_t foreground = atomic_load(&t->jobs->foreground);
	return foreground != 0 && foreground != group;
}

static void jobs_end(struct terminal *t)
{
	loop_unwatch(&t->leader);
	jobs_put(t->jobs);
	t->jobs = nullptr;
}

/* The session's leader has ended. A pseudo-terminal stays as it is for who has it open, as Linux
 * has it: only its foreground is told. */
static void leader_ended(void *self, uint64_t signals)
{
	struct terminal *t = self;

	(void)signals;
	if (t->is_pty)
		courier_signal(t->jobs, SIGHUP);
	jobs_end(t);
	if (!t->is_pty)
		terminal_hang_up(t);
}

void terminal_acquire(struct terminal *t, struct jobs *jobs)
{
	if (t->jobs != nullptr)
		jobs_end(t);
	t->jobs = jobs;
	/* Without the watch a leader's end goes unseen until somebody else becomes it. */
	(void)loop_watch(&terminal_loop, &t->leader, jobs->ticket, SIGNAL_PEER_CLOSED, leader_ended,
			 t);
	courier_foreground(jobs, atomic_load(&jobs->foreground));
}

void terminal_release(struct terminal *t)
{
	courier_signal(t->jobs, SIGHUP);
	courier_signal(t->jobs, SIGCONT);
	jobs_end(t);
}

void terminal_hang_up(struct terminal *t)
{
	if (t->jobs != nullptr) {
		courier_hang_up(t->jobs);
		jobs_end(t);
	}
	t->age++;
	t->exclusive = false;
	t->left = t->is_pty && t->nopen == 0; /* who is hung up has it open still */
	ldisc_flush_input(&t->l);
	terminal_drop_typed(t);
	ldisc_reset(&t->l);
	terminal_settle(t);
}
