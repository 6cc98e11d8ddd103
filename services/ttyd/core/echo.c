/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Echo. Its steps are queued, for output may be stopped, and some depend on where the cursor stands
 * when their turn comes.
 */
#include "services/ttyd/core/ldisc_parts.h"

/* A step: what to do, above a byte. */
enum echo_step : uint16_t {
	STEP_BYTE = 0x000,
	STEP_CONTROL = 0x100, /* as ^X */
	STEP_MARK = 0x200,
	STEP_BACK = 0x300,
	STEP_UNTAB = 0x400,       /* columns modulo 8, since the mark */
	STEP_UNTAB_AFTER = 0x500, /* since another tab */
};

/* So much may wait before some of it is shown. */
constexpr uint32_t PATIENCE = 256;

static void step_add(struct ldisc *l, uint16_t step)
{
	if (l->echo_head - l->echo_tail >= PATIENCE)
		echo_flush(l);
	if (l->echo_head - l->echo_tail == LDISC_ECHO)
		l->echo_tail++; /* the line has taken nothing for long: the oldest is lost */
	l->echo[l->echo_head++ % LDISC_ECHO] = step;
}

void echo_byte(struct ldisc *l, uint8_t c)
{
	step_add(l, STEP_BYTE | c);
}

void echo_visible(struct ldisc *l, uint8_t c)
{
	bool control = local_is(l, ECHOCTL) && byte_is_control(c) && c != '\t';

	step_add(l, (control ? STEP_CONTROL : STEP_BYTE) | c);
}

void echo_mark(struct ldisc *l)
{
	step_add(l, STEP_MARK);
}

void echo_back(struct ldisc *l)
{
	step_add(l, STEP_BACK);
}

void echo_untab(struct ldisc *l, uint32_t columns, bool after_tab)
{
	step_add(l, (uint16_t)((after_tab ? STEP_UNTAB_AFTER : STEP_UNTAB) | (columns & 7)));
}

void echo_drop(struct ldisc *l)
{
	l->echo_tail = l->echo_head;
}

static bool untab(struct ldisc *l, uint32_t columns)
{
	uint32_t n = 8 - (columns & 7);

	if (!output_put(l, "\b\b\b\b\b\b\b\b", n))
		return false;
	l->column -= n < l->column ? n : l->column;
	return true;
}

static bool show_byte(struct ldisc *l, uint8_t c)
{
	if (c != 0xff)
		return output_is(l, OPOST) ? output_byte(l, c) : output_put(l, &c, 1);
	/* Linux shows this one as it is, and counts it, whatever the settings. */
	if (!output_put(l, &c, 1))
		return false;
	l->column++;
	return true;
}

/* False: there is no room for it now. */
static bool step_do(struct ldisc *l, uint16_t step)
{
	uint8_t c = (uint8_t)step;

	switch (step & 0xff00) {
	case STEP_CONTROL:
		if (!output_put(l, (uint8_t[]){ '^', c ^ 0x40 }, 2))
			return false;
		l->column += 2;
		return true;
	case STEP_MARK:
		l->line_column = l->column;
		return true;
	case STEP_BACK:
		l->column -= l->column > 0;
		return true;
	case STEP_UNTAB:
		return untab(l, c + l->line_column);
	case STEP_UNTAB_AFTER:
		return untab(l, c);
	default:
		return show_byte(l, c);
	}
}

void echo_flush(struct ldisc *l)
{
	while (l->echo_tail != l->echo_head && step_do(l, l->echo[l->echo_tail % LDISC_ECHO]))
		l->echo_tail++;
}
