/* SPDX-License-Identifier: MPL-2.0 */
/* From the personality's first instruction to the program's. docs/posix.md, "Starting". */
#include <elf.h>
#include <linux/fcntl.h>
#include <string.h>
#include "abi/startup.h"
#include "abi/user.h"
#include "lib/futura/startup.h"
#include "posix/core/call.h"
#include "posix/core/leave.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/random.h"
#include "posix/core/view.h"
#include "posix/core/wait.h"
#include "posix/exec/exec.h"
#include "posix/files/description.h"
#include "posix/files/file.h"
#include "posix/files/path.h"
#include "posix/files/place.h"
#include "posix/tty/tty.h"

constexpr unsigned FIRST_DESCRIPTORS = 16; /* that a start can give */

extern const Elf64_Ehdr __ehdr_start;
extern const Elf64_Dyn _DYNAMIC[];
extern const char entry_call[], entry_event[];

[[noreturn]] void personality_main(const struct startup *block, uint64_t stack_top);

static void relocate(void)
{
	uint64_t base = (uint64_t)&__ehdr_start, table = 0, size = 0;

	for (const Elf64_Dyn *d = _DYNAMIC; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_RELA)
			table = base + d->d_un.d_ptr;
		else if (d->d_tag == DT_RELASZ)
			size = d->d_un.d_val;
	}
	if (table == 0)
		return;
	const Elf64_Rela *r = (const Elf64_Rela *)table;
	for (size_t i = 0; i < size / sizeof(*r); i++)
		if (ELF64_R_TYPE(r[i].r_info) == RELOCATION_RELATIVE)
			*(uint64_t *)(base + r[i].r_offset) = base + (uint64_t)r[i].r_addend;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_read(const char *text, void *to, size_t n)
{
	unsigned char *t = to;

	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(text[2 * i]);
		int low = high >= 0 ? hex_digit(text[2 * i + 1]) : -1;
		if (low < 0)
			return false;
		t[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* Descriptor N came as the capabilities fdNa and fdNb and the variable FDN. */
static void descriptor_take(const struct startup *block, unsigned n)
{
	char name[8] = "fd";
	struct descriptor from;
	struct description *d;
	unsigned at = 2;

	if (n >= 10)
		name[at++] = '1';
	name[at++] = (char)('0' + n % 10);
	name[at] = 'a';
	fut_handle a = startup_cap(block, name);
	name[at] = 'b';
	fut_handle b = startup_cap(block, name);
	name[at] = '\0';
	name[0] = 'F', name[1] = 'D';
	const char *text = startup_env(block, name);
	if (a == 0 || text == nullptr || !hex_read(text, &from, sizeof(from)))
		return;
	if (description_import(&from, a, b, &d) == 0)
		(void)fd_put(d, n, false); /* the table is empty: only memory can lack */
}

static void places_take(const struct startup *block)
{
	fut_handle root = startup_cap(block, "root");

	if (root == 0 || place_of(root, nullptr, &process.root) != 0)
		process_not_started(-EIO);
	process.cwd = process.root;
	process.root->refs++;
}

static int64_t cwd_enter(const char *path)
{
	struct description *d;
	int64_t error = file_open_own(AT_FDCWD, path, FILE_PATH | FILE_DIRECTORY, &d);

	if (error == 0)
		error = place_may_search(d);
	if (error != 0)
		return error;
	description_drop(process.cwd);
	process.cwd = d;
	return 0;
}

static int64_t strings_take(const struct startup *block, struct strings *arguments,
			    struct strings *environment)
{
	int64_t error = 0;
	const char *text;

	for (unsigned i = 0; i < block->argc && error == 0; i++)
		error = strings_add(arguments, startup_argument(block, i));
	/* The first is the working directory. */
	for (unsigned i = 1; (text = startup_env_at(block, i)) != nullptr && error == 0; i++)
		if (strncmp(text, "FD", 2) != 0 || text[2] < '0' || text[2] > '9')
			error = strings_add(environment, text);
	return error;
}

[[noreturn]] static void program_first(const struct startup *block)
{
	struct strings arguments = {}, environment = {};
	struct registers frame;
	struct description *file;
	int64_t error = strings_take(block, &arguments, &environment);
	const char *path = block->argc > 0 ? startup_argument(block, 0) : "";

	if (error == 0)
		error = cwd_enter(startup_env(block, "CWD"));
	if (error == 0)
		error = find_in_path(path, startup_env(block, "PATH"), &file);
	if (error == 0)
		error = exec_program(file, file->path != nullptr ? file->path : path, &arguments,
				     &environment, &frame);
	if (error != 0)
		process_not_started(error);
	leave_with(&frame);
}

void personality_main(const struct startup *block, uint64_t stack_top)
{
	struct thread *first;

	relocate();
	if (startup_check(block, block->size) != OK)
		process_not_started(-EINVAL);
	memory_init();
	first = heap_new(sizeof(*first));
	if (first == nullptr)
		process_not_started(-ENOMEM);
	thread_init_first(first, stack_top);
	signal_queue_init(&process.signals.queue);
	first->signals.stack_flags = SS_DISABLE;
	random_start(block->random);
	process.posix = (struct remote){ .session = startup_cap(block, "posix") };
	view_init();
	process_learn();
	process.umask = process.umask_at_start;
	process.fsuid = process.euid;
	process.fsgid = process.egid;
	first->tid = process.pid;
	places_take(block);
	for (unsigned n = 0; n < FIRST_DESCRIPTORS; n++)
		descriptor_take(block, n);
	tty_start();
	if (fut_task_set_upcall(0, (uint64_t)entry_call, (uint64_t)entry_event) != OK)
		process_not_started(-EINVAL);
	program_first(block);
}
