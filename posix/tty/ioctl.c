/* SPDX-License-Identifier: MPL-2.0 */
/* ioctl of terminals. */
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/fcntl.h>
#include <linux/signal.h>
#include <string.h>
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/core/wait.h"
#include "posix/files/file.h"
#include "posix/files/open_flags.h"
#include "posix/tty/tty.h"
#include "protocol/tty.h"

/* struct winsize, which <asm/termios.h> has among things that clash. */
struct window {
	uint16_t rows, columns, width, height;
};

/* struct termio, from the same place: the lower halves of struct termios' flags. */
struct old_settings {
	uint16_t in, out, control, local;
	uint8_t line, characters[8], reserved;
};

constexpr unsigned DRAIN = 1, FLUSH = 2; /* `when` of tty_set_attributes */

static int64_t answer(enum err e, int64_t outcome)
{
	return e != OK ? file_error(e) : outcome;
}

/* What ttyd said to wait for: 0 to ask again. */
static int64_t wait_as_told(struct description *d, uint32_t wait, uint32_t *group)
{
	if (wait == TTY_WAIT_BACKGROUND)
		return tty_background(d, SIGTTOU, group);
	return tty_wait(d, TTY_READY_DRAINED, TIME_NEVER);
}

static int64_t control_ask(struct description *d, uint32_t op, uint64_t argument)
{
	struct remote r = tty_remote(d);
	uint32_t group = tty_group(d), wait;
	int64_t outcome = 0, result;

	do {
		enum err e = tty_control(&r, op, argument, group, &outcome, &wait);
		if (e != OK || wait == TTY_WAIT_NONE)
			return answer(e, outcome);
		result = wait_as_told(d, wait, &group);
	} while (result == 0);
	return result;
}

static int64_t put_int(int64_t value, uint64_t to)
{
	int32_t number = (int32_t)value;

	return value < 0 ? value : guest_put(to, &number, sizeof(number));
}

/* --- Settings --- */

/* Bits a second of CBAUD's values; those from 16 on are with CBAUDEX. */
static const uint32_t speeds[] = { 0,       50,      75,      110,     134,     150,     200,
				   300,     600,     1200,    1800,    2400,    4800,    9600,
				   19200,   38400,   0,       57600,   115200,  230400,  460800,
				   500000,  576000,  921600,  1000000, 1152000, 1500000, 2000000,
				   2500000, 3000000, 3500000, 4000000 };

static uint32_t speed_of(tcflag_t code, uint32_t other)
{
	unsigned i = (code & ~(tcflag_t)CBAUDEX) | ((code & CBAUDEX) != 0 ? 16 : 0);

	return code == BOTHER ? other : i < sizeof(speeds) / sizeof(*speeds) ? speeds[i] : 0;
}

static void speeds_set(struct termios2 *t)
{
	tcflag_t in = t->c_cflag >> IBSHIFT & CBAUD;

	t->c_ospeed = speed_of(t->c_cflag & CBAUD, t->c_ospeed);
	t->c_ispeed = in != 0 ? speed_of(in, t->c_ispeed) : t->c_ospeed;
}

static int64_t settings_ask(struct description *d, struct termios2 *t)
{
	struct remote r = tty_remote(d);
	int32_t outcome = 0;
	size_t n;
	enum err e = tty_attributes(&r, &outcome, t, sizeof(*t), &n);

	return e == OK && n != sizeof(*t) ? -EIO : answer(e, outcome);
}

static int64_t settings_get(struct description *d, uint64_t to, size_t size)
{
	struct termios2 t;
	int64_t error = settings_ask(d, &t);

	return error != 0 ? error : guest_put(to, &t, size);
}

static int64_t settings_change(struct description *d, struct termios2 *t, uint32_t when)
{
	struct remote r = tty_remote(d);
	uint32_t group = tty_group(d), wait;
	int32_t outcome = 0;
	int64_t result = 0;

	speeds_set(t);
	while (result == 0) {
		enum err e = tty_set_attributes(&r, when, group, t, sizeof(*t), &outcome, &wait);
		if (e != OK || wait == TTY_WAIT_NONE)
			return answer(e, outcome);
		result = wait_as_told(d, wait, &group);
	}
	return result;
}

