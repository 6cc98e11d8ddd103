/* SPDX-License-Identifier: MPL-2.0 */
/* What the files of the line discipline share: questions about settings and bytes, echo, flow. */
#pragma once
#include "services/ttyd/core/ldisc.h"

static inline bool input_is(const struct ldisc *l, tcflag_t flag)
{
	return l->settings.c_iflag & flag;
}

static inline bool output_is(const struct ldisc *l, tcflag_t flag)
{
	return l->settings.c_oflag & flag;
}

static inline bool local_is(const struct ldisc *l, tcflag_t flag)
{
	return l->settings.c_lflag & flag;
}

/* Reads give lines. */
static inline bool has_lines(const struct ldisc *l)
{
	return (l->settings.c_lflag & (ICANON | EXTPROC)) == ICANON;
}

static inline uint8_t *input_at(struct ldisc *l, uint32_t index)
{
	return &l->input[index % LDISC_INPUT];
}

static inline bool end_at(const struct ldisc *l, uint32_t index)
{
	index %= LDISC_INPUT;
	return l->ends[index / 64] >> index % 64 & 1;
}

static inline void end_set(struct ldisc *l, uint32_t index)
{
	index %= LDISC_INPUT;
	l->ends[index / 64] |= 1ull << index % 64;
}

static inline void end_clear(struct ldisc *l, uint32_t index)
{
	index %= LDISC_INPUT;
	l->ends[index / 64] &= ~(1ull << index % 64);
}

/* Bytes are taken for ISO 8859-1, as Linux does, whatever they encode. */
static inline bool byte_is_control(uint8_t c)
{
	return c < 0x20 || c == 0x7f;
}

static inline bool byte_is_upper(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7);
}

static inline bool byte_is_lower(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 0xdf && c != 0xf7);
}

static inline bool byte_is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || c == '_' || byte_is_upper(c) || byte_is_lower(c);
}

/* Is this a further byte of a character of UTF-8? */
static inline bool byte_continues(const struct ldisc *l, uint8_t c)
{
	return input_is(l, IUTF8) && (c & 0xc0) == 0x80;
}

/* Output of one byte as the settings say; false: there is no room. */
bool output_byte(struct ldisc *l, uint8_t c);
/* These bytes as they are, and nothing if they do not all fit. */
bool output_put(struct ldisc *l, const void *from, size_t n);
/* Drop output, but not what went before that index, and is with the line's other side. */
void output_drop(struct ldisc *l, uint32_t from);

/* Echo waits in a queue until echo_flush: what a signal drops has never been seen. */
void echo_byte(struct ldisc *l, uint8_t c);    /* as it is */
void echo_visible(struct ldisc *l, uint8_t c); /* with ECHOCTL control characters as ^X */
void echo_mark(struct ldisc *l);               /* here begins what can be erased */
void echo_back(struct ldisc *l);               /* the column is one less: a byte of a character */
/* Go back over a tab that followed so many columns, counted from another tab or the mark. */
void echo_untab(struct ldisc *l, uint32_t columns, bool after_tab);
void echo_flush(struct ldisc *l);
void echo_drop(struct ldisc *l);

/* VSTOP and VSTART. */
void flow_stop(struct ldisc *l);
void flow_start(struct ldisc *l);

/* One of VERASE, VWERASE, VKILL has come. */
void erase(struct ldisc *l, uint8_t c);
void erase_finish(struct ldisc *l);
