/* SPDX-License-Identifier: MPL-2.0 */
/* Core files: when they are left, what wait tells, and what a debugger finds in them. */
#include "tests/posix/check.h"
#include <elf.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/procfs.h>
#include <sys/resource.h>

static volatile uint64_t mark;
constexpr uint64_t MARK = 0x1122334455667788;

static void limit(rlim_t most)
{
	CHECK_EQ(setrlimit(RLIMIT_CORE, &(struct rlimit){ most, RLIM_INFINITY }), 0);
}

static int aborts(void *)
{
	limit(RLIM_INFINITY);
	mark = MARK;
	abort();
}

static int ends_by_fault(void *)
{
	limit(RLIM_INFINITY);
	mark = MARK;
	return *(volatile int *)16;
}

/* As wait has it. */
static int status_of(int (*f)(void *))
{
	int status;
	pid_t pid = check_spawn(f, nullptr);

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static char *core;
static size_t core_size;

static void core_load(void)
{
	struct stat st;
	int fd = open("core", O_RDONLY);

	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0600);
	core_size = (size_t)st.st_size;
	core = mmap(nullptr, core_size, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(core != MAP_FAILED);
	CHECK_EQ(close(fd), 0);
}

static const Elf64_Phdr *segment(unsigned i)
{
	const Elf64_Ehdr *head = (void *)core;

	return i < head->e_phnum ? (void *)(core + head->e_phoff + i * sizeof(Elf64_Phdr))
				 : nullptr;
}

/* What the note of that type holds. */
static const void *note(unsigned type, size_t size)
{
	const Elf64_Phdr *s = segment(0);

	CHECK_EQ(s->p_type, PT_NOTE);
	for (size_t at = s->p_offset; at < s->p_offset + s->p_filesz;) {
		const Elf64_Nhdr *n = (void *)(core + at);
		size_t name = (n->n_namesz + 3u) & ~3u, data = (n->n_descsz + 3u) & ~3u;
		if (n->n_type == type) {
			CHECK(n->n_descsz >= size);
			return core + at + sizeof(*n) + name;
		}
		at += sizeof(*n) + name + data;
	}
	return nullptr;
}

/* What stood at that address; nullptr: the file does not say. */
static const void *memory(uint64_t address)
{
	for (unsigned i = 0; segment(i) != nullptr; i++) {
		const Elf64_Phdr *s = segment(i);
		if (s->p_type != PT_LOAD || address < s->p_vaddr ||
		    address >= s->p_vaddr + s->p_filesz)
			continue;
		CHECK(s->p_offset + s->p_filesz <= core_size);
		return core + s->p_offset + (address - s->p_vaddr);
	}
	return nullptr;
}

static void look_inside(int signal)
{
	core_load();
	const Elf64_Ehdr *head = (void *)core;
	CHECK_EQ(memcmp(head->e_ident, ELFMAG, SELFMAG), 0);
	CHECK_EQ(head->e_type, ET_CORE);
	const struct elf_prstatus *status = note(NT_PRSTATUS, sizeof(*status));
	CHECK(status != nullptr);
	CHECK_EQ(status->pr_cursig, signal);
	CHECK_EQ(status->pr_ppid, getpid());
	const struct elf_prpsinfo *program = note(NT_PRPSINFO, sizeof(*program));
	CHECK(program != nullptr && strstr(program->pr_psargs, "core_files") != nullptr);
	CHECK_EQ(program->pr_pid, status->pr_pid);
	const siginfo_t *info = note(NT_SIGINFO, sizeof(*info));
	CHECK(info != nullptr && info->si_signo == signal);
	const Elf64_auxv_t *auxv = note(NT_AUXV, sizeof(*auxv));
	CHECK(auxv != nullptr && auxv->a_type != AT_NULL);
	const uint64_t *word = memory((uint64_t)&mark);
	CHECK(word != nullptr && *word == MARK);
	CHECK(memory(
		((const uint64_t *)status->pr_reg)[sizeof(elf_gregset_t) / 8 == 34 ? 31 : 19]));
}

TEST(a_core_file_is_left_where_the_limit_allows)
{
	check_folder();
	int status = status_of(aborts);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && WCOREDUMP(status));
	look_inside(SIGABRT);
	check_write("core", "what is longer than nothing");
	status = status_of(ends_by_fault);
	CHECK(WTERMSIG(status) == SIGSEGV && WCOREDUMP(status));
	look_inside(SIGSEGV);
	const siginfo_t *info = note(NT_SIGINFO, sizeof(*info));
	CHECK_EQ((uint64_t)info->si_addr, 16);
}

static int aborts_without(void *)
{
	limit(0);
	abort();
}

static int aborts_in_secret(void *)
{
	limit(RLIM_INFINITY);
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 0), 0);
	abort();
}

static int is_asked_to_end(void *)
{
	limit(RLIM_INFINITY);
	raise(SIGTERM);
	return 1;
}

TEST(no_core_file_is_left_otherwise)
{
	int (*const ways[])(void *) = { aborts_without, aborts_in_secret, is_asked_to_end };

	check_folder();
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		int status = status_of(ways[i]);
		CHECK(WIFSIGNALED(status) && !WCOREDUMP(status));
		CHECK_ERR(access("core", F_OK), ENOENT);
	}
}

static int aborts_at_a_page(void *)
{
	limit(8192);
	abort();
}

/* Holes do not count, what follows them does. */
static int aborts_behind_a_hole(void *)
{
	constexpr size_t HOLE = 4 << 20;
	char *p =
		mmap(nullptr, 2 * HOLE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	memset(p + HOLE, 1, HOLE);
	limit(1 << 20);
	abort();
}

TEST(a_core_file_keeps_to_the_limit_and_follows_no_link)
{
	struct stat st;

	check_folder();
	(void)status_of(aborts_at_a_page);
	CHECK_EQ(stat("core", &st), 0);
	CHECK(st.st_blocks * 512 <= 8192 + 4096); /* the last page in part */
	(void)status_of(aborts_behind_a_hole);
	CHECK_EQ(stat("core", &st), 0);
	CHECK(st.st_blocks * 512 <= (1 << 20) + 4096);
	CHECK_EQ(unlink("core"), 0);
	check_write("other", "kept");
	CHECK_EQ(symlink("other", "core"), 0);
	(void)status_of(aborts);
	CHECK_STR(check_read("other"), "kept");
	CHECK_EQ(unlink("core"), 0);
	CHECK_EQ(link("other", "core"), 0); /* it has another name */
	(void)status_of(aborts);
	CHECK_STR(check_read("other"), "kept");
}

TEST(waitid_tells_of_a_core_file)
{
	siginfo_t info;

	check_folder();
	pid_t pid = check_spawn(aborts, nullptr);
	CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	CHECK_EQ(info.si_code, CLD_DUMPED);
	CHECK_EQ(info.si_status, SIGABRT);
}