/* `size`: of struct termios, or of struct termios2 which begins like it. */
static int64_t settings_set(struct description *d, uint64_t from, size_t size, uint32_t when)
{
	struct termios2 t;
	int64_t result = settings_ask(d, &t);

	if (result == 0)
		result = guest_get(&t, from, size);
	return result == 0 ? settings_change(d, &t, when) : result;
}

static int64_t old_settings_get(struct description *d, uint64_t to)
{
	struct termios2 t;
	int64_t error = settings_ask(d, &t);
	struct old_settings old = { .in = (uint16_t)t.c_iflag,
				    .out = (uint16_t)t.c_oflag,
				    .control = (uint16_t)t.c_cflag,
				    .local = (uint16_t)t.c_lflag,
				    .line = t.c_line };

	memcpy(old.characters, t.c_cc, sizeof(old.characters));
	return error != 0 ? error : guest_put(to, &old, sizeof(old));
}

static int64_t old_settings_set(struct description *d, uint64_t from, uint32_t when)
{
	constexpr uint32_t HIGH = 0xffff0000;
	struct old_settings old;
	struct termios2 t;
	int64_t result = settings_ask(d, &t);

	if (result == 0)
		result = guest_get(&old, from, sizeof(old));
	if (result != 0)
		return result;
	t.c_iflag = (t.c_iflag & HIGH) | old.in;
	t.c_oflag = (t.c_oflag & HIGH) | old.out;
	t.c_cflag = (t.c_cflag & HIGH) | old.control;
	t.c_lflag = (t.c_lflag & HIGH) | old.local;
	t.c_line = old.line;
	memcpy(t.c_cc, old.characters, sizeof(old.characters));
	return settings_change(d, &t, when);
}

/* Which settings are locked: none, as nothing locks them (TIOCSLCKTRMIOS is not there). */
static int64_t locked_get(uint64_t to)
{
	struct termios none = {};

	return guest_put(to, &none, sizeof(none));
}

/* --- Window and groups --- */

static int64_t window_get(struct description *d, uint64_t to)
{
	struct remote r = tty_remote(d);
	struct window w;
	int32_t outcome = 0;
	enum err e = tty_size(&r, &outcome, &w.rows, &w.columns, &w.width, &w.height);

	return e != OK || outcome < 0 ? answer(e, outcome) : guest_put(to, &w, sizeof(w));
}

static int64_t window_set(struct description *d, uint64_t from)
{
	struct remote r = tty_remote(d);
	struct window w;
	int32_t outcome = 0;

	if (guest_get(&w, from, sizeof(w)) != 0)
		return -EFAULT;
	enum err e = tty_set_size(&r, w.rows, w.columns, w.width, w.height, &outcome);
	return answer(e, outcome);
}

/* Linux tells only those whom it controls; a master's owner is told of the slave's. */
static int64_t group_get(struct description *d, uint64_t to, bool session)
{
	struct remote r = tty_remote(d);
	uint32_t group, number;
	int32_t outcome = 0;
	enum err e = tty_foreground(&r, &outcome, &group, &number);

	if (e != OK || outcome < 0)
		return answer(e, outcome);
	return put_int(session ? number : group, to);
}

static int64_t group_set(struct description *d, uint64_t from)
{
	struct remote r = tty_remote(d);
	uint32_t caller = tty_group(d), wait;
	int32_t group, outcome = 0;
	int64_t result = guest_get(&group, from, sizeof(group));

	if (result == 0 && caller == 0)
		return -ENOTTY;
	if (result == 0 && group < 0)
		return -EINVAL;
	while (result == 0) {
		enum err e = tty_set_foreground(&r, (uint32_t)group, caller, &outcome, &wait);
		if (e != OK || wait == TTY_WAIT_NONE)
			return answer(e, outcome);
		result = wait_as_told(d, wait, &caller);
	}
	return result;
}

/* --- Pseudo-terminals --- */

