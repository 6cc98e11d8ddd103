/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The line discipline beside Linux's: the same random doings with a pseudo-terminal of this machine
 * and with ours; every byte, count, signal and refusal must be the same. A difference is tried
 * again, slowly, since Linux hands bytes over in the background. TTYD_SEED repeats one run, aloud.
 */
#include <asm-generic/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "lib/test/test.h"
#include "services/ttyd/core/ldisc.h"

/* <sys/ioctl.h> has its own idea of struct termios. */
extern int ioctl(int fd, unsigned long op, ...);

constexpr unsigned RUNS = 120, STEPS = 60;
constexpr size_t MOST = 3000; /* bytes left with the master: Linux's limits are elsewhere */

struct pair {
	int master, slave;
	struct ldisc l;
	unsigned settle_us;
	bool loud;
	uint64_t random;
	unsigned step;
};

static uint32_t pick(struct pair *p, uint32_t n)
{
	p->random = p->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(p->random >> 33) % n;
}

static void settle(const struct pair *p)
{
	struct pollfd both[] = { { p->master, POLLIN, 0 }, { p->slave, POLLIN, 0 } };

	nanosleep(&(struct timespec){ .tv_nsec = p->settle_us * 1000 }, nullptr);
	poll(both, 2, 0); /* makes Linux finish handing over */
}

static void bytes_print(const char *what, const uint8_t *b, long n)
{
	fprintf(stderr, "\t%s %ld:", what, n);
	for (long i = 0; i < n; i++)
		fprintf(stderr, b[i] > 32 && b[i] < 127 ? " %c" : " %02x", b[i]);
	fputc('\n', stderr);
}

[[gnu::format(printf, 2, 3)]] static void tell(const struct pair *p, const char *format, ...)
{
	va_list list;

	if (!p->loud)
		return;
	va_start(list, format);
	fprintf(stderr, "%u: ", p->step);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
}

static bool same(const struct pair *p, const char *what, const uint8_t *theirs, long ntheirs,
		 const uint8_t *ours, long nours)
{
	if (ntheirs == nours && (nours <= 0 || memcmp(theirs, ours, (size_t)nours) == 0))
		return true;
	if (p->loud) {
		tell(p, "differ: %s", what);
		bytes_print("Linux", theirs, ntheirs);
		bytes_print("ours ", ours, nours);
	}
	return false;
}

static bool same_number(const struct pair *p, const char *what, long theirs, long ours)
{
	if (theirs != ours)
		tell(p, "differ: %s: Linux %ld, ours %ld", what, theirs, ours);
	return theirs == ours;
}

/* Bytes that mean much, and some that mean little. */
static uint8_t pick_byte(struct pair *p)
{
	static const uint8_t telling[] =
		"\3\4\21\22\23\25\26\27\32\34\177\b\t\r\n\n\n\n \t\1\377\303\251"
		"\342\202\254\337\327\367 ab_.Z";
	switch (pick(p, 4)) {
	case 0:
		return telling[pick(p, sizeof(telling) - 1)];
	case 1:
		return p->l.settings.c_cc[pick(p, 17)];
	case 2:
		return (uint8_t)pick(p, 256);
	default:
		return (uint8_t)("abcdefgh IJKL_0.\t\n"[pick(p, 18)]);
	}
}

static tcflag_t pick_flags(struct pair *p, tcflag_t now, const tcflag_t *flags, size_t n)
{
	for (unsigned i = pick(p, 4); i > 0; i--)
		now ^= flags[pick(p, (uint32_t)n)];
	return now;
}

