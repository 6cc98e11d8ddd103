/* SPDX-License-Identifier: MPL-2.0 */
/* mkfutfs: makes a FuturaFS volume in a file or on a block device. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "host/futfs/device.h"
#include "host/futfs/populate.h"

static const char help[] =
	"usage: mkfutfs IMAGE [options]\n"
	"Make a FuturaFS volume. What IMAGE holds is lost.\n\n"
	"  --size S             make the image S bytes long (K, M, G, T may follow)\n"
	"  --segments N         number of segments (default: as many as fit)\n"
	"  --segment-sectors N  512-byte sectors a segment, a power of two blocks\n"
	"  --block-size BYTES   1024 to 32768 (default 4096)\n"
	"  --inodes N           at most so many files (default: as many as fit)\n"
	"  --label TEXT         a name for the volume, up to 31 bytes\n"
	"  --populate DIR       copy what is in DIR into it\n"
	"  --help               show this\n";

struct options {
	const char *image, *populate;
	uint64_t size, sectors;
	struct fs_format format;
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "mkfutfs: %s: %s\n", what, why);
	return 1;
}

/* A number option; 0 is refused. */
static bool number(const char *text, uint64_t *to)
{
	*to = size_parse(text);
	if (*to == 0)
		(void)fail(text, "not a positive number"); /* false says as much */
	return *to != 0;
}

static bool option(struct options *o, int c)
{
	uint64_t v = 0;

	if (c == 'l') {
		if (strlen(optarg) >= sizeof(o->format.label))
			return fail(optarg, "label too long") == 0;
		strcpy(o->format.label, optarg);
		return true;
	}
	if (c == 'p') {
		o->populate = optarg;
		return true;
	}
	if (!number(optarg, &v))
		return false;
	switch (c) {
	case 's':
		o->size = v;
		break;
	case 'n':
		o->format.segments = v;
		break;
	case 'S':
		o->sectors = v;
		break;
	case 'b':
		o->format.block_size = v > UINT32_MAX ? 1 : (uint32_t)v;
		break;
	default:
		o->format.max_inodes = v;
	}
	return true;
}

/* 0: go on; else the exit status plus one. */
static int options_parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = { { "size", 1, nullptr, 's' },
					       { "segments", 1, nullptr, 'n' },
					       { "segment-sectors", 1, nullptr, 'S' },
					       { "block-size", 1, nullptr, 'b' },
					       { "inodes", 1, nullptr, 'i' },
					       { "label", 1, nullptr, 'l' },
					       { "populate", 1, nullptr, 'p' },
					       { "help", 0, nullptr, 'h' },
					       {} };
	int c;

	while ((c = getopt_long(argc, argv, "", longs, nullptr)) != -1) {
		if (c == 'h') {
			fputs(help, stdout);
			return 1;
		}
		if (c == '?' || !option(o, c))
			return 2;
	}
	if (optind + 1 != argc) {
		fputs(help, stderr);
		return 2;
	}
	o->image = argv[optind];
	return 0;
}

/* The size from which on there is room, to 64 KiB; 0: for so many segments there is none. */
static uint64_t least_size(const struct fs_format *format)
{
	uint64_t step = 64 << 10, few = 0, enough = step;

	while (enough < 1ull << 60 && fs_make_check(enough, format) == FS_NO_SPACE)
		enough *= 2;
	if (fs_make_check(enough, format) != FS_OK)
		return 0;
	while (enough - few > step) {
		uint64_t middle = (few + enough) / 2 / step * step;

		*(fs_make_check(middle, format) == FS_OK ? &enough : &few) = middle;
	}
	return enough;
}

/* Before anything is lost: can there be such a volume of so many bytes? */
static int format_check(const struct options *o, uint64_t size)
{
	char why[96];

	enum fs_err e = fs_make_check(size, &o->format);
	if (e == FS_OK)
		return 0;
	if (e != FS_NO_SPACE)
		return fail(o->image, e == FS_BAD_ARGUMENT ? "not a possible block or segment size"
							   : fs_err_text(e));
	if (size == 0)
		return fail(o->image, "is empty: say how large it is to be with --size");
	uint64_t least = least_size(&o->format);
	if (least == 0)
		return fail(o->image, "no volume has so many segments");
	snprintf(why, sizeof(why), "too small with %llu KiB: %llu KiB are the least",
		 (unsigned long long)(size >> 10), (unsigned long long)(least >> 10));
	return fail(o->image, why);
}

static int make(const struct options *o, struct fs_device *dev)
{
	const struct fs_config config = { .cache_bytes = 64u << 20, .inodes = 16384 };
	struct fs_host host = linux_host(false);
	struct fs *fs;

	enum fs_err e = fs_make(dev, &host, &o->format);
	if (e != FS_OK)
		return fail(o->image, fs_err_text(e));
	e = fs_mount(dev, &host, &config, &fs);
	if (e != FS_OK)
		return fail(o->image, fs_err_text(e));
	int r = o->populate != nullptr && populate(fs, o->populate) != 0;
	struct fs_stat st;
	fs_statfs(fs, &st);
	e = fs_unmount(fs);
	if (e != FS_OK)
		return fail(o->image, fs_err_text(e));
	if (r == 0)
		printf("%s: %llu segments of %u blocks of %llu bytes, %llu MiB free, %llu inodes\n",
		       o->image, (unsigned long long)st.segments, st.segment_blocks,
		       (unsigned long long)st.block_size,
		       (unsigned long long)(st.blocks_free * st.block_size >> 20),
		       (unsigned long long)st.inodes);
	return r;
}

int main(int argc, char **argv)
{
	struct options o = {};
	struct fs_device dev;
	int r = options_parse(argc, argv, &o);

	if (r != 0)
		return r - 1;
	uint64_t block = o.format.block_size != 0 ? o.format.block_size : 4096;
	if (o.sectors * 512 % block != 0 || o.sectors * 512 / block > UINT32_MAX)
		return fail("--segment-sectors", "not a number of blocks");
	o.format.segment_blocks = (uint32_t)(o.sectors * 512 / block);
	if (getrandom(o.format.uuid, sizeof(o.format.uuid), 0) != sizeof(o.format.uuid))
		return fail(o.image, "no random numbers for the uuid");
	if (o.populate != nullptr && access(o.populate, R_OK | X_OK) != 0)
		return fail(o.populate, strerror(errno));
	if (o.size == 0 && access(o.image, F_OK) != 0)
		return fail(o.image, "is not there: say how large it is to be with --size");
	if (o.size != 0 && format_check(&o, o.size) != 0)
		return 1;
	r = device_open(o.image, true, true, &dev);
	if (r == 0 && o.size != 0)
		r = device_resize(&dev, o.size);
	if (r != 0)
		return fail(o.image, strerror(r));
	r = format_check(&o, dev.size);
	if (r == 0)
		r = make(&o, &dev);
	device_close(&dev);
	return r;
}