static int64_t peer_open(struct description *d, uint64_t flags)
{
	constexpr uint64_t KNOWN = O_ACCMODE | O_NOCTTY | O_CLOEXEC | O_NONBLOCK;
	struct remote r = tty_remote(d);
	struct opened o = { .mode = d->mode, .node = d->node, .size = d->device };
	struct description *slave;
	int32_t outcome = 0;
	int64_t number = control_ask(d, TIOCGPTN, 0);
	uint32_t asked = open_flags(flags & O_ACCMODE);

	if (number < 0)
		return number;
	if ((flags & ~KNOWN) != 0)
		return -EINVAL;
	enum err e = tty_peer(&r, asked, &o.session, &outcome, &o.slot);
	if (e != OK || outcome < 0)
		return answer(e, outcome);
	o.size = (136u + (uint64_t)number / 256) << 8 | ((uint64_t)number & 0xff);
	o.line = d->line;
	int64_t error = file_description(&o, asked, status_of_flags(flags), &slave);
	if (error != 0)
		return error;
	if ((flags & O_NOCTTY) == 0)
		(void)terminal_opened(slave); /* may become the controlling one */
	return fd_add(slave, (flags & O_CLOEXEC) != 0, 0);
}

static int64_t control_by(struct description *d, uint32_t op, uint64_t from)
{
	int32_t value;

	return guest_get(&value, from, sizeof(value)) != 0 ? -EFAULT
							   : control_ask(d, op, (uint32_t)value);
}

static int64_t discipline_set(uint64_t from)
{
	int32_t which;

	if (guest_get(&which, from, sizeof(which)) != 0)
		return -EFAULT;
	return which == 0 ? 0 : -EINVAL; /* there is one: N_TTY */
}

/* --- All of them --- */

static int64_t ioctl_of_settings(struct description *d, uint32_t command, uint64_t argument)
{
	constexpr size_t OLD = sizeof(struct termios), NEW = sizeof(struct termios2);

	switch (command) {
	case TCGETS:
		return settings_get(d, argument, OLD);
	case TCGETS2:
		return settings_get(d, argument, NEW);
	case TCSETS:
		return settings_set(d, argument, OLD, 0);
	case TCSETS2:
		return settings_set(d, argument, NEW, 0);
	case TCSETSW:
		return settings_set(d, argument, OLD, DRAIN);
	case TCSETSW2:
		return settings_set(d, argument, NEW, DRAIN);
	case TCSETSF:
		return settings_set(d, argument, OLD, FLUSH);
	case TCSETSF2:
		return settings_set(d, argument, NEW, FLUSH);
	case TCGETA:
		return old_settings_get(d, argument);
	case TCSETA:
		return old_settings_set(d, argument, 0);
	case TCSETAW:
		return old_settings_set(d, argument, DRAIN);
	case TCSETAF:
		return old_settings_set(d, argument, FLUSH);
	case TIOCGLCKTRMIOS:
		return locked_get(argument);
	default:
		return -ENOTTY;
	}
}

static int64_t ioctl_of_session(struct description *d, uint32_t command, uint64_t argument)
{
	switch (command) {
	case TIOCGWINSZ:
		return window_get(d, argument);
	case TIOCSWINSZ:
		return window_set(d, argument);
	case TIOCGPGRP:
		return group_get(d, argument, false);
	case TIOCGSID:
		return group_get(d, argument, true);
	case TIOCSPGRP:
		return group_set(d, argument);
	case TIOCSCTTY:
		return tty_acquire_it(d, argument == 1);
	case TIOCNOTTY:
		return tty_give_up(d);
	default:
		return ioctl_of_settings(d, command, argument);
	}
}

int64_t tty_ioctl(struct description *d, uint32_t command, uint64_t argument)
{
	switch (command) {
	case TCSBRK:
	case TCSBRKP:
	case TCXONC:
	case TCFLSH:
	case TIOCEXCL:
	case TIOCNXCL:
	case TIOCSTI:
	case TIOCVHANGUP:
		return control_ask(d, command, argument);
	case TIOCSBRK:
	case TIOCCBRK:
		return control_ask(d, command, 0);
	case FIONREAD:
	case TIOCOUTQ:
	case TIOCGPTN:
	case TIOCGPTLCK:
	case TIOCGPKT:
	case TIOCGEXCL:
	case TIOCGDEV:
		return put_int(control_ask(d, command, 0), argument);
	case TIOCSPTLCK:
	case TIOCPKT:
		return control_by(d, command, argument);
	case TIOCSIG:
		return control_ask(d, command, argument);
	case TIOCGPTPEER:
		return peer_open(d, argument);
	case TIOCGETD:
		return put_int(0, argument);
	case TIOCSETD:
		return discipline_set(argument);
	default:
		return ioctl_of_session(d, command, argument);
	}
}
