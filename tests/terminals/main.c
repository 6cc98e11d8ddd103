/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ttyd from a client's side: pseudo-terminals, waiting, hang-up, and job control, for which this
 * program plays posixd. `terminals console` talks to whoever sits at the console instead.
 */
#include <asm-generic/ioctls.h>
#include <asm-generic/termbits.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "lib/futura/serve.h"
#include "lib/futura/service.h"
#include "lib/futura/thread.h"
#include "protocol/file.h"
#include "protocol/files.h"
#include "protocol/jobs.h"
#include "protocol/tty.h"

constexpr uint32_t BOTH = FILE_OPEN_READ | FILE_OPEN_WRITE;
constexpr uint32_t SESSION = 7, SHELL = 7, JOB = 9;

static struct remote ttyd, root;

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			panic("%s:%d: not true: %s", __FILE__, __LINE__, #condition);              \
	} while (0)

/* --- Shorthands --- */

static struct remote line_open(uint32_t uid)
{
	struct remote r = {};
	int32_t outcome;

	CHECK(files_line(&ttyd, 1, uid, uid, uid, uid, 0, nullptr, 0, 0, &r.session, &outcome) ==
		      OK &&
	      outcome == 0);
	return r;
}

static int32_t try_open(const char *path, struct remote *to)
{
	int32_t outcome;
	uint32_t slot, mode;
	uint64_t node, size;
	char rest[64];
	size_t rest_len;

	*to = (struct remote){};
	CHECK(file_open(&root, BOTH, 0, path, strlen(path), &to->session, &outcome, &slot, &node,
			&size, &mode, rest, sizeof(rest), &rest_len) == OK);
	return outcome;
}

static struct remote peer_open(struct remote *master)
{
	struct remote r = {};
	int32_t outcome;
	uint32_t slot;

	CHECK(tty_control(master, TIOCSPTLCK, 0, 0, &(int64_t){}, &(uint32_t){}) == OK);
	CHECK(tty_peer(master, BOTH, &r.session, &outcome, &slot) == OK && outcome == 0);
	return r;
}

struct got {
	int64_t outcome;
	uint32_t wait;
	char text[300];
};

static struct got read_as(struct remote *r, uint32_t group, uint32_t flags, size_t n)
{
	struct got g = {};

	CHECK(tty_read(r, group, flags, g.text, n, &g.outcome, &g.wait) == OK);
	return g;
}

static bool reads(struct remote *r, const char *text)
{
	struct got g = read_as(r, 0, TTY_READ_NOW, 299);

	return g.outcome == (int64_t)strlen(text) && strcmp(g.text, text) == 0;
}

static int64_t writes(struct remote *r, const char *text)
{
	int64_t outcome;
	uint32_t wait;

	CHECK(tty_write_short(r, 0, text, strlen(text), &outcome, &wait) == OK);
	return wait ? -EAGAIN : outcome;
}

static int64_t controls(struct remote *r, uint32_t op, uint64_t argument)
{
	int64_t outcome;
	uint32_t wait;

	CHECK(tty_control(r, op, argument, 0, &outcome, &wait) == OK && wait == 0);
	return outcome;
}

static void drop(struct remote *r)
{
	CHECK(fut_handle_close(r->session) == OK);
}

static fut_handle ready_of(struct remote *r)
{
	fut_handle event;
	int32_t outcome;

	CHECK(file_ready(r, &event, &outcome) == OK && outcome == 0);
	return event;
}

/* What it says, waiting for those bits. */
static uint64_t waits_for(fut_handle event, uint64_t bits)
{
	uint64_t signals = 0;

	CHECK(fut_wait(event, bits, 0, clock_after(10 * SECOND), &signals) == OK);
	return signals;
}

static bool is_ready(fut_handle event, uint64_t bits)
{
	uint64_t signals = 0;

	return fut_wait(event, bits, 0, 0, &signals) == OK;
}

/* --- The tests --- */

