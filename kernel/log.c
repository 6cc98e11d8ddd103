/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/log.h"
#include "kernel/arch.h"
#include "kernel/calls.h"
#include "kernel/dispatch.h"
#include "kernel/resource.h"
#include "kernel/user.h"

constexpr size_t LOG_SIZE = 1 << 15;

static char ring[LOG_SIZE];
static uint64_t end; /* bytes ever written */

static void keep(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ring[end++ % LOG_SIZE] = text[i];
}

/* The console is one with a driver's, and the two may be mixed byte by byte: what is not ASCII is
 * never ours (docs/exec.md, "What the guest says"). */
void log_write(const char *text, size_t n)
{
	keep(text, n);
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n')
			console_putc('\r');
		console_putc((text[i] & 0x80) == 0 ? text[i] : '?');
	}
}

static void number_write(uint64_t value, unsigned base, int width, char pad)
{
	char digits[20];
	int n = 0;

	do
		digits[n++] = "0123456789abcdef"[value % base];
	while ((value /= base) != 0);
	for (; width > n; width--)
		log_write(&pad, 1);
	while (n > 0)
		log_write(&digits[--n], 1);
}

static void string_write(const char *s, int width)
{
	int n = 0;

	for (; s[n] != '\0'; n++)
		;
	log_write(s, (size_t)n);
	for (; n < width; n++)
		log_write(" ", 1);
}

void klog_list(const char *f, va_list arguments)
{
	for (; *f != '\0'; f++) {
		char pad = ' ';
		int width = 0;
		bool is_long = false;

		if (*f != '%') {
			log_write(f, 1);
			continue;
		}
		if (*++f == '0')
			pad = '0';
		while (*f >= '0' && *f <= '9')
			width = width * 10 + *f++ - '0';
		for (; *f == 'l'; f++)
			is_long = true;
		switch (*f) {
		case 'd': {
			int64_t v = is_long ? va_arg(arguments, long) : va_arg(arguments, int);

			if (v < 0)
				log_write("-", 1);
			number_write(v < 0 ? -(uint64_t)v : (uint64_t)v, 10, width, pad);
			break;
		}
		case 'u':
		case 'x':
			number_write(is_long ? va_arg(arguments, unsigned long)
					     : va_arg(arguments, unsigned),
				     *f == 'u' ? 10 : 16, width, pad);
			break;
		case 'p':
			number_write((uintptr_t)va_arg(arguments, void *), 16, 16, '0');
			break;
		case 's':
			string_write(va_arg(arguments, const char *), width);
			break;
		case 'c': {
			char c = (char)va_arg(arguments, int);

			log_write(&c, 1);
			break;
		}
		case '%':
			log_write("%", 1);
			break;
		default:
			return; /* our own mistake; the compiler's format check keeps it out */
		}
	}
}

void klog(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	klog_list(format, arguments);
	va_end(arguments);
}

static enum err take(struct thread *self, struct resource *resource, struct user_in text,
		     void (*to)(const char *text, size_t n))
{
	char line[1024];
	enum err e = resource_check(resource, RESOURCE_LOG);

	if (e == OK)
		e = user_read(self, line, text.address, text.size);
	if (e == OK)
		to(line, text.size);
	return e;
}

enum err sys_log_write(struct thread *self, struct resource *resource, struct user_in text)
{
	return take(self, resource, text, log_write);
}

enum err sys_log_keep(struct thread *self, struct resource *resource, struct user_in text)
{
	return take(self, resource, text, keep);
}

enum err sys_log_read(struct thread *self, struct resource *resource, uint64_t position,
		      struct user_out to, uint64_t *next, uint32_t *count)
{
	enum err e = resource_check(resource, RESOURCE_LOG);
	uint64_t oldest = end > LOG_SIZE ? end - LOG_SIZE : 0;

	if (e != OK)
		return e;
	if (position < oldest)
		position = oldest;
	if (position > end)
		position = end;
	size_t n = end - position < to.size ? end - position : to.size;
	size_t first = LOG_SIZE - position % LOG_SIZE;

	if (first > n)
		first = n;
	e = user_write(self, to.address, ring + position % LOG_SIZE, first);
	if (e == OK)
		e = user_write(self, to.address + first, ring, n - first);
	if (e == OK) {
		*next = position + n;
		*count = (uint32_t)n;
	}
	return e;
}
