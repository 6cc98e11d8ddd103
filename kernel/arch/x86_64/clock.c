/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How fast the timestamp counter and the local timer run. The processor or the hypervisor may say
 * it; else both are measured against a clock of known rate, as briefly as that clock's steps allow.
 */
#include "kernel/arch/x86_64/clock.h"
#include "kernel/arch.h"
#include "kernel/arch/x86_64/acpi.h"
#include "kernel/arch/x86_64/lapic.h"
#include "kernel/arch/x86_64/memory.h"
#include "kernel/log.h"
#include "kernel/panic.h"

static uint64_t tsc_hz, timer_hz;

/* a * b / c, where the product may have 128 bits but the result has not. */
static uint64_t scale(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t q, rest;

	asm("mulq %3\n\tdivq %4" : "=a"(q), "=&d"(rest) : "a"(a), "r"(b), "r"(c) : "cc");
	return q;
}

/* --- Reference clocks --- */

struct reference {
	const char *name;
	uint32_t (*read)(void); /* counts up */
	uint64_t hz;
	uint32_t mask;
	uint32_t us; /* how long to measure: some thousands of its steps */
};

constexpr unsigned READS_MAX = 10'000'000; /* some seconds */

static volatile uint64_t *hpet;

static uint32_t hpet_count(void)
{
	return (uint32_t)hpet[0xf0 / 8];
}

/* IA-PC HPET specification 1.0a, 2.3: capabilities, configuration, main counter. */
static bool hpet_find(struct reference *r)
{
	if (acpi.hpet_base == 0 || (hpet = device_map(acpi.hpet_base, 0x400)) == nullptr)
		return false;
	uint64_t period_fs = hpet[0] >> 32;

	if (period_fs == 0 || period_fs > 100'000'000)
		return false;
	hpet[0x10 / 8] |= 1;
	*r = (struct reference){ "HPET", hpet_count, 1'000'000'000'000'000 / period_fs, UINT32_MAX,
				 250 };
	return true;
}

static uint32_t pm_timer_count(void)
{
	uint32_t v = 0;

	acpi_read_register(acpi.pm_timer, 4, &v);
	return v;
}

static bool pm_timer_find(struct reference *r)
{
	if (!acpi.has_pm_timer || acpi.pm_timer.space != ACPI_IO)
		return false;
	*r = (struct reference){ "ACPI timer", pm_timer_count, 3'579'545,
				 acpi.pm_timer_is_32_bit ? UINT32_MAX : 0xffffff, 500 };
	return true;
}

/* Channel 2 of the 8254 counts down from 65535, mode 0, with its gate opened by port 61h. */
static uint32_t pit_count(void)
{
	out8(0x43, 0x80); /* latch */
	uint32_t low = in8(0x42);

	return 0xffff - (low | (uint32_t)in8(0x42) << 8);
}

static void pit_find(struct reference *r)
{
	out8(0x61, (in8(0x61) & ~2) | 1);
	out8(0x43, 0xb0);
	out8(0x42, 0xff);
	out8(0x42, 0xff);
	*r = (struct reference){ "8254", pit_count, 1'193'182, 0xffff, 1000 };
}

/* --- Measuring --- */

/* All clocks at one moment, or nearly so. */
struct sample {
	uint32_t reference, timer;
	uint64_t tsc;
};

constexpr unsigned SAMPLES = 8;

/* The closest of several readings: another guest, or firmware, may run in the middle of one. */
static struct sample sample_take(const struct reference *r)
{
	struct sample best = {};
	uint64_t shortest = UINT64_MAX;

	for (unsigned i = 0; i < SAMPLES; i++) {
		uint64_t from = ticks();
		uint32_t reference = r->read(), timer = lapic_timer_left();
		uint64_t took = ticks() - from;

		if (took < shortest) {
			shortest = took;
			best = (struct sample){ reference, timer, from + took / 2 };
		}
	}
	return best;
}

static uint32_t steps_between(const struct reference *r, uint32_t from, uint32_t to)
{
	return (to - from) & r->mask;
}

static void measure(const struct reference *r)
{
	uint32_t want = (uint32_t)(r->hz * r->us / 1'000'000);
	unsigned idle_reads = 0;

	lapic_timer_set(UINT32_MAX);
	struct sample s0 = sample_take(r), s1;

	while (steps_between(r, s0.reference, r->read()) < want)
		if (++idle_reads > READS_MAX)
			panic("the %s stands still", r->name);
	s1 = sample_take(r);
	lapic_timer_set(0);
	uint32_t steps = steps_between(r, s0.reference, s1.reference);

	if (tsc_hz == 0)
		tsc_hz = scale(s1.tsc - s0.tsc, r->hz, steps);
	timer_hz = scale(s0.timer - s1.timer, r->hz, steps);
	klog("clock: TSC %lu kHz, local timer %lu kHz, by %s\n", tsc_hz / 1000, timer_hz / 1000,
	     r->name);
}

/* What CPUID tells: leaf 15h (18.7.3 of volume 3B), or the leaf that hypervisors agree on, in kHz.
 */
static uint64_t tsc_told(void)
{
	if (cpuid(0, 0).a >= 0x15) {
		struct cpuid c = cpuid(0x15, 0);

		if (c.a != 0 && c.b != 0 && c.c != 0)
			return (uint64_t)c.c * c.b / c.a;
	}
	if (cpuid(1, 0).c >> 31 && cpuid(0x40000000, 0).a >= 0x40000010)
		return (uint64_t)cpuid(0x40000010, 0).a * 1000;
	return 0;
}

void clock_init(void)
{
	struct reference r;

	tsc_hz = tsc_told();
	if (tsc_hz != 0 && cpu_has.deadline)
		return;
	if (!hpet_find(&r) && !pm_timer_find(&r))
		pit_find(&r);
	measure(&r);
	if (tsc_hz == 0 || (timer_hz == 0 && !cpu_has.deadline))
		panic("clocks do not run");
}

uint64_t arch_ticks_hz(void)
{
	return tsc_hz;
}

void clock_delay(uint64_t us)
{
	uint64_t until = ticks() + scale(us, tsc_hz, 1'000'000);

	while (ticks() < until)
		cpu_relax();
}

void arch_timer_set(uint64_t at)
{
	if (cpu_has.deadline) {
		/* 0 stops it; a time that has passed fires at once. */
		msr_write(MSR_TSC_DEADLINE, at == UINT64_MAX ? 0 : at);
		return;
	}
	if (at == UINT64_MAX) {
		lapic_timer_set(0);
		return;
	}
	uint64_t now = ticks();
	/* One second at most: the portable kernel sets it again if that was too early. */
	uint64_t left = at <= now ? 0 : at - now < tsc_hz ? at - now : tsc_hz;
	uint64_t count = scale(left, timer_hz, tsc_hz) + 1;

	lapic_timer_set(count < UINT32_MAX ? (uint32_t)count : UINT32_MAX);
}
