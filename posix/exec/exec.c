/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/exec/exec.h"
#include <linux/personality.h>
#include <linux/stat.h>
#include <linux/fcntl.h>
#include <string.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/core/random.h"
#include "posix/exec/capabilities.h"
#include "posix/exec/image.h"
#include "posix/exec/vdso.h"
#include "posix/files/file.h"
#include "posix/files/place.h"
#include "posix/mm/maps.h"
#include "posix/process/capabilities.h"
#include "posix/thread/robust.h"
#include "posix/trace/trace.h"
#include "protocol/posix.h"

constexpr unsigned SCRIPTS_MOST = 5; /* as Linux's BINPRM_MAX_RECURSION and one */
constexpr unsigned LINE_MOST = 256;
constexpr uint64_t PIE_BASE = 0x555555554000;

struct program {
	struct description *file;
	fut_handle vmo;
	uint64_t size;
	struct image image;
};

struct exec {
	struct program program, interpreter;
	struct strings arguments, environment;
	char *path; /* of the program itself, not of its script; from the heap */
};

static void path_copy(char to[PATH_MOST], const char *from)
{
	size_t n = strnlen(from, PATH_MOST - 1);

	memcpy(to, from, n);
	to[n] = '\0';
}

static void program_init(struct program *p)
{
	p->file = nullptr;
	p->vmo = 0;
	p->size = 0;
	image_init(&p->image);
}

static void program_close(struct program *p)
{
	if (p->vmo != 0)
		(void)fut_handle_close(p->vmo); /* ours */
	description_drop(p->file);
	image_free(&p->image);
	p->vmo = 0;
	p->file = nullptr;
}

/* Its contents; the reference to `file` is kept in it. */
static int64_t program_open(struct program *p, struct description *file)
{
	p->file = file;
	if (!S_ISREG(file->mode))
		return -EACCES;
	int64_t size = file_size(file);
	p->size = size > 0 ? (uint64_t)size : 0;
	return size <= 0 ? (size == 0 ? -ENOEXEC : size) : file_memory(file, &p->vmo);
}

