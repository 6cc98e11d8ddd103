/* SPDX-License-Identifier: MPL-2.0 */
/* stty: the modes of a terminal, shown and changed. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

static const struct opt stty_opts[] = {
	{ 'a', "all", nullptr, "show all modes" },
	{ 'g', "save", nullptr, "show them so that stty can restore them" },
	{ 'F', "file", "DEVICE", "this terminal instead of standard input" },
	{},
};

enum word { CONTROL, INPUT, OUTPUT, LOCAL };

/* What `sane` does with a mode. Only those in another state are shown without -a. */
enum sane { LEAVE, ON, OFF };

/* One mode: its bits in one of the four words; `mask` when several bits make a choice. */
struct mode {
	const char *name;
	enum word word;
	tcflag_t bits, mask;
	enum sane sane;
	bool is_choice;
};

/* In the order in which all are shown. */
static const struct mode modes[] = {
	{ "parenb", CONTROL, PARENB, 0, LEAVE, false },
	{ "parodd", CONTROL, PARODD, 0, LEAVE, false },
	{ "cmspar", CONTROL, CMSPAR, 0, LEAVE, false },
	{ "cs5", CONTROL, CS5, CSIZE, LEAVE, true },
	{ "cs6", CONTROL, CS6, CSIZE, LEAVE, true },
	{ "cs7", CONTROL, CS7, CSIZE, LEAVE, true },
	{ "cs8", CONTROL, CS8, CSIZE, LEAVE, true },
	{ "hupcl", CONTROL, HUPCL, 0, LEAVE, false },
	{ "cstopb", CONTROL, CSTOPB, 0, LEAVE, false },
	{ "cread", CONTROL, CREAD, 0, ON, false },
	{ "clocal", CONTROL, CLOCAL, 0, LEAVE, false },
	{ "crtscts", CONTROL, CRTSCTS, 0, LEAVE, false },
	{ "ignbrk", INPUT, IGNBRK, 0, OFF, false },
	{ "brkint", INPUT, BRKINT, 0, ON, false },
	{ "ignpar", INPUT, IGNPAR, 0, LEAVE, false },
	{ "parmrk", INPUT, PARMRK, 0, LEAVE, false },
	{ "inpck", INPUT, INPCK, 0, LEAVE, false },
	{ "istrip", INPUT, ISTRIP, 0, LEAVE, false },
	{ "inlcr", INPUT, INLCR, 0, OFF, false },
	{ "igncr", INPUT, IGNCR, 0, OFF, false },
	{ "icrnl", INPUT, ICRNL, 0, ON, false },
	{ "ixon", INPUT, IXON, 0, LEAVE, false },
	{ "ixoff", INPUT, IXOFF, 0, OFF, false },
	{ "iuclc", INPUT, IUCLC, 0, OFF, false },
	{ "ixany", INPUT, IXANY, 0, OFF, false },
	{ "imaxbel", INPUT, IMAXBEL, 0, ON, false },
	{ "iutf8", INPUT, IUTF8, 0, OFF, false },
	{ "opost", OUTPUT, OPOST, 0, ON, false },
	{ "olcuc", OUTPUT, OLCUC, 0, OFF, false },
	{ "ocrnl", OUTPUT, OCRNL, 0, OFF, false },
	{ "onlcr", OUTPUT, ONLCR, 0, ON, false },
	{ "onocr", OUTPUT, ONOCR, 0, OFF, false },
	{ "onlret", OUTPUT, ONLRET, 0, OFF, false },
	{ "ofill", OUTPUT, OFILL, 0, OFF, false },
	{ "ofdel", OUTPUT, OFDEL, 0, OFF, false },
	{ "nl0", OUTPUT, NL0, NLDLY, ON, true },
	{ "nl1", OUTPUT, NL1, NLDLY, OFF, true },
	{ "cr0", OUTPUT, CR0, CRDLY, ON, true },
	{ "cr1", OUTPUT, CR1, CRDLY, OFF, true },
	{ "cr2", OUTPUT, CR2, CRDLY, OFF, true },
	{ "cr3", OUTPUT, CR3, CRDLY, OFF, true },
	{ "tab0", OUTPUT, TAB0, TABDLY, ON, true },
	{ "tab1", OUTPUT, TAB1, TABDLY, OFF, true },
	{ "tab2", OUTPUT, TAB2, TABDLY, OFF, true },
	{ "tab3", OUTPUT, TAB3, TABDLY, OFF, true },
	{ "bs0", OUTPUT, BS0, BSDLY, ON, true },
	{ "bs1", OUTPUT, BS1, BSDLY, OFF, true },
	{ "vt0", OUTPUT, VT0, VTDLY, ON, true },
	{ "vt1", OUTPUT, VT1, VTDLY, OFF, true },
	{ "ff0", OUTPUT, FF0, FFDLY, ON, true },
	{ "ff1", OUTPUT, FF1, FFDLY, OFF, true },
	{ "isig", LOCAL, ISIG, 0, ON, false },
	{ "icanon", LOCAL, ICANON, 0, ON, false },
	{ "iexten", LOCAL, IEXTEN, 0, ON, false },
	{ "echo", LOCAL, ECHO, 0, ON, false },
	{ "echoe", LOCAL, ECHOE, 0, ON, false },
	{ "echok", LOCAL, ECHOK, 0, ON, false },
	{ "echonl", LOCAL, ECHONL, 0, OFF, false },
	{ "noflsh", LOCAL, NOFLSH, 0, OFF, false },
	{ "xcase", LOCAL, XCASE, 0, OFF, false },
	{ "tostop", LOCAL, TOSTOP, 0, OFF, false },
	{ "echoprt", LOCAL, ECHOPRT, 0, OFF, false },
	{ "echoctl", LOCAL, ECHOCTL, 0, ON, false },
	{ "echoke", LOCAL, ECHOKE, 0, ON, false },
	{ "flusho", LOCAL, FLUSHO, 0, OFF, false },
	{ "extproc", LOCAL, EXTPROC, 0, OFF, false },
};

