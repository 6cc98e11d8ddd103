/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a world begins with: /proc, /sys, /dev/pts; nodes for the disks there are; and what the
 * kernel's command line asks for: `root=vda`, and `mount=vda:/data`, as often as one likes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "lib/futura/clock.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "lib/futura/service.h"
#include "protocol/devices.h"
#include "protocol/file.h"
#include "protocol/files.h"
#include "services/posixd/core/credentials.h"
#include "services/posixd/disks.h"
#include "services/posixd/lines.h"
#include "services/posixd/mounts.h"

constexpr uint64_t TERMINALS_DEVICE = 5, CONTROL_DEVICE = 9; /* st_dev of their trees */
constexpr uint64_t PATIENCE = 5 * SECOND;                    /* for devd, which starts with us */

/* What the beginning has at hand. */
struct beginning {
	struct posix_world *w;
	struct credentials *who;
	fut_handle root; /* a session with the world's */
	fut_handle dev;  /* with /dev */
	uint32_t dev_mount;
};

bool mounts_init(struct posix_world *w, const char *server)
{
	bool is_disk = strcmp(server, SERVER_DISK) == 0;
	struct mount *m = mount_create("/", is_disk ? "futurafs" : "tmpfs", server,
				       is_disk ? "/dev/vda" : "rootfs", "");

	if (m == nullptr)
		return false;
	w->next_mount = 1;
	w->serial = ++posixd.last_world;
	w->mounts = m;
	return true;
}

/* A directory below a session; 0: there is none. */
static fut_handle directory_open(fut_handle from, const char *path)
{
	struct remote there = { .session = from };
	uint64_t node, size;
	uint32_t slot, mode;
	fut_handle session = 0;
	int32_t outcome = -1;
	char rest[8];
	size_t rest_len;

	if (file_open(&there, FILE_PATH | FILE_DIRECTORY, 0, path, strlen(path), &session, &outcome,
		      &slot, &node, &size, &mode, rest, sizeof(rest), &rest_len) == OK &&
	    outcome != 0)
		handle_drop(&session);
	return session;
}

static int node_make(fut_handle at, const char *path, uint32_t mode, uint64_t rdev)
{
	struct remote there = { .session = at };
	uint64_t node;
	int32_t outcome = -EIO;
	char rest[8];
	size_t rest_len;
	enum err e = file_make(&there, mode, 0, rdev, path, strlen(path), "", 0, &node, &outcome,
			       rest, sizeof(rest), &rest_len);

	return e != OK ? -EIO : outcome;
}

/* The session with the directory, which is made if it is not there. */
static fut_handle directory_need(fut_handle from, const char *path)
{
	fut_handle h = directory_open(from, path);

	if (h == 0 && node_make(from, path, S_IFDIR | 0755, 0) == 0)
		h = directory_open(from, path);
	return h;
}

/* Mount it over a directory of ours. Takes the mount, whose first line is `way`, 0 if there is
 * none. */
static void put_over(struct beginning *b, struct mount *m, fut_handle covered, uint32_t parent)
{
	int32_t outcome = -1;

	m->number = b->w->next_mount++;
	m->parent = parent;
	m->covered = covered;
	if (covered == 0 ||
	    file_mount(&(struct remote){ .session = covered }, m->number, &outcome) != OK ||
	    outcome != 0) {
		print("posixd: cannot mount %s at %s\n", m->kind, m->at);
		mount_free(m);
		return;
	}
	mount_add(b->w, m);
}

/* With a root on a disk, /dev stays in memory. */
static void dev_begin(struct beginning *b)
{
	fut_handle memory = 0;

	if (strcmp(b->w->mounts->server, "ramfs") == 0) {
		b->dev = directory_open(b->root, "/dev");
		b->w->dev = handle_copy(b->dev);
		return;
	}
	if (line_open(b->who, "ramfs", 0, 0, 0, &memory) != 0)
		return;
	fut_handle start = directory_open(memory, "/dev");
	handle_drop(&memory);
	struct mount *m = mount_create("/dev", "devtmpfs", "ramfs", "devtmpfs", "");
	if (m == nullptr)
		return;
	m->start = start;
	b->w->dev = handle_copy(start);
	b->dev_mount = b->w->next_mount;
	if (line_open(b->who, "ramfs", handle_copy(start), FILES_LINE_MOUNT,
		      (uint64_t)b->w->serial << 32 | b->dev_mount, &b->dev) == 0)
		m->way = handle_copy(b->dev);
	put_over(b, m, directory_need(b->root, "/dev"), 0);
}

