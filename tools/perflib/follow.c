/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A plugin of QEMU that follows one processor through the guest's code, from mark to mark
 * (bench/arch/<arch>/mark.h), and writes into the folder out=DIR
 *
 *	blocks	a line a block: number, address, page, bytes, bytes of its last instruction, how
 *		often it was entered, instructions executed in it; the code itself in hexadecimal
 *	pages	the pages of memory that they were in, 4 KiB each
 *	stream	what was executed, in order: number of the block, instructions; 0 and a mark's
 *		number where there is a mark. At most limit=N entries.
 *	total	instructions of the whole run, and until the first mark
 *
 * With only=N, what follows the N-th beginning and no other. An instruction that faults is executed
 * again, and counted twice.
 */
#include "tools/perflib/marks.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

constexpr uint64_t PAGE_BYTES = 4096;
constexpr size_t BUCKETS = 1 << 18;

/* Code is the same block if it has the same address, page content and length. */
struct block {
	struct block *next;
	uint64_t address, hash, entered, executed;
	uint32_t number, page, bytes, last_bytes;
	uint8_t code[];
};

struct page {
	struct page *next;
	uint64_t hash;
	uint32_t number;
};

struct entry {
	uint32_t block, instructions;
};

[[gnu::visibility("default")]] int qemu_plugin_version = 1;

static struct block *blocks[BUCKETS], *current;
static struct page *pages[BUCKETS];
static uint32_t nblocks, npages;
static uint64_t executed, seen, first_mark, written, limit = 20'000'000;
static uint64_t begun, only; /* 0: all */
static bool is_on;
static FILE *stream, *page_file;
static char folder[512] = ".";

static void need(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static FILE *create(const char *name)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	need(f != nullptr, path);
	return f;
}

static void put(uint32_t block, uint64_t instructions)
{
	struct entry e = { block, (uint32_t)instructions };

	if (written++ < limit)
		fwrite(&e, sizeof(e), 1, stream);
}

/* What was executed since the last look belongs to the block that was entered then. */
static void account(void)
{
	uint64_t did = executed - seen;

	seen = executed;
	if (is_on && current != nullptr && did > 0) {
		current->executed += did;
		put(current->number, did);
	}
}

static void entered(unsigned cpu, void *data)
{
	(void)cpu;
	account();
	current = data;
	current->entered += is_on;
}

static void forget(void)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct block *b = blocks[i]; b != nullptr; b = b->next)
			b->entered = b->executed = 0;
	rewind(stream);
	need(ftruncate(fileno(stream), 0) == 0, "stream");
	written = 0;
}

static void marked(unsigned cpu, void *data)
{
	uintptr_t mark = (uintptr_t)data;

	(void)cpu;
	account();
	if (first_mark == 0)
		first_mark = executed;
	if (mark == MARK_READY)
		forget();
	begun += mark == MARK_BEGIN;
	is_on = mark == MARK_BEGIN && (only == 0 || begun == only);
	put(0, mark);
}

static uint64_t hash_of(const uint8_t *bytes, size_t n)
{
	uint64_t h = 0x9e3779b97f4a7c15, word;

	for (size_t i = 0; i + sizeof(word) <= n; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		h = (h ^ word) * 0xff51afd7ed558ccd;
		h ^= h >> 32;
	}
	return h;
}

static struct page *page_find(const uint8_t *bytes)
{
	uint64_t hash = hash_of(bytes, PAGE_BYTES);
	struct page **bucket = &pages[hash % BUCKETS];

	for (struct page *p = *bucket; p != nullptr; p = p->next)
		if (p->hash == hash)
			return p;
	struct page *p = malloc(sizeof(*p));
	*p = (struct page){ *bucket, hash, npages++ };
	fwrite(bytes, PAGE_BYTES, 1, page_file);
	return *bucket = p;
}

static uint32_t copy_code(const struct plugin_block *b, uint8_t *to, uint32_t *last)
{
	uint32_t bytes = 0;

	for (size_t i = 0; i < qemu_plugin_tb_n_insns(b); i++) {
		const struct plugin_insn *insn = qemu_plugin_tb_get_insn(b, i);
		*last = (uint32_t)qemu_plugin_insn_size(insn);
		memcpy(to + bytes, qemu_plugin_insn_data(insn), *last);
		bytes += *last;
	}
	return bytes;
}

static struct block *block_find(const struct plugin_block *b)
{
	static uint8_t code[1 << 14];
	const uint8_t *host = qemu_plugin_insn_haddr(qemu_plugin_tb_get_insn(b, 0));
	uint64_t address = qemu_plugin_tb_vaddr(b);
	uint32_t last = 0, bytes = copy_code(b, code, &last);

	/* Where there is no memory behind it (a device), no page can be told. */
	struct page *p = host ? page_find(host - ((uintptr_t)host & (PAGE_BYTES - 1))) : nullptr;
	uint64_t hash = (p ? p->hash : 0) ^ address * 0xff51afd7ed558ccd ^ bytes;
	struct block **bucket = &blocks[hash % BUCKETS];
	for (struct block *old = *bucket; old != nullptr; old = old->next)
		if (old->hash == hash)
			return old;
	struct block *new = calloc(1, sizeof(*new) + bytes);
	*new = (struct block){ .next = *bucket,
			       .address = address,
			       .hash = hash,
			       .number = ++nblocks,
			       .page = p ? p->number : UINT32_MAX,
			       .bytes = bytes,
			       .last_bytes = last };
	memcpy(new->code, code, bytes);
	return *bucket = new;
}

static void translated(uint64_t id, struct plugin_block *b)
{
	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(b, entered, NO_REGISTERS, block_find(b));
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(b); i++) {
		struct plugin_insn *insn = qemu_plugin_tb_get_insn(b, i);
		uintptr_t mark = mark_of(insn);
		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &executed, 1);
		if (mark != 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, marked, NO_REGISTERS,
							       (void *)mark);
	}
}

static void write_block(FILE *f, const struct block *b)
{
	fprintf(f, "%u %lx %u %u %u %lu %lu ", b->number, b->address, b->page, b->bytes,
		b->last_bytes, b->entered, b->executed);
	for (uint32_t i = 0; i < b->bytes; i++)
		fprintf(f, "%02x", b->code[i]);
	fputc('\n', f);
}

static void ended(uint64_t id, void *data)
{
	(void)id, (void)data;
	FILE *f = create("blocks");
	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct block *b = blocks[i]; b != nullptr; b = b->next)
			if (b->entered > 0 || b->executed > 0)
				write_block(f, b);
	fclose(f);
	f = create("total");
	fprintf(f, "%lu %lu %lu\n", executed, first_mark, written);
	fclose(f);
	fclose(stream);
	fclose(page_file);
}

[[gnu::visibility("default")]] int qemu_plugin_install(uint64_t id, const struct plugin_info *info,
						       int argc, char **argv);
int qemu_plugin_install(uint64_t id, const struct plugin_info *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "out=", 4) == 0)
			snprintf(folder, sizeof(folder), "%s", argv[i] + 4);
		else if (strncmp(argv[i], "limit=", 6) == 0)
			limit = strtoull(argv[i] + 6, nullptr, 10);
		else if (strncmp(argv[i], "only=", 5) == 0)
			only = strtoull(argv[i] + 5, nullptr, 10);
	}
	stream = create("stream");
	page_file = create("pages");
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, nullptr);
	return 0;
}
