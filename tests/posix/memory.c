/* SPDX-License-Identifier: MPL-2.0 */
/* Anonymous memory: mmap, munmap, mprotect, mremap, madvise, brk, mincore. */
#include "tests/posix/check.h"
#include <setjmp.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

constexpr size_t PAGE = 4096;
constexpr int RW = PROT_READ | PROT_WRITE;
constexpr int ANON = MAP_PRIVATE | MAP_ANONYMOUS;

static char *map(size_t npages, int flags)
{
	char *p = mmap(nullptr, npages * PAGE, RW, flags | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static jmp_buf back;

static void on_fault(int signal)
{
	siglongjmp(back, signal);
}

/* The signal that reading (or writing) this byte gives; 0: none. */
static int touch(volatile char *p, bool write)
{
	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	int got = sigsetjmp(back, 1);
	if (got == 0) {
		char c = *p;
		if (write)
			*p = c;
	}
	return got;
}

TEST(new_memory_is_zero)
{
	char *p = map(64, MAP_PRIVATE);

	CHECK_EQ((uintptr_t)p % PAGE, 0);
	for (size_t i = 0; i < 64 * PAGE; i++)
		CHECK_EQ(p[i], 0);
}

TEST(unmapped_memory_is_gone)
{
	char *p = map(3, MAP_PRIVATE);

	memset(p, 1, 3 * PAGE);
	CHECK_EQ(munmap(p + PAGE, PAGE), 0);
	CHECK_EQ(touch(p, true), 0);
	CHECK_EQ(touch(p + PAGE, false), SIGSEGV);
	CHECK_EQ(touch(p + 2 * PAGE, true), 0);
	CHECK_EQ(munmap(p + PAGE, PAGE), 0); /* nothing there: fine */
	CHECK_EQ(p[2 * PAGE], 1);
}

TEST(mmap_tells_what_is_wrong)
{
	CHECK_ERR((long)mmap(nullptr, 0, RW, ANON, -1, 0), EINVAL);
	CHECK_ERR((long)mmap(nullptr, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERR((long)mmap(nullptr, PAGE, RW, MAP_PRIVATE, -1, 0), EBADF);
	CHECK_ERR((long)mmap((void *)0x10'0001, PAGE, RW, ANON | MAP_FIXED, -1, 0), EINVAL);
	CHECK_ERR((long)mmap(nullptr, (size_t)1 << 62, RW, ANON, -1, 0), ENOMEM);
	CHECK_ERR(munmap((void *)1, PAGE), EINVAL);
	CHECK_ERR(munmap((void *)PAGE, 0), EINVAL);
	CHECK_ERR(syscall(SYS_mmap, nullptr, PAGE, RW, MAP_PRIVATE, 0, 1), EINVAL);
}

TEST(MAP_FIXED_replaces_and_NOREPLACE_does_not)
{
	char *p = map(4, MAP_PRIVATE);

	memset(p, 7, 4 * PAGE);
	CHECK(mmap(p + PAGE, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p + PAGE);
	CHECK_EQ(p[PAGE], 0);
	CHECK_EQ(p[3 * PAGE], 7);
	CHECK_ERR((long)mmap(p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	CHECK_EQ(munmap(p + PAGE, PAGE), 0);
	CHECK(mmap(p + PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == p + PAGE);
}

TEST(a_hint_is_taken_where_free)
{
	char *p = map(8, MAP_PRIVATE);

	CHECK_EQ(munmap(p, 8 * PAGE), 0);
	CHECK(mmap(p, PAGE, RW, ANON, -1, 0) == p);
	char *other = mmap(p, PAGE, RW, ANON, -1, 0);
	CHECK(other != MAP_FAILED && other != p);
}

TEST(mprotect_is_obeyed)
{
	char *p = map(3, MAP_PRIVATE);

	CHECK_EQ(mprotect(p + PAGE, PAGE, PROT_READ), 0);
	CHECK_EQ(touch(p + PAGE, false), 0);
	CHECK_EQ(touch(p + PAGE, true), SIGSEGV);
	CHECK_EQ(touch(p, true), 0);
	CHECK_EQ(touch(p + 2 * PAGE, true), 0);
	CHECK_EQ(mprotect(p, 3 * PAGE, PROT_NONE), 0);
	CHECK_EQ(touch(p, false), SIGSEGV);
	CHECK_EQ(mprotect(p, 3 * PAGE, RW), 0);
	CHECK_EQ(touch(p + PAGE, true), 0);
	CHECK_ERR(mprotect(p + 1, PAGE, RW), EINVAL);
	CHECK_EQ(munmap(p + PAGE, PAGE), 0);
	CHECK_ERR(mprotect(p, 3 * PAGE, PROT_READ), ENOMEM);
}

TEST(code_can_be_written_then_run)
{
	char *p = map(1, MAP_PRIVATE);
	static const unsigned char code[] = {
#if defined __x86_64__
		0xb8, 42, 0, 0, 0, 0xc3, /* mov eax, 42; ret */
#else
		0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6, /* mov w0, #42; ret */
#endif
	};

	memcpy(p, code, sizeof(code));
	CHECK_EQ(mprotect(p, PAGE, PROT_READ | PROT_EXEC), 0);
	__builtin___clear_cache(p, p + PAGE);
	CHECK_EQ(((int (*)(void))p)(), 42);
}

/* A function that returns a small number: its code, and where in it the number stands. */
static size_t code_put(char *p, unsigned char number)
{
#if defined __x86_64__
	unsigned char code[] = { 0xb8, number, 0, 0, 0, 0xc3 }; /* mov eax, number; ret */
#else
	uint32_t code[] = { 0x52800000 | (uint32_t)number << 5, 0xd65f03c0 }; /* mov w0; ret */
#endif

	memcpy(p, code, sizeof(code));
	__builtin___clear_cache(p, p + sizeof(code));
	return sizeof(code);
}

TEST(memory_that_is_both_can_be_written_and_run_in_turn)
{
	char *p = mmap(nullptr, 2 * PAGE, RW | PROT_EXEC, ANON, -1, 0);
	int (*function)(void) = (int (*)(void))p;

	CHECK(p != MAP_FAILED);
	for (unsigned char i = 1; i < 50; i++) {
		size_t size = code_put(p, i);
		CHECK_EQ(function(), i);
		CHECK_EQ(p[size], 0);
	}
	p[PAGE] = 1; /* the other page is not bothered */
	CHECK_EQ(function(), 49);
	CHECK_EQ(mprotect(p, PAGE, PROT_READ | PROT_EXEC), 0);
	CHECK_EQ(touch(p, true), SIGSEGV);
	CHECK_EQ(mprotect(p, PAGE, RW | PROT_EXEC), 0);
	CHECK_EQ(touch(p, true), 0);
	pid_t child = fork();
	if (child == 0) {
		code_put(p, 77);
		_exit(function());
	}
	int status;
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(WEXITSTATUS(status), 77);
}

TEST(mremap_grows_shrinks_and_moves)
{
	char *p = map(4, MAP_PRIVATE);

	for (int i = 0; i < 4; i++)
		p[i * PAGE] = (char)(i + 1);
	CHECK(mremap(p, 4 * PAGE, 2 * PAGE, 0) == p);
	CHECK_EQ(touch(p + 2 * PAGE, false), SIGSEGV);
	char *q = mremap(p, 2 * PAGE, 100 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(q[0], 1);
	CHECK_EQ(q[PAGE], 2);
	CHECK_EQ(q[2 * PAGE], 0);
	char *to = map(10, MAP_PRIVATE);
	memset(to, 9, 10 * PAGE);
	CHECK(mremap(q, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to + PAGE) == to + PAGE);
	CHECK_EQ(to[0], 9);
	CHECK_EQ(to[PAGE], 1);
	CHECK_EQ(to[2 * PAGE], 2);
	CHECK_EQ(to[3 * PAGE], 0);
	CHECK_EQ(to[4 * PAGE], 9);
	CHECK_EQ(touch(q, false), SIGSEGV);
}

TEST(mremap_tells_what_is_wrong)
{
	char *p = map(3, MAP_PRIVATE);

	CHECK_ERR((long)mremap(p + 1, PAGE, PAGE, 0), EINVAL);
	CHECK_ERR((long)mremap(p, PAGE, 0, 0), EINVAL);
	CHECK_ERR((long)mremap(p, PAGE, 2 * PAGE, 0), ENOMEM); /* occupied */
	CHECK_EQ(munmap(p + PAGE, PAGE), 0);
	CHECK_ERR((long)mremap(p, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE), EFAULT);
	CHECK_ERR((long)mremap(p + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
}

TEST(mremap_in_place_where_there_is_room)
{
	char *p = map(8, MAP_PRIVATE);

	CHECK_EQ(munmap(p + PAGE, 7 * PAGE), 0);
	p[0] = 5;
	CHECK(mremap(p, PAGE, 8 * PAGE, 0) == p);
	CHECK_EQ(p[0], 5);
	CHECK_EQ(touch(p + 7 * PAGE, true), 0);
}

TEST(MADV_DONTNEED_gives_zeros)
{
	char *p = map(3, MAP_PRIVATE);

	memset(p, 3, 3 * PAGE);
	CHECK_EQ(madvise(p + PAGE, PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(p[0], 3);
	CHECK_EQ(p[PAGE], 0);
	CHECK_EQ(p[2 * PAGE], 3);
	CHECK_ERR(madvise(p + 1, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_ERR(madvise(p, PAGE, 12345), EINVAL);
	CHECK_EQ(madvise(p, 3 * PAGE, MADV_WILLNEED), 0);
	CHECK_EQ(madvise(p, 3 * PAGE, MADV_SEQUENTIAL), 0);
	CHECK_EQ(munmap(p, PAGE), 0);
	CHECK_ERR(madvise(p, PAGE, MADV_DONTNEED), ENOMEM);
}

TEST(mincore_tells_what_is_there)
{
	char *p = map(3, MAP_PRIVATE);
	unsigned char in[3];

	p[PAGE] = 1;
	CHECK_EQ(mincore(p, 3 * PAGE, in), 0);
	CHECK_EQ(in[1] & 1, 1);
	CHECK_ERR(mincore(p + 1, PAGE, in), EINVAL);
	CHECK_ERR(mincore(nullptr, PAGE, in), ENOMEM);
	CHECK_EQ(munmap(p + 2 * PAGE, PAGE), 0);
	CHECK_ERR(mincore(p, 3 * PAGE, in), ENOMEM);
}

TEST(brk_moves_the_heaps_end)
{
	char *start = sbrk(0);

	CHECK(sbrk(3 * PAGE) == start);
	memset(start, 4, 3 * PAGE);
	CHECK_EQ(brk(start + PAGE), 0);
	CHECK_EQ(brk(start + 2 * PAGE), 0);
	CHECK_EQ(start[0], 4);
	char *next = (char *)(((uintptr_t)start + 2 * PAGE - 1) & ~(PAGE - 1));
	CHECK_EQ(*next, 0); /* given back, and new */
}

TEST(much_memory_can_be_reserved)
{
	size_t size = (size_t)1 << 40;
	char *p = mmap(nullptr, size, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK_EQ(mprotect(p + size / 2, PAGE, RW), 0);
	p[size / 2] = 1;
	CHECK_EQ(touch(p, false), SIGSEGV);
	CHECK_EQ(munmap(p, size), 0);
}

TEST(a_thousand_mappings)
{
	char *p = map(2000, MAP_PRIVATE);

	for (size_t i = 0; i < 2000; i += 2)
		CHECK_EQ(mprotect(p + i * PAGE, PAGE, PROT_READ), 0);
	for (size_t i = 0; i < 2000; i++)
		CHECK_EQ(p[i * PAGE], 0);
	for (size_t i = 1; i < 2000; i += 2)
		CHECK_EQ(munmap(p + i * PAGE, PAGE), 0);
	for (size_t i = 0; i < 2000; i += 2)
		CHECK_EQ(p[i * PAGE], 0);
	CHECK_EQ(munmap(p, 2000 * PAGE), 0);
}

TEST(mappings_have_a_limit)
{
	constexpr size_t FREE = 1000; /* for what the program has besides */
	size_t most = (size_t)atoi(check_read("/proc/sys/vm/max_map_count"));
	char *p = mmap(nullptr, 2 * most * PAGE, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	size_t n = 0;

	CHECK(p != MAP_FAILED);
	while (n < 2 * most && mprotect(p + n * PAGE, PAGE, PROT_READ) == 0)
		n += 2; /* each makes two of one */
	CHECK_EQ(errno, ENOMEM);
	CHECK(n <= most && n + FREE > most);
	CHECK_ERR(munmap(p + (2 * most - 10) * PAGE, PAGE), ENOMEM);
	CHECK_EQ(munmap(p + PAGE, 1000 * PAGE), 0);
	CHECK_EQ(munmap(p + (2 * most - 10) * PAGE, PAGE), 0);
	CHECK_EQ(munmap(p, 2 * most * PAGE), 0);
}

TEST(mappings_come_and_go_in_any_order)
{
	constexpr unsigned SLOTS = 200, STEPS = 3000;
	static struct {
		unsigned char *at;
		size_t pages;
	} slot[SLOTS];
	unsigned random = 1;

	for (unsigned step = 0; step < STEPS; step++) {
		random = random * 1103515245 + 12345;
		unsigned i = random >> 16 & 0xffff;
		size_t pages = 1 + i / SLOTS % 7;
		i %= SLOTS;
		if (slot[i].at != nullptr) {
			CHECK_EQ(slot[i].at[0], i);
			CHECK_EQ(slot[i].at[slot[i].pages * PAGE - 1], i);
			CHECK_EQ(munmap(slot[i].at, slot[i].pages * PAGE), 0);
		}
		slot[i].at = (unsigned char *)map(pages, MAP_PRIVATE);
		slot[i].pages = pages;
		memset(slot[i].at, (int)i, pages * PAGE);
		/* Neighbours that differ are not joined. */
		if (i % 2)
			CHECK_EQ(mprotect(slot[i].at, pages * PAGE, PROT_READ), 0);
	}
	for (unsigned i = 0; i < SLOTS; i++)
		for (size_t k = 0; slot[i].at != nullptr && k < slot[i].pages * PAGE; k += PAGE / 2)
			CHECK_EQ(slot[i].at[k], i);
}

TEST(the_copies_of_a_fork_are_private_both_ways)
{
	char *p = map(16, MAP_PRIVATE);
	int ends[2];
	char c;

	memset(p, 'a', 16 * PAGE);
	CHECK_EQ(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[1]);
		CHECK_EQ(read(ends[0], &c, 1), 0); /* the parent has written */
		for (size_t i = 0; i < 16 * PAGE; i++)
			if (p[i] != 'a')
				_exit(1);
		_exit(0);
	}
	memset(p, 'b', 16 * PAGE);
	close(ends[1]);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(grandchildren_have_copies_of_copies)
{
	char *p = map(4, MAP_PRIVATE);

	p[0] = 1;
	pid_t pid = fork();
	if (pid == 0) {
		p[PAGE] = 2;
		pid = fork();
		if (pid == 0) {
			p[2 * PAGE] = 3;
			_exit(p[0] + p[PAGE] + p[2 * PAGE]);
		}
		CHECK_EQ(check_wait(pid), 6);
		_exit(p[0] + p[PAGE] + p[2 * PAGE]);
	}
	CHECK_EQ(check_wait(pid), 3);
	CHECK_EQ(p[PAGE], 0);
}

TEST(shared_memory_is_shared_with_grandchildren)
{
	_Atomic int *p = (_Atomic int *)(void *)map(2, MAP_SHARED);

	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			for (int j = 0; j < 2; j++)
				if (fork() == 0) {
					(*p)++;
					_exit(0);
				}
			check_wait(-1);
			check_wait(-1);
			_exit(0);
		}
	for (int i = 0; i < 4; i++)
		CHECK_EQ(check_wait(-1), 0);
	CHECK_EQ(*p, 8);
}

TEST(MADV_DONTFORK_is_not_inherited)
{
	char *p = map(1, MAP_PRIVATE);

	*p = 1;
	CHECK_EQ(madvise(p, PAGE, MADV_DONTFORK), 0);
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		_exit(*(volatile char *)p);
	}
	CHECK_EQ(check_wait(pid), 128 + SIGSEGV);
}

TEST(msync_of_anonymous_memory)
{
	char *p = map(2, MAP_SHARED);

	CHECK_EQ(msync(p, 2 * PAGE, MS_SYNC), 0);
	CHECK_ERR(msync(p, 2 * PAGE, MS_SYNC | MS_ASYNC), EINVAL);
	CHECK_ERR(msync(p + 1, PAGE, MS_SYNC), EINVAL);
	CHECK_EQ(munmap(p + PAGE, PAGE), 0);
	CHECK_ERR(msync(p, 2 * PAGE, MS_SYNC), ENOMEM);
}

TEST(mlock_answers)
{
	char *p = map(2, MAP_PRIVATE);

	CHECK_EQ(mlock(p, 2 * PAGE), 0);
	CHECK_EQ(munlock(p, 2 * PAGE), 0);
	CHECK_EQ(munmap(p, 2 * PAGE), 0);
	CHECK_ERR(mlock(p, PAGE), ENOMEM);
}

static long locked_kb(void)
{
	const char *line = strstr(check_read("/proc/self/status"), "VmLck:");

	CHECK(line != nullptr);
	return strtol(line + 6, nullptr, 10);
}

TEST(locked_memory_is_there_and_stays)
{
	constexpr size_t SIZE = 4 * PAGE;
	char *p = map(4, MAP_PRIVATE);
	unsigned char there[4] = {};

	CHECK_EQ(locked_kb(), 0);
	CHECK_EQ(mlock(p, SIZE), 0);
	CHECK_EQ(locked_kb(), 16);
	CHECK_EQ(mincore(p, SIZE, there), 0);
	CHECK((there[0] & there[3] & 1) == 1);
	CHECK_ERR(madvise(p, SIZE, MADV_DONTNEED), EINVAL);
	CHECK_ERR(msync(p, SIZE, MS_INVALIDATE), EBUSY);
	pid_t child = fork();
	if (child == 0)
		_exit(locked_kb() != 0);
	CHECK_EQ(check_wait(child), 0);
	CHECK_EQ(munlock(p, 2 * PAGE), 0);
	CHECK_EQ(locked_kb(), 8);
	CHECK_EQ(mlockall(MCL_FUTURE), 0);
	char *q = map(2, MAP_SHARED);
	CHECK_EQ(mincore(q, 2 * PAGE, there), 0);
	CHECK((there[0] & there[1] & 1) == 1);
	CHECK_EQ(locked_kb(), 16);
	CHECK_EQ(munlockall(), 0);
	CHECK_EQ(locked_kb(), 0);
	CHECK_EQ(madvise(p, SIZE, MADV_DONTNEED), 0);
}

TEST(who_opened_it_to_read_cannot_make_it_writable)
{
	char *p = mmap(nullptr, PAGE, PROT_READ, MAP_SHARED, open("/dev/zero", O_RDONLY), 0);

	CHECK(p != MAP_FAILED);
	CHECK_ERR(mprotect(p, PAGE, PROT_READ | PROT_WRITE), EACCES);
	constexpr int UNKNOWN =
		1 << 25; /* of the bits above it some say how large pages are to be */
	int fd = open("/dev/zero", O_RDWR);
	CHECK(mmap(nullptr, PAGE, PROT_READ, MAP_SHARED_VALIDATE | UNKNOWN, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EOPNOTSUPP);
	CHECK(mmap(nullptr, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0) ==
	      MAP_FAILED);
	CHECK_EQ(errno, EINVAL);
}

TEST(system_calls_refuse_bad_pointers)
{
	char *p = map(2, MAP_PRIVATE);
	int ends[2];

	CHECK_EQ(munmap(p + PAGE, PAGE), 0);
	CHECK_EQ(pipe(ends), 0);
	CHECK_ERR(write(ends[1], p + PAGE, 1), EFAULT);
	CHECK_EQ(write(ends[1], "abc", 3), 3);
	CHECK_ERR(read(ends[0], (void *)8, 3), EFAULT);
	CHECK_ERR(syscall(SYS_pipe2, 8, 0), EFAULT);
	CHECK_ERR(syscall(SYS_uname, p + PAGE), EFAULT);
	CHECK_ERR(open(p + PAGE, O_RDONLY), EFAULT);
	memset(p, 'x', PAGE); /* a path that does not end before the hole */
	CHECK_ERR(open(p + PAGE - 10, O_RDONLY), EFAULT);
	CHECK_EQ(mprotect(p, PAGE, PROT_READ), 0);
	CHECK_ERR(syscall(SYS_uname, p), EFAULT);
}

TEST(address_space_limits_are_kept)
{
	struct rlimit limit = { .rlim_cur = 256 << 20, .rlim_max = RLIM_INFINITY };

	CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
	CHECK_ERR((long)mmap(nullptr, 300 << 20, RW, ANON, -1, 0), ENOMEM);
	CHECK((long)mmap(nullptr, 16 << 20, RW, ANON, -1, 0) != -1);
}

/* The kilobytes that a field of smaps has for the mapping that begins there; -1: it is not there.
 */
static long smaps_field(const void *start, const char *field)
{
	char begin[32];
	const char *at;

	sprintf(begin, "%08lx-", (unsigned long)start);
	at = strstr(check_read("/proc/self/smaps"), begin);
	if (at)
		at = strstr(at, field);
	return at ? atol(at + strlen(field)) : -1;
}

static int looks_shared(void *p)
{
	long page = sysconf(_SC_PAGESIZE) / 1024;

	CHECK_EQ(smaps_field(p, "Shared_Dirty:"), 2 * page);
	*(volatile char *)p = 2;
	CHECK_EQ(smaps_field(p, "Shared_Dirty:"), page);
	CHECK_EQ(smaps_field(p, "Private_Dirty:"), page);
	return 0;
}

TEST(smaps_tells_what_a_mapping_takes)
{
	long page = sysconf(_SC_PAGESIZE);
	char *all = mmap(nullptr, 6 * (size_t)page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *p = all + page;

	CHECK(all != MAP_FAILED);
	CHECK_EQ(mprotect(p, 4 * (size_t)page, PROT_READ | PROT_WRITE), 0);
	p[0] = p[page] = 1;
	CHECK_EQ(smaps_field(p, "Size:"), 4 * page / 1024);
	CHECK_EQ(smaps_field(p, "Rss:"), 2 * page / 1024);
	CHECK_EQ(smaps_field(p, "Private_Dirty:"), 2 * page / 1024);
	CHECK_EQ(smaps_field(p, "Shared_Dirty:"), 0);
	CHECK_EQ(check_child(looks_shared, p), 0);
	CHECK(strstr(check_read("/proc/self/smaps_rollup"), "[rollup]\nRss:"));
}

TEST(the_auxiliary_vector_is_shown)
{
	unsigned long values[128] = {};
	int fd = open("/proc/self/auxv", O_RDONLY), seen = 0;
	ssize_t n = read(fd, values, sizeof(values));

	CHECK(n > 0 && n % 16 == 0);
	for (int i = 0; i < n / 8; i += 2) {
		seen += values[i] == AT_RANDOM || values[i] == AT_PAGESZ;
		if (values[i] != AT_NULL && values[i] != AT_HWCAP) /* glibc has its own */
			CHECK_EQ(values[i + 1], getauxval(values[i]));
	}
	CHECK_EQ(seen, 2);
	CHECK_EQ(values[n / 8 - 2], AT_NULL);
}

TEST(the_tables_of_networks_can_be_read)
{
	CHECK(strstr(check_read("/proc/net/dev"), "Inter-|   Receive"));
	CHECK(strstr(check_read("/proc/self/net/tcp"), "local_address rem_address"));
	CHECK(strstr(check_read("/proc/net/unix"), "RefCount Protocol"));
}