static void a_line_goes_through(void)
{
	struct remote master, slave;

	CHECK(try_open("ptmx", &master) == 0);
	CHECK(controls(&master, TIOCGPTN, 0) == 0);
	struct remote locked;
	CHECK(try_open("0", &locked) == -EIO);
	slave = peer_open(&master);
	fut_handle input = ready_of(&slave), output = ready_of(&master);
	CHECK(!is_ready(input, FILE_READY_INPUT) && is_ready(input, FILE_READY_OUTPUT));
	CHECK(read_as(&slave, 0, 0, 100).wait == TTY_WAIT_INPUT);
	CHECK(writes(&master, "ab\177c") == 4);
	CHECK(!is_ready(input, FILE_READY_INPUT));
	CHECK(reads(&master, "ab\b \bc"));
	CHECK(!is_ready(output, FILE_READY_INPUT));
	CHECK(writes(&master, "\n") == 1);
	CHECK(waits_for(input, FILE_READY_INPUT | TTY_READY_MORE) ==
	      (FILE_READY_INPUT | TTY_READY_MORE));
	CHECK(reads(&slave, "ac\n"));
	CHECK(writes(&slave, "x\n") == 2);
	CHECK(reads(&master, "\r\nx\r\n"));
	CHECK(read_as(&slave, 0, TTY_READ_NOW, 100).outcome == -EAGAIN);
	drop(&slave);
	waits_for(output, FILE_READY_HANGUP);
	CHECK(read_as(&master, 0, 0, 100).outcome == -EIO);
	drop(&master);
	CHECK(try_open("0", &slave) == -ENOENT);
	CHECK(fut_handle_close(input) == OK && fut_handle_close(output) == OK);
}

static void a_reader_waits_as_vmin_and_vtime_say(void)
{
	struct remote master, slave;
	struct termios2 t;
	size_t n;
	int32_t outcome;
	uint32_t wait;

	CHECK(try_open("ptmx", &master) == 0);
	slave = peer_open(&master);
	fut_handle input = ready_of(&slave);
	CHECK(tty_attributes(&slave, &outcome, &t, sizeof(t), &n) == OK && n == sizeof(t));
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t.c_cc[VMIN] = 3;
	CHECK(tty_set_attributes(&slave, 0, 0, &t, sizeof(t), &outcome, &wait) == OK);
	CHECK(writes(&master, "12") == 2);
	CHECK(read_as(&slave, 0, 0, 10).wait == TTY_WAIT_INPUT);
	CHECK(!is_ready(input, TTY_READY_MORE | FILE_READY_INPUT));
	CHECK(writes(&master, "3") == 1);
	waits_for(input, TTY_READY_MORE);
	CHECK(reads(&slave, "123"));
	t.c_cc[VTIME] = 2;
	CHECK(tty_set_attributes(&slave, 0, 0, &t, sizeof(t), &outcome, &wait) == OK);
	CHECK(writes(&master, "4") == 1);
	struct got g = read_as(&slave, 0, 0, 10);
	CHECK(g.wait == TTY_WAIT_TIMED && g.outcome == 2);
	CHECK(read_as(&slave, 0, TTY_READ_EXPIRED, 10).outcome == 1);
	CHECK(fut_handle_close(input) == OK);
	drop(&slave);
	drop(&master);
}

static void nothing_is_lost_when_nobody_reads(void)
{
	static char bulk[65536];
	struct remote master, slave;
	int64_t outcome;
	uint32_t wait;

	CHECK(try_open("ptmx", &master) == 0);
	slave = peer_open(&master);
	fut_handle output = ready_of(&slave);
	memset(bulk, 'x', sizeof(bulk));
	CHECK(tty_write(&slave, 0, bulk, sizeof(bulk), &outcome, &wait) == OK);
	CHECK(outcome > 8192 && outcome < 65536);
	int64_t all = outcome;
	CHECK(!is_ready(output, FILE_READY_OUTPUT));
	CHECK(tty_write(&slave, 0, bulk, sizeof(bulk), &outcome, &wait) == OK);
	CHECK(wait == TTY_WAIT_OUTPUT);
	while (all > 0) {
		CHECK(tty_read(&master, 0, 0, bulk, sizeof(bulk), &outcome, &wait) == OK);
		CHECK(wait == 0 && outcome > 0);
		all -= outcome;
	}
	CHECK(is_ready(output, FILE_READY_OUTPUT));
	CHECK(fut_handle_close(output) == OK);
	drop(&slave);
	drop(&master);
}

