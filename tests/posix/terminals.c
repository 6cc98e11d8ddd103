/* SPDX-License-Identifier: MPL-2.0 */
/* Sessions, process groups, pseudo-terminals, line discipline, job control. */
#include "tests/posix/check.h"
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;

/* A new pair; reading the master returns at once if there is nothing. */
static void open_pair(void)
{
	CHECK_EQ(openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
}

/* What the master reads, as text: as much as is expected, however late, and what comes within a
 * moment after that. */
static const char *shown(size_t expected)
{
	constexpr int LATE = 10'000, MOMENT = 100; /* milliseconds */
	static char text[4096];
	struct pollfd p = { .fd = master, .events = POLLIN };
	size_t used = 0;
	ssize_t n;

	while (used < sizeof(text) - 1 && poll(&p, 1, used < expected ? LATE : MOMENT) == 1 &&
	       (p.revents & POLLIN) && (n = read(master, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	return text;
}

#define CHECK_SHOWN(text) CHECK_STR(shown(strlen(text)), text)

static void type(const char *text)
{
	CHECK_EQ(write(master, text, strlen(text)), strlen(text));
}

/* What the slave reads: "" at end of file, "<error>" on an error. */
static const char *line(void)
{
	static char text[4096];
	ssize_t n = read(slave, text, sizeof(text) - 1);

	if (n < 0)
		return strerrorname_np(errno);
	text[n] = '\0';
	return text;
}

static void change(tcflag_t local_off, tcflag_t local_on)
{
	struct termios t;

	CHECK_EQ(tcgetattr(slave, &t), 0);
	t.c_lflag = (t.c_lflag & ~local_off) | local_on;
	CHECK_EQ(tcsetattr(slave, TCSANOW, &t), 0);
}

/* In a child: a session of its own with the slave as controlling terminal. */
static void session(void)
{
	CHECK(setsid() > 0);
	CHECK_EQ(ioctl(slave, TIOCSCTTY, 0), 0);
}

TEST(a_pair_is_a_terminal)
{
	char name[64];

	open_pair();
	CHECK(isatty(slave) && isatty(master));
	CHECK_EQ(ttyname_r(slave, name, sizeof(name)), 0);
	CHECK_EQ(strncmp(name, "/dev/pts/", 9), 0);
	CHECK_EQ(ptsname_r(master, name, sizeof(name)), 0);
	int again = open(name, O_RDWR | O_NOCTTY);
	CHECK(again >= 0);
	int file = open("/dev/null", O_RDWR);
	CHECK(!isatty(file));
	CHECK_ERR(tcgetattr(file, &(struct termios){}), ENOTTY);
}

TEST(a_line_is_read_when_it_is_complete)
{
	open_pair();
	type("he");
	struct pollfd p = { .fd = slave, .events = POLLIN };
	CHECK_EQ(poll(&p, 1, 50), 0);
	type("llo\n");
	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK_STR(line(), "hello\n");
}

TEST(input_is_echoed_and_newlines_become_two_characters)
{
	open_pair();
	type("ab\n");
	CHECK_SHOWN("ab\r\n");
	CHECK_EQ(write(slave, "out\n", 4), 4);
	CHECK_SHOWN("out\r\n");
	change(ECHO, 0);
	type("cd\n");
	CHECK_SHOWN("");
}

TEST(return_becomes_newline)
{
	open_pair();
	type("x\r");
	CHECK_STR(line(), "x\n");
}

TEST(characters_edit_the_line)
{
	open_pair();
	change(ECHO, 0);
	type("abc\177\177d\n");
	CHECK_STR(line(), "ad\n");
	type("abc\025xy\n"); /* control-U */
	CHECK_STR(line(), "xy\n");
	type("one two\027three\n"); /* control-W */
	CHECK_STR(line(), "one three\n");
	type("a\026\177b\n"); /* control-V takes the next as it is */
	CHECK_STR(line(), "a\177b\n");
}

TEST(erasing_is_shown)
{
	open_pair();
	type("ab\177");
	CHECK_SHOWN("ab\b \b");
	type("\003"); /* a signal to nobody; shown as ^C */
	CHECK_EQ(strncmp(shown(2), "^C", 2), 0);
}

TEST(control_D_is_the_end)
{
	open_pair();
	type("ab\004");
	CHECK_STR(line(), "ab");
	type("\004");
	CHECK_STR(line(), "");
	type("c\n");
	CHECK_STR(line(), "c\n");
}

TEST(a_long_line_is_read_in_pieces)
{
	char c[4];

	open_pair();
	type("abcdef\n");
	CHECK_EQ(read(slave, c, 4), 4);
	CHECK_EQ(memcmp(c, "abcd", 4), 0);
	CHECK_STR(line(), "ef\n");
}

TEST(raw_mode_reads_each_byte)
{
	struct termios t;

	open_pair();
	CHECK_EQ(tcgetattr(slave, &t), 0);
	cfmakeraw(&t);
	CHECK_EQ(tcsetattr(slave, TCSANOW, &t), 0);
	type("a\r\003");
	CHECK_STR(line(), "a\r\003");
	CHECK_SHOWN("");
	CHECK_EQ(write(slave, "\n", 1), 1);
	CHECK_SHOWN("\n");
}

TEST(VMIN_and_VTIME)
{
	struct termios t;
	char text[8];

	open_pair();
	CHECK_EQ(tcgetattr(slave, &t), 0);
	cfmakeraw(&t);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	CHECK_EQ(tcsetattr(slave, TCSANOW, &t), 0);
	CHECK_EQ(read(slave, text, 8), 0);
	t.c_cc[VTIME] = 1;
	CHECK_EQ(tcsetattr(slave, TCSANOW, &t), 0);
	CHECK_EQ(read(slave, text, 8), 0);
	t.c_cc[VMIN] = 3;
	t.c_cc[VTIME] = 0;
	CHECK_EQ(tcsetattr(slave, TCSANOW, &t), 0);
	pid_t pid = fork();
	if (pid == 0) {
		type("ab");
		usleep(30'000);
		type("c");
		_exit(0);
	}
	CHECK_EQ(read(slave, text, 8), 3);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(attributes_are_kept)
{
	struct termios t, now;

	open_pair();
	CHECK_EQ(tcgetattr(slave, &t), 0);
	CHECK(t.c_lflag & ICANON && t.c_lflag & ECHO && t.c_lflag & ISIG);
	CHECK(t.c_iflag & ICRNL && t.c_oflag & OPOST && t.c_oflag & ONLCR);
	CHECK_EQ(t.c_cc[VINTR], 3);
	CHECK_EQ(t.c_cc[VEOF], 4);
	CHECK_EQ(t.c_cc[VERASE], 127);
	t.c_cc[VINTR] = 'q';
	t.c_oflag &= ~(tcflag_t)ONLCR;
	CHECK_EQ(tcsetattr(slave, TCSADRAIN, &t), 0);
	CHECK_EQ(tcgetattr(master, &now), 0);
	CHECK_EQ(now.c_cc[VINTR], 'q');
	CHECK_EQ(write(slave, "\n", 1), 1);
	CHECK_SHOWN("\n");
}

/* struct termio of asm/termios.h, which clashes with termios.h. */
struct old_settings {
	unsigned short in, out, control, local;
	unsigned char line, characters[8];
};

TEST(settings_can_be_asked_in_the_old_way)
{
	struct old_settings old = {};
	struct termios t;

	open_pair();
	CHECK_ERR(ioctl(slave, TCGETA, -1), EFAULT);
	CHECK_EQ(ioctl(slave, TCGETA, &old), 0);
	CHECK((old.local & ECHO) && (old.in & ICRNL) && old.characters[VINTR] == 3);
	old.local &= (unsigned short)~ECHO;
	old.characters[VINTR] = 'q';
	CHECK_EQ(ioctl(slave, TCSETAW, &old), 0);
	CHECK_EQ(tcgetattr(slave, &t), 0);
	CHECK(!(t.c_lflag & ECHO) && (t.c_lflag & IEXTEN) && t.c_cc[VINTR] == 'q');
	CHECK_EQ(t.c_cc[VMIN], 1);
}

TEST(no_settings_are_locked)
{
	struct termios t;

	open_pair();
	memset(&t, 1, sizeof(t));
	CHECK_EQ(ioctl(slave, TIOCGLCKTRMIOS, &t), 0);
	CHECK(t.c_iflag == 0 && t.c_lflag == 0 && t.c_cc[VINTR] == 0);
}

TEST(the_window_size_is_kept)
{
	struct winsize w = { .ws_row = 33, .ws_col = 99 }, now;

	open_pair();
	CHECK_EQ(ioctl(master, TIOCSWINSZ, &w), 0);
	CHECK_EQ(ioctl(slave, TIOCGWINSZ, &now), 0);
	CHECK(now.ws_row == 33 && now.ws_col == 99);
}

TEST(flushing_and_counting)
{
	int n = -1;

	open_pair();
	change(ECHO, 0);
	type("abc\n");
	CHECK_SOON(ioctl(slave, FIONREAD, &n) == 0 && n == 4);
	CHECK_EQ(tcflush(slave, TCIFLUSH), 0);
	CHECK_EQ(ioctl(slave, FIONREAD, &n), 0);
	CHECK_EQ(n, 0);
	CHECK_EQ(tcdrain(slave), 0);
	CHECK_EQ(tcsendbreak(slave, 0), 0);
}

TEST(closing_the_master_hangs_up)
{
	open_pair();
	close(master);
	CHECK_STR(line(), "");
	CHECK_ERR(write(slave, "x", 1), EIO);
}

TEST(closing_the_slave_ends_the_masters_reading)
{
	char c;

	open_pair();
	CHECK_EQ(write(slave, "x", 1), 1);
	close(slave);
	CHECK_EQ(read(master, &c, 1), 1);
	CHECK_ERR(read(master, &c, 1), EIO);
}

TEST(sessions_and_groups)
{
	CHECK_EQ(getpgid(0), getpgrp());
	CHECK_EQ(getsid(0), getsid(getpid()));
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(setpgid(0, 0), 0);
		CHECK_EQ(getpgrp(), getpid());
		CHECK_ERR(setsid(), EPERM); /* a group leader */
		pid = fork();
		if (pid == 0) {
			CHECK_EQ(setsid(), getpid());
			CHECK(getsid(0) == getpid() && getpgrp() == getpid());
			CHECK_ERR(setpgid(0, 0), EPERM);
			_exit(0);
		}
		_exit(check_wait(pid));
	}
	CHECK_EQ(check_wait(pid), 0);
	CHECK_ERR(setpgid(0, 99'999'999), EPERM);
	CHECK_ERR(getpgid(99'999'999), ESRCH);
	CHECK_ERR(setpgid(-1, 0), EINVAL);
}

TEST(a_session_leader_gets_a_controlling_terminal)
{
	open_pair();
	pid_t pid = fork();
	if (pid == 0) {
		CHECK(setsid() > 0);
		CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
		CHECK_EQ(ioctl(slave, TIOCSCTTY, 0), 0);
		int tty = open("/dev/tty", O_RDWR);
		CHECK(tty >= 0);
		CHECK_EQ(tcgetpgrp(tty), getpgrp());
		CHECK_EQ(tcgetsid(tty), getpid());
		CHECK_EQ(write(tty, "here", 4), 4);
		_exit(0);
	}
	CHECK_SHOWN("here");
	CHECK_EQ(check_wait(pid), 0);
}

static volatile sig_atomic_t got;

static void note(int signal)
{
	got = signal;
}

TEST(control_C_and_its_kin_signal_the_foreground)
{
	static const struct {
		const char *key;
		int signal;
	} keys[] = { { "\003", SIGINT }, { "\034", SIGQUIT }, { "\032", SIGTSTP } };

	open_pair();
	pid_t pid = fork();
	if (pid == 0) {
		session();
		for (int i = 0; i < 3; i++)
			signal(keys[i].signal, note);
		for (int i = 0; i < 3; i++) {
			CHECK_EQ(write(slave, "?", 1), 1);
			CHECK_SOON(got == keys[i].signal);
		}
		_exit(0);
	}
	for (int i = 0; i < 3; i++) {
		char c;
		do
			CHECK_EQ(read(master, &c, 1), 1);
		while (c != '?');
		type(keys[i].key);
	}
	CHECK_EQ(check_wait(pid), 0);
}

TEST(a_new_window_size_is_signalled)
{
	struct winsize w = { .ws_row = 10, .ws_col = 20 };
	char c;

	open_pair();
	pid_t pid = fork();
	if (pid == 0) {
		session();
		signal(SIGWINCH, note);
		CHECK_EQ(write(slave, "?", 1), 1);
		CHECK_SOON(got == SIGWINCH);
		_exit(0);
	}
	CHECK_EQ(read(master, &c, 1), 1);
	CHECK_EQ(ioctl(master, TIOCSWINSZ, &w), 0);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(hanging_up_signals_the_session)
{
	char c;

	open_pair();
	pid_t pid = fork();
	if (pid == 0) {
		close(master);
		session();
		CHECK_EQ(write(slave, "?", 1), 1);
		for (;;)
			pause();
	}
	CHECK_EQ(read(master, &c, 1), 1);
	close(slave);
	close(master);
	CHECK_EQ(check_wait(pid), 128 + SIGHUP);
}

/* Its end is seen at a master only when all have closed the slave, which they can go on to use. */
TEST(the_master_outlives_the_leader)
{
	char c[8];

	CHECK_EQ(openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
	pid_t pid = fork();
	if (pid == 0) {
		setsid();
		CHECK_EQ(ioctl(slave, TIOCSCTTY, 0), 0);
		_exit(write(slave, "x", 1) == 1 ? 0 : 1);
	}
	CHECK_EQ(check_wait(pid), 0);
	usleep(30'000); /* the end becomes known */
	CHECK_EQ(read(master, c, sizeof(c)), 1);
	struct pollfd p = { .fd = master, .events = POLLIN };
	CHECK_EQ(poll(&p, 1, 20), 0);
	CHECK_EQ(write(slave, "y", 1), 1);
	CHECK_EQ(read(master, c, sizeof(c)), 1);
	close(slave);
	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK_EQ(p.revents & POLLHUP, POLLHUP);
	CHECK_ERR(read(master, c, 1), EIO);
}

TEST(the_background_stops_when_it_reads)
{
	int status;

	open_pair();
	pid_t leader = fork();
	if (leader == 0) {
		session();
		pid_t pid = fork();
		if (pid == 0) {
			char c;
			setpgid(0, 0);
			_exit((int)read(slave, &c, 1));
		}
		setpgid(pid, pid);
		CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
		CHECK_EQ(tcsetpgrp(slave, pid), 0);
		CHECK_EQ(kill(pid, SIGCONT), 0);
		CHECK_EQ(write(slave, "?", 1), 1);
		_exit(check_wait(pid));
	}
	CHECK_SHOWN("?");
	type("x\n");
	CHECK_EQ(check_wait(leader), 1);
}

TEST(the_background_may_write_unless_TOSTOP)
{
	int status;

	open_pair();
	pid_t leader = fork();
	if (leader == 0) {
		session();
		for (int i = 0; i < 2; i++) {
			pid_t pid = fork();
			if (pid == 0) {
				setpgid(0, 0);
				_exit(write(slave, "w", 1) == 1 ? 0 : 1);
			}
			CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
			if (i == 0) {
				CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
				change(0, TOSTOP);
			} else {
				CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
				kill(pid, SIGKILL);
			}
		}
		_exit(0);
	}
	CHECK_EQ(check_wait(leader), 0);
}

TEST(tcsetpgrp_from_the_background_stops)
{
	int status;

	open_pair();
	pid_t leader = fork();
	if (leader == 0) {
		session();
		pid_t pid = fork();
		if (pid == 0) {
			setpgid(0, 0);
			tcsetpgrp(slave, getpid());
			_exit(7);
		}
		CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
		kill(pid, SIGKILL);
		check_wait(pid);
		pid = fork();
		if (pid == 0) { /* who ignores the signal may */
			signal(SIGTTOU, SIG_IGN);
			setpgid(0, 0);
			CHECK_EQ(tcsetpgrp(slave, getpid()), 0);
			_exit(7);
		}
		CHECK_EQ(check_wait(pid), 7);
		_exit(0);
	}
	CHECK_EQ(check_wait(leader), 0);
}

TEST(a_background_group_without_a_parent_to_continue_it_is_not_stopped)
{
	open_pair();
	pid_t leader = fork();
	if (leader == 0) {
		session();
		char c;
		pid_t pid = fork();
		if (pid == 0) {
			setpgid(0, 0);
			pid = fork();
			if (pid == 0) {
				CHECK_SOON(getppid() != 0 && kill(getpgrp(), 0) != 0);
				CHECK_ERR(read(slave, &c, 1), EIO);
				_exit(0);
			}
			_exit(0);
		}
		check_wait(pid);
		usleep(100'000);
		_exit(0);
	}
	CHECK_EQ(check_wait(leader), 0);
}

TEST(forkpty_starts_a_session)
{
	pid_t pid = forkpty(&master, nullptr, nullptr, nullptr);

	if (pid == 0) {
		char text[16] = "";
		ssize_t n = read(STDIN_FILENO, text, sizeof(text) - 1);
		printf("got %zd %s", n, text);
		fflush(stdout);
		_exit(isatty(2) && tcgetpgrp(0) == getpid() ? 5 : 6);
	}
	type("in\n");
	CHECK_SHOWN("in\r\ngot 3 in\r\n");
	CHECK_EQ(check_wait(pid), 5);
}
