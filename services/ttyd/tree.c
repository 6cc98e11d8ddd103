/* SPDX-License-Identifier: MPL-2.0 */
#include "services/ttyd/tree.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "protocol/tty.h"

/* Numbers of devices, as Linux's Documentation/admin-guide/devices.txt has them. */
constexpr unsigned TTY_MAJOR_OTHER = 5, CONSOLE_MINOR = 1, PTMX_MINOR = 2, PTS_MAJOR = 136;
constexpr uint32_t TTY_GROUP = 5;         /* Debian's */
constexpr uint32_t DEVPTS_MAGIC = 0x1cd1; /* linux/magic.h: DEVPTS_SUPER_MAGIC */
constexpr uint64_t PTS_NODE = 3;          /* as Linux numbers them: pts/0 is 3 */

struct terminal console_terminal;
static struct terminal *ptys[TERMINALS];
static uint32_t nptys; /* none above is in use */

static const struct files_node_ops ops;
static struct files_system tree;
static struct files_node root = { .system = &tree, .mode = S_IFDIR | 0755, .refs = 1 };
static struct files_node ptmx = { .system = &tree, .mode = S_IFCHR | 0666, .refs = 1 };
static int64_t begin; /* of us: the directories' times */

void tree_init(void)
{
	struct terminal *c = &console_terminal;

	begin = files_now();
	tree = (struct files_system){ .ops = &ops, .root = &root, .device = makedev(0, 5) };
	root.number = 1;
	ptmx.number = 2;
	ptmx.rdev = makedev(TTY_MAJOR_OTHER, PTMX_MINOR);
	terminal_init(c);
	c->node = (struct files_node){
		.system = &tree,
		.number = UINT32_MAX - 2,
		.rdev = makedev(TTY_MAJOR_OTHER, CONSOLE_MINOR),
		.mode = S_IFCHR | 0600,
		.refs = 1,
	};
	c->rows = 24;
	c->columns = 80;
}

struct files_node *tree_root(void)
{
	return &root;
}

/* --- Pseudo-terminals --- */

static struct terminal *terminal_of(const struct files_node *n)
{
	if (n == &root || n == &ptmx)
		return nullptr;
	return (struct terminal *)((char *)n - offsetof(struct terminal, node));
}

static int pty_number(void)
{
	for (uint32_t i = 0; i < nptys; i++)
		if (ptys[i] == nullptr)
			return (int)i;
	return nptys < TERMINALS ? (int)nptys++ : -ENOSPC;
}

/* `by` opens the master. */
static int pty_create(const struct files_line *by, struct terminal **pty)
{
	int number = pty_number();
	struct terminal *t = number >= 0 ? calloc(1, sizeof(*t)) : nullptr;

	if (t == nullptr)
		return number >= 0 ? -ENOMEM : number;
	t->node = (struct files_node){
		.system = &tree,
		.number = PTS_NODE + (uint32_t)number,
		.rdev = makedev(PTS_MAJOR + (unsigned)number / 256, (unsigned)number % 256),
		.mode = S_IFCHR | 0620,
		.uid = by->who.uid,
		.gid = TTY_GROUP,
	};
	t->master = ptmx;
	t->master.refs = 0;
	t->number = (uint32_t)number;
	t->is_pty = t->has_master = t->locked = true;
	terminal_init(t);
	ptys[number] = t;
	*pty = t;
	return 0;
}

static void pty_drop(struct terminal *t)
{
	if (t->has_master || t->node.refs > 0 || t->master.refs > 0)
		return;
	ptys[t->number] = nullptr;
	free(t);
}

static int open_master(struct files_session *s)
{
	struct terminal *t;
	int e = pty_create(s->line, &t);

	if (e == 0) {
		e = terminal_open(t, s, SIDE_MASTER);
		t->has_master = e == 0;
		if (e != 0)
			pty_drop(t);
	}
	if (e != 0)
		return e;
	/* What is told to ptmx's watchers is this master's alone. */
	files_node_put(&ptmx);
	s->node = files_node_get(&t->master);
	return 0;
}

/* --- Operations --- */

static void release(struct files_node *n)
{
	if (n->rdev == ptmx.rdev)
		pty_drop((struct terminal *)((char *)n - offsetof(struct terminal, master)));
	else if (n != &console_terminal.node)
		pty_drop(terminal_of(n));
}

static struct files_node *pts_find(struct files_name name)
{
	uint32_t number = 0;

	for (size_t i = 0; i < name.len; i++) {
		if (name.text[i] < '0' || name.text[i] > '9' || (name.text[0] == '0' && i > 0))
			return nullptr;
		number = number * 10 + (uint32_t)(name.text[i] - '0');
		if (number >= nptys)
			return nullptr;
	}
	struct terminal *t = name.len > 0 ? ptys[number] : nullptr;
	return t != nullptr && t->has_master ? &t->node : nullptr;
}

