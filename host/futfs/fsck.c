/* SPDX-License-Identifier: MPL-2.0 */
/* fsck.futfs: checks a FuturaFS volume, and repairs it. Exit status as fsck(8) has it. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "futurafs/check.h"
#include "host/futfs/device.h"

static const char help[] = "usage: fsck.futfs --device IMAGE [options]\n"
			   "Check a FuturaFS volume that is not mounted.\n\n"
			   "  --device IMAGE  the image or block device (or just name it)\n"
			   "  --dry-run       only look, never write (the default)\n"
			   "  --repair        mend what is wrong, keeping all that can be kept\n"
			   "  --gc            then clean segments that hold dead blocks\n"
			   "  --no-data       do not read file data, only what describes it\n"
			   "  --json          tell the result as one JSON object\n"
			   "  --help          show this\n\n"
			   "Exit status: 0 nothing wrong, 1 repaired, 4 problems left, 8 cannot "
			   "look, 16 wrong usage.\n";

enum status { CLEAN = 0, REPAIRED = 1, LEFT = 4, FAILED = 8, USAGE = 16 };

struct run {
	const char *device;
	bool repair, gc, json, no_data, dry;
	uint64_t problems, left, cleaned;
	struct fs_check check;
	const char *error;
};

static void problem_show(void *ctx, const struct fs_problem *p)
{
	const struct run *r = ctx;

	if (!r->json)
		printf("%s: inode %llu, key %llx (%llu, %llu)\n", fs_problem_text(p->kind),
		       (unsigned long long)p->ino, (unsigned long long)p->off,
		       (unsigned long long)p->a, (unsigned long long)p->b);
}

static enum fs_err check(struct run *r, struct fs_device *dev, const struct fs_host *host)
{
	const struct fs_config config = { .flags = FS_MOUNT_READ_ONLY, .cache_bytes = 64u << 20 };
	struct fs *fs;

	r->check = (struct fs_check){ .data = !r->no_data, .ctx = r, .problem = problem_show };
	enum fs_err e = fs_mount(dev, host, &config, &fs);
	if (e != FS_OK)
		return e;
	e = fs_check(fs, &r->check);
	r->left = r->check.problems;
	fs_abandon(fs);
	return e;
}

static enum fs_err clean(struct run *r, struct fs_device *dev, const struct fs_host *host)
{
	const struct fs_config config = { .cache_bytes = 64u << 20 };
	uint32_t n = 1;
	struct fs *fs;
	enum fs_err e = fs_mount(dev, host, &config, &fs);

	if (e != FS_OK)
		return e;
	struct fs_stat st;
	fs_statfs(fs, &st);
	/* One pass over the volume: cleaning for ever would only move data about. */
	for (uint64_t most = st.segments; e == FS_OK && n > 0 && r->cleaned < most;) {
		e = fs_clean(fs, 8, &n);
		r->cleaned += n;
		if (!r->json && isatty(1))
			printf("\rcleaned %llu segments", (unsigned long long)r->cleaned);
	}
	enum fs_err last = fs_unmount(fs);
	return e != FS_OK ? e : last;
}

static enum status run(struct run *r, struct fs_device *dev)
{
	struct fs_host host = linux_host(r->json);
	enum fs_err e = fs_probe(dev, &host);

	if (e == FS_CORRUPT) {
		r->error = "holds no FuturaFS volume: neither superblock is sound";
		return LEFT;
	}
	if (r->repair) {
		struct fs_repair repair = { .ctx = r, .problem = problem_show };

		e = fs_repair(dev, &host, &repair);
		r->problems = repair.problems;
		r->left = repair.left;
		if (e == FS_OK && r->left == 0)
			e = check(r, dev, &host);
	} else {
		e = check(r, dev, &host);
		r->problems = r->left;
	}
	if (e == FS_OK && r->left == 0 && r->gc && !r->dry)
		e = clean(r, dev, &host);
	if (e != FS_OK)
		r->error = fs_err_text(e);
	if (e == FS_CORRUPT || (e == FS_OK && r->left > 0))
		return LEFT;
	if (e != FS_OK)
		return FAILED;
	return r->problems > 0 ? REPAIRED : CLEAN;
}

static void result_show(const struct run *r, enum status s)
{
	if (r->json) {
		printf("{\"status\":%d,\"problems\":%llu,\"left\":%llu,\"inodes\":%llu,"
		       "\"directories\":%llu,\"data_blocks\":%llu,\"node_blocks\":%llu,"
		       "\"cleaned\":%llu,\"error\":\"%s\"}\n",
		       s, (unsigned long long)r->problems, (unsigned long long)r->left,
		       (unsigned long long)r->check.inodes, (unsigned long long)r->check.dirs,
		       (unsigned long long)r->check.data_blocks,
		       (unsigned long long)r->check.node_blocks, (unsigned long long)r->cleaned,
		       r->error != nullptr ? r->error : "");
		return;
	}
	if (r->error != nullptr)
		printf("%s: %s\n", r->device, r->error);
	printf("%s: %llu inodes (%llu directories), %llu data and %llu tree blocks, %llu problems"
	       ", %llu left\n",
	       r->device, (unsigned long long)r->check.inodes, (unsigned long long)r->check.dirs,
	       (unsigned long long)r->check.data_blocks, (unsigned long long)r->check.node_blocks,
	       (unsigned long long)r->problems, (unsigned long long)r->left);
}

/* False: stop with *status. */
static bool options_parse(int argc, char **argv, struct run *r, enum status *status)
{
	static const struct option longs[] = {
		{ "device", 1, nullptr, 'd' },  { "dry-run", 0, nullptr, 'n' },
		{ "repair", 0, nullptr, 'r' },  { "gc", 0, nullptr, 'g' },
		{ "no-data", 0, nullptr, 'm' }, { "json", 0, nullptr, 'j' },
		{ "help", 0, nullptr, 'h' },    {}
	};
	int c;

	*status = USAGE;
	while ((c = getopt_long(argc, argv, "", longs, nullptr)) != -1) {
		if (c == 'h') {
			fputs(help, stdout);
			*status = CLEAN;
		}
		if (c == 'h' || c == '?')
			return false;
		if (c == 'd')
			r->device = optarg;
		r->dry = r->dry || c == 'n';
		r->repair = r->repair || c == 'r';
		r->gc = r->gc || c == 'g';
		r->no_data = r->no_data || c == 'm';
		r->json = r->json || c == 'j';
	}
	if (r->device == nullptr && optind + 1 == argc)
		r->device = argv[optind++];
	if (r->device != nullptr && optind == argc && !(r->dry && (r->repair || r->gc)))
		return true;
	fputs(help, stderr);
	return false;
}

int main(int argc, char **argv)
{
	struct run r = {};
	struct fs_device dev;
	enum status s;

	if (!options_parse(argc, argv, &r, &s))
		return s;
	int e = device_open(r.device, r.repair || r.gc, false, &dev);
	if (e != 0) {
		fprintf(stderr, "fsck.futfs: %s: %s\n", r.device, strerror(e));
		return FAILED;
	}
	s = run(&r, &dev);
	device_close(&dev);
	result_show(&r, s);
	return s;
}
