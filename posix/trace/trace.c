/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tracing is another entry for the kernel to resume: a process that is not traced never comes here.
 * A line is written once its call is done, but for those that do not return. Where it goes is a
 * description of its own, that stays open whatever the program closes.
 */
#include "posix/trace/trace.h"
#include <linux/fcntl.h>
#include <string.h>
#include "abi/user.h"
#include "calls.h"
#include "posix/core/call.h"
#include "posix/core/process.h"
#include "posix/core/report.h"
#include "posix/files/file.h"
#include "posix/files/move.h"
#include "posix/trace/arguments.h"
#include "protocol/file.h"

constexpr char VARIABLE[] = "FUTURA_STRACE=";
constexpr unsigned TRIES = 1000; /* to write a line while signals wait */

extern const char entry_call[], entry_traced[], entry_event[];

static struct description *out; /* nullptr: not traced */

static const char *wanted(const struct strings *environment)
{
	const char *s = environment->text;

	for (unsigned i = 0; i < environment->count; i++, s += strlen(s) + 1)
		if (strncmp(s, VARIABLE, sizeof(VARIABLE) - 1) == 0)
			return s + sizeof(VARIABLE) - 1;
	return "";
}

/* "1" is what the program has as its standard error; else a file, to which all append. Not within
 * trace_start, which would need its much stack each time. */
[[gnu::noinline]] static int64_t open_out(const char *where, struct description **d)
{
	struct walk room, *w = &room;
	int64_t error;

	if (strcmp(where, "1") == 0) {
		*d = fd_get_for(2, 2);
		return *d != nullptr ? 0 : -EBADF;
	}
	error = walk_begin_own(w, AT_FDCWD, where);
	if (error == 0)
		error = file_open_at(w, FILE_OPEN_WRITE | FILE_CREATE | FILE_APPEND, STATUS_APPEND,
				     0644, d);
	walk_end(w);
	return error;
}

void trace_start(const struct strings *environment)
{
	const char *where = wanted(environment), *entry = entry_traced;
	int64_t error = 0;

	if (*where == '\0')
		return; /* as before */
	if (strcmp(where, "0") == 0) {
		description_drop(out);
		out = nullptr;
		entry = entry_call;
	} else if (out == nullptr) {
		error = open_out(where, &out);
	}
	if (error == 0) {
		(void)fut_task_set_upcall(0, (uint64_t)entry,
					  (uint64_t)entry_event); /* ours: it cannot fail */
		return;
	}
	out = nullptr;
	report("cannot trace to", where, error);
}

/* Whole lines; one that cannot be written is lost. */
static void write_line(struct line_text *l)
{
	if (l->n == sizeof(l->text))
		l->n--;
	l->text[l->n++] = '\n';
	(void)piece_write(out, l->text, l->n, TRIES); /* tracing must not change the program */
}

/* These do not come back, or find their arguments gone when they do. */
static bool is_told_before(uint64_t number)
{
	return number == CALL_NUMBER_exit || number == CALL_NUMBER_exit_group ||
	       number == CALL_NUMBER_rt_sigreturn;
}

static bool replaces_arguments(uint64_t number)
{
	return number == CALL_NUMBER_execve || number == CALL_NUMBER_execveat;
}

static int64_t run(const struct registers *f)
{
	uint64_t number = frame_call(f);

	if (number >= CALLS)
		return call_unknown(number);
	return call_table[number](frame_argument(f, 0), frame_argument(f, 1), frame_argument(f, 2),
				  frame_argument(f, 3), frame_argument(f, 4), frame_argument(f, 5));
}

/* "12 name(arguments" */
static void begin(struct line_text *l, const struct registers *f, bool done, int64_t result)
{
	l->n = 0;
	line_number(l, self()->tid);
	line_add(l, " ");
	trace_arguments(l, f, done, result);
}

int64_t trace_call(struct registers *frame)
{
	struct registers before = *frame; /* exec and sigreturn change it */
	uint64_t number = frame_call(frame);
	struct line_text line;

	if (is_told_before(number)) {
		begin(&line, frame, false, 0);
		line_add(&line, ") = ?");
		write_line(&line);
		return run(frame);
	}
	if (replaces_arguments(number))
		begin(&line, frame, false, 0);
	int64_t result = run(frame);
	if (out == nullptr)
		return result; /* the new program is not traced */
	if (!replaces_arguments(number))
		begin(&line, &before, true, result);
	trace_result(&line, number, result);
	write_line(&line);
	return result;
}
