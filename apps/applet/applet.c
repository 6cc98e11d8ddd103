/* SPDX-License-Identifier: MPL-2.0 */
/* Finding an applet, running it inside a process that outlives it, and its error messages. */
#include "apps/applet/applet.h"
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

/* Made by the linker around the section that APPLET() fills. */
extern const struct applet *const __start_applets[];
extern const struct applet *const __stop_applets[];

/* The applet that runs now, innermost first. */
struct run {
	struct run *outer;
	const struct applet *applet;
	jmp_buf leave;
	int status;
	void *mark;
	int outer_err_status;
	unsigned outer_err_count;
};

static struct run *current;
volatile sig_atomic_t applet_interrupted;
int err_status = 1;
unsigned err_count;

const struct applet *applet_at(unsigned index)
{
	return index < (unsigned)(__stop_applets - __start_applets) ? __start_applets[index]
								    : nullptr;
}

const struct applet *applet_find(const char *name)
{
	for (const struct applet *const *a = __start_applets; a < __stop_applets; a++) {
		if ((*a)->name[0] == name[0] && strcmp((*a)->name, name) == 0)
			return *a;
	}
	return nullptr;
}

const char *applet_name(void)
{
	return current != nullptr ? current->applet->name : "applet";
}

void applet_exit(int status)
{
	if (current == nullptr)
		_exit(status);
	current->status = status;
	longjmp(current->leave, 1);
}

static int run_main(struct run *r, int argc, char **argv)
{
	const struct applet *a = r->applet;

	if (a->opts == nullptr && (a->flags & APPLET_RAW) == 0 && argc == 2 &&
	    strcmp(argv[1], "--help") == 0) {
		opt_print_help(a);
		return 0;
	}
	return a->main(argc, argv);
}

int applet_run(const struct applet *a, int argc, char **argv)
{
	struct run r = { .outer = current,
			 .applet = a,
			 .mark = mem_mark(),
			 .outer_err_status = err_status,
			 .outer_err_count = err_count };

	current = &r;
	err_status = 1;
	err_count = 0;
	out_begin();
	/* What is changed between here and the second return lives in `r`, which current points to.
	 */
	if (setjmp(r.leave) == 0)
		current->status = run_main(current, argc, argv);
	if (!out_end() && r.status == 0)
		r.status = err_status;
	mem_release(r.mark);
	err_status = r.outer_err_status;
	err_count = r.outer_err_count;
	current = r.outer;
	return r.status;
}

int applet_main(const struct applet *a, int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	return applet_run(a, argc, argv);
}

static void message_print(const char *format, va_list args, int error)
{
	char line[1024];
	int n = snprintf(line, sizeof line, "%s: ", applet_name());
	va_list again;

	/* One write a message, so that those of a pipeline do not mix; long ones come in pieces. */
	va_copy(again, args);
	int m = vsnprintf(line + n, sizeof line - (size_t)n, format, args);
	if ((size_t)(n + m) + 128 < sizeof line) {
		n += m;
		n += snprintf(line + n, sizeof line - (size_t)n, "%s%s\n", error ? ": " : "",
			      error ? strerror(error) : "");
		(void)!write(STDERR_FILENO, line, (size_t)n); /* nowhere to report it */
	} else {
		dprintf(STDERR_FILENO, "%s: ", applet_name());
		vdprintf(STDERR_FILENO, format, again);
		dprintf(STDERR_FILENO, "%s%s\n", error ? ": " : "", error ? strerror(error) : "");
	}
	va_end(again);
	err_count++;
}

void err_warn(const char *format, ...)
{
	va_list args;

	out_sync_terminal();
	va_start(args, format);
	message_print(format, args, 0);
	va_end(args);
}

void err_warn_errno(const char *format, ...)
{
	int error = errno;
	va_list args;

	out_sync_terminal();
	va_start(args, format);
	message_print(format, args, error);
	va_end(args);
}

void err_fatal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message_print(format, args, 0);
	va_end(args);
	applet_exit(err_status);
}

void err_fatal_errno(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	message_print(format, args, error);
	va_end(args);
	applet_exit(err_status);
}