static char *skip_blanks(char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* `#! interpreter argument`: the two words, cut apart in place; 0 if it is no script. */
static int64_t script_line(const struct program *p, char *line, char **interpreter, char **argument)
{
	size_t n = p->size < LINE_MOST - 1 ? p->size : LINE_MOST - 1;

	if (fut_vmo_read(p->vmo, 0, line, n) != OK)
		return -EIO;
	line[n] = '\0';
	if (n < 2 || line[0] != '#' || line[1] != '!')
		return 0;
	char *end = strchr(line, '\n');
	if (end == nullptr && n == LINE_MOST - 1 && strchr(skip_blanks(line + 2), ' ') == nullptr)
		return -ENOEXEC; /* the name itself may be cut off */
	if (end != nullptr)
		*end = '\0';
	for (end = line + strlen(line); end > line && (end[-1] == ' ' || end[-1] == '\t'); end--)
		end[-1] = '\0';
	*interpreter = skip_blanks(line + 2);
	if (**interpreter == '\0')
		return -ENOEXEC;
	for (end = *interpreter; *end != '\0' && *end != ' ' && *end != '\t';)
		end++;
	*argument = *end != '\0' ? skip_blanks(end + 1) : end;
	*end = '\0';
	return 1;
}

/* The script's interpreter takes its place, and its name goes into the arguments. */
static int64_t script_follow(struct exec *x, char *interpreter, char *argument)
{
	struct strings first = {};
	struct description *file;
	int64_t error = strings_add(&first, interpreter);

	if (error == 0 && *argument != '\0')
		error = strings_add(&first, argument);
	if (error == 0)
		error = strings_add(&first, x->path);
	if (error == 0)
		error = strings_replace(&x->arguments, 1, &first);
	strings_free(&first);
	char *path = heap_text(interpreter);
	if (error == 0 && path == nullptr)
		error = -ENOMEM;
	if (error == 0)
		error = file_open_own(AT_FDCWD, interpreter, FILE_EXECUTE, &file);
	if (error != 0) {
		heap_free(path);
		return error;
	}
	heap_free(x->path);
	x->path = path;
	program_close(&x->program);
	return program_open(&x->program, file);
}

static int64_t find_program(struct exec *x, struct description *file)
{
	char line[LINE_MOST], *interpreter, *argument;
	int64_t error = program_open(&x->program, file);

	for (unsigned depth = 0; error == 0; depth++) {
		int64_t is_script = script_line(&x->program, line, &interpreter, &argument);
		if (is_script <= 0) {
			error = is_script;
			break;
		}
		error = depth < SCRIPTS_MOST ? script_follow(x, interpreter, argument) : -ELOOP;
	}
	if (error == 0)
		error = image_read(x->program.vmo, x->program.size, &x->program.image);
	if (error != 0 || x->program.image.interpreter == nullptr)
		return error;
	error = file_open_own(AT_FDCWD, x->program.image.interpreter, FILE_EXECUTE, &file);
	if (error == 0)
		error = program_open(&x->interpreter, file);
	if (error == 0)
		error = image_read(x->interpreter.vmo, x->interpreter.size, &x->interpreter.image);
	return error == -ENOEXEC ? -ELIBBAD : error;
}

/* --- From here on there is no way back --- */

static void signals_reset(void)
{
	struct thread *t = self();

	for (unsigned i = 1; i <= SIGNALS; i++) {
		bool is_ignored = process.signals.actions[i].handler == (uint64_t)SIG_IGN;
		process.signals.actions[i] =
			(struct signal_action){ .handler = is_ignored ? (uint64_t)SIG_IGN
								      : (uint64_t)SIG_DFL };
	}
	t->signals.stack_base = t->signals.stack_size = 0;
	t->signals.stack_flags = SS_DISABLE;
	t->signals.restore = false;
	t->clear_tid = 0;
	robust_list_set(t, 0);
}

static int64_t map_one(struct program *p, uint64_t wish, uint64_t *base)
{
	place_remember(p->file);
	struct map_backing *b = backing_new(p->vmo, p->file->path != nullptr ? p->file->path : "",
					    p->file->node, p->file->mount);

	p->vmo = 0; /* the backing's now */
	if (b == nullptr)
		return -ENOMEM;
	int64_t error = image_map(&p->image, b, wish, base);
	backing_drop(b);
	return error;
}

uint64_t exec_shift(void)
{
	uint64_t shift = 0;

	if ((process.personality & ADDR_NO_RANDOMIZE) == 0)
		random_bytes(&shift, sizeof(shift));
	return shift;
}

static int64_t map_all(struct exec *x, struct exec_values *v, uint64_t *start, uint64_t *sp)
{
	uint64_t base, interpreter_base = 0;
	const struct image *image = &x->program.image;
	int64_t result;

	maps_top = GUEST_END - (64ull << 20) - (8ull << 20);
	result = map_one(&x->program,
			 image->is_movable ? PIE_BASE + (exec_shift() & 0xfffff) * PAGE : 0, &base);
	if (result != 0)
		return result;
	process.brk_start = process.brk = base + image->high;
	*start = base + image->entry;
	if (x->interpreter.file != nullptr) {
		result = map_one(&x->interpreter, 0, &interpreter_base);
		*start = interpreter_base + x->interpreter.image.entry;
	}
	if (result == 0)
		result = vdso_map();
	if (result != 0)
		return result;
	*v = (struct exec_values){ .entry = base + image->entry,
				   .headers = image->headers != 0 ? base + image->headers : 0,
				   .nheaders = image->nheaders,
				   .interpreter_base = interpreter_base,
				   .path = x->path };
	result = stack_build(&x->arguments, &x->environment, v, image->stack_executable);
	*sp = result > 0 ? (uint64_t)result : 0;
	return result < 0 ? result : 0;
}

static void tell(const struct exec *x)
{
	const char *name = strrchr(x->path, '/');
	int32_t outcome = 0;
	size_t n;

	name = name != nullptr ? name + 1 : x->path;
	n = strnlen(name, sizeof(process.name) - 1);
	memset(process.name, 0, sizeof(process.name));
	memcpy(process.name, name, n);
	place_remember(x->program.file);
	path_copy(process.exe, x->program.file->path != nullptr ? x->program.file->path : x->path);
	size_t length = strlen(process.exe);
	(void)posix_exec(&process.posix, process.arg_start, process.arg_end, process.env_start,
			 process.env_end, (uint64_t)&maps, process.name, n, process.exe,
			 length < 3900 ? length : 3900,
			 &outcome); /* what else it does is for /proc only */
	if (outcome > 0)
		capabilities_exec();
}

static void vfork_done(void)
{
	if (process.vfork != 0)
		(void)fut_handle_close(process.vfork); /* the parent sees its peer close */
	process.vfork = 0;
}

static int64_t run(struct exec *x, struct registers *frame)
{
	struct exec_values values;
	uint64_t start, sp;
	int64_t error = process_alone();

	if (error != 0)
		return error;
	/* Whichever thread it is: it is the process's first from now on. */
	self()->tid = process.pid;
	self()->name[0] = '\0';
	process.dumpable = true;
	if ((process.personality & READ_IMPLIES_EXEC) != 0) /* else writing would copy the page */
		process.personality &= ~(uint32_t)READ_IMPLIES_EXEC;
	process_clear_tid();
	process.shares_memory = false;
	fd_close_on_exec();
	signals_reset();
	mutex_lock(&process.locks.maps);
	maps_clear();
	error = map_all(x, &values, &start, &sp);
	mutex_unlock(&process.locks.maps);
	if (error != 0)
		process_exit(SIGKILL);
	tell(x);
	trace_start(&x->environment);
	/* While its session is open nobody can write the program. */
	description_drop(process.program);
	process.program = x->program.file;
	x->program.file = nullptr;
	vfork_done();
	memset(frame, 0, sizeof(*frame));
	frame_start(frame, start, sp);
	simd_reset();
	return 0;
}

int64_t exec_program(struct description *file, const char *path, struct strings *arguments,
		     struct strings *environment, struct registers *frame)
{
	struct exec *x = heap_room(sizeof(*x));
	int64_t error = -ENOMEM;

	if (x == nullptr) {
		description_drop(file);
		strings_free(arguments);
		strings_free(environment);
		return error;
	}
	program_init(&x->program);
	program_init(&x->interpreter);
	x->arguments = *arguments;
	x->environment = *environment;
	x->path = heap_text(path);
	error = x->path == nullptr        ? -ENOMEM
		: x->arguments.count == 0 ? strings_add(&x->arguments, "")
					  : 0;
	if (error == 0)
		error = find_program(x, file);
	else
		description_drop(file);
	if (error == 0)
		error = run(x, frame);
	program_close(&x->program);
	program_close(&x->interpreter);
	strings_free(&x->arguments);
	strings_free(&x->environment);
	heap_free(x->path);
	heap_free(x);
	return error;
}
