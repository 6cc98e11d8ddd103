/* SPDX-License-Identifier: MPL-2.0 */
/* Settings of a line discipline, and what is done to it as a whole. */
#include "services/ttyd/core/ldisc.h"
#include <asm-generic/ioctls.h>
#include <string.h>
#include "services/ttyd/core/ldisc_parts.h"

static void special_set(struct ldisc *l, unsigned which)
{
	l->special[l->settings.c_cc[which]] = true;
}

static void specials_for_lines(struct ldisc *l)
{
	special_set(l, VERASE);
	special_set(l, VKILL);
	special_set(l, VEOF);
	special_set(l, VEOL);
	l->special['\n'] = true;
	if (!local_is(l, IEXTEN))
		return;
	special_set(l, VWERASE);
	special_set(l, VLNEXT);
	special_set(l, VEOL2);
	if (local_is(l, ECHO))
		special_set(l, VREPRINT);
}

static void specials_find(struct ldisc *l)
{
	memset(l->special, 0, sizeof(l->special));
	l->raw = !input_is(l, ISTRIP | IUCLC | IGNCR | ICRNL | INLCR | IXON | PARMRK) &&
		 !local_is(l, ICANON | ISIG | ECHO);
	if (input_is(l, IGNCR | ICRNL))
		l->special['\r'] = true;
	if (input_is(l, INLCR))
		l->special['\n'] = true;
	if (local_is(l, ICANON))
		specials_for_lines(l);
	if (input_is(l, IXON)) {
		special_set(l, VSTART);
		special_set(l, VSTOP);
	}
	if (local_is(l, ISIG)) {
		special_set(l, VINTR);
		special_set(l, VQUIT);
		special_set(l, VSUSP);
	}
	l->special[0] = false; /* the value of what is switched off */
}

/* Lines begin or end: what waits becomes one line, or bytes. */
static void lines_change(struct ldisc *l)
{
	memset(l->ends, 0, sizeof(l->ends));
	l->ready = l->tail;
	if (local_is(l, ICANON) && l->head != l->tail) {
		end_set(l, l->head - 1);
		l->ready = l->head;
	}
	l->erasing = false;
	l->literal = false;
}

static bool flow_is_usual(const struct termios2 *t)
{
	return t->c_iflag & IXON && t->c_cc[VSTART] == 'Q' - 0x40 && t->c_cc[VSTOP] == 'S' - 0x40;
}

static void packet_note_settings(struct ldisc *l, const struct termios2 *old)
{
	bool usual = flow_is_usual(&l->settings);

	if (usual != flow_is_usual(old)) {
		l->packet &= (uint8_t)~(TIOCPKT_DOSTOP | TIOCPKT_NOSTOP);
		l->packet |= usual ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP;
	}
	if ((old->c_lflag | l->settings.c_lflag) & EXTPROC)
		l->packet |= TIOCPKT_IOCTL;
}

void ldisc_set(struct ldisc *l, const struct termios2 *settings)
{
	struct termios2 old = l->settings;

	l->settings = *settings;
	l->settings.c_line = 0;
	l->settings.c_cflag &= ~(tcflag_t)(CSIZE | PARENB);
	l->settings.c_cflag |= CS8 | CREAD;
	if ((old.c_lflag ^ settings->c_lflag) & (ICANON | EXTPROC))
		lines_change(l);
	specials_find(l);
	if (l->packet_mode)
		packet_note_settings(l, &old);
	/* Else nothing could start it again. */
	if (old.c_iflag & IXON && !input_is(l, IXON) && !l->held) {
		flow_start(l);
		echo_flush(l);
	}
}

static const struct termios2 usual = {
	.c_iflag = ICRNL | IXON,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B38400 | CS8 | CREAD,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.c_cc = {
		[VINTR] = 'C' - 0x40,	[VQUIT] = '\\' - 0x40, [VERASE] = 0x7f,
		[VKILL] = 'U' - 0x40,	[VEOF] = 'D' - 0x40,   [VMIN] = 1,
		[VSTART] = 'Q' - 0x40,	[VSTOP] = 'S' - 0x40,  [VSUSP] = 'Z' - 0x40,
		[VREPRINT] = 'R' - 0x40, [VDISCARD] = 'O' - 0x40,
		[VWERASE] = 'W' - 0x40, [VLNEXT] = 'V' - 0x40,
	},
	.c_ispeed = 38400,
	.c_ospeed = 38400,
};

void ldisc_init(struct ldisc *l)
{
	*l = (struct ldisc){ .settings = usual };
	specials_find(l);
}

void ldisc_reset(struct ldisc *l)
{
	ldisc_hold(l, false);
	ldisc_set(l, &usual);
}

void ldisc_flush_input(struct ldisc *l)
{
	l->head = l->ready = l->tail = 0;
	l->erasing = false;
	memset(l->ends, 0, sizeof(l->ends));
	if (l->packet_mode)
		l->packet |= TIOCPKT_FLUSHREAD;
}

void output_drop(struct ldisc *l, uint32_t from)
{
	/* What a master of Linux has read ahead stays with it. */
	constexpr uint32_t ahead = LDISC_INPUT - 1;
	uint32_t kept = from - l->out_tail;

	l->out_head = l->out_tail + (kept < ahead ? kept : ahead);
	if (l->packet_mode)
		l->packet |= TIOCPKT_FLUSHWRITE;
}

void ldisc_flush_output(struct ldisc *l)
{
	output_drop(l, l->out_head);
}

void flow_stop(struct ldisc *l)
{
	if (l->stopped)
		return;
	l->stopped = true;
	if (l->packet_mode)
		l->packet = (uint8_t)((l->packet & ~TIOCPKT_START) | TIOCPKT_STOP);
}

void flow_start(struct ldisc *l)
{
	if (!l->stopped || l->held)
		return;
	l->stopped = false;
	if (l->packet_mode)
		l->packet = (uint8_t)((l->packet & ~TIOCPKT_STOP) | TIOCPKT_START);
}

void ldisc_hold(struct ldisc *l, bool hold)
{
	if (hold == l->held)
		return;
	l->held = hold;
	if (hold)
		return flow_stop(l);
	flow_start(l);
	echo_flush(l);
}
