/* SPDX-License-Identifier: MPL-2.0 */
/* Whole programs, as a person starts them, from vfork to wait. */
#include "bench/linux/row.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TREE   "/tmp/rows.tree"
#define SORTED "/tmp/rows.sort"
#define SOURCE "/tmp/rows.c"
constexpr size_t SORT_BYTES = 10 << 20, LINE = 16;

static void run(const char *const argv[])
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	need(pid > 0 && waitpid(pid, &status, 0) == pid, "vfork");
	need(status == 0, argv[0]);
}

static void shell(const char *text)
{
	run((const char *const[]){ "/bin/sh", "-c", text, nullptr });
}

static bool is_program(const char *path)
{
	return access(path, X_OK) == 0;
}

static bool has_shell(void)
{
	return is_program("/bin/sh");
}

static void shell_start(void)
{
	shell(":");
}

static void pipeline(void)
{
	shell("echo word | cat | cat | cat | cat >/dev/null");
}

/* --- A source tree: 20 folders of 10 files with 6 KiB each --- */

static void tree_make(void)
{
	shell("mkdir -p " TREE "/in " TREE "/out && cd " TREE "/in && i=0 && "
	      "head -c 6144 " FILE_NAME " >../text && "
	      "while [ $i -lt 20 ]; do mkdir d$i && for f in 0 1 2 3 4 5 6 7 8 9; do "
	      "cp ../text d$i/f$f.c; done; i=$((i+1)); done && tar -cf ../tree.tar .");
}

static void untar(void)
{
	shell("cd " TREE "/out && tar -xf ../tree.tar");
}

static void tree_remove(void)
{
	shell("rm -r " TREE);
}

/* --- Lines of digits in no order, by a generator of random numbers: xorshift64 --- */

static void lines_make(void)
{
	int fd = open(SORTED, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	uint64_t x = 88172645463325252;

	need(fd >= 0, SORTED);
	for (size_t done = 0; done < SORT_BYTES; done += sizeof(buffer)) {
		for (size_t i = 0; i < sizeof(buffer); i++) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			buffer[i] = i % LINE == LINE - 1 ? '\n' : (char)('0' + x % 10);
		}
		need(write(fd, buffer, sizeof(buffer)) == sizeof(buffer), "write");
	}
	close(fd);
}

static void sort(void)
{
	shell("sort " SORTED " >/dev/null");
}

static void lines_remove(void)
{
	unlink(SORTED);
}

/* --- Debian's programs, where they are installed --- */

static bool has_python(void)
{
	return is_program("/usr/bin/python3");
}

static void python(void)
{
	run((const char *const[]){ "/usr/bin/python3", "-c", "pass", nullptr });
}

static bool has_gcc(void)
{
	return is_program("/usr/bin/gcc");
}

static void source_write(void)
{
	static const char text[] = "int main(int argc, char **argv)\n{\n\tint n = 0;\n"
				   "\tfor (int i = 0; i < argc; i++)\n"
				   "\t\tfor (char *p = argv[i]; *p; p++)\n"
				   "\t\t\tn = n * 31 + *p;\n\treturn n & 1;\n}\n";
	int fd = open(SOURCE, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	need(fd >= 0 && write(fd, text, sizeof(text) - 1) == sizeof(text) - 1, SOURCE);
	close(fd);
}

static void compile(void)
{
	run((const char *const[]){ "/usr/bin/gcc", "-O2", "-c", "-o", "/tmp/rows.o", SOURCE,
				   nullptr });
}

static void source_remove(void)
{
	unlink(SOURCE);
	unlink("/tmp/rows.o");
}

ROW(shell, "sh", "sh -c :", 50, shell_start, .is_here = has_shell);
ROW(pipeline, "pipeline-5", "a shell pipeline of five stages", 20, pipeline, .is_here = has_shell);
ROW(untar, "untar", "unpack 200 files in 20 folders", 3, untar, .start = tree_make,
    .stop = tree_remove, .is_here = has_shell);
ROW(sort, "sort-10m", "sort 10 MiB of lines", 1, sort, .start = lines_make, .stop = lines_remove,
    .is_here = has_shell);
ROW(python, "python3", "python3 -c pass", 5, python, .is_here = has_python);
ROW(gcc, "gcc", "compile a C file with gcc -O2", 2, compile, .start = source_write,
    .stop = source_remove, .is_here = has_gcc);