static bool is(struct files_name name, const char *text)
{
	return name.len == strlen(text) && memcmp(name.text, text, name.len) == 0;
}

static int lookup(struct files_line *line, struct files_node *dir, struct files_name name,
		  struct files_node **child)
{
	struct files_node *n = nullptr;

	(void)line;
	if (dir != &root)
		return -ENOTDIR;
	if (is(name, "ptmx"))
		n = &ptmx;
	else if (is(name, "console"))
		n = &console_terminal.node;
	else
		n = pts_find(name);
	if (n == nullptr)
		return -ENOENT;
	*child = files_node_get(n);
	return 0;
}

static struct files_node *parent(struct files_node *dir)
{
	(void)dir;
	return files_node_get(&root);
}

/* Cookies: 3 is ptmx, 4 on are the numbers. The console is no pseudo-terminal, and not shown. */
static int list(struct files_session *s, uint64_t after, struct files_list *list)
{
	(void)s;
	if (after < 3 &&
	    !files_list_add(list, (struct files_name){ "ptmx", 4 }, ptmx.number, ptmx.mode, 3))
		return 0;
	for (uint64_t i = after > 3 ? after - 3 : 0; i < nptys; i++) {
		char text[12];
		if (ptys[i] == nullptr || !ptys[i]->has_master)
			continue;
		struct files_name name = { text, (size_t)sprintf(text, "%u", (unsigned)i) };
		if (!files_list_add(list, name, ptys[i]->node.number, ptys[i]->node.mode, i + 4))
			return 0;
	}
	return 0;
}

static int name(struct files_node *n, struct files_node **dir, struct files_name *name)
{
	static char text[12];
	const struct terminal *t = terminal_of(n);

	*dir = &root;
	if (n->rdev == ptmx.rdev)
		*name = (struct files_name){ "ptmx", 4 };
	else if (n == &console_terminal.node)
		*name = (struct files_name){ "console", 7 };
	else if (t->has_master)
		*name = (struct files_name){ text, (size_t)sprintf(text, "%u", t->number) };
	else
		return -ENOENT;
	return 0;
}

static void stat_node(struct files_node *n, struct file_stat_results *r)
{
	const struct terminal *t = n->rdev == ptmx.rdev ? nullptr : terminal_of(n);

	r->nlink = S_ISDIR(n->mode) ? 2 : 1;
	r->block_size = 1024;
	r->atime = t ? t->read_time : begin;
	r->mtime = t ? t->write_time : begin;
	r->ctime = t ? t->change_time : begin;
	r->btime = begin;
}

static int change(struct files_node *n, const struct files_change *c)
{
	struct terminal *t = n->rdev == ptmx.rdev ? nullptr : terminal_of(n);

	if (c->which & FILE_CHANGE_SIZE)
		return S_ISDIR(n->mode) ? -EISDIR : -EINVAL;
	if (c->which & FILE_CHANGE_MODE)
		n->mode = (n->mode & S_IFMT) | (c->mode & 07777);
	if (c->which & FILE_CHANGE_UID)
		n->uid = c->uid;
	if (c->which & FILE_CHANGE_GID)
		n->gid = c->gid;
	if (t == nullptr)
		return 0;
	if (c->which & FILE_CHANGE_ATIME)
		t->read_time = c->atime;
	if (c->which & FILE_CHANGE_MTIME)
		t->write_time = c->mtime;
	t->change_time = files_now();
	return 0;
}

static int open_node(struct files_session *s)
{
	if (S_ISDIR(s->node->mode))
		return 0;
	if (s->node->rdev == ptmx.rdev)
		return open_master(s);
	return terminal_open(terminal_of(s->node), s, SIDE_PROGRAM);
}

static void close_node(struct files_session *s)
{
	if (s->own != nullptr)
		terminal_close(s);
}

/* --- Reading and writing --- */

static struct transfer read_master(struct terminal *t, const struct lent *to, bool now)
{
	static uint8_t room[1 + LDISC_OUTPUT];
	bool status = t->l.packet_mode && t->l.packet != 0;
	size_t head = t->l.packet_mode ? 1 : 0, n = 0;

	if (to->size == 0)
		return (struct transfer){};
	room[0] = status ? t->l.packet : 0;
	if (!status)
		n = ldisc_peek(&t->l, room + head,
			       to->size - head < LDISC_OUTPUT ? to->size - head : LDISC_OUTPUT);
	if (!status && ldisc_output_waits(&t->l) == 0) {
		if (t->left)
			return (struct transfer){ .outcome = -EIO };
		return (struct transfer){ now ? -EAGAIN : 0, now ? 0 : TTY_WAIT_INPUT };
	}
	int64_t given = files_give(to, 0, room, head + n);
	if (given < 0)
		return (struct transfer){ .outcome = given };
	if (status)
		t->l.packet = 0;
	ldisc_sent(&t->l, n);
	terminal_settle(t);
	return (struct transfer){ .outcome = given };
}

