/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/arch.h"
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "kernel/cpu.h"
#include "kernel/dispatch.h"
#include "kernel/frame.h"
#include "kernel/ptab.h"
#include "kernel/sched.h"

struct machine machine = { .timer_at = UINT64_MAX };

/* --- Running --- */

struct thread *machine_thread(void)
{
	return machine.cpu->current;
}

/* As the entry code of a real machine. */
static struct context *enter(uint32_t number)
{
	return number == CALL_IPC_CALL         ? kernel_ipc_call()
	       : number == CALL_IPC_REPLY_WAIT ? kernel_ipc_reply_wait()
					       : kernel_call(&machine_thread()->context, number);
}

/* Make again what was rewound, until a thread is in user mode. */
static void settle(struct context *c)
{
	while (c->repeat) {
		c->repeat = false;
		c = enter((uint32_t)c->number);
	}
}

void machine_call(uint32_t number)
{
	machine.cpu->current->context.number = number;
	machine.ticks += 100;
	settle(enter(number));
}

void machine_advance(uint64_t ns)
{
	machine.ticks += ns;
	if (machine.ticks >= machine.timer_at) {
		machine.timer_at = UINT64_MAX;
		kernel_timer();
		settle(kernel_leave());
	}
}

static bool pte_permits(const pte *e, enum fault_access access)
{
	return e != nullptr && ((access & ACCESS_WRITE) == 0 || pte_is_writable(*e)) &&
	       ((access & ACCESS_EXEC) == 0 || (*e & PTE_EXEC) != 0);
}

/* As the processor does: every level's write bit counts. */
static pte *walk(vaddr va, enum fault_access access)
{
	pte *table = direct(machine.cpu->space->root);

	for (unsigned level = 3;; level--) {
		pte *e = &table[va >> (PAGE_SHIFT + 9 * level) & 511];

		if (!pte_is_present(*e) || ((access & ACCESS_WRITE) != 0 && !pte_is_writable(*e)))
			return nullptr;
		if (level == 0)
			return pte_permits(e, access) ? e : nullptr;
		table = direct(pte_address(*e));
	}
}

bool machine_access(vaddr va, enum fault_access access)
{
	struct thread *t = machine_thread();

	if (walk(va, access) != nullptr)
		return true;
	kernel_fault(&(struct fault){ FAULT_UNMAPPED, access, va, 0 });
	settle(kernel_leave());
	return machine_thread() == t && walk(va, access) != nullptr;
}

/* --- User memory --- */

static size_t user_copy(vaddr user, char *kernel, size_t n, bool out)
{
	size_t done = 0;

	while (done < n) {
		pte *e = walk(user + done, out ? ACCESS_WRITE : ACCESS_READ);
		size_t in_page = (user + done) & (PAGE_SIZE - 1);
		size_t part = PAGE_SIZE - in_page < n - done ? PAGE_SIZE - in_page : n - done;

		if (e == nullptr)
			break;
		char *page = (char *)direct(pte_address(*e)) + in_page;

		__builtin_memmove(out ? page : kernel + done, out ? kernel + done : page, part);
		done += part;
	}
	return done;
}

size_t user_copy_in(void *to, vaddr from, size_t n)
{
	return user_copy(from, to, n, false);
}

size_t user_copy_out(vaddr to, const void *from, size_t n)
{
	return user_copy(to, (char *)from, n, true);
}

bool user_load(vaddr from, uint32_t *value)
{
	return user_copy(from, (char *)value, sizeof(*value), false) == sizeof(*value);
}

/* --- Threads --- */

void context_init(struct context *c, vaddr entry, vaddr stack, uint64_t argument)
{
	*c = (struct context){ .pc = entry, .sp = stack };
	c->arguments[0] = argument;
}

bool context_copy(struct context *to, struct context *from)
{
	struct context own = *to;

	*to = *from;
	to->control_kernel = own.control_kernel;
	to->control_user = own.control_user;
	to->upcall_call = own.upcall_call;
	return true;
}

void context_fini(struct context *c)
{
	(void)c;
}

void context_switch(struct arch_cpu *cpu, struct context *from, struct context *to)
{
	(void)cpu;
	(void)from;
	(void)to;
}

size_t context_simd_size(void)
{
	return 64;
}

void context_simd_get(struct context *c, void *to)
{
	(void)c;
	__builtin_memset(to, 0, 64);
}

bool context_simd_set(struct context *c, const void *from)
{
	(void)c;
	return *(const char *)from == 0;
}

/* The machine's registers beside pc and sp are of no interest: the first field stands for pc. */
bool context_registers_set(struct context *c, const struct registers *r)
{
	const uint64_t *values = (const uint64_t *)r;

	if (values[0] >= USER_END)
		return false;
	c->pc = values[0];
	c->sp = values[1];
	return true;
}

