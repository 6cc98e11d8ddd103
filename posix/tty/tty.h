/* SPDX-License-Identifier: MPL-2.0 */
/* Terminals: descriptions that are sessions with
 * ttyd (protocol/tty.fipc), and the controlling one. */
#pragma once
#include "lib/futura/message.h"
#include "posix/files/description.h"

/* description.own: what is learnt of a terminal when it is needed. */
struct tty {
	uint64_t device; /* the terminal's number, whatever name it was opened by; 0: not asked */
};

static inline struct remote tty_remote(const struct description *d)
{
	return (struct remote){ .session = d->a };
}

/* Is it one? Else its operations are others'. */
bool is_tty(const struct description *d);

/*
 * `*d` is a character device that a server has opened: make a terminal of it if it is one. ENXIO:
 * it is none. `flags` are file_open's.
 */
int64_t tty_become(struct description **d, uint32_t flags);

int64_t tty_ioctl(struct description *d, uint32_t command, uint64_t argument);

/* --- The controlling terminal --- */

/* What ttyd is to know as our group when we use that terminal: 0 if it does not control us. */
uint32_t tty_group(struct description *d);
/* Open it (/dev/tty) in place of `*d`. */
int64_t tty_open_controlling(struct description **d, uint32_t flags);
/* TIOCSCTTY, TIOCNOTTY. */
int64_t tty_acquire_it(struct description *d, bool force);
int64_t tty_give_up(struct description *d);
/* We were started: standard input may be to control us, if we lead a session. */
void tty_start(void);
/* Our session is a new one, without a terminal. */
void tty_forget(void);

/*
 * ttyd said that we are in the background. 0: go on with *group as 0, for that is allowed; else the
 * call's result: EIO, or the signal is on its way and the call is to be repeated.
 */
int64_t tty_background(struct description *d, int signal, uint32_t *group);
/* Wait for those of ttyd's READY_ bits. */
int64_t tty_wait(struct description *d, uint64_t signals, uint64_t deadline);