static bool do_settings(struct pair *p)
{
	static const tcflag_t in[] = { ISTRIP, INLCR, IGNCR, ICRNL, IUCLC, IXON,
				       IXANY,  IUTF8, IUTF8, IUTF8, PARMRK };
	static const tcflag_t out[] = { OPOST, OPOST, ONLCR, OCRNL, ONOCR, ONLRET, XTABS, OLCUC };
	static const tcflag_t local[] = { ICANON,  ISIG,    ECHO,   ECHO,   ECHOE,  ECHOK, ECHONL,
					  ECHOCTL, ECHOPRT, ECHOKE, IEXTEN, NOFLSH, ICANON };
	static const unsigned flush[] = { TCSETS2, TCSETS2, TCSETSW2, TCSETSF2 };
	struct termios2 t = p->l.settings, now;
	unsigned op = flush[pick(p, 4)];

	t.c_iflag = pick_flags(p, t.c_iflag, in, sizeof(in) / sizeof(*in));
	t.c_oflag = pick_flags(p, t.c_oflag, out, sizeof(out) / sizeof(*out));
	t.c_lflag = pick_flags(p, t.c_lflag, local, sizeof(local) / sizeof(*local));
	if (pick(p, 6) == 0) {
		unsigned which = pick(p, 17);
		if (which != VMIN && which != VTIME)
			t.c_cc[which] = pick_byte(p);
	}
	if (pick(p, 4) == 0)
		t.c_cc[VMIN] = (cc_t)pick(p, 6);
	if (pick(p, 4) == 0)
		t.c_cc[VTIME] = (cc_t)pick(p, 2);
	tell(p, "settings i%x o%x l%x min %d time %d op %x", t.c_iflag, t.c_oflag, t.c_lflag,
	     t.c_cc[VMIN], t.c_cc[VTIME], op);
	if (ioctl(p->slave, op, &t) != 0)
		return same_number(p, "settings", errno, 0);
	if (op == TCSETSF2)
		ldisc_flush_input(&p->l);
	ldisc_set(&p->l, &t);
	ioctl(p->slave, TCGETS2, &now);
	return same(p, "settings", (void *)&now, sizeof(now), (void *)&p->l.settings, sizeof(now));
}

static bool do_type(struct pair *p)
{
	uint8_t text[40];
	size_t n = 1 + pick(p, sizeof(text));

	if (ldisc_output_waits(&p->l) > MOST || p->l.head - p->l.tail > MOST)
		return true;
	for (size_t i = 0; i < n; i++)
		text[i] = pick_byte(p);
	if (p->loud)
		bytes_print("type", text, (long)n);
	long put = write(p->master, text, n);
	settle(p);
	return same_number(p, "typed", put, (long)ldisc_receive(&p->l, text, n));
}

static long our_read(struct ldisc *l, uint8_t *to, size_t n)
{
	bool raw = (l->settings.c_lflag & ICANON) == 0;

	if (ldisc_patience(l, n, false).now || (raw && ldisc_has(l, 1)))
		return (long)ldisc_read(l, to, n);
	return -EAGAIN;
}

static bool do_read(struct pair *p)
{
	static uint8_t theirs[LDISC_INPUT], ours[LDISC_INPUT];
	size_t n = pick(p, 3) ? sizeof(ours) : 1 + pick(p, 20);
	long got = read(p->slave, theirs, n);

	tell(p, "read %zu", n);
	return same(p, "read", theirs, got < 0 ? -errno : got, ours, our_read(&p->l, ours, n));
}

static bool do_write(struct pair *p)
{
	uint8_t text[60];
	size_t n = 1 + pick(p, sizeof(text));

	if (ldisc_output_waits(&p->l) > MOST)
		return true;
	for (size_t i = 0; i < n; i++)
		text[i] = pick_byte(p);
	if (p->loud)
		bytes_print("write", text, (long)n);
	long put = write(p->slave, text, n);
	size_t ours = ldisc_write(&p->l, text, n);
	return same_number(p, "written", put < 0 ? -errno : put, ours ? (long)ours : -EAGAIN);
}

static size_t take_bytes(struct ldisc *l, uint8_t *to, size_t n)
{
	n = ldisc_peek(l, to, n);
	ldisc_sent(l, n);
	return n;
}

static long our_take(struct ldisc *l, uint8_t *to, size_t n)
{
	if (l->packet_mode && l->packet) {
		to[0] = l->packet;
		l->packet = 0;
		return 1;
	}
	if (ldisc_output_waits(l) == 0)
		return -EAGAIN;
	if (!l->packet_mode)
		return (long)take_bytes(l, to, n);
	to[0] = TIOCPKT_DATA;
	return 1 + (long)take_bytes(l, to + 1, n - 1);
}

static bool do_take(struct pair *p)
{
	static uint8_t theirs[LDISC_OUTPUT], ours[LDISC_OUTPUT];

	tell(p, "take");
	settle(p);
	long nours = our_take(&p->l, ours, sizeof(ours));
	long got = read(p->master, theirs, sizeof(theirs));
	return same(p, "taken", theirs, got < 0 ? -errno : got, ours, nours);
}

static bool do_flush(struct pair *p)
{
	unsigned which = pick(p, 3);

	tell(p, "flush %u", which);
	settle(p);
	ioctl(p->slave, TCFLSH, (unsigned long)which);
	if (which != TCOFLUSH)
		ldisc_flush_input(&p->l);
	if (which != TCIFLUSH)
		ldisc_flush_output(&p->l);
	return true;
}