constexpr size_t MODE_COUNT = sizeof modes / sizeof modes[0];

/* Special characters, in the order in which they are shown. */
static const struct special {
	const char *name;
	int index;
	unsigned char sane;
} specials[] = {
	{ "intr", VINTR, 3 },      { "quit", VQUIT, 28 },   { "erase", VERASE, 127 },
	{ "kill", VKILL, 21 },     { "eof", VEOF, 4 },      { "eol", VEOL, 0 },
	{ "eol2", VEOL2, 0 },      { "swtch", VSWTC, 0 },   { "start", VSTART, 17 },
	{ "stop", VSTOP, 19 },     { "susp", VSUSP, 26 },   { "rprnt", VREPRINT, 18 },
	{ "werase", VWERASE, 23 }, { "lnext", VLNEXT, 22 }, { "discard", VDISCARD, 15 },
	{ "min", VMIN, 1 },        { "time", VTIME, 0 },
};

constexpr size_t SPECIAL_COUNT = sizeof specials / sizeof specials[0];

static const struct speed {
	unsigned bauds;
	speed_t code;
} speeds[] = {
	{ 0, B0 },
	{ 50, B50 },
	{ 75, B75 },
	{ 110, B110 },
	{ 134, B134 },
	{ 150, B150 },
	{ 200, B200 },
	{ 300, B300 },
	{ 600, B600 },
	{ 1200, B1200 },
	{ 1800, B1800 },
	{ 2400, B2400 },
	{ 4800, B4800 },
	{ 9600, B9600 },
	{ 19200, B19200 },
	{ 38400, B38400 },
	{ 57600, B57600 },
	{ 115200, B115200 },
	{ 230400, B230400 },
	{ 460800, B460800 },
	{ 500000, B500000 },
	{ 576000, B576000 },
	{ 921600, B921600 },
	{ 1000000, B1000000 },
	{ 1152000, B1152000 },
	{ 1500000, B1500000 },
	{ 2000000, B2000000 },
	{ 2500000, B2500000 },
	{ 3000000, B3000000 },
	{ 3500000, B3500000 },
	{ 4000000, B4000000 },
};

struct stty {
	int fd;
	const char *device;
	struct termios t;
	bool changed;
	int column; /* of what is shown */
	int width;
};