static void usual_begin(struct beginning *b)
{
	struct mount *proc = mount_create("/proc", "proc", SERVER_PROC, "proc", "");
	struct mount *sys = mount_create("/sys", "sysfs", SERVER_SYS, "sysfs", "");
	struct mount *pts = mount_create("/dev/pts", "devpts", "tty", "devpts", "");

	struct mount *control =
		mount_create("/run/futura", "control", SERVER_CONTROL, "control", "");

	if (proc == nullptr || sys == nullptr || pts == nullptr || control == nullptr)
		return; /* without memory nothing else will work either */
	proc->device = disk_proc_device(SERVER_PROC);
	sys->device = disk_proc_device(SERVER_SYS);
	pts->device = TERMINALS_DEVICE;
	control->device = CONTROL_DEVICE;
	put_over(b, proc, directory_need(b->root, "/proc"), 0);
	put_over(b, sys, directory_need(b->root, "/sys"), 0);
	put_over(b, pts, directory_open(b->dev, "pts"), b->dev_mount);
	(void)node_make(b->root, "/run", S_IFDIR | 0755, 0); /* it may be there */
	put_over(b, control, directory_need(b->root, "/run/futura"), 0);
}

/* /dev/vda for block.0, and so on: the group "disk"'s. */
static void node_begin(struct beginning *b, unsigned disk)
{
	constexpr uint32_t DISK_GROUP = 6; /* Debian's */
	const char *name = disk_name(disk);
	uint64_t node;
	int32_t outcome;
	char rest[8];
	size_t rest_len;

	/* It may be there, from an earlier world or on a disk; and what cannot be given stays
	 * root's. */
	if (node_make(b->dev, name, S_IFBLK | 0660, disk_number(disk)) == 0)
		(void)file_change(&(struct remote){ .session = b->dev }, 0, 0, 0, FILE_CHANGE_GID,
				  0, 0, DISK_GROUP, 0, name, strlen(name), &node, &outcome, rest,
				  sizeof(rest), &rest_len);
}

static void disks_begin(struct beginning *b)
{
	struct remote devices;
	uint32_t index = 0, state, restarts, id, class;
	char bus[32], name[32];
	size_t bus_len, name_len;

	if (service_open(&devices, "devices", clock_after(PATIENCE)) != OK)
		return;
	while (devices_next(&devices, index, &index, &state, &restarts, &id, &class, bus,
			    sizeof(bus), &bus_len, name, sizeof(name), &name_len) == OK) {
		unsigned disk = disk_of_name(name);
		if (disk == DISK_NONE)
			continue;
		disk_ask(disk);
		node_begin(b, disk);
	}
	(void)fut_handle_close(devices.session); /* ours */
}

/* DISK:DIRECTORY */
static void asked_begin(struct beginning *b, const char *text)
{
	char disk[16], at[128], source[24];

	if (sscanf(text, "%15[^:]:%127[^ ]", disk, at) != 2 || at[0] != '/') {
		print("posixd: mount=%s: expected DISK:/DIRECTORY, such as vda:/data\n", text);
		return;
	}
	snprintf(source, sizeof(source), "/dev/%s", disk);
	unsigned n = strncmp(disk, "vd", 2) == 0 && disk[3] == '\0' ? (unsigned)(disk[2] - 'a')
								    : DISK_NONE;
	const char *server = disk_server(n);
	struct mount *m = server ? mount_create(at, "futurafs", server, source, "") : nullptr;
	fut_handle line = 0;
	int e = -ENXIO;
	if (m != nullptr)
		e = line_open(b->who, m->server, 0, FILES_LINE_MOUNT,
			      (uint64_t)b->w->serial << 32 | b->w->next_mount, &line);
	if (e != 0 || m == nullptr) {
		disk_complain(source, e);
		if (m != nullptr)
			mount_free(m);
		return;
	}
	m->way = line;
	m->device = disk_number(n);
	put_over(b, m, directory_need(b->root, at), 0);
}

