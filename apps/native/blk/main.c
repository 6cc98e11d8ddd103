/* SPDX-License-Identifier: MPL-2.0 */
/*
 * blk: block devices, for people and tests.
 *
 *	blk                             devices, and which of them are disks
 *	blk read NAME SECTOR [COUNT]    show sectors in hexadecimal
 *	blk sum NAME [SECTOR COUNT]     a checksum of sectors, or of all: CRC-32
 *	blk fill NAME SECTOR COUNT BYTE write sectors full of one byte, and flush
 *	blk time NAME [COUNT]           what reads of 4 KiB cost
 *	blk rate NAME MIB [DEPTH]       how fast it reads in order, 1 MiB a request, DEPTH at a time
 *	blk restart INDEX               end a device's driver
 *	blk remove INDEX                the same, for good
 */
#include <stdlib.h>
#include <string.h>
#include "abi/info.h"
#include "lib/futura/block.h"
#include "lib/futura/clock.h"
#include "lib/futura/error.h"
#include "lib/futura/number.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"
#include "lib/futura/service.h"
#include "protocol/devices.h"

constexpr uint64_t PATIENCE = 10 * SECOND;
constexpr size_t MEMORY = 256 << 10;

static unsigned char data[MEMORY];

static int usage(void)
{
	print("usage: blk [read NAME SECTOR [COUNT] | sum NAME [SECTOR COUNT] |\n"
	      "            fill NAME SECTOR COUNT BYTE | time NAME [COUNT] |\n"
	      "            rate NAME MIB [DEPTH] | restart INDEX | remove INDEX]\n");
	return 2;
}

static void need(const char *what, enum err e)
{
	if (e != OK)
		panic("%s: %s", what, error_name(e));
}

static struct remote devices_open(const char *name)
{
	struct remote devices;

	need(name, service_open(&devices, name, clock_after(PATIENCE)));
	return devices;
}

/* What the disk says of itself; a disk that does not answer soon is not waited for. */
static void show_disk(const char *name)
{
	struct block b;
	enum err e = block_open(&b, name, 4096, clock_after(SECOND));

	if (e != OK) {
		print("  %s\n", error_name(e));
		return;
	}
	print("  %llu KiB, sectors of %u (%u), \"%s\"%s%s%s%s\n",
	      (unsigned long long)(b.sectors * b.sector_size / 1024), b.sector_size,
	      b.physical_size, b.serial, b.features & BLOCK_READ_ONLY ? ", read-only" : "",
	      b.features & BLOCK_HAS_FLUSH ? ", flush" : "",
	      b.features & BLOCK_HAS_DISCARD ? ", discard" : "",
	      b.features & BLOCK_HAS_ZERO ? ", zero" : "");
	block_close(&b);
}

static int list(void)
{
	static const char *const states[] = { "no driver", "starting", "running",
					      "waiting",   "failed",   "removed" };
	struct remote devices = devices_open("devices");
	uint32_t index = 0, state, restarts, id, class;
	char bus[32], name[32];
	size_t nbus, nname;
	enum err e;

	print("%3s %-16s %-9s %6s %-10s %-9s %s\n", "", "BUS", "ID", "CLASS", "NAME", "STATE",
	      "RESTARTS");
	while ((e = devices_next(&devices, index, &index, &state, &restarts, &id, &class, bus,
				 sizeof(bus), &nbus, name, sizeof(name), &nname)) == OK) {
		name[nname < sizeof(name) ? nname : 0] = '\0';
		print("%3u %-16.*s %04x:%04x %06x %-10s %-9s %u\n", index, (int)nbus, bus, id >> 16,
		      id & 0xffff, class, name, state < 6 ? states[state] : "?", restarts);
		if (strncmp(name, "block.", 6) == 0 && state != DEVICES_STATE_FAILED &&
		    state != DEVICES_STATE_REMOVED)
			show_disk(name);
	}
	return e == ERR_NOT_FOUND ? 0 : 1;
}

static uint64_t number(const char *text)
{
	uint64_t n = 0;

	need(text, number_parse(text, &n));
	return n;
}

static void show_line(uint64_t at, const unsigned char *p)
{
	static const char digits[] = "0123456789abcdef";
	char hex[16 * 3 + 1] = {}, text[17] = {};

	for (unsigned i = 0; i < 16; i++) {
		hex[3 * i] = ' ';
		hex[3 * i + 1] = digits[p[i] >> 4];
		hex[3 * i + 2] = digits[p[i] & 15];
		text[i] = p[i] >= ' ' && p[i] < 127 ? (char)p[i] : '.';
	}
	print("%08llx %s  %s\n", (unsigned long long)at, hex, text);
}

/* Lines that repeat are left out, but for one asterisk. */
static void show(struct block *b, uint64_t sector, uint64_t count)
{
	unsigned char last[16] = {};
	bool starred = false;

	for (; count > 0; count--, sector++) {
		need("read", block_read(b, sector, 1, data));
		for (size_t i = 0; i < b->sector_size; i += 16) {
			const unsigned char *p = data + i;
			bool same = (i > 0 || starred) && memcmp(p, last, 16) == 0;
			if (!same)
				show_line(sector * b->sector_size + i, p);
			else if (!starred)
				print("*\n");
			starred = same;
			memcpy(last, p, 16);
		}
	}
}

