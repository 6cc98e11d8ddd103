/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/trace/arguments.h"
#include <linux/fcntl.h>
#include <linux/time_types.h>
#include <string.h>
#include "calls.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/trace/names.h"

constexpr size_t BYTES_SHOWN = 32; /* of data; names are shown whole as far as there is room */
constexpr size_t NAME_SHOWN = 256;
constexpr unsigned WORDS_SHOWN = 16; /* of argv */

struct argument {
	uint64_t value, next; /* and the argument after it, which may be a size */
	bool done;
	int64_t result;
};

static void show_pointer(struct line_text *l, uint64_t value)
{
	if (value == 0)
		line_add(l, "NULL");
	else
		line_hex(l, value);
}

static void show_string(struct line_text *l, uint64_t at)
{
	char text[NAME_SHOWN];
	int64_t n = guest_string(text, at, sizeof(text));

	if (n == -EFAULT)
		return show_pointer(l, at);
	line_quote(l, text, n >= 0 ? (size_t)n : sizeof(text));
	line_add(l, n >= 0 ? "" : "...");
}

static void show_bytes(struct line_text *l, uint64_t at, uint64_t size)
{
	char bytes[BYTES_SHOWN];
	size_t n = size < sizeof(bytes) ? size : sizeof(bytes);

	if (at == 0 || guest_get(bytes, at, n) != 0)
		return show_pointer(l, at);
	line_quote(l, bytes, n);
	line_add(l, size > n ? "..." : "");
}

static void show_words(struct line_text *l, uint64_t at)
{
	uint64_t word;

	line_add(l, "[");
	for (unsigned i = 0; guest_get(&word, at + 8ull * i, 8) == 0 && word != 0; i++) {
		line_add(l, i > 0 ? ", " : "");
		if (i == WORDS_SHOWN) {
			line_add(l, "...");
			break;
		}
		show_string(l, word);
	}
	line_add(l, "]");
}

static void show_flags(struct line_text *l, uint64_t value, const struct trace_flag *names)
{
	uint64_t left = value;
	bool any = false;

	for (const struct trace_flag *f = names + 1; f->name[0] != '\0'; f++) {
		if ((left & f->value) == 0)
			continue;
		line_add(l, any ? "|" : "");
		line_add(l, f->name);
		left &= ~(uint64_t)f->value;
		any = true;
	}
	if (!any && left == 0)
		return line_add(l, names->name);
	if (left == 0)
		return;
	line_add(l, any ? "|" : "");
	line_hex(l, left);
}

/* Reading alone is no bit. */
static void show_open_flags(struct line_text *l, uint64_t value)
{
	if ((value & 3) == 0 && value != 0)
		line_add(l, "O_RDONLY|");
	show_flags(l, value, trace_opens);
}

static void show_time(struct line_text *l, uint64_t at)
{
	struct __kernel_timespec t;

	if (at == 0 || guest_get(&t, at, sizeof(t)) != 0)
		return show_pointer(l, at);
	line_add(l, "{");
	line_signed(l, t.tv_sec);
	line_add(l, ", ");
	line_signed(l, t.tv_nsec);
	line_add(l, "}");
}

/* Numbers that the call stores: descriptors, a status. */
static void show_ints(struct line_text *l, const struct argument *a, unsigned n)
{
	int32_t value[2];

	if (!a->done || a->result < 0 || a->value == 0 || guest_get(value, a->value, 4 * n) != 0)
		return show_pointer(l, a->value);
	line_add(l, "[");
	for (unsigned i = 0; i < n; i++) {
		line_add(l, i > 0 ? ", " : "");
		line_signed(l, value[i]);
	}
	line_add(l, "]");
}

static void show_signal(struct line_text *l, uint64_t value)
{
	if (value > 0 && value < sizeof(trace_signals) / sizeof(trace_signals[0]))
		line_add(l, trace_signals[value]);
	else
		line_signed(l, (int32_t)value);
}

static void show_descriptor(struct line_text *l, uint64_t value)
{
	if ((int32_t)value == AT_FDCWD)
		line_add(l, "AT_FDCWD");
	else
		line_signed(l, (int32_t)value);
}

static void show(struct line_text *l, char kind, const struct argument *a)
{
	switch (kind) {
	case 'd':
		return line_signed(l, (int64_t)a->value == (int32_t)a->value ? (int64_t)a->value
									     : (int32_t)a->value);
	case 'u':
		return line_number(l, a->value);
	case 'x':
		return line_hex(l, a->value);
	case 'o':
		return line_octal(l, a->value);
	case 'f':
		return show_descriptor(l, a->value);
	case 's':
		return show_string(l, a->value);
	case 'a':
		return show_words(l, a->value);
	case 'w': /* written by the program: the next argument is the size */
		return show_bytes(l, a->value, a->next);
	case 'r': /* filled by the call: the result is */
		return a->done && a->result >= 0 ? show_bytes(l, a->value, (uint64_t)a->result)
						 : show_pointer(l, a->value);
	case 'O':
		return show_open_flags(l, a->value);
	case 'M':
		return show_flags(l, a->value, trace_maps);
	case 'P':
		return show_flags(l, a->value, trace_protections);
	case 't':
		return show_time(l, a->value);
	case 'i':
		return show_ints(l, a, 1);
	case 'I':
		return show_ints(l, a, 2);
	case 'g':
		return show_signal(l, a->value);
	default:
		return show_pointer(l, a->value);
	}
}

/* Of a call that nobody defines: its number, and every register that could be an argument. */
static const char *describe(struct line_text *l, uint64_t number)
{
	const char *name = number < CALLS ? call_names[number] : nullptr;

	if (name != nullptr) {
		line_add(l, name);
		return trace_kinds[number];
	}
	line_add(l, "call_");
	line_number(l, number);
	return "pppppp";
}

void trace_arguments(struct line_text *l, const struct registers *frame, bool done, int64_t result)
{
	const char *kinds = describe(l, frame_call(frame));

	line_add(l, "(");
	for (unsigned i = 0; kinds[i] != '\0'; i++) {
		struct argument a = { .value = frame_argument(frame, i),
				      .next = i < 5 ? frame_argument(frame, i + 1) : 0,
				      .done = done,
				      .result = result };
		line_add(l, i > 0 ? ", " : "");
		show(l, kinds[i], &a);
	}
}

/* Linux's own, which only a tracer sees: the call is repeated, or becomes EINTR. */
static const char *restart_name(int64_t result)
{
	return result == -ERESTARTSYS      ? "ERESTARTSYS"
	       : result == -ERESTARTNOINTR ? "ERESTARTNOINTR"
	       : result == -ERESTARTNOHAND ? "ERESTARTNOHAND"
	       : result == -ERESTARTBLOCK  ? "ERESTART_RESTARTBLOCK"
					   : nullptr;
}

static bool gives_address(uint64_t number)
{
	return number == CALL_NUMBER_brk || number == CALL_NUMBER_mmap ||
	       number == CALL_NUMBER_mremap;
}

void trace_result(struct line_text *l, uint64_t number, int64_t result)
{
	constexpr int64_t ERRORS = sizeof(trace_errors) / sizeof(trace_errors[0]);
	const char *restart = restart_name(result);

	line_add(l, ") = ");
	if (restart != nullptr) {
		line_add(l, "? ");
		line_add(l, restart);
	} else if (result < 0 && result > -ERRORS && trace_errors[-result][0] != '\0') {
		line_add(l, "-1 ");
		line_add(l, trace_errors[-result]);
	} else if (gives_address(number)) {
		line_hex(l, (uint64_t)result);
	} else {
		line_signed(l, result);
	}
}
