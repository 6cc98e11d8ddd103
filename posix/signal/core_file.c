/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An ELF file of type ET_CORE, as Linux lays it out: notes with the registers of the thread that
 * took the signal, then a segment for each mapping. Of memory that a file holds as well only the
 * page with the ELF header is written, by which debuggers recognise the file; pages that were never
 * touched stay holes.
 */
#include "posix/signal/core_file.h"
#include <elf.h>
#include <linux/fcntl.h>
#include <linux/resource.h>
#include <linux/stat.h>
#include <string.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/files/file.h"
#include "posix/files/known.h"
#include "posix/mm/maps.h"
#include "protocol/posix.h"

constexpr uint64_t PIECE_MOST = 1048576; /* bytes that one message lends */
constexpr unsigned PAGES_AT_ONCE = 512;

struct core {
	struct remote file;
	uint64_t at;   /* where to write next */
	uint64_t left; /* bytes of RLIMIT_CORE: holes take none, as on Linux */
	bool is_full;  /* of the limit, or of what the disk has */
};

/* What notes hold: struct elf_prstatus and elf_prpsinfo of <sys/procfs.h>. */
struct status_note {
	int32_t signal, code, error;
	uint16_t current, reserved;
	uint64_t pending, blocked;
	uint32_t pid, parent, group, session;
	uint64_t times[8]; /* user, system, and those of children: left out */
	uint64_t registers[CORE_REGISTERS];
	uint64_t has_simd;
};

struct program_note {
	char state, letter, zombie, nice;
	uint64_t flags;
	uint32_t uid, gid, pid, parent, group, session;
	char name[16], arguments[80];
};

static_assert(sizeof(struct status_note) == 120 + 8 * CORE_REGISTERS);
static_assert(sizeof(struct program_note) == 136);

struct notes {
	size_t n;
	char bytes[2048];
};

static void put(struct core *c, const void *from, uint64_t n)
{
	while (n > 0 && !c->is_full) {
		uint64_t part = n < PIECE_MOST ? n : PIECE_MOST;
		int64_t done = 0;

		if (part > c->left)
			part = c->left;
		c->is_full = part == 0 || file_write(&c->file, c->at, from, part, &done) != OK ||
			     done <= 0;
		if (c->is_full)
			return;
		c->at += (uint64_t)done;
		c->left -= (uint64_t)done;
		from = (const char *)from + done;
		n -= (uint64_t)done;
	}
}

/* --- Notes --- */

static void note_add(struct notes *to, uint32_t type, const void *data, size_t size)
{
	const Elf64_Nhdr head = { .n_namesz = 5, .n_descsz = (uint32_t)size, .n_type = type };
	char *at = to->bytes + to->n;

	memcpy(at, &head, sizeof(head));
	memcpy(at + sizeof(head), "CORE\0\0\0", 8);
	memcpy(at + sizeof(head) + 8, data, size);
	to->n += sizeof(head) + 8 + ((size + 3) & ~3ull);
}

static void status_fill(struct status_note *s, const struct registers *f, const siginfo_t *info)
{
	s->signal = info->si_signo;
	s->code = info->si_code;
	s->current = (uint16_t)info->si_signo;
	s->pending = self()->signals.queue.set | process.signals.queue.set;
	s->blocked = self()->signals.blocked;
	s->pid = self()->tid;
	s->parent = process.parent;
	s->group = process.group;
	s->session = process.session;
	core_registers(f, s->registers);
}

static void program_fill(struct program_note *p)
{
	uint64_t n = process.arg_end - process.arg_start;

	p->letter = 'R';
	p->uid = process.uid;
	p->gid = process.gid;
	p->pid = process.pid;
	p->parent = process.parent;
	p->group = process.group;
	p->session = process.session;
	memcpy(p->name, process.name, sizeof(p->name));
	n = n < sizeof(p->arguments) ? n : sizeof(p->arguments) - 1;
	if (guest_get(p->arguments, process.arg_start, n) != 0)
		return; /* the program has done away with them */
	for (uint64_t i = 0; i + 1 < n; i++)
		if (p->arguments[i] == '\0')
			p->arguments[i] = ' ';
}

static void notes_fill(struct notes *n, const struct registers *f, const siginfo_t *info)
{
	struct status_note status = {};
	struct program_note program = {};
	uint64_t auxv[64] = {}, size = process.auxv[1] - process.auxv[0];

	status_fill(&status, f, info);
	program_fill(&program);
	if (size > sizeof(auxv) || guest_get(auxv, process.auxv[0], size) != 0)
		size = 0;
	note_add(n, NT_PRSTATUS, &status, sizeof(status));
	note_add(n, NT_PRPSINFO, &program, sizeof(program));
	note_add(n, NT_SIGINFO, info, sizeof(*info));
	note_add(n, NT_AUXV, auxv, size);
}

/* --- Memory --- */

/* Are its contents nowhere else? */
static bool is_own(const struct map_entry *m)
{
	const struct map_backing *b = backing_of(m);

	return b == nullptr || m->is_copy || b->path[0] == '\0' || (m->flags & MAP_IS_VDSO) != 0 ||
	       strcmp(b->path, "/dev/zero (deleted)") == 0;
}