static bool do_hold(struct pair *p)
{
	bool hold = pick(p, 2);

	tell(p, "hold %d", hold);
	ioctl(p->slave, TCXONC, (unsigned long)(hold ? TCOOFF : TCOON));
	ldisc_hold(&p->l, hold);
	if (hold)
		return true;
	/* Linux leaves echo that was held until there is something else to show. */
	long put = write(p->slave, ".", 1);
	size_t ours = ldisc_write(&p->l, (const uint8_t *)".", 1);
	return same_number(p, "written", put < 0 ? -errno : put, ours ? (long)ours : -EAGAIN);
}

static bool do_packet(struct pair *p)
{
	int on = pick(p, 3) != 0;

	tell(p, "packet %d", on);
	ioctl(p->master, TIOCPKT, &on);
	if (on && !p->l.packet_mode)
		p->l.packet = 0;
	p->l.packet_mode = on;
	return true;
}

static bool do_count(struct pair *p)
{
	int waits = -1;

	settle(p);
	ioctl(p->slave, FIONREAD, &waits);
	return same_number(p, "input waits", waits, (long)ldisc_input_waits(&p->l));
}

static bool do_poll(struct pair *p)
{
	struct pollfd both[] = { { p->slave, POLLIN | POLLOUT, 0 },
				 { p->master, POLLIN | POLLPRI, 0 } };
	int slave = ldisc_readable(&p->l) ? POLLIN : 0, master = 0;

	settle(p);
	poll(both, 2, 0);
	if (ldisc_writable(&p->l))
		slave |= POLLOUT;
	if (ldisc_output_waits(&p->l) > 0)
		master = POLLIN;
	if (p->l.packet_mode && p->l.packet)
		master |= POLLIN | POLLPRI;
	return same_number(p, "poll of slave", both[0].revents, slave) &&
	       same_number(p, "poll of master", both[1].revents, master);
}

static bool signals_same(struct pair *p)
{
	uint64_t theirs = 0;
	sigset_t all;

	sigfillset(&all);
	for (int s; (s = sigtimedwait(&all, nullptr, &(struct timespec){})) > 0;)
		theirs |= 1ull << s;
	uint64_t ours = p->l.signals;
	p->l.signals = 0;
	return same_number(p, "signals", (long)theirs, (long)ours);
}

static bool step(struct pair *p)
{
	static bool (*const doings[])(struct pair *) = {
		do_settings, do_settings, do_type, do_type,  do_type,   do_type, do_read,  do_read,
		do_write,    do_write,    do_take, do_flush, do_packet, do_hold, do_count, do_poll,
	};

	p->step++;
	return doings[pick(p, sizeof(doings) / sizeof(*doings))](p) && signals_same(p);
}

static bool pair_open(struct pair *p)
{
	int unlock = 0;
	struct termios2 t;

	p->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (p->master < 0 || ioctl(p->master, TIOCSPTLCK, &unlock) != 0)
		return false;
	setsid();
	p->slave = ioctl(p->master, TIOCGPTPEER, (unsigned long)(O_RDWR | O_NONBLOCK));
	if (p->slave < 0 || ioctl(p->slave, TIOCSCTTY, 0ul) != 0)
		return false;
	ldisc_init(&p->l);
	ioctl(p->slave, TCGETS2, &t);
	return same(p, "usual settings", (void *)&t, sizeof(t), (void *)&p->l.settings, sizeof(t));
}

/* In a process of its own, the leader of the pair's session. */
static bool run(uint64_t seed, unsigned settle_us, bool loud)
{
	static struct pair p;
	sigset_t all;

	p = (struct pair){ .random = seed, .settle_us = settle_us, .loud = loud };
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, nullptr);
	if (!pair_open(&p))
		return false;
	for (unsigned i = 0; i < STEPS; i++)
		if (!step(&p))
			return false;
	for (unsigned i = 0; i < 3; i++)
		if (!do_take(&p) || !do_read(&p))
			return false;
	return true;
}

static bool run_apart(uint64_t seed, unsigned settle_us, bool loud)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run(seed, settle_us, loud) ? 0 : 1);
	waitpid(pid, &status, 0);
	return status == 0;
}

TEST(ldisc, does_what_linux_does)
{
	const char *only = getenv("TTYD_SEED"), *runs = getenv("TTYD_RUNS");
	unsigned failed = 0, n = runs ? (unsigned)atoi(runs) : RUNS;

	if (only) {
		CHECK(run_apart(strtoull(only, nullptr, 0), 10000, true));
		return;
	}
	for (unsigned seed = 1; seed <= n && failed < 3; seed++)
		if (!run_apart(seed, 300, false) && !run_apart(seed, 5000, false) &&
		    !run_apart(seed, 30000, true)) {
			fprintf(stderr, "seed %u\n", seed);
			failed++;
		}
	CHECK(failed == 0);
}
