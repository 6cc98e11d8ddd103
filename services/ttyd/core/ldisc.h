/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The line discipline of a terminal: what termios settings make of the bytes that come from the
 * line (a keyboard, a master) and go to it. No calls, no waiting, no memory of its own: who has one
 * tells it what happened, and takes from `signals` and `packet` what is to be told to others.
 *
 *     line ─ receive ─▶ input, lines ─ read ─▶ programs
 *     line ◀── peek ─── output ◀─ echo, write ── programs
 *
 * It does what Linux's N_TTY does: test/linux_test.c compares the two.
 */
#pragma once
#include <asm-generic/termbits.h>
#include <stddef.h>
#include <stdint.h>

constexpr uint32_t LDISC_INPUT = 4096;   /* bytes that wait to be read */
constexpr uint32_t LDISC_ECHO = 4096;    /* steps of echo that wait for room */
constexpr uint32_t LDISC_OUTPUT = 16384; /* bytes that wait for the line */

struct ldisc {
	struct termios2 settings;
	bool special[256]; /* input bytes that are not just taken, as the settings say */
	bool raw;          /* there are none, and there is no echo */

	/* Input: all indices modulo 2^32. From `tail` to `ready` lie whole lines. */
	uint32_t head, ready, tail;
	bool literal; /* the next byte has no meaning (VLNEXT) */
	bool erasing; /* between \ and / of ECHOPRT */
	uint8_t input[LDISC_INPUT];
	uint64_t ends[LDISC_INPUT /
		      64]; /* bytes that end a line; a zero byte among them is an end of file */

	/* Output. */
	uint32_t out_head, out_tail;
	uint32_t out_before;          /* the head when the bytes came that are being received */
	bool stopped;                 /* by VSTOP, or held */
	bool held;                    /* by TCOOFF: only TCOON starts it again */
	uint32_t column, line_column; /* of the cursor; where what can be erased begins */
	uint32_t echo_head, echo_tail;
	uint16_t echo[LDISC_ECHO];
	uint8_t output[LDISC_OUTPUT];

	bool packet_mode; /* note what a master in packet mode wants to know */
	uint8_t packet;   /* TIOCPKT_ bits since the owner cleared them */
	uint64_t signals; /* for the foreground group: bit N is signal N */
};

/* Linux's usual settings, and nothing waits. */
void ldisc_init(struct ldisc *l);
/* Those settings again, for the next who comes. */
void ldisc_reset(struct ldisc *l);

/* New settings; what waits is kept. */
void ldisc_set(struct ldisc *l, const struct termios2 *settings);

/* Bytes from the line: how many were taken. The rest may be tried again when something was read. */
size_t ldisc_receive(struct ldisc *l, const uint8_t *from, size_t n);

/* Bytes from a program: how many were taken. The rest may be tried again when `writable`. */
size_t ldisc_write(struct ldisc *l, const uint8_t *from, size_t n);
bool ldisc_writable(const struct ldisc *l);

/* Bytes for the line: how many there are, up to n; and that so many of them have left. */
size_t ldisc_peek(const struct ldisc *l, uint8_t *to, size_t n);
void ldisc_sent(struct ldisc *l, size_t n);
size_t ldisc_output_waits(const struct ldisc *l);

/* May a read of n bytes begin? */
struct ldisc_patience {
	bool now;        /* yes, though it may give nothing */
	uint32_t wanted; /* else when so many bytes, or with ICANON a line, are there */
	uint32_t tenths; /* of a second after which it ends all the same; 0: never */
};

/* `expired`: a wait for tenths of a second has ended. */
struct ldisc_patience ldisc_patience(const struct ldisc *l, size_t n, bool expired);

/* One read: a line or its beginning, or what there is. 0 also for an end of file. */
size_t ldisc_read(struct ldisc *l, uint8_t *to, size_t n);
/* Undo the read before which `tail` was so: nobody got the bytes. */
void ldisc_unread(struct ldisc *l, uint32_t tail);

/* Bytes, or bytes of lines, that can be read (FIONREAD); whether poll says so. */
size_t ldisc_input_waits(const struct ldisc *l);
bool ldisc_readable(const struct ldisc *l);

/* Are there so many bytes, or with ICANON a line? */
bool ldisc_has(const struct ldisc *l, uint32_t wanted);

/* Drop what waits (tcflush). */
void ldisc_flush_input(struct ldisc *l);
void ldisc_flush_output(struct ldisc *l);

/* TCOOFF, TCOON. */
void ldisc_hold(struct ldisc *l, bool hold);

/* A byte to the line that nothing stops, if it is not 0 (TCIOFF, TCION). */
void ldisc_put(struct ldisc *l, uint8_t c);

/* As if the signal's byte had come, but for its echo (TIOCSIG). */
void ldisc_signal(struct ldisc *l, int signal);
