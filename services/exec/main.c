/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Runs one command, and carries its input and output. docs/exec.md describes what this program is
 * told and what it says; protocol/worlds.fipc starts the command.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "abi/info.h"
#include "lib/futura/bundle.h"
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/program.h"
#include "lib/futura/service.h"
#include "lib/futura/thread.h"
#include "posix/abi/descriptor.h"
#include "protocol/worlds.h"
#include "services/exec/core/conf.h"
#include "services/exec/frames.h"
#include "services/exec/pipe.h"

constexpr int NOT_RUN = 126, NOT_FOUND = 127; /* exit codes, as a shell's */
constexpr uint32_t RING = 262144;             /* bytes: output comes faster than a UART takes it */
constexpr size_t PIECE = 32768;
constexpr uint32_t FIFO = 010600; /* st_mode: a pipe, as Linux says of one */

static struct {
	struct remote worlds, program;
	struct pipe in, out, err;
	const char *input;
	size_t input_left;
	fut_handle ended; /* signal 0: the command has ended */
	int32_t outcome;
	uint32_t status;
} ex;

[[noreturn]] static void end(int status)
{
	char digits[4];
	unsigned n = 0;

	if (status >= 100)
		digits[n++] = (char)('0' + status / 100);
	if (status >= 10)
		digits[n++] = (char)('0' + status / 10 % 10);
	digits[n++] = (char)('0' + status % 10);
	frame_write(FRAME_STATUS, digits, n);
	exit(0);
}

static enum err descriptor_give(unsigned number, struct pipe *p, uint32_t size)
{
	bool reads = number == 0; /* the process */
	struct descriptor d = {
		.kind = reads ? DESCRIPTOR_PIPE_READ : DESCRIPTOR_PIPE_WRITE,
		.access = reads ? 1 : 2,
		.mode = FIFO,
		.node = number + 1,
	};
	fut_handle memory, event;
	int32_t outcome;
	enum err e = pipe_create(p, !reads, size, &memory, &event);

	return e == OK ? worlds_descriptor(&ex.worlds, number, &d, sizeof(d), memory, event,
					   &outcome)
		       : e;
}

[[noreturn]] static void not_started(const struct conf *conf, int32_t outcome)
{
	const char *command = conf->strings + 2 * sizeof(uint32_t);

	if (strcmp(conf->cwd, "/") == 0)
		frame_complain("%s: %s", command, strerror(-outcome));
	else
		frame_complain("%s, in %s: %s", command, conf->cwd, strerror(-outcome));
	end(outcome == -ENOENT ? NOT_FOUND : NOT_RUN);
}

static void start(const struct conf *conf)
{
	uint32_t pid;
	int32_t outcome = 0;
	enum err e;

	if ((e = descriptor_give(0, &ex.in, PIPE_SIZE)) == OK &&
	    (e = descriptor_give(1, &ex.out, RING)) == OK &&
	    (e = descriptor_give(2, &ex.err, RING)) == OK)
		e = worlds_start(&ex.worlds, 0, 0, 0, conf->cwd, strlen(conf->cwd), conf->strings,
				 conf->size, &ex.program.session, &outcome, &pid);
	if (e != OK) {
		frame_complain("cannot start the command: %s", error_name(e));
		end(NOT_RUN);
	}
	if (outcome != 0)
		not_started(conf, outcome);
}

static int wait_end(void *argument)
{
	(void)argument;
	if (worlds_ended(&ex.program, &ex.outcome, &ex.status) != OK)
		ex.status = 9; /* posixd is gone, and the program with it: SIGKILL */
	(void)fut_event_signal(ex.ended, 1, 0); /* ours, and open */
	return 0;
}

static void input_move(void)
{
	size_t n;

	while (ex.input_left > 0 && (n = pipe_write(&ex.in, ex.input, ex.input_left)) > 0) {
		ex.input += n;
		ex.input_left -= n;
	}
	if (ex.in.event != 0 && (ex.input_left == 0 || pipe_is_closed(&ex.in)))
		pipe_close(&ex.in);
}

/* True if something was moved. */
static bool output_move(struct pipe *p, enum frame kind)
{
	static char piece[PIECE];
	size_t n = pipe_read(p, piece, sizeof(piece));

	frame_write(kind, piece, n);
	return n > 0;
}

static bool all_move(void)
{
	bool moved = output_move(&ex.out, FRAME_OUTPUT);

	moved |= output_move(&ex.err, FRAME_ERROR);
	if (ex.in.event != 0)
		input_move();
	return moved;
}

/* Let what we wait for signal; true if there is something to move already. */
static bool all_watch(void)
{
	bool ready = pipe_watch(&ex.out);

	ready |= pipe_watch(&ex.err);
	return ready | (ex.in.event != 0 && pipe_watch(&ex.in));
}

static fut_handle watch_all(void)
{
	const struct {
		fut_handle object;
		uint64_t mask;
	} watched[] = {
		{ ex.out.event, PIPE_WAKE },
		{ ex.err.event, PIPE_WAKE },
		{ ex.in.event, PIPE_WAKE | SIGNAL_PEER_CLOSED },
		{ ex.ended, 1 },
	};
	fut_handle waitset, watch; /* for good */
	enum err e = fut_waitset_create(&waitset);

	for (unsigned i = 0; e == OK && i < 4; i++)
		e = fut_watch_create(waitset, watched[i].object, watched[i].mask, 0, 0, &watch);
	if (e != OK)
		panic("cannot watch: %s", error_name(e));
	return waitset;
}

/* Carry until the command has ended, and then what it has left behind. */
static void pump(void)
{
	fut_handle waitset = watch_all();
	uint64_t signals;

	for (;;) {
		struct watch_event event;
		uint32_t n;
		if (all_move() || all_watch())
			continue;
		if (fut_wait(ex.ended, 1, 0, 0, &signals) == OK)
			break;
		(void)fut_waitset_wait(waitset, &event, sizeof(event), TIME_NEVER,
				       &n); /* whatever woke us, we look at everything */
	}
	while (all_move())
		;
}

static void conf_read(struct conf *conf)
{
	struct cpio_file f;
	const char *error;

	if (bundle_file("exec.conf", &f) != OK) {
		frame_complain("no exec.conf in the boot bundle");
		end(NOT_RUN);
	}
	if (!conf_parse(f.data, f.size, conf, &error)) {
		frame_complain("%s", error);
		end(NOT_RUN);
	}
	if (bundle_file("exec.stdin", &f) == OK) {
		ex.input = f.data;
		ex.input_left = f.size;
	}
}

int main(void)
{
	struct thread *waiter; /* ends with us */
	struct conf conf;
	enum err e = frames_open();

	if (e == OK)
		e = service_open(&ex.worlds, "posix", clock_after(10 * SECOND));
	if (e == OK)
		e = fut_event_create(&ex.ended);
	if (e != OK)
		panic("exec: %s", error_name(e));
	conf_read(&conf);
	start(&conf);
	if (thread_start(&waiter, wait_end, nullptr, nullptr) != OK)
		panic("exec: no thread");
	pump();
	if (ex.outcome != 0)
		not_started(&conf, ex.outcome);
	uint32_t signal = ex.status & 0x7f;
	end(signal != 0 ? 128 + (int)signal : (int)(ex.status >> 8 & 0xff));
}
