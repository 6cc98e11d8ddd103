/* SPDX-License-Identifier: MPL-2.0 */
/* Mounts: a table for each world, and how /proc shows it. */
#include "services/posixd/mounts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "protocol/files.h"
#include "protocol/posix.h"
#include "services/posixd/disks.h"
#include "services/posixd/lines.h"

struct mount *mount_by_number(const struct posix_world *w, uint32_t number)
{
	struct mount *m = w->mounts;

	while (m != nullptr && m->number != number)
		m = m->next;
	return m;
}

static struct mount *mount_hidden(uint32_t number)
{
	static struct mount terminals = { .number = POSIX_MOUNT_TERMINALS, .server = "tty" };
	static struct mount disks[DISKS];
	uint32_t disk = number - POSIX_MOUNT_DISKS;

	if (number == POSIX_MOUNT_TERMINALS)
		return &terminals;
	if (disk >= DISKS || disk_server(disk) == nullptr)
		return nullptr;
	disks[disk] = (struct mount){ .number = number,
				      .server = disk_server(disk),
				      .flags = FILES_LINE_DISK };
	return &disks[disk];
}

struct mount *mount_or_hidden(const struct posix_world *w, uint32_t number)
{
	struct mount *m = mount_by_number(w, number);

	return m == nullptr && w->has_devices ? mount_hidden(number) : m;
}

void mount_free(struct mount *m)
{
	handle_drop(&m->covered);
	handle_drop(&m->start);
	handle_drop(&m->way);
	free(m->at);
	free(m->source);
	free(m->options);
	free(m);
}

struct mount *mount_create(const char *at, const char *kind, const char *server, const char *source,
			   const char *options)
{
	struct mount *m = calloc(1, sizeof(*m));

	if (m == nullptr)
		return nullptr;
	snprintf(m->kind, sizeof(m->kind), "%s", kind);
	m->server = server;
	m->at = strdup(at);
	m->source = strdup(source[0] ? source : "none");
	m->options = strdup(options);
	if (m->at && m->source && m->options)
		return m;
	mount_free(m);
	return nullptr;
}

/* Walks would not see what is mounted over a mount's root: they begin there. So it takes that one's
 * place at the directory that both cover, and gives it back at its end. */
void mount_place(struct mount *m, const struct mount *parent, fut_handle directory)
{
	bool is_over = parent->covered != 0 && strcmp(m->at, parent->at) == 0;

	m->covered = directory;
	m->parent = parent->number;
	m->below = 0;
	if (!is_over)
		return;
	handle_drop(&m->covered);
	m->covered = handle_copy(parent->covered);
	m->parent = parent->parent;
	m->below = parent->number;
}

void mount_add(struct posix_world *w, struct mount *m)
{
	struct mount **at = &w->mounts;

	while (*at != nullptr && (*at)->number < m->number)
		at = &(*at)->next;
	m->next = *at;
	*at = m;
}

void mount_remove(struct posix_world *w, struct mount *m)
{
	struct mount **at = &w->mounts;

	while (*at != nullptr && *at != m)
		at = &(*at)->next;
	if (*at != nullptr)
		*at = m->next;
	m->next = nullptr;
}

void mount_lines(struct posix_world *w, const struct mount *m,
		 bool (*end)(struct credentials *c, uint32_t mount))
{
	for (struct process *p = nullptr; (p = process_next(&w->core, p ? p->pid : 0)) != nullptr;)
		while (end(p->who, m->number))
			;
}

struct mount *root_of(const struct process *p)
{
	return p->root ? p->root : ((struct posix_world *)p->world)->mounts;
}

static bool root_is_used(const struct posix_world *w, const struct mount *root)
{
	for (struct process *p = nullptr; (p = process_next(&w->core, p ? p->pid : 0)) != nullptr;)
		if (p->root == root)
			return true;
	return false;
}

void roots_trim(struct posix_world *w)
{
	for (struct mount **at = &w->roots, *m; (m = *at) != nullptr;) {
		if (root_is_used(w, m)) {
			at = &m->next;
			continue;
		}
		*at = m->next;
		mount_lines(w, m, line_drop);
		mount_free(m);
	}
}

uint64_t mount_key(const struct posix_world *w, const struct mount *m)
{
	return (uint64_t)w->serial << 32 | (m->is_root ? m->parent : m->number);
}

uint32_t mount_flags(const struct posix_world *w, const struct mount *m)
{
	const struct mount *parent =
		m->is_root ? mount_by_number((struct posix_world *)w, m->parent) : nullptr;

	if (m->is_root)
		return parent ? parent->flags : 0;
	return m->flags | (m->number != 0 ? FILES_LINE_MOUNT : 0);
}

fut_handle handle_copy(fut_handle h)
{
	fut_handle copy;

	return h != 0 && fut_handle_duplicate(h, RIGHT_SEND | RIGHT_TRANSFER | RIGHT_DUPLICATE,
					      &copy) == OK
		       ? copy
		       : 0;
}

/* --- Texts --- */

const char *mount_path(const struct mount *m, const struct mount *root)
{
	size_t n = strcmp(root->at, "/") == 0 ? 0 : strlen(root->at);

	if (strncmp(m->at, root->at, n) != 0 || (m->at[n] != '/' && m->at[n] != '\0'))
		return nullptr;
	return m->at[n] != '\0' ? m->at + n : "/";
}

const char *mount_options(const struct mount *m)
{
	static char text[600];

	snprintf(text, sizeof(text), "%s%s%s%s,relatime%s%s%s",
		 m->flags & FILES_LINE_READ_ONLY ? "ro" : "rw",
		 m->flags & FILES_LINE_NO_PRIVILEGE ? ",nosuid" : "",
		 m->flags & FILES_LINE_NO_DEVICES ? ",nodev" : "",
		 m->flags & FILES_LINE_NO_EXECUTE ? ",noexec" : "",
		 m->flags & FILES_LINE_NO_LINKS ? ",nosymfollow" : "", m->options[0] ? "," : "",
		 m->options);
	return text;
}

const char *mount_word(const char *text)
{
	static char word[4 * 4000 + 1];
	size_t n = 0;

	for (; *text != '\0' && n + 4 < sizeof(word); text++) {
		if (strchr(" \t\n\\", *text) != nullptr)
			n += (size_t)snprintf(word + n, 5, "\\%03o", (unsigned char)*text);
		else
			word[n++] = *text;
	}
	word[n] = '\0';
	return word;
}

size_t mount_line(const struct mount *m, const char *at, char *to, size_t size)
{
	size_t n = (size_t)snprintf(to, size, "%s ", mount_word(m->source));

	if (n < size)
		n += (size_t)snprintf(to + n, size - n, "%s ", mount_word(at));
	if (n < size)
		n += (size_t)snprintf(to + n, size - n, "%s %s 0 0", m->kind, mount_options(m));
	return n < size ? n : size - 1;
}