static tcflag_t *word_of(struct termios *t, enum word w)
{
	return w == CONTROL  ? &t->c_cflag
	       : w == INPUT  ? &t->c_iflag
	       : w == OUTPUT ? &t->c_oflag
			     : &t->c_lflag;
}

static unsigned bauds_of(speed_t code)
{
	for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
		if (speeds[i].code == code)
			return speeds[i].bauds;
	return 0;
}

/* -- showing -- */

/* One item, on a new line when this one is full. */
[[gnu::format(printf, 2, 3)]] static void show(struct stty *s, const char *format, ...)
{
	char item[96];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(item, sizeof item, format, args);
	va_end(args);
	if (s->column > 0 && s->column + 1 + n > s->width) {
		put_char('\n');
		s->column = 0;
	}
	if (s->column > 0)
		put_char(' ');
	s->column += n + (s->column > 0);
	put_string(item);
}

static void show_end(struct stty *s)
{
	if (s->column > 0)
		put_char('\n');
	s->column = 0;
}

static const char *special_text(unsigned char c, char buf[static 8])
{
	char *p = buf;

	if (c == _POSIX_VDISABLE)
		return "<undef>";
	if (c >= 128) {
		*p++ = 'M';
		*p++ = '-';
		c -= 128;
	}
	if (c < 32 || c == 127)
		*p++ = '^';
	*p++ = (char)(c < 32 ? c + 64 : c == 127 ? '?' : c);
	*p = '\0';
	return buf;
}

static bool is_on(struct termios *t, const struct mode *m)
{
	tcflag_t mask = m->is_choice ? m->mask : m->bits;

	return (*word_of(t, m->word) & mask) == m->bits;
}

static bool is_timing(const struct special *c)
{
	return c->index == VMIN || c->index == VTIME;
}

static void speed_show(struct stty *s, bool all)
{
	unsigned in = bauds_of(cfgetispeed(&s->t)), out = bauds_of(cfgetospeed(&s->t));
	struct winsize w = {};

	if (in == 0 || in == out)
		show(s, "speed %u baud;", out);
	else
		show(s, "ispeed %u baud; ospeed %u baud;", in, out);
	if (all && ioctl(s->fd, TIOCGWINSZ, &w) == 0)
		show(s, "rows %d; columns %d;", w.ws_row, w.ws_col);
	show(s, "line = %d;", s->t.c_line);
	show_end(s);
}

static void specials_show(struct stty *s, bool all)
{
	bool canonical = (s->t.c_lflag & ICANON) != 0;
	char buf[8];

	for (size_t i = 0; i < SPECIAL_COUNT; i++) {
		const struct special *c = &specials[i];
		unsigned char value = s->t.c_cc[c->index];
		if (!all && (value == c->sane || is_timing(c)))
			continue;
		if (!is_timing(c))
			show(s, "%s = %s;", c->name, special_text(value, buf));
		else if (all || !canonical)
			show(s, "%s = %d;", c->name, value);
	}
	if (!all && !canonical)
		show(s, "min = %d; time = %d;", s->t.c_cc[VMIN], s->t.c_cc[VTIME]);
	show_end(s);
}

static void modes_show(struct stty *s, bool all)
{
	enum word before = CONTROL;

	for (size_t i = 0; i < MODE_COUNT; i++) {
		const struct mode *m = &modes[i];
		bool on = is_on(&s->t, m);
		if (m->word != before)
			show_end(s);
		before = m->word;
		bool odd = m->sane == (on ? OFF : ON);
		if (m->is_choice ? on && (all || odd) : all || odd)
			show(s, "%s%s", on ? "" : "-", m->name);
	}
	show_end(s);
}

/* The words in hexadecimal, with colons between: as GNU's -g, which may read it too. */
static void saved_show(const struct stty *s)
{
	const struct termios *t = &s->t;

	put_format("%x:%x:%x:%x", t->c_iflag, t->c_oflag, t->c_cflag, t->c_lflag);
	for (size_t i = 0; i < NCCS; i++)
		put_format(":%x", t->c_cc[i]);
	put_char('\n');
}

/* -- changing -- */

