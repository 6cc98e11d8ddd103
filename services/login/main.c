/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A shell at the console, and another when it ends: /bin/fush or else /bin/sh as a login shell, or
 * what `shell=` on the kernel's command line says. The first descriptor being a terminal makes it
 * the session's (docs/posix.md).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "lib/futura/service.h"
#include "posix/abi/descriptor.h"
#include "protocol/file.h"
#include "protocol/files.h"
#include "protocol/worlds.h"

constexpr uint64_t PATIENCE = 10 * SECOND; /* for services that start */
constexpr uint64_t SHORT_LIFE =
	SECOND; /* a shell that lives shorter is not started at once again */
constexpr uint32_t WORLD = 1;
constexpr uint32_t DESCRIPTOR_RIGHTS =
	RIGHT_SEND | RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INHERIT;
constexpr char WELCOME[] = "\nWelcome to Futura.\n\n";

static const char *const environment[] = {
	"HOME=/root",   "USER=root",
	"LOGNAME=root", "TERM=linux",
	"LANG=C.UTF-8", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
};
constexpr unsigned NENVIRONMENT = sizeof(environment) / sizeof(*environment);

/* Who uses the root file system of this tree gets its shell, others what each has. */
static const char *const usual[] = { "/bin/fush", "/bin/bash", "/bin/sh" };
constexpr unsigned NUSUAL = sizeof(usual) / sizeof(*usual);
/* Where it starts: other trees may have no home for root. */
static const char *const folders[] = { "/root", "/" };
constexpr unsigned NFOLDERS = sizeof(folders) / sizeof(*folders);

/* The value of shell= on the kernel's command line, or nullptr. */
static const char *shell_asked(void)
{
	static char path[256];
	const char *line = env_get("CMDLINE");
	const char *at = line ? strstr(line, "shell=") : nullptr;

	if (at == nullptr)
		return nullptr;
	size_t n = strcspn(at + 6, " ");
	snprintf(path, sizeof(path), "%.*s", (int)n, at + 6);
	return path;
}

/* The console as a terminal, opened for reading and writing. */
static enum err console_take(struct remote *tty, fut_handle *session, struct descriptor *d)
{
	struct remote root = {};
	int32_t outcome = 0;
	uint64_t size;
	char rest[8];
	size_t rest_len;
	enum err e = files_line(tty, WORLD, 0, 0, 0, 0, FILES_CAPABILITY_OVERRIDE, nullptr, 0, 0,
				&root.session, &outcome);

	if (e != OK || outcome != 0)
		return e != OK ? e : ERR_DENIED;
	*d = (struct descriptor){ .kind = DESCRIPTOR_TERMINAL, .access = 3 };
	e = file_open(&root, FILE_OPEN_READ | FILE_OPEN_WRITE, 0, "console", 7, session, &outcome,
		      &d->number, &d->node, &size, &d->mode, rest, sizeof(rest), &rest_len);
	(void)fut_handle_close(root.session); /* ours, and open */
	if (e != OK)
		return e;
	d->device = size;
	return outcome != 0 ? ERR_NOT_FOUND : OK;
}

/* Descriptors 0, 1 and 2 are one description, as after dup. */
static enum err descriptors_give(struct remote *worlds, fut_handle console,
				 const struct descriptor *d)
{
	enum err e = OK;

	for (uint32_t n = 0; e == OK && n < 3; n++) {
		fut_handle copy;
		int32_t outcome;
		e = fut_handle_duplicate(console, DESCRIPTOR_RIGHTS, &copy);
		if (e == OK)
			e = worlds_descriptor(worlds, n, d, sizeof(*d), copy, 0, &outcome);
	}
	return e;
}

/* Arguments and environment: protocol/worlds.fipc. */
static size_t strings_pack(char *to, const char *shell, bool is_usual)
{
	uint32_t counts[2] = { is_usual ? 2 : 1, NENVIRONMENT + 1 };
	char *at = to + sizeof(counts);

	memcpy(to, counts, sizeof(counts));
	at = stpcpy(at, shell) + 1;
	if (is_usual)
		at = stpcpy(at, "-l") + 1;
	at = stpcpy(stpcpy(at, "SHELL="), shell) + 1;
	for (unsigned i = 0; i < NENVIRONMENT; i++)
		at = stpcpy(at, environment[i]) + 1;
	return (size_t)(at - to);
}

/* Start a shell and wait for its end. ERR_NOT_FOUND: there is no such program, or folder. */
static enum err shell_run(struct remote *worlds, struct remote *tty, const char *shell,
			  bool is_usual, const char *folder)
{
	static char strings[2048];
	struct remote program = {};
	struct descriptor d;
	fut_handle console;
	int32_t outcome = 0;
	uint32_t pid, status;
	enum err e = console_take(tty, &console, &d);

	if (e == OK) {
		e = descriptors_give(worlds, console, &d);
		(void)fut_handle_close(console); /* the shell has copies */
	}
	size_t n = strings_pack(strings, shell, is_usual);
	if (e == OK)
		e = worlds_start(worlds, 0, 0, 1, folder, strlen(folder), strings, n,
				 &program.session, &outcome, &pid);
	if (e == OK && outcome == 0)
		e = worlds_ended(&program, &outcome, &status);
	if (program.session)
		(void)fut_handle_close(program.session); /* ours, and open */
	if (e != OK || outcome == 0)
		return e;
	if (outcome != -ENOENT)
		print("login: %s: %s\n", shell, strerror(-outcome));
	return ERR_NOT_FOUND;
}

static void welcome(struct remote *tty)
{
	struct remote console = {};
	struct descriptor d;
	int64_t outcome;

	if (console_take(tty, &console.session, &d) != OK)
		return;
	(void)file_write_short(&console, 0, WELCOME, sizeof(WELCOME) - 1,
			       &outcome);        /* only a greeting */
	(void)fut_handle_close(console.session); /* ours, and open */
}

int main(void)
{
	struct remote worlds, tty;
	const char *asked = shell_asked();
	unsigned which = 0, nshells = asked ? 1 : NUSUAL;
	enum err e = service_open(&tty, "tty", clock_after(PATIENCE));

	if (e == OK)
		e = service_open(&worlds, "posix", clock_after(PATIENCE));
	if (e == OK)
		welcome(&tty);
	while (e == OK) {
		uint64_t started = clock_now();
		e = shell_run(&worlds, &tty, asked ? asked : usual[which % nshells],
			      asked == nullptr, folders[which / nshells]);
		if (e == ERR_NOT_FOUND && ++which < nshells * NFOLDERS) {
			e = OK;
			continue;
		}
		if (e == OK && clock_now() - started < SHORT_LIFE)
			e = fut_thread_sleep(clock_after(SHORT_LIFE));
	}
	if (e == ERR_NOT_FOUND)
		panic("login: no shell to start: %s", asked ? asked : "/bin/sh is not there");
	panic("login: %s", error_name(e));
}
