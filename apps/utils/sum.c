/* SPDX-License-Identifier: MPL-2.0 */
/* sum: the 16-bit checksums of old: BSD's, which turns, and System V's, which adds. */
#include <stdint.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

static const struct opt sum_opts[] = {
	{ 'r', nullptr, nullptr, "BSD's sum, and blocks of 1 KiB (default)" },
	{ 's', "sysv", nullptr, "System V's sum, and blocks of 512 bytes" },
	{},
};

static uint32_t turn_add(uint32_t sum, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum = ((sum >> 1 | sum << 15) + (unsigned char)bytes[i]) & 0xffff;
	return sum;
}

static uint32_t plain_add(uint32_t sum, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += (unsigned char)bytes[i];
	return sum;
}

static bool show(const char *path, bool sysv, bool named)
{
	uint64_t len = 0, block = sysv ? 512 : 1024;
	uint32_t sum = 0;
	struct in in;

	if (!in_open(&in, path))
		return false;
	for (; in_fill(&in); in.start = in.end) {
		size_t n = in.end - in.start;
		sum = sysv ? plain_add(sum, in.buf + in.start, n)
			   : turn_add(sum, in.buf + in.start, n);
		len += n;
	}
	in_close(&in);
	if (in.failed)
		return false;
	unsigned long long blocks = (len + block - 1) / block;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put_format(sysv ? "%u %llu" : "%05u %5llu", sum, blocks);
	put_format(named ? " %s\n" : "\n", path);
	return true;
}

static int sum_main(int argc, char **argv)
{
	bool sysv = false;
	struct opt_state s;
	int o, status = 0;

	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0)
		sysv = o == 's';
	if (s.index == argc)
		return !show("-", sysv, false);
	for (int i = s.index; i < argc; i++)
		status |= !show(argv[i], sysv, true);
	return status;
}

APPLET(sum, .usage = "[OPTION]... [FILE]...", .summary = "Show checksums and sizes in blocks.",
       .opts = sum_opts);