/* Nothing to read yet: what the caller is to do. */
static struct transfer read_later(struct seat *seat, const struct ldisc_patience *p)
{
	seat->wanted = seat->wanted > 0 && seat->wanted < p->wanted ? seat->wanted : p->wanted;
	terminal_settle(seat->terminal);
	if (p->tenths > 0)
		return (struct transfer){ p->tenths, TTY_WAIT_TIMED };
	return (struct transfer){ 0, TTY_WAIT_INPUT };
}

static struct transfer read_program(struct seat *seat, const struct lent *to, uint32_t flags)
{
	static uint8_t room[LDISC_INPUT];
	struct terminal *t = seat->terminal;
	size_t most = to->size < sizeof(room) ? to->size : sizeof(room);
	struct ldisc_patience p = ldisc_patience(&t->l, most, flags & TTY_READ_EXPIRED);
	bool lines = t->l.settings.c_lflag & ICANON;
	uint32_t tail = t->l.tail;

	if (!p.now && !(flags & TTY_READ_NOW))
		return read_later(seat, &p);
	if (!p.now && (lines || !ldisc_has(&t->l, 1)))
		return (struct transfer){ .outcome = -EAGAIN };
	size_t n = ldisc_read(&t->l, room, most);
	int64_t given = files_give(to, 0, room, n);
	if (given < 0) {
		ldisc_unread(&t->l, tail);
		return (struct transfer){ .outcome = given };
	}
	seat->wanted = 0;
	t->read_time = files_now();
	terminal_settle(t);
	return (struct transfer){ .outcome = given };
}

struct transfer seat_read(struct seat *seat, const struct lent *to, uint32_t flags)
{
	if (seat->side == SIDE_MASTER)
		return read_master(seat->terminal, to, flags & TTY_READ_NOW);
	if (seat_is_hung_up(seat))
		return (struct transfer){};
	return read_program(seat, to, flags);
}

/* A piece of what is written: how much of it went. */
static size_t write_piece(struct seat *seat, const uint8_t *from, size_t n)
{
	struct terminal *t = seat->terminal;
	size_t done;

	if (seat->side == SIDE_MASTER) {
		done = terminal_type(t, from, n);
	} else {
		done = ldisc_write(&t->l, from, n);
		if (t->push != nullptr)
			t->push(t);
	}
	return done;
}

static int64_t write_all(struct seat *seat, const struct lent *from, const void *data, size_t n)
{
	static uint8_t room[LDISC_OUTPUT / 2];
	size_t done = 0, most, went;

	if (data != nullptr)
		memcpy(room, data, n); /* it lies where calls to the console put theirs */
	do {
		most = n - done < sizeof(room) ? n - done : sizeof(room);
		if (data == nullptr) {
			int64_t got = files_take(from, done, room, most);
			if (got < 0)
				return done > 0 ? (int64_t)done : got;
		}
		went = write_piece(seat, data ? room + done : room, most);
		done += went;
	} while (done < n && went > 0);
	return (int64_t)done;
}

struct transfer seat_write(struct seat *seat, const struct lent *from, const void *data, size_t n)
{
	struct terminal *t = seat->terminal;

	if (seat->side != SIDE_MASTER && seat_is_hung_up(seat))
		return (struct transfer){ .outcome = -EIO };
	if (n == 0)
		return (struct transfer){};
	int64_t done = write_all(seat, from, data, n);
	if (done > 0 && seat->side != SIDE_MASTER)
		t->write_time = files_now();
	terminal_settle(t);
	return (struct transfer){ done, done == 0 ? TTY_WAIT_OUTPUT : 0 };
}

static int64_t read_node(struct files_session *s, uint64_t offset, const struct lent *to, size_t n)
{
	(void)offset, (void)n;
	return s->own ? seat_read(seat_of(s), to, TTY_READ_NOW).outcome : -EISDIR;
}

static int64_t write_node(struct files_session *s, uint64_t offset, const struct lent *from,
			  const void *data, size_t n)
{
	(void)offset;
	if (s->own == nullptr)
		return -EISDIR;
	struct transfer x = seat_write(seat_of(s), from, data, n);
	return x.wait ? -EAGAIN : x.outcome;
}

static uint64_t ready(struct files_session *s)
{
	struct seat *seat = seat_of(s);

	if (seat == nullptr)
		return FILE_READY_INPUT | FILE_READY_OUTPUT;
	return seat->shown = seat_ready(seat);
}

static void statfs_tree(struct files_system *fs, struct file_statfs_results *r)
{
	(void)fs;
	r->type = DEVPTS_MAGIC;
	r->block_size = 4096;
	r->name_max = FILES_NAME;
}

static const struct files_node_ops ops = {
	.release = release,
	.lookup = lookup,
	.parent = parent,
	.list = list,
	.name = name,
	.stat = stat_node,
	.change = change,
	.open = open_node,
	.close = close_node,
	.read = read_node,
	.write = write_node,
	.ready = ready,
	.statfs = statfs_tree,
};
