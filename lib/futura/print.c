/* SPDX-License-Identifier: MPL-2.0 */
/* Output is formatted into a buffer on the stack, or on the heap where it does not fit. */
#include "lib/futura/print.h"
#include "lib/futura/lock.h"
#include "lib/futura/program.h"
#include <stdio.h>
#include <stdlib.h>
#include "abi/user.h"

constexpr size_t LOG_PIECE = 1024; /* of one fut_log_write */

static struct mutex lock; /* guards what follows, and keeps lines of threads apart */
static output_fn *output;
static void *output_self;
static fut_handle log;

static void log_output(void *self, const char *text, size_t n)
{
	(void)self;
	while (n > 0) {
		size_t piece = n < LOG_PIECE ? n : LOG_PIECE;
		if (fut_log_write(log, text, piece) != OK)
			return; /* there is nowhere to tell */
		text += piece;
		n -= piece;
	}
}

static void discard(void *self, const char *text, size_t n)
{
	(void)self, (void)text, (void)n;
}

static void first_output(void)
{
	log = cap_get("log");
	output = log ? log_output : discard;
}

void output_set(output_fn *to, void *self)
{
	mutex_lock(&lock);
	output = to;
	output_self = self;
	mutex_unlock(&lock);
}

void output_to_log(fut_handle resource)
{
	mutex_lock(&lock);
	log = resource;
	output = log_output;
	mutex_unlock(&lock);
}

void print_text(const char *text, size_t n)
{
	mutex_lock(&lock);
	if (output == nullptr)
		first_output();
	output(output_self, text, n);
	mutex_unlock(&lock);
}

void print_list(const char *format, va_list arguments)
{
	char small[256];
	va_list again;

	va_copy(again, arguments);
	int n = vsnprintf(small, sizeof(small), format, arguments);
	if (n >= 0 && (size_t)n < sizeof(small)) {
		print_text(small, (size_t)n);
	} else if (n >= 0) {
		char *large = malloc((size_t)n + 1);
		/* Without memory the start of it is better than nothing. */
		if (large)
			vsnprintf(large, (size_t)n + 1, format, again);
		print_text(large ? large : small, large ? (size_t)n : sizeof(small) - 1);
		free(large);
	}
	va_end(again);
}

void print(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_list(format, arguments);
	va_end(arguments);
}
