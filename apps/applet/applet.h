/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* One utility of the multi-call binary: its names, its options, and how to run it in a process. */
#include <signal.h>

/*
 * One option. This description is the only one: parsing, --help, completion and the manual page
 * are made from it.
 */
struct opt {
	int id;           /* what opt_next() returns; a value up to '~' is also the short option */
	const char *name; /* the long name without its dashes, or nullptr */
	const char *arg;  /* what its argument is called; nullptr: takes none; "[X]": optional */
	const char *help; /* one line; nullptr hides the option from --help and completion */
};

enum applet_flags : unsigned {
	/*
	 * Does bounded work, never reads standard input, touches neither signals, terminal, umask,
	 * environment nor working directory, and leaves no descriptor open: the shell may call
	 * applet_run() in its own process. Every other applet may run in a forked child of the
	 * shell without an exec.
	 */
	APPLET_IN_PROCESS = 1u << 0,

	/* Takes even a single --help as an operand; only test does. */
	APPLET_RAW = 1u << 1,
};

struct applet {
	const char *name;
	const char *usage;      /* what follows the name; further forms on further lines */
	const char *summary;    /* one sentence */
	const char *details;    /* more paragraphs for --help, or nullptr */
	const struct opt *opts; /* ends with an id of 0; nullptr: only a lone --help */
	int (*main)(int argc, char **argv);
	unsigned flags;
};

/*
 * Puts an applet into the table that applet_find() searches: the linker collects the pointers,
 * so a new utility is one new source file and nothing else. `id` is its name in C.
 *
 *	APPLET(cat, .usage = "[OPTION]... [FILE]...", .summary = "...", .opts = cat_opts);
 */
#define APPLET(id, ...) APPLET_NAMED(id, #id, __VA_ARGS__)
#define APPLET_NAMED(id, string, ...)                                                              \
	static const struct applet applet_of_##id = { .name = string,                              \
						      .main = id##_main,                           \
						      __VA_ARGS__ };                               \
	[[gnu::used, gnu::retain,                                                                  \
	  gnu::section("applets")]] static const struct applet *const applet_entry_##id =          \
		&applet_of_##id

/* The applet of that name, or nullptr when there is none. */
const struct applet *applet_find(const char *name);

/* Every applet: applet_at(0), applet_at(1), ... until nullptr; in no useful order. */
const struct applet *applet_at(unsigned index);

/*
 * Runs an applet to its end and returns its exit status; never calls exit(). Its output is
 * flushed, a write error is reported and makes the status at least 1, and what it allocated with
 * mem.h is freed. `argv` ends with a null pointer and its strings are not changed, but the
 * pointers in it may be put into another order. May be nested.
 */
int applet_run(const struct applet *a, int argc, char **argv);

/* The same in the locale that the environment asks for, which stays set afterwards. */
int applet_main(const struct applet *a, int argc, char **argv);

/* Ends the applet that runs in this process, from any depth of calls. */
[[noreturn]] void applet_exit(int status);

/* The name the running applet was called by, for messages. */
const char *applet_name(void);

/* Set this from a SIGINT handler: the running applet leaves at its next read or write, with 130. */
extern volatile sig_atomic_t applet_interrupted;