static bool saved_restore(struct stty *s, const char *text)
{
	unsigned long v[4 + NCCS];
	char *end;

	for (size_t i = 0; i < 4 + NCCS; i++) {
		if (!isxdigit((unsigned char)*text))
			return false;
		v[i] = strtoul(text, &end, 16);
		if (*end != (i + 1 < 4 + NCCS ? ':' : '\0'))
			return false;
		text = end + 1;
	}
	s->t.c_iflag = (tcflag_t)v[0];
	s->t.c_oflag = (tcflag_t)v[1];
	s->t.c_cflag = (tcflag_t)v[2];
	s->t.c_lflag = (tcflag_t)v[3];
	for (size_t i = 0; i < NCCS; i++)
		s->t.c_cc[i] = (cc_t)v[4 + i];
	return true;
}

static bool mode_set(struct stty *s, const char *name, bool on)
{
	for (size_t i = 0; i < MODE_COUNT; i++) {
		const struct mode *m = &modes[i];
		tcflag_t *word = word_of(&s->t, m->word);
		if (strcmp(m->name, name) != 0 || (m->is_choice && !on))
			continue;
		*word &= ~(m->is_choice ? m->mask : m->bits);
		if (on)
			*word |= m->bits;
		return true;
	}
	return false;
}

static void modes_set(struct stty *s, const char *names, bool on)
{
	char word[16];

	while (*names != '\0') {
		bool negated = *names == '-';
		size_t n = strcspn(names += negated, " ");
		snprintf(word, sizeof word, "%.*s", (int)n, names);
		(void)mode_set(s, word, on != negated); /* they are in the table */
		names += n + (names[n] == ' ');
	}
}

static void sane_set(struct stty *s)
{
	for (size_t i = 0; i < MODE_COUNT; i++)
		if (modes[i].sane == ON || (modes[i].sane == OFF && !modes[i].is_choice))
			(void)mode_set(s, modes[i].name, modes[i].sane == ON); /* it is there */
	for (size_t i = 0; i < SPECIAL_COUNT; i++)
		s->t.c_cc[specials[i].index] = specials[i].sane;
}

/* Names for several modes at once; false if it is none. */
static bool combination_set(struct stty *s, const char *name, bool on)
{
	static const struct {
		const char *name, *on, *off;
	} table[] = {
		{ "evenp", "parenb -parodd cs7", "-parenb cs8" },
		{ "parity", "parenb -parodd cs7", "-parenb cs8" },
		{ "oddp", "parenb parodd cs7", "-parenb cs8" },
		{ "nl", "-icrnl -onlcr", "icrnl -inlcr -igncr onlcr -ocrnl -onlret" },
		{ "cbreak", "-icanon", "icanon" },
		{ "pass8", "-parenb -istrip cs8", "parenb istrip cs7" },
		{ "litout", "-parenb -istrip -opost cs8", "parenb istrip opost cs7" },
		{ "decctlq", "-ixany", "ixany" },
		{ "tabs", "tab0", "tab3" },
		{ "lcase", "xcase iuclc olcuc", "-xcase -iuclc -olcuc" },
		{ "LCASE", "xcase iuclc olcuc", "-xcase -iuclc -olcuc" },
		{ "crt", "echoe echoctl echoke", nullptr },
		{ "dec", "echoe echoctl echoke -ixany", nullptr },
		{ "raw",
		  "-ignbrk -brkint -ignpar -parmrk -inpck -istrip -inlcr -igncr -icrnl -ixon "
		  "-ixoff -icanon -opost -isig -iuclc -ixany -imaxbel -xcase",
		  "brkint ignpar istrip icrnl ixon opost isig icanon" },
		{ "cooked", "brkint ignpar istrip icrnl ixon opost isig icanon",
		  "-ignbrk -brkint -ignpar -parmrk -inpck -istrip -inlcr -igncr -icrnl -ixon "
		  "-ixoff -icanon -opost -isig -iuclc -ixany -imaxbel -xcase" },
		{ "tandem", "ixoff", "-ixoff" },
		{ "hup", "hupcl", "-hupcl" },
		{ "crterase", "echoe", "-echoe" },
		{ "crtkill", "echoke", "-echoke" },
		{ "ctlecho", "echoctl", "-echoctl" },
		{ "prterase", "echoprt", "-echoprt" },
	};

	if (strcmp(name, "sane") == 0 && on) {
		sane_set(s);
		return true;
	}
	if (strcmp(name, "ek") == 0 && on) {
		s->t.c_cc[VERASE] = 127;
		s->t.c_cc[VKILL] = 21;
		return true;
	}
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const char *names = on ? table[i].on : table[i].off;
		if (strcmp(table[i].name, name) != 0 || names == nullptr)
			continue;
		modes_set(s, names, true);
		bool to_raw =
			(strcmp(name, "raw") == 0) == on && strstr(names, "-icanon") != nullptr;
		if (to_raw) {
			s->t.c_cc[VMIN] = 1;
			s->t.c_cc[VTIME] = 0;
		}
		return true;
	}
	return false;
}