/* Nodes that need nobody: Linux, admin-guide/devices.txt. */
static void plain_nodes_make(fut_handle dev)
{
	static const struct {
		const char *name;
		unsigned minor;
	} nodes[] = {
		{ "null", 3 }, { "zero", 5 }, { "full", 7 }, { "random", 8 }, { "urandom", 9 }
	};

	for (unsigned i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		(void)node_make(dev, nodes[i].name, S_IFCHR | 0666,
				makedev(1, nodes[i].minor)); /* what is missing is missing */
	(void)node_make(dev, "shm", S_IFDIR | 01777, 0);     /* the same */
}

/* A world that another made: /proc and /dev, where its root has such directories. */
static void inner_begin(struct beginning *b)
{
	fut_handle proc = directory_open(b->root, "/proc"), dev = directory_open(b->root, "/dev");
	struct mount *m = proc ? mount_create("/proc", "proc", SERVER_PROC, "proc", "") : nullptr;

	if (m != nullptr) {
		m->device = disk_proc_device(SERVER_PROC);
		put_over(b, m, proc, 0);
	}
	m = dev ? mount_create("/dev", b->w->has_devices ? "devtmpfs" : "tmpfs", "ramfs", "dev", "")
		: nullptr;
	if (m == nullptr)
		return;
	if (b->w->has_devices)
		m->start = handle_copy(posixd.worlds[1]->dev);
	else
		(void)line_make("ramfs", 0755, 1 << 20, &m->start); /* else the line fails */
	b->w->dev = handle_copy(m->start);
	if (m->start != 0 &&
	    line_open(b->who, "ramfs", handle_copy(m->start), FILES_LINE_MOUNT,
		      (uint64_t)b->w->serial << 32 | b->w->next_mount, &m->way) == 0) {
		m->device = disk_device_of(m->way);
		if (!b->w->has_devices)
			plain_nodes_make(m->way);
		put_over(b, m, dev, 0);
	} else {
		handle_drop(&dev);
		mount_free(m);
	}
}

void mounts_begin(struct posix_world *w, struct credentials *who, fut_handle root)
{
	struct beginning b = { .w = w, .who = who, .root = root };
	const char *line = env_get("CMDLINE");

	w->mounts->way = handle_copy(root);
	w->mounts->device = disk_device_of(root);
	if (w != posixd.worlds[1]) {
		inner_begin(&b);
		w->has_mounts = true;
		return;
	}
	dev_begin(&b);
	usual_begin(&b);
	disks_begin(&b);
	for (const char *at = line; at != nullptr && (at = strstr(at, "mount=")) != nullptr;
	     at += 6)
		if (at == line || at[-1] == ' ')
			asked_begin(&b, at + 6);
	handle_drop(&b.dev);
	w->has_mounts = true;
}

unsigned mounts_to_sync(const struct posix_world *w, fut_handle *ways, unsigned most)
{
	unsigned n = 0;

	for (const struct mount *m = w->mounts; m != nullptr && n < most; m = m->next)
		if (strcmp(m->kind, "futurafs") == 0 && m->way != 0)
			ways[n++] = handle_copy(m->way);
	return n;
}

void mounts_sync(const fut_handle *ways, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct remote there = { .session = ways[i] };
		int64_t outcome = 0;
		enum err e = file_sync_all(&there, &outcome);
		if (e != OK || outcome < 0)
			print("posixd: a disk's last changes are lost: %s\n",
			      e != OK ? "its file server has ended" : strerror((int)-outcome));
		(void)fut_handle_close(ways[i]); /* ours */
	}
}