/* --- Job control --- */

static _Atomic uint32_t last_signal, last_foreground, hung_up;

static enum err on_signal(void *self, uint64_t badge, const struct jobs_signal_args *a,
			  struct jobs_signal_results *r)
{
	(void)self, (void)badge, (void)r;
	last_signal = a->signal;
	return OK;
}

static enum err on_foreground(void *self, uint64_t badge, const struct jobs_set_foreground_args *a,
			      struct jobs_set_foreground_results *r)
{
	(void)self, (void)badge;
	r->outcome = a->group == SHELL || a->group == JOB ? 0 : -EPERM;
	if (r->outcome == 0)
		last_foreground = a->group;
	return OK;
}

static enum err on_hang_up(void *self, uint64_t badge, struct jobs_hang_up_results *r)
{
	(void)self, (void)badge, (void)r;
	hung_up = 1;
	return OK;
}

static enum err on_orphaned(void *self, uint64_t badge, const struct jobs_orphaned_args *a,
			    struct jobs_orphaned_results *r)
{
	(void)self, (void)badge;
	r->orphaned = a->group == 99;
	return OK;
}

static int play_posixd(void *port)
{
	static const struct jobs_ops ops = { .signal = on_signal,
					     .set_foreground = on_foreground,
					     .hang_up = on_hang_up,
					     .orphaned = on_orphaned };
	static const struct service speaks = { JOBS_PROTOCOL, jobs_dispatch, &ops };

	return serve(&(struct server){
		       .port = *(fut_handle *)port, .services = &speaks, .nservices = 1 }) == OK;
}

static bool soon(_Atomic uint32_t *what, uint32_t value)
{
	uint64_t end = clock_after(10 * SECOND);

	while (*what != value && clock_now() < end)
		(void)fut_thread_yield(); /* ours alone */
	return *what == value;
}

static int32_t acquires(struct remote *r, fut_handle port, uint32_t session, fut_handle *ticket,
			struct remote *place)
{
	int32_t outcome;
	fut_handle given;

	CHECK(fut_session_create(port, 1, ticket) == OK);
	CHECK(fut_handle_duplicate(*ticket, RIGHT_SEND | RIGHT_WAIT | RIGHT_TRANSFER, &given) ==
	      OK);
	*place = (struct remote){};
	CHECK(tty_acquire(r, 0, session, SHELL, given, &place->session, &outcome) == OK);
	return outcome;
}

static int32_t foregrounds(struct remote *r, uint32_t group, uint32_t caller, uint32_t *wait)
{
	int32_t outcome;

	CHECK(tty_set_foreground(r, group, caller, &outcome, wait) == OK);
	return outcome;
}

/* Its place, /dev/tty, leads nowhere any more. */
static bool is_nobodys_soon(struct remote *place)
{
	for (uint64_t end = clock_after(10 * SECOND); clock_now() < end;) {
		struct remote again = {};
		int32_t outcome;
		uint32_t slot;

		CHECK(tty_reopen(place, BOTH, &again.session, &outcome, &slot) == OK);
		if (outcome == -ENXIO)
			return true;
		CHECK(outcome == 0);
		drop(&again);
		CHECK(fut_thread_sleep(clock_after(MILLISECOND)) == OK);
	}
	return false;
}