/* "^C", "x", "0x3", "undef"; ends the applet when it is none. */
static unsigned char special_read(const char *text)
{
	if (strcmp(text, "^-") == 0 || strcmp(text, "undef") == 0 || *text == '\0')
		return _POSIX_VDISABLE;
	if (text[1] == '\0')
		return (unsigned char)text[0];
	if (text[0] == '^' && text[2] == '\0')
		return text[1] == '?' ? 127 : (unsigned char)(text[1] & 0x1f);
	char *end;
	unsigned long n = strtoul(text, &end, 0);
	if (end == text || *end != '\0' || n > 255)
		err_fatal("invalid integer argument '%s'", text);
	return (unsigned char)n;
}

static bool special_set(struct stty *s, const char *name, const char *value)
{
	static const char *const aliases[][2] = { { "brk", "eol" },
						  { "flush", "discard" },
						  { "dsusp", "susp" } };

	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (strcmp(name, aliases[i][0]) == 0)
			name = aliases[i][1];
	for (size_t i = 0; i < SPECIAL_COUNT; i++) {
		const struct special *c = &specials[i];
		if (strcmp(c->name, name) != 0)
			continue;
		if (value == nullptr)
			opt_usage_error("missing argument to '%s'", name);
		s->t.c_cc[c->index] = is_timing(c)
					      ? (cc_t)num_get(value, 0, 255, "integer argument")
					      : special_read(value);
		return true;
	}
	return false;
}

static speed_t speed_read(const char *text)
{
	uint64_t bauds = num_get(text, 0, UINT32_MAX, "speed");

	for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
		if (speeds[i].bauds == bauds)
			return speeds[i].code;
	err_fatal("invalid speed '%s'", text);
}

static void size_set(const struct stty *s, bool rows, const char *value)
{
	struct winsize w = {};

	if (value == nullptr)
		opt_usage_error("missing argument to '%s'", rows ? "rows" : "columns");
	unsigned short n = (unsigned short)num_get(value, 0, 65535, "integer argument");
	if (ioctl(s->fd, TIOCGWINSZ, &w) != 0)
		err_fatal_errno("%s", s->device);
	*(rows ? &w.ws_row : &w.ws_col) = n;
	if (ioctl(s->fd, TIOCSWINSZ, &w) != 0)
		err_fatal_errno("%s", s->device);
}

static void size_show(const struct stty *s)
{
	struct winsize w;

	if (ioctl(s->fd, TIOCGWINSZ, &w) != 0)
		err_fatal_errno("%s", s->device);
	put_format("%d %d\n", w.ws_row, w.ws_col);
}

