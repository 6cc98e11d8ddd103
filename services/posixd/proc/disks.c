/* SPDX-License-Identifier: MPL-2.0 */
/* Disks in /proc/partitions, and in /sys/block and /sys/dev/block as lsblk looks for them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "services/posixd/disks.h"
#include "services/posixd/proc/proc.h"

/* Subjects' numbers are the disk's, and one more. */
static const struct disk_facts *facts_of(const struct subject *s)
{
	return disk_facts(s->number - 1);
}

static uint32_t disk_after(const struct subject *, uint32_t after)
{
	while (after < DISKS && disk_facts(after) == nullptr)
		after++;
	return after < DISKS ? after + 1 : 0;
}

void fill_partitions(struct text *t, const struct subject *s)
{
	text_add(t, "major minor  #blocks  name\n\n");
	for (uint32_t n = 0; (n = disk_after(s, n)) != 0;) {
		uint64_t number = disk_number(n - 1);
		text_add(t, "%4u  %7u %10llu %s\n", major(number), minor(number),
			 (unsigned long long)disk_facts(n - 1)->sectors / 2, disk_name(n - 1));
	}
}

static void fill_dev(struct text *t, const struct subject *s)
{
	uint64_t number = disk_number(s->number - 1);

	text_add(t, "%u:%u\n", major(number), minor(number));
}

static void fill_size(struct text *t, const struct subject *s)
{
	text_add(t, "%llu\n", (unsigned long long)facts_of(s)->sectors);
}

static void fill_read_only(struct text *t, const struct subject *s)
{
	text_add(t, "%u\n", facts_of(s)->read_only);
}

static void fill_logical(struct text *t, const struct subject *s)
{
	text_add(t, "%u\n", facts_of(s)->sector_size);
}

static void fill_physical(struct text *t, const struct subject *s)
{
	text_add(t, "%u\n", facts_of(s)->physical_size);
}

static const struct proc_entry queue_children[] = {
	{ .name = "logical_block_size", .mode = S_IFREG | 0444, .fill = fill_logical },
	{ .name = "physical_block_size", .mode = S_IFREG | 0444, .fill = fill_physical },
	PROC_FIXED("rotational", "1\n"),
	{},
};
static const struct proc_entry disk_children[] = {
	{ .name = "dev", .mode = S_IFREG | 0444, .fill = fill_dev },
	{ .name = "queue", .mode = S_IFDIR | 0555, .children = queue_children },
	PROC_FIXED("removable", "0\n"),
	{ .name = "ro", .mode = S_IFREG | 0444, .fill = fill_read_only },
	{ .name = "size", .mode = S_IFREG | 0444, .fill = fill_size },
	{},
};

/* Make the subject the disk that has this name among those that `name_of` gives. */
static bool find(struct subject *s, const char *name, const char *(*name_of)(uint32_t number))
{
	uint32_t n = 0;

	while ((n = disk_after(s, n)) != 0 && strcmp(name_of(n), name) != 0)
		;
	s->number = n;
	return n != 0;
}

static const char *name_of(uint32_t number)
{
	return disk_name(number - 1);
}

static const struct proc_entry *disk_find(struct subject *s, const char *name)
{
	static const struct proc_entry disk = { .name = "",
						.mode = S_IFDIR | 0555,
						.children = disk_children };

	return find(s, name, name_of) ? &disk : nullptr;
}

const struct proc_names disk_names = {
	.find = disk_find, .next = disk_after, .name = name_of, .type = S_IFDIR
};

/* --- By number --- */

static const char *number_of(uint32_t n)
{
	static char text[24];
	uint64_t number = disk_number(n - 1);

	snprintf(text, sizeof(text), "%u:%u", major(number), minor(number));
	return text;
}

static int number_target(const struct subject *s, struct files_target *t)
{
	t->text = t->room;
	t->len = (size_t)snprintf(t->room, FILES_PATH, "../../block/%s", name_of(s->number));
	return 0;
}

static const struct proc_entry *number_find(struct subject *s, const char *name)
{
	static const struct proc_entry link = { .name = "",
						.mode = S_IFLNK | 0777,
						.target = number_target };

	return find(s, name, number_of) ? &link : nullptr;
}

static const struct proc_names number_names = {
	.find = number_find, .next = disk_after, .name = number_of, .type = S_IFLNK
};

const struct proc_entry disk_numbers_children[] = {
	{ .name = "block", .mode = S_IFDIR | 0555, .names = &number_names },
	{},
};
