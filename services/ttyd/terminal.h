/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Terminals: the console and the pseudo-terminals, and who has them open. One thread has all of
 * this; what waits for posixd goes through courier.h.
 */
#pragma once
#include "lib/files/files.h"
#include "lib/futura/loop.h"
#include "services/ttyd/core/ldisc.h"
#include "services/ttyd/courier.h"

constexpr uint32_t TERMINALS = 1024; /* pseudo-terminals at a time */
constexpr uint32_t TYPED = 8192;     /* bytes that wait while the line discipline is full */

struct terminal {
	struct files_node node;   /* what programs open */
	struct files_node master; /* of a pseudo-terminal: its other side, which has no name */
	struct ldisc l;
	uint32_t number;
	uint16_t rows, columns, width, height;

	bool is_pty;
	bool has_master; /* its master is open */
	bool locked;     /* TIOCSPTLCK: its slave is not to be opened */
	bool exclusive;  /* TIOCEXCL */
	bool left;       /* its slave was open and is not now: the master hears of the end */
	uint32_t nopen;  /* program seats, hung up or not */
	uint32_t age;    /* of the seats that are not */

	struct jobs *jobs; /* the session whose controlling terminal it is; nullptr: none */
	struct loop_watch leader;

	uint32_t typed_head, typed_tail; /* modulo 2^32 */
	uint8_t typed[TYPED];
	int64_t read_time, write_time, change_time;

	/* Send output to the line; nullptr: a master takes it. */
	void (*push)(struct terminal *t);
};

enum side : uint32_t { SIDE_PROGRAM, SIDE_MASTER, SIDE_PLACE };

/* What an open session has: files_session.own. */
struct seat {
	struct terminal *terminal;
	enum side side;
	uint32_t age;    /* another than the terminal's: it was hung up */
	uint32_t wanted; /* bytes for which the last read was told to wait; 0: none */
	uint64_t shown;  /* what its event says */
};

extern struct loop terminal_loop;

/* All zero but `node`: the rest of what one begins with. */
void terminal_init(struct terminal *t);

/* Take a seat; -EIO, -EBUSY, -ENOMEM. */
int terminal_open(struct terminal *t, struct files_session *s, enum side side);
void terminal_close(struct files_session *s);
static inline struct seat *seat_of(const struct files_session *s)
{
	return s->own;
}
bool seat_is_hung_up(const struct seat *seat);
/* FILE_READY_ and TTY_READY_ bits. */
uint64_t seat_ready(const struct seat *seat);

/* After anything that may have changed what terminal, programs or masters can do: pass on signals,
 * move bytes, and tell the events. */
void terminal_settle(struct terminal *t);

/* Bytes that somebody typed: how many were taken. */
size_t terminal_type(struct terminal *t, const uint8_t *from, size_t n);
size_t terminal_typed_room(const struct terminal *t);
void terminal_drop_typed(struct terminal *t);

/* The line is gone, or its session: who has it open reads an end and writes nowhere. */
void terminal_hang_up(struct terminal *t);

/* Become the session's controlling terminal; `jobs` is taken. */
void terminal_acquire(struct terminal *t, struct jobs *jobs);
void terminal_release(struct terminal *t);
/* Is that group in the background? */
bool terminal_background(const struct terminal *t, uint32_t group);