static bool is_number(const char *s)
{
	return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

/* Applies one setting; returns how many words it took. */
static int setting_apply(struct stty *s, const char *word, const char *next)
{
	bool on = *word != '-';
	const char *name = word + !on;

	if (mode_set(s, name, on) || combination_set(s, name, on)) {
		s->changed = true;
		return 1;
	}
	if (on && special_set(s, name, next)) {
		s->changed = true;
		return 2;
	}
	if (strcmp(word, "size") == 0) {
		size_show(s);
		return 1;
	}
	if (strcmp(word, "speed") == 0) {
		put_format("%u\n", bauds_of(cfgetospeed(&s->t)));
		return 1;
	}
	if (strcmp(word, "rows") == 0 || strcmp(word, "cols") == 0 ||
	    strcmp(word, "columns") == 0) {
		size_set(s, *word == 'r', next);
		return 2;
	}
	bool in = strcmp(word, "ispeed") == 0, out = strcmp(word, "ospeed") == 0;
	if (in || out || is_number(word)) {
		if ((in || out) && next == nullptr)
			opt_usage_error("missing argument to '%s'", word);
		speed_t code = speed_read(in || out ? next : word);
		if (!out)
			(void)cfsetispeed(&s->t, code); /* the code is from the table */
		if (!in)
			(void)cfsetospeed(&s->t, code); /* the same */
		s->changed = true;
		return 1 + (in || out);
	}
	if (!saved_restore(s, word))
		opt_usage_error("invalid argument '%s'", word);
	s->changed = true;
	return 1;
}

static void settings_apply(struct stty *s, char **words)
{
	struct termios now;

	while (*words != nullptr)
		words += setting_apply(s, words[0], words[1]);
	if (!s->changed)
		return;
	if (tcsetattr(s->fd, TCSADRAIN, &s->t) != 0 || tcgetattr(s->fd, &now) != 0)
		err_fatal_errno("%s", s->device);
	/* It reports success when it could do anything at all. */
	if (now.c_iflag != s->t.c_iflag || now.c_oflag != s->t.c_oflag ||
	    now.c_lflag != s->t.c_lflag || (now.c_cflag ^ s->t.c_cflag) & ~(tcflag_t)CIBAUD ||
	    memcmp(now.c_cc, s->t.c_cc, sizeof now.c_cc) != 0)
		err_fatal("%s: unable to perform all requested operations", s->device);
}

/* A setting such as -echo looks like options: these words are ours only if all letters are. */
static bool is_option(const char *word)
{
	return strcmp(word, "--") == 0 || strncmp(word, "--", 2) == 0 ||
	       (word[0] == '-' && word[1] != '\0' &&
		(word[1] == 'F' || word[1 + strspn(word + 1, "ag")] == '\0'));
}

static int stty_main(int argc, char **argv)
{
	struct stty s = { .device = "standard input" };
	bool all = false, save = false;
	struct opt_state state;
	int o, options = 1;

	while (options < argc && is_option(argv[options]))
		options += 1 + (strcmp(argv[options], "-F") == 0 ||
				strcmp(argv[options], "--file") == 0);
	opt_init_in_order(&state, options < argc ? options : argc, argv);
	while ((o = opt_next(&state)) != 0) {
		all |= o == 'a';
		save |= o == 'g';
		if (o == 'F')
			s.device = state.arg;
	}
	char **words = argv + state.index;
	if (all && save)
		err_fatal("the options for verbose and stty-readable output styles are\n"
			  "mutually exclusive");
	if ((all || save) && *words != nullptr)
		err_fatal("when specifying an output style, modes may not be set");
	if (strcmp(s.device, "standard input") != 0) {
		s.fd = open(s.device, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (s.fd < 0)
			err_fatal_errno("%s", s.device);
	}
	if (tcgetattr(s.fd, &s.t) != 0)
		err_fatal_errno("%s", s.device);
	struct winsize w;
	const char *columns = getenv("COLUMNS");
	s.width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col
		  : columns != nullptr && atoi(columns) > 0                 ? atoi(columns)
									    : 80;
	if (*words != nullptr) {
		settings_apply(&s, words);
	} else if (save) {
		saved_show(&s);
	} else {
		speed_show(&s, all);
		specials_show(&s, all);
		modes_show(&s, all);
	}
	if (s.fd != STDIN_FILENO)
		close(s.fd);
	return 0;
}

APPLET(stty, .usage = "[-F DEVICE] [-a|-g]\n[-F DEVICE] SETTING...",
       .summary = "Show or change the modes of a terminal.",
       .details = "SETTINGs: size, speed, rows N, columns N, ispeed N, ospeed N, N;\n"
		  "sane, [-]raw, [-]cooked, [-]cbreak, [-]echo and every name that -a shows;\n"
		  "CHARACTER ^X, min N, time N; what -g showed.",
       .opts = stty_opts);