void context_registers_get(struct context *c, struct registers *r)
{
	uint64_t *values = (uint64_t *)r;

	*r = (struct registers){};
	values[0] = c->pc;
	values[1] = c->sp;
}

void context_step_set(struct context *c, bool on)
{
	(void)c;
	(void)on;
}

enum err context_debug_set(struct context *c, const struct thread_debug *d)
{
	(void)c;
	return d->kind[0] == 0 ? OK : ERR_UNSUPPORTED;
}

/* --- Memory and devices --- */

void space_root_init(pte *root)
{
	(void)root;
}

void space_switch(paddr root, struct space_id *id)
{
	(void)root;
	(void)id;
}

void tlb_flush(struct space_id *id, vaddr va, size_t n)
{
	(void)id;
	(void)va;
	(void)n;
}

void page_sync_code(paddr page)
{
	machine.syncs += frame_is_ram(page.raw, PAGE_SIZE) ? 1 : 1000; /* or it would fault */
}

void arch_init(const struct boot_info *boot, unsigned *n)
{
	(void)boot;
	*n = 1;
}

void arch_cpu_init(struct cpu *cpu, unsigned index)
{
	cpu->arch.index = index;
	machine.cpu = cpu;
}

unsigned arch_cpus_start(unsigned n, struct cpu *const all[])
{
	(void)n;
	(void)all;
	return 1;
}

uint64_t arch_ticks_hz(void)
{
	return 1000000000;
}

void arch_idle(void)
{
	if (machine.timer_at == UINT64_MAX) {
		machine.is_idle = true;
		machine.on_idle();
		return;
	}
	if (machine.ticks < machine.timer_at)
		machine.ticks = machine.timer_at;
	machine.timer_at = UINT64_MAX;
	kernel_timer();
}

void arch_ipi(uint64_t targets)
{
	(void)targets;
}

void arch_timer_set(uint64_t at)
{
	machine.timer_at = at;
}

unsigned arch_irq_lines(void)
{
	return 32;
}

enum err arch_irq_setup(unsigned line, uint32_t flags)
{
	(void)flags;
	machine.irq_masked[line] = true;
	return OK;
}

void arch_irq_mask(unsigned line)
{
	machine.irq_masked[line] = true;
}

void arch_irq_unmask(unsigned line)
{
	machine.irq_masked[line] = false;
}

unsigned arch_msi_count(void)
{
	return 4;
}

enum err arch_msi_setup(unsigned n, uint32_t device, uint64_t *address, uint32_t *data)
{
	*address = 0xfee00000;
	*data = n | device << 8;
	return OK;
}

enum err arch_ioport_read(uint16_t port, unsigned width, uint32_t *value)
{
	(void)width;
	*value = machine.ports[port % 64];
	return OK;
}

enum err arch_ioport_write(uint16_t port, unsigned width, uint32_t value)
{
	(void)width;
	machine.ports[port % 64] = value;
	return OK;
}

unsigned arch_ioports(void)
{
	return 65536;
}

enum err arch_power_off(void)
{
	machine.power_is_off = true;
	return ERR_UNSUPPORTED;
}

enum err arch_reboot(void)
{
	return ERR_UNSUPPORTED;
}

void arch_halt(void)
{
	fwrite(machine.log, 1, machine.nlog, stderr);
	abort();
}

void arch_stop_others(void)
{
}

void console_putc(char c)
{
	if (machine.nlog == sizeof(machine.log))
		machine.nlog = 0;
	machine.log[machine.nlog++] = c;
}

void arch_backtrace(void (*frame)(vaddr pc))
{
	(void)frame;
}

void arch_panic_registers(void)
{
}

uint64_t arch_random(void)
{
	return 4; /* the same in every run */
}

/* kernel_main ends here: the first thread is ready. */
static jmp_buf started;

void arch_start(void)
{
	settle(kernel_leave());
	longjmp(started, 1);
}

/* The part of kernel_main's life that comes before the first thread. */
void machine_start(size_t size)
{
	static struct boot_info boot;

	machine.size = size;
	machine.memory =
		mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (machine.memory == MAP_FAILED) {
		perror("no memory for the simulated machine");
		exit(1);
	}
	boot = (struct boot_info){
		.ram = { { PAGE_SIZE, size - PAGE_SIZE } },
		.nram = 1,
		.reserved = { { 0, PAGE_SIZE }, { 4 * PAGE_SIZE, 2 * PAGE_SIZE } },
		.nreserved = 2,
		.bundle = { 4 * PAGE_SIZE + 16, PAGE_SIZE },
	};
	memset(machine.memory + 4 * PAGE_SIZE, 'b', 2 * PAGE_SIZE);
	if (setjmp(started) == 0)
		kernel_main(&boot);
}
