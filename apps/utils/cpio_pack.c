/* SPDX-License-Identifier: MPL-2.0 */
/* cpio -o: storing files. */
#include "apps/utils/cpio_run.h"
#include <string.h>
#include <unistd.h>
#include "apps/applet/err.h"

static void padding_write(struct cpio *c, uint64_t size)
{
	unsigned n = cpio_padding(c->format, size);

	out_write(c->out, "\0\0\0", n);
	c->bytes += size + n;
}

static void text_store(struct cpio *c, struct cpio_member *m, const char *text)
{
	m->size = strlen(text);
	c->bytes += cpio_write(c->out, c->format, m);
	out_write(c->out, text, m->size);
	padding_write(c, m->size);
}

static uint32_t sum_of(const char *path, uint64_t size)
{
	struct in in;
	uint32_t sum = 0;

	if (in_open(&in, path)) {
		(void)contents_pass(&in, size, nullptr, &sum); /* storing it tells if it shrinks */
		in_close(&in);
	}
	return sum;
}

/* At most `size` bytes; how many there were. */
static uint64_t contents_store(struct cpio *c, struct in *in, uint64_t size)
{
	uint64_t done = 0;

	while (done < size && (in->start < in->end || in_fill(in))) {
		uint64_t have = in->end - in->start, n = have < size - done ? have : size - done;
		out_write(c->out, in->buf + in->start, (size_t)n);
		in->start += (size_t)n;
		done += n;
	}
	return done;
}

static void file_store(struct cpio *c, struct cpio_member *m, const char *path)
{
	struct in in;

	if (!in_open(&in, path))
		return;
	if (c->format == CPIO_CRC)
		m->sum = sum_of(path, m->size);
	size_t header = cpio_write(c->out, c->format, m);
	c->bytes += header;
	if (header != 0) {
		uint64_t done = contents_store(c, &in, m->size);
		if (done < m->size)
			err_warn("%s: shrank while it was stored; zeros fill it up", path);
		for (; done < m->size; done++)
			out_char(c->out, '\0');
		padding_write(c, m->size);
	}
	in_close(&in);
}

/*
 * SVR4's formats store the contents of a file with several names once, with the last of them. As
 * GNU's, the others come newest first.
 */
static void linked_store(struct cpio *c, struct linked *l, bool complete)
{
	size_t n = l->count;

	for (size_t i = 0; i < n; i++) {
		size_t at = !complete ? n - 1 - i : i + 1 == n ? n - 1 : n - 2 - i;
		struct cpio_member *m = &l->waiting[at];
		if (i + 1 == n) {
			file_store(c, m, m->name);
		} else {
			m->size = 0;
			c->bytes += cpio_write(c->out, c->format, m);
		}
	}
	for (size_t i = 0; i < n; i++)
		mem_free(l->waiting[i].name);
	l->count = 0;
}

static void path_store(struct cpio *c, const char *path)
{
	struct cpio_member m;
	struct stat st;

	if ((c->follow ? stat(path, &st) : lstat(path, &st)) != 0) {
		err_warn_errno("%s: Cannot stat", path);
		return;
	}
	member_fill(&m, path, &st);
	bool svr4 = c->format == CPIO_NEWC || c->format == CPIO_CRC;
	tell(c, path);
	if (S_ISLNK(m.mode)) {
		char target[4097];
		ssize_t n = readlink(path, target, sizeof target - 1);
		target[n > 0 ? n : 0] = '\0';
		text_store(c, &m, target);
	} else if (S_ISREG(m.mode) && svr4 && m.nlink > 1) {
		struct linked *l = link_find(c, &m);
		l->waiting = mem_room(l->waiting, l->count, &l->capacity, sizeof *l->waiting);
		l->waiting[l->count++] = m;
		if (l->count == m.nlink)
			linked_store(c, l, true);
		return; /* the name is still needed */
	} else if (S_ISREG(m.mode)) {
		file_store(c, &m, path);
	} else {
		c->bytes += cpio_write(c->out, c->format, &m);
	}
	mem_free(m.name);
}

void archive_create(struct cpio *c)
{
	struct cpio_member trailer = { .name = (char *)CPIO_TRAILER, .nlink = 1 };
	struct in names;
	char *name;

	in_open_fd(&names, STDIN_FILENO, "standard input");
	while (name_next(c, &names, &name)) {
		path_store(c, name);
		mem_free(name);
	}
	for (size_t i = 0; i < c->link_count; i++)
		linked_store(c, &c->links[i], false);
	c->bytes += cpio_write(c->out, c->format, &trailer);
	while (c->bytes % 512 != 0) {
		out_char(c->out, '\0');
		c->bytes++;
	}
	out_flush(c->out);
}
