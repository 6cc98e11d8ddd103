/* SPDX-License-Identifier: MPL-2.0 */
/* clear and reset: an empty screen, and a terminal that works again. */
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/terminal.h"

static const struct opt clear_opts[] = {
	{ 'x', nullptr, nullptr, "leave what has scrolled away" },
	{},
};

static bool is_dumb(void)
{
	const char *term = getenv("TERM");

	return term != nullptr && strcmp(term, "dumb") == 0;
}

static int clear_main(int argc, char **argv)
{
	bool keep = false;
	struct opt_state s;

	opt_init(&s, argc, argv);
	while (opt_next(&s) != 0)
		keep = true;
	if (s.index < argc)
		opt_extra_operand(argv[s.index]);
	if (!is_dumb())
		put_string(keep ? "\033[H\033[2J" : "\033[H\033[2J\033[3J");
	return 0;
}

static const struct opt no_opts[] = { {} };

/* The modes that a terminal starts with, the speed and the erase character excepted. */
static void modes_reset(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) != 0)
		return;
	t.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | INPCK | ISTRIP | INLCR | IGNCR | IXOFF);
	t.c_iflag |= ICRNL | IXON | IMAXBEL | IUTF8;
	t.c_oflag |= OPOST | ONLCR;
	t.c_oflag &= ~(tcflag_t)(OCRNL | ONOCR | ONLRET);
	t.c_cflag |= CREAD;
	t.c_lflag |= ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE;
	t.c_lflag &= ~(tcflag_t)(ECHONL | NOFLSH | TOSTOP | ECHOPRT);
	t.c_cc[VINTR] = 'C' & 0x1f;
	t.c_cc[VQUIT] = '\\' & 0x1f;
	t.c_cc[VKILL] = 'U' & 0x1f;
	t.c_cc[VEOF] = 'D' & 0x1f;
	t.c_cc[VSTART] = 'Q' & 0x1f;
	t.c_cc[VSTOP] = 'S' & 0x1f;
	t.c_cc[VSUSP] = 'Z' & 0x1f;
	(void)tcsetattr(fd, TCSADRAIN, &t); /* the sequences below help all the same */
}

static int reset_main(int argc, char **argv)
{
	struct opt_state s;

	opt_init(&s, argc, argv);
	(void)opt_next(&s); /* there are none but --help */
	if (s.index < argc)
		opt_extra_operand(argv[s.index]);
	int fd = terminal_open();
	if (fd >= 0)
		modes_reset(fd);
	/* Full reset; ordinary characters, cursor shown, no mouse, no paste marks, main screen. */
	if (!is_dumb())
		put_string(
			"\033c\033(B\033[m\033[?25h\033[?1000l\033[?2004l\033[?1049l\033[H\033[2J");
	if (fd > STDERR_FILENO)
		close(fd);
	return 0;
}

APPLET(clear, .usage = "[-x]", .summary = "Clear the screen.", .opts = clear_opts);
APPLET(reset, .usage = "", .summary = "Make the terminal work again as it did at the start.",
       .opts = no_opts);
