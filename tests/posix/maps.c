/* SPDX-License-Identifier: MPL-2.0 */
/* /proc/PID/maps and smaps of many mappings, which are made piece by piece as they are read. */
#include "tests/posix/check.h"
#include <sys/mman.h>

constexpr size_t PAGE = 4096;
constexpr unsigned MANY = 300; /* mappings of ours, beside as many holes */

/* MANY mappings of a page each, that cannot become one. */
static char *many_mappings(void)
{
	char *p = mmap(nullptr, (1 + 2 * MANY) * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK_EQ(mprotect(p, PAGE, PROT_NONE), 0); /* what comes to lie below stays apart */
	p += PAGE;
	for (unsigned i = 0; i < MANY; i++)
		CHECK_EQ(munmap(p + (2 * i + 1) * PAGE, PAGE), 0);
	return p;
}

/* How many of ours a text of maps or smaps has; they must come once each and in order. */
static unsigned count_ours(const char *text, const char *p)
{
	unsigned n = 0;

	for (const char *line = text; line != nullptr; line = strchr(line, '\n')) {
		unsigned long start, end;
		line += *line == '\n';
		if (sscanf(line, "%lx-%lx ", &start, &end) != 2 || start < (uintptr_t)p ||
		    start >= (uintptr_t)p + 2 * MANY * PAGE)
			continue;
		CHECK_EQ(start, (uintptr_t)p + 2 * n++ * PAGE);
		CHECK_EQ(end - start, PAGE);
	}
	return n;
}

/* The whole file, by reads of `piece` bytes; to be freed. */
static char *read_by(const char *path, size_t piece)
{
	constexpr size_t ROOM = 1 << 20;
	char *text = calloc(1, ROOM);
	int fd = open(path, O_RDONLY);
	size_t used = 0;
	ssize_t n;

	CHECK(text && fd >= 0);
	while (used + piece < ROOM && (n = read(fd, text + used, piece)) > 0) {
		used += (size_t)n;
		/* Whole records, if one has room. */
		CHECK(piece < PAGE || text[used - 1] == '\n');
	}
	CHECK_EQ(n, 0);
	CHECK_EQ(read(fd, text + used, 1), 0); /* the end stays the end */
	close(fd);
	return text;
}

TEST(every_mapping_is_shown_once_whatever_is_read_at_a_time)
{
	static const size_t pieces[] = { 1, 61, 1000, PAGE, 65536 };
	char *p = many_mappings();

	for (unsigned i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		CHECK_EQ(count_ours(read_by("/proc/self/maps", pieces[i]), p), MANY);
		if (i > 0)
			CHECK_EQ(count_ours(read_by("/proc/self/smaps", pieces[i]), p), MANY);
	}
}

TEST(a_place_in_the_text_can_be_sought)
{
	char *p = many_mappings(), line[64] = {};
	char *text = read_by("/proc/self/maps", PAGE);
	char *ours, first[32];
	int fd = open("/proc/self/maps", O_RDONLY);

	snprintf(first, sizeof(first), "%08lx-", (unsigned long)(p + 400 * PAGE));
	ours = strstr(text, first);
	CHECK(ours);
	/* Reading takes memory of its own: what was before ours may have changed. */
	for (off_t at = ours - text; at >= 0; at -= 5000) {
		CHECK_EQ(pread(fd, line, 32, at), 32);
		CHECK_EQ(strncmp(line, text + at, 32), 0);
	}
	CHECK_EQ(lseek(fd, ours - text, SEEK_SET), ours - text);
	CHECK_EQ(read(fd, line, 32), 32);
	CHECK_EQ(strncmp(line, ours, 32), 0);
	CHECK_EQ(pread(fd, line, 32, 1 << 24), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(read(fd, line, 32), 32);
	CHECK_EQ(strncmp(line, text, 8), 0);
}

/* What was told and goes does not make the rest move: each is told once. */
TEST(mappings_that_go_meanwhile_do_not_hide_others)
{
	char *p = many_mappings();
	char *text = calloc(1, 1 << 17);
	int fd = open("/proc/self/maps", O_RDONLY);
	size_t used = 0;
	ssize_t n;

	CHECK(text && fd >= 0);
	while (count_ours(text, p) < 10 && (n = read(fd, text + used, PAGE)) > 0)
		used += (size_t)n;
	CHECK(count_ours(text, p) >= 10);
	CHECK_EQ(munmap(p, (2 * count_ours(text, p) - 1) * PAGE), 0);
	while ((n = read(fd, text + used, PAGE)) > 0)
		used += (size_t)n;
	CHECK_EQ(n, 0);
	CHECK_EQ(count_ours(text, p), MANY);
}