static bool begins_a_program(const struct map_entry *m)
{
	char mark[SELFMAG];

	return m->offset == 0 && guest_get(mark, m->start, sizeof(mark)) == 0 &&
	       memcmp(mark, ELFMAG, SELFMAG) == 0;
}

/* How much of a mapping is written. */
static uint64_t size_in_file(const struct map_entry *m)
{
	if ((m->flags & MAP_IS_READABLE) == 0)
		return 0;
	return is_own(m) ? m->end - m->start : begins_a_program(m) ? PAGE : 0;
}

static Elf64_Phdr segment(const struct map_entry *m, uint64_t offset)
{
	return (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = ((m->flags & MAP_IS_READABLE) != 0 ? PF_R : 0u) |
			   ((m->flags & MAP_IS_WRITABLE) != 0 ? PF_W : 0u) |
			   ((m->flags & MAP_IS_EXECUTABLE) != 0 ? PF_X : 0u),
		.p_offset = offset,
		.p_vaddr = m->start,
		.p_filesz = size_in_file(m),
		.p_memsz = m->end - m->start,
		.p_align = PAGE,
	};
}

/* Pages that are not there are zero, unless they are a file's. */
static void put_memory(struct core *c, const struct map_entry *m, const Elf64_Phdr *s)
{
	char present[PAGES_AT_ONCE];
	uint64_t end = m->start + s->p_filesz;

	for (uint64_t at = m->start; at < end && !c->is_full;) {
		uint64_t n = (end - at) / PAGE < PAGES_AT_ONCE ? (end - at) / PAGE : PAGES_AT_ONCE;
		if (m->backing != 0 || fut_space_present(at, n * PAGE, present, n) != OK)
			memset(present, 1, n);
		for (uint64_t i = 0; i < n; i++, at += PAGE) {
			c->at = s->p_offset + (at - m->start);
			if ((present[i] & 1) != 0)
				put(c, (const void *)at, PAGE);
		}
	}
}

/* --- The file --- */

static unsigned count_mappings(void)
{
	unsigned n = 0;

	for (const struct map_entry *m = maps_find(0); m != nullptr; m = maps_find(m->end))
		n++;
	return n;
}

static void put_all(struct core *c, const struct notes *notes, Elf64_Phdr *segments, unsigned n)
{
	Elf64_Ehdr head = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = GUEST_MACHINE,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(head),
		.e_ehsize = sizeof(head),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (uint16_t)(n + 1),
	};
	uint64_t at = sizeof(head) + (n + 1) * sizeof(Elf64_Phdr);
	unsigned i = 1;

	segments[0] = (Elf64_Phdr){
		.p_type = PT_NOTE, .p_offset = at, .p_filesz = notes->n, .p_align = 4
	};
	at = page_up(at + notes->n);
	for (const struct map_entry *m = maps_find(0); i <= n; m = maps_find(m->end), i++) {
		segments[i] = segment(m, at);
		at += segments[i].p_filesz;
	}
	put(c, &head, sizeof(head));
	put(c, segments, (n + 1) * sizeof(Elf64_Phdr));
	put(c, notes->bytes, notes->n);
	i = 1;
	for (const struct map_entry *m = maps_find(0); i <= n; m = maps_find(m->end), i++)
		put_memory(c, m, &segments[i]);
	c->at = at - 1; /* so that it does not end with a hole */
	put(c, "", 1);
}

/* A regular file of our own that has no other name: what was there before is cut off. */
static bool core_open(struct description **d)
{
	constexpr uint32_t HOW = FILE_OPEN_WRITE | FILE_CREATE | FILE_NO_FOLLOW;
	struct walk room, *w = &room;
	struct attributes a = {};
	int64_t result = walk_begin_own(w, AT_FDCWD, "core");

	if (result == 0)
		result = file_open_at(w, HOW, 0, 0600, d);
	walk_end(w);
	if (result != 0)
		return false;
	if (S_ISREG((*d)->mode) && file_ask(*d, &a) == 0 && a.nlink == 1 &&
	    a.uid == process.fsuid && file_resize(*d, 0) == 0)
		return true;
	description_drop(*d);
	return false;
}

static uint64_t size_limit(void)
{
	uint64_t soft = 0, hard = 0;
	int32_t outcome = 0;

	return posix_limit(&process.posix, 0, RLIMIT_CORE, 0, 0, 0, &soft, &hard, &outcome) == OK &&
			       outcome == 0
		       ? soft
		       : 0;
}

bool core_file_write(const struct registers *frame, const siginfo_t *info)
{
	struct core c = { .left = size_limit() };
	struct description *d;

	if (c.left < PAGE || !process.dumpable || process_alone() != 0)
		return false;
	unsigned n = count_mappings();
	struct notes *notes = heap_new(sizeof(*notes));
	Elf64_Phdr *segments = heap_new((n + 1) * sizeof(*segments));
	bool made = notes != nullptr && segments != nullptr && n + 1 < PN_XNUM && core_open(&d);
	if (made) {
		c.file = (struct remote){ .session = d->a };
		notes_fill(notes, frame, info);
		put_all(&c, notes, segments, n);
		description_drop(d);
	}
	heap_free(segments);
	heap_free(notes);
	return made;
}
