/* SPDX-License-Identifier: MPL-2.0 */
/* The terminal, for utilities that fill the screen. */
#include "apps/applet/terminal.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "apps/applet/out.h"

static struct termios before;

static int number_of(const char *variable, int otherwise)
{
	const char *s = getenv(variable);
	int n = s != nullptr ? atoi(s) : 0;

	return n > 0 && n < 10000 ? n : otherwise;
}

struct terminal_size terminal_size(int fd)
{
	struct winsize w = {};

	if (ioctl(fd, TIOCGWINSZ, &w) != 0)
		w = (struct winsize){};
	return (struct terminal_size){
		.rows = w.ws_row > 0 ? w.ws_row : number_of("LINES", 24),
		.columns = w.ws_col > 0 ? w.ws_col : number_of("COLUMNS", 80),
	};
}

bool terminal_is_capable(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && (term == nullptr || strcmp(term, "dumb") != 0);
}

int terminal_open(void)
{
	if (isatty(STDIN_FILENO))
		return STDIN_FILENO;
	if (isatty(STDERR_FILENO))
		return STDERR_FILENO;
	return open("/dev/tty", O_RDWR | O_CLOEXEC);
}

bool terminal_begin(int fd)
{
	if (tcgetattr(fd, &before) != 0)
		return false;
	struct termios raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	return tcsetattr(fd, TCSADRAIN, &raw) == 0;
}

void terminal_end(int fd)
{
	put_flush();
	(void)tcsetattr(fd, TCSADRAIN, &before); /* it could set them a moment ago */
}

void terminal_stop(int fd)
{
	terminal_end(fd);
	raise(SIGTSTP);
	(void)terminal_begin(fd); /* it worked before we stopped */
}

static int byte_read(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned char c;

	int n = poll(&p, 1, timeout_ms);
	if (n <= 0)
		return KEY_NONE; /* a signal, such as a new size, ends the wait too */
	return read(fd, &c, 1) == 1 ? c : KEY_END_OF_INPUT;
}

/* What follows ESC [ or ESC O: numbers and one letter. */
static int sequence_read(int fd)
{
	int number = 0, c;

	while ((c = byte_read(fd, 100)) >= 0 && (c == ';' || (c >= '0' && c <= '9')))
		number = c == ';' ? number : (number * 10 + c - '0') % 1000;
	switch (c) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'H':
		return KEY_HOME;
	case 'F':
		return KEY_END;
	case '~':
		return number == 5 ? KEY_PAGE_UP : number == 6 ? KEY_PAGE_DOWN : KEY_OTHER;
	default:
		return KEY_OTHER;
	}
}

int terminal_key(int fd, int timeout_ms)
{
	put_flush();
	int c = byte_read(fd, timeout_ms);
	if (c != '\033')
		return c;
	c = byte_read(fd, 50);
	return c == '[' || c == 'O' ? sequence_read(fd) : c < 0 ? '\033' : KEY_OTHER;
}

bool terminal_ask(int fd, int row, const char *question, char *answer, size_t size)
{
	size_t n = 0;

	put_format("\033[%d;1H\033[K%s", row, question);
	for (;;) {
		int c = terminal_key(fd, -1);
		if (c == '\r' || c == '\n')
			break;
		if (c == '\033' || c == KEY_CTRL_C || c == KEY_END_OF_INPUT)
			return false;
		if ((c == '\b' || c == 0x7f) && n > 0) {
			n--;
			put_string("\b \b");
		} else if (c >= ' ' && c < 0x100 && c != 0x7f && n + 1 < size) {
			answer[n++] = (char)c;
			put_char(c);
		}
	}
	answer[n] = '\0';
	return true;
}
