/* SPDX-License-Identifier: MPL-2.0 */
/* The terminal while a line is edited. */
#include "apps/sh/term.h"
#include "apps/sh/mem.h"
#include "apps/sh/pattern.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

/* In vi's bindings Escape is a key too: an escape sequence comes at once, a person does not. */
constexpr int ESCAPE_WAIT_MS = 50;
/* What has begun goes on, be the line slow or the machine loaded. */
constexpr int REST_WAIT_MS = 500;

static struct termios cooked;
static bool is_raw;

bool term_can_edit(void)
{
	const char *term = var_get("TERM");

	return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 && term != nullptr &&
	       *term != '\0' && strcmp(term, "dumb") != 0;
}

void term_raw(void)
{
	struct termios t;

	if (is_raw || tcgetattr(STDIN_FILENO, &cooked) < 0)
		return;
	t = cooked;
	t.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IXON | ISTRIP);
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	is_raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &t) == 0;
	term_puts("\033[?2004h");
}

void term_restore(void)
{
	if (!is_raw)
		return;
	term_puts("\033[?2004l");
	tcsetattr(STDIN_FILENO, TCSADRAIN, &cooked);
	is_raw = false;
}

int term_columns(void)
{
	struct winsize ws;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 1)
		return ws.ws_col;
	const char *columns = var_get("COLUMNS");
	int n = columns != nullptr ? atoi(columns) : 0;
	return n > 1 ? n : 80;
}

void term_write(const char *s, size_t n)
{
	while (n > 0) {
		ssize_t done = write(STDERR_FILENO, s, n);
		if (done < 0 && errno != EINTR)
			return;
		if (done > 0) {
			s += done;
			n -= (size_t)done;
		}
	}
}

void term_puts(const char *s)
{
	term_write(s, strlen(s));
}

static int read_byte(int wait_ms)
{
	unsigned char c;
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	if (wait_ms >= 0 && poll(&p, 1, wait_ms) <= 0)
		return KEY_NONE;
	ssize_t n = read(STDIN_FILENO, &c, 1);
	if (n == 1)
		return c;
	return n < 0 && errno == EINTR ? KEY_NONE : KEY_EOF;
}

static int tilde_key(int number)
{
	switch (number) {
	case 1:
	case 7:
		return KEY_HOME;
	case 4:
	case 8:
		return KEY_END;
	case 3:
		return KEY_DELETE;
	case 200:
		return KEY_PASTE;
	default:
		return KEY_UNKNOWN;
	}
}

/* ESC [ numbers letter: the last number above 1 tells Shift, Alt or Ctrl. */
static int read_csi(void)
{
	int number = 0, modifier = 0, c;

	while ((c = read_byte(REST_WAIT_MS)) >= 0) {
		if (c >= '0' && c <= '9') {
			if (number < 10000)
				number = number * 10 + (c - '0');
			continue;
		}
		if (c == ';') {
			modifier = number;
			number = 0;
			continue;
		}
		if (c < 0x40 || c > 0x7e)
			continue;
		break;
	}
	modifier = modifier > 0 && c != '~' ? number : 0;
	switch (c) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'C':
		return modifier > 1 ? KEY_WORD_RIGHT : KEY_RIGHT;
	case 'D':
		return modifier > 1 ? KEY_WORD_LEFT : KEY_LEFT;
	case 'H':
		return KEY_HOME;
	case 'F':
		return KEY_END;
	case '~':
		return tilde_key(number);
	default:
		return KEY_UNKNOWN;
	}
}

static int read_escape(void)
{
	int c = read_byte(sh.opt[OPT_VI] ? ESCAPE_WAIT_MS : REST_WAIT_MS);

	if (c < 0)
		return '\033';
	if (c == '[')
		return read_csi();
	if (c != 'O')
		return KEY_META + c;
	c = read_byte(REST_WAIT_MS);
	switch (c) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'C':
		return KEY_RIGHT;
	case 'D':
		return KEY_LEFT;
	case 'H':
		return KEY_HOME;
	case 'F':
		return KEY_END;
	default:
		return KEY_UNKNOWN;
	}
}

int term_key(void)
{
	int c = read_byte(-1);
	char bytes[4];

	if (c == '\033')
		return read_escape();
	if (c < 0xC2 || !sh.utf8)
		return c >= 0x80 ? 0x110000 + c : c;
	size_t n = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
	bytes[0] = (char)c;
	for (size_t i = 1; i < n; i++) {
		int d = read_byte(REST_WAIT_MS);
		if (d < 0)
			return KEY_UNKNOWN;
		bytes[i] = (char)d;
	}
	return (int)char_code(bytes, n);
}

char *term_paste(size_t *len)
{
	static const char end[] = "\033[201~";
	constexpr size_t END = sizeof(end) - 1;
	struct buf b = {};
	int c;

	while ((c = read_byte(-1)) != KEY_EOF) {
		if (c < 0)
			continue;
		buf_byte(&b, c == '\r' ? '\n' : c);
		if (b.len >= END && memcmp(b.p + b.len - END, end, END) == 0) {
			b.len -= END;
			break;
		}
	}
	*len = b.len;
	return buf_str(&b);
}

int char_columns(unsigned long code)
{
	if (code >= 0x110000)
		return 1;
	int n = wcwidth((wchar_t)code);
	return n >= 0 ? n : 1;
}