/* CRC-32 of IEEE 802.3, as zlib has it. */
static uint32_t crc_add(uint32_t crc, const unsigned char *p, size_t n)
{
	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (unsigned k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void sum(struct block *b, uint64_t sector, uint64_t count)
{
	uint64_t step = MEMORY / b->sector_size;
	uint32_t crc = 0;

	while (count > 0) {
		uint64_t n = count < step ? count : step;
		need("read", block_read(b, sector, n, data));
		crc = crc_add(crc, data, n * b->sector_size);
		sector += n;
		count -= n;
	}
	print("crc32 %08x\n", crc);
}

static void fill(struct block *b, uint64_t sector, uint64_t count, int byte)
{
	uint64_t step = MEMORY / b->sector_size;

	memset(data, byte, MEMORY);
	while (count > 0) {
		uint64_t n = count < step ? count : step;
		need("write", block_write(b, sector, n, data));
		sector += n;
		count -= n;
	}
	need("flush", block_flush(b));
}

/* Time that the machine was not idle. With QEMU's -icount it counts instructions. */
static uint64_t busy(void)
{
	struct system_info s = {};
	uint64_t idle = 0;
	uint32_t size;

	need("system", fut_system_info(cap_need("system"), &s, sizeof(s), &size));
	for (unsigned i = 0; i < s.ncpus && i < 8; i++)
		idle += s.idle_ns[i];
	return s.now_ns * s.ncpus - idle;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

constexpr unsigned SAMPLES = 4096;

static void show_times(const char *what, uint64_t *sample, unsigned n)
{
	qsort(sample, n, sizeof(*sample), compare);
	print("%-8s %8llu %8llu %8llu\n", what, (unsigned long long)sample[n / 2],
	      (unsigned long long)sample[n * 9 / 10], (unsigned long long)sample[n * 99 / 100]);
}

/* From the call to its return, without what the machine waited for the device. */
static void time_reads(struct block *b, uint64_t count)
{
	static uint64_t whole[SAMPLES], nothing[SAMPLES];
	unsigned n = count < SAMPLES ? (unsigned)count : SAMPLES;

	for (unsigned i = 0; i < n; i++) {
		struct block_request r = { .op = BLOCK_OP_READ,
					   .sector = i % 128 * 8,
					   .count = 4096 / b->sector_size };
		uint64_t start = busy(), middle = busy();
		need("read", block_do(b, &r));
		whole[i] = busy() - middle;
		nothing[i] = middle - start;
	}
	print("ns busy       p50      p90      p99  of %u\n", n);
	show_times("nothing", nothing, n);
	show_times("read", whole, n);
}

constexpr uint64_t MIB = 1 << 20;

/* From the disk's beginning on, and from there again at its end. A disk that takes less than 1 MiB
 * a request gets the pieces of one at once. */
static void rate(struct block *b, uint64_t mib, uint64_t depth)
{
	uint64_t bytes = b->max_bytes < MIB ? b->max_bytes : MIB, per = bytes / b->sector_size;
	uint64_t count = mib * MIB / bytes, most = depth * MIB / bytes;
	uint64_t start = clock_now(), begun = 0, ended = 0;
	struct block_done done;

	if (MIB % bytes != 0 || most > BLOCK_DEPTH || b->sectors < per)
		panic("1 MiB is no request of this disk");
	while (ended < count) {
		if (begun < count && begun - ended < most) {
			struct block_request r = { .op = BLOCK_OP_READ,
						   .sector = begun % (b->sectors / per) * per,
						   .offset = begun % most * bytes,
						   .count = (uint32_t)per };
			need("read", block_submit(b, &r));
			begun++;
			continue;
		}
		need("wait", block_wait(b, TIME_NEVER, &done));
		need("read", (enum err)done.error);
		ended++;
	}
	uint64_t us = (clock_now() - start) / MICROSECOND;
	print("%llu MiB, %llu at a time: %llu us, %llu MiB/s\n", (unsigned long long)mib,
	      (unsigned long long)depth, (unsigned long long)us,
	      (unsigned long long)(us > 0 ? mib * 1000000 / us : 0));
}

static int rate_of(const char *name, uint64_t mib, uint64_t depth)
{
	struct block b;

	if (depth == 0 || depth > 16)
		return usage();
	need(name, block_open(&b, name, depth * MIB, clock_after(PATIENCE)));
	rate(&b, mib, depth);
	block_close(&b);
	return 0;
}

static int restart(uint32_t index)
{
	struct remote devices = devices_open("devices-control");

	need("restart", devices_restart(&devices, index));
	return 0;
}

static int remove_for_good(uint32_t index)
{
	struct remote devices = devices_open("devices-control");

	need("remove", devices_remove(&devices, index));
	return 0;
}

static int with_disk(int argc, char **argv)
{
	struct block b;

	need(argv[2], block_open(&b, argv[2], MEMORY, clock_after(PATIENCE)));
	if (strcmp(argv[1], "read") == 0 && (argc == 4 || argc == 5))
		show(&b, number(argv[3]), argc == 5 ? number(argv[4]) : 1);
	else if (strcmp(argv[1], "sum") == 0 && argc == 3)
		sum(&b, 0, b.sectors);
	else if (strcmp(argv[1], "sum") == 0 && argc == 5)
		sum(&b, number(argv[3]), number(argv[4]));
	else if (strcmp(argv[1], "fill") == 0 && argc == 6)
		fill(&b, number(argv[3]), number(argv[4]), (int)number(argv[5]));
	else if (strcmp(argv[1], "time") == 0 && (argc == 3 || argc == 4))
		time_reads(&b, argc == 4 ? number(argv[3]) : 1000);
	else
		return usage();
	block_close(&b);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return list();
	if (argc == 3 && strcmp(argv[1], "restart") == 0)
		return restart((uint32_t)number(argv[2]));
	if (argc == 3 && strcmp(argv[1], "remove") == 0)
		return remove_for_good((uint32_t)number(argv[2]));
	if ((argc == 4 || argc == 5) && strcmp(argv[1], "rate") == 0)
		return rate_of(argv[2], number(argv[3]), argc == 5 ? number(argv[4]) : 1);
	return argc >= 3 ? with_disk(argc, argv) : usage();
}