static void jobs_are_controlled(void)
{
	static fut_handle port;
	struct remote master, slave, place, other, again = {};
	struct thread *t;
	fut_handle ticket, second;
	uint32_t wait, slot, orphaned;
	int32_t outcome;

	CHECK(fut_port_create(&port) == OK);
	CHECK(thread_start(&t, play_posixd, &port, nullptr) == OK);
	CHECK(try_open("ptmx", &master) == 0);
	slave = peer_open(&master);
	CHECK(acquires(&slave, port, SESSION, &ticket, &place) == 0);
	CHECK(soon(&last_foreground, SHELL));
	CHECK(acquires(&slave, port, SESSION + 1, &second, &other) == -EPERM);
	CHECK(fut_handle_close(second) == OK);
	CHECK(writes(&master, "\003") == 1 && soon(&last_signal, SIGINT));
	CHECK(tty_set_size(&master, 50, 132, 0, 0, &outcome) == OK && soon(&last_signal, SIGWINCH));
	CHECK(foregrounds(&slave, JOB, SHELL, &wait) == 0 && wait == 0 && last_foreground == JOB);
	CHECK(foregrounds(&slave, SHELL, SHELL, &wait) == 0 && wait == TTY_WAIT_BACKGROUND);
	CHECK(foregrounds(&slave, 12, JOB, &wait) == -EPERM);
	CHECK(read_as(&slave, SHELL, 0, 10).wait == TTY_WAIT_BACKGROUND);
	CHECK(read_as(&slave, JOB, 0, 10).wait == TTY_WAIT_INPUT);
	CHECK(tty_orphaned(&slave, 99, &orphaned) == OK && orphaned);
	CHECK(tty_orphaned(&slave, SHELL, &orphaned) == OK && !orphaned);
	CHECK(tty_reopen(&place, BOTH, &again.session, &outcome, &slot) == OK && outcome == 0);
	CHECK(writes(&again, "tty") == 3 && reads(&master, "^Ctty"));
	drop(&again);
	/* The session's leader ends: posixd severs the ticket. Who has the pair open keeps it. */
	CHECK(fut_session_sever(ticket) == OK);
	CHECK(is_nobodys_soon(&place));
	CHECK(writes(&slave, "x") == 1 && reads(&master, "x"));
	CHECK(fut_handle_close(ticket) == OK);
	drop(&place);
	drop(&slave);
	drop(&master);
}

static void the_master_takes_the_terminal_with_it(void)
{
	static fut_handle port;
	struct remote master, slave, place;
	struct thread *t;
	fut_handle ticket;

	CHECK(fut_port_create(&port) == OK);
	CHECK(thread_start(&t, play_posixd, &port, nullptr) == OK);
	CHECK(try_open("ptmx", &master) == 0);
	slave = peer_open(&master);
	CHECK(acquires(&slave, port, SESSION, &ticket, &place) == 0);
	drop(&master);
	CHECK(soon(&hung_up, 1));
	CHECK(read_as(&slave, SHELL, 0, 10).outcome == 0 && writes(&slave, "x") == -EIO);
	CHECK(controls(&slave, TCFLSH, 0) == -EIO);
	drop(&place);
	drop(&slave);
}

static void many_come_and_go(void)
{
	struct remote masters[40];

	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < 40; i++) {
			CHECK(try_open("ptmx", &masters[i]) == 0);
			CHECK(controls(&masters[i], TIOCGPTN, 0) == i);
		}
		for (unsigned i = 0; i < 40; i++)
			drop(&masters[i]);
	}
}

static int talk(void)
{
	struct remote console;
	struct got g;

	CHECK(try_open("console", &console) == 0);
	fut_handle input = ready_of(&console);
	CHECK(writes(&console, "your name?\n") == 11);
	while ((g = read_as(&console, 0, 0, 299)).wait == TTY_WAIT_INPUT)
		CHECK(fut_wait(input, TTY_READY_MORE, 0, TIME_NEVER, &(uint64_t){}) == OK);
	CHECK(writes(&console, "hello ") == 6 && writes(&console, g.text) > 0);
	return 0;
}

int main(int argc, char **argv)
{
	CHECK(service_open(&ttyd, "tty", clock_after(10 * SECOND)) == OK);
	root = line_open(0);
	if (argc > 1 && strcmp(argv[1], "console") == 0)
		return talk();
	a_line_goes_through();
	a_reader_waits_as_vmin_and_vtime_say();
	nothing_is_lost_when_nobody_reads();
	jobs_are_controlled();
	the_master_takes_the_terminal_with_it();
	many_come_and_go();
	print("terminals: all is well\n");
	return 0;
}
