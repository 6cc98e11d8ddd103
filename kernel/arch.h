/* SPDX-License-Identifier: MPL-2.0 */
/*
 * All that the portable kernel asks of an architecture. Each folder below kernel/arch/ defines
 * every name here: the inline ones in its arch/inline.h, the rest in its .c and .S files. Portable
 * code never tests for an architecture; it calls something here.
 *
 * The kernel runs on one stack per CPU with interrupts off. Every entry from user mode saves the
 * registers in the current thread's `struct context`, calls one of the kernel_ functions below, and
 * then leaves through kernel_leave(), which says which thread to run. A thread that waits has no
 * kernel state but its context: calls that wait leave a note in the thread and return.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "abi/control.h"
#include "abi/info.h"
#include "abi/kernel.h"

typedef uint64_t vaddr; /* an address in some address space */
typedef struct {
	uint64_t raw;
} paddr; /* a physical address; a struct, so it cannot pass for a vaddr */

constexpr size_t PAGE_SIZE = 4096;
constexpr unsigned PAGE_SHIFT = 12;
constexpr unsigned CPUS_MAX = 8;

/* User memory is [USER_START, USER_END) on every architecture: below it null pointers fault. */
constexpr vaddr USER_START = 0x10000;
constexpr vaddr USER_END = 0x7ffffffff000;

struct cpu;
struct thread;

/* --- What an architecture defines in arch/context.h, included below ------------------------------
 *
 * struct context	first member of struct thread: registers (struct registers), and beside them
 *			what the entry code needs without calling C:
 *	uint64_t control_kernel	kernel address of the control page
 *	uint64_t control_user	its user address
 *	uint64_t upcall_call	where a foreign call goes, 0 if nowhere
 * struct arch_cpu	first member of struct cpu: stack top, current context, scratch space
 * struct pte_flags ... (see page tables)
 */
#include <arch/context.h>

/* --- What the architecture calls (kernel/entry.c) --- */

/* A native call by the current thread, whose registers are saved in `c`. Leaves as kernel_leave
 * does. */
struct context *kernel_call(struct context *c, uint64_t number);
/* The same for CALL_IPC_CALL and CALL_IPC_REPLY_WAIT, by a shorter way where that can be taken.
 * They preserve no register: entry code loads all from the context that they return. */
[[clang::preserve_none]] struct context *kernel_ipc_call(void);
[[clang::preserve_none]] struct context *kernel_ipc_reply_wait(void);
/* A foreign call that `upcall_call` did not take, or one made while masked. */
void kernel_foreign(uint64_t number);
/* A fault or trap by the current thread in user mode. */
void kernel_fault(const struct fault *fault);
/* Interrupts, from user mode or from arch_idle. `line` counts as irq_create's does. */
void kernel_interrupt(unsigned line);
void kernel_timer(void);
void kernel_ipi(void);
/* upcall_return, after the architecture has checked nothing: registers are saved, number known. */
void kernel_upcall_return(void);
/* The last thing before user mode: choose who runs. Returns the context to restore. */
struct context *kernel_leave(void);

/* What firmware and the boot code found. Everything in it stays in place but is not trusted. */
struct memory_range {
	uint64_t base, size; /* bytes, any alignment */
};

constexpr unsigned BOOT_RANGES = 128;

struct boot_info {
	struct memory_range ram[BOOT_RANGES]; /* usable RAM */
	unsigned nram;
	struct memory_range reserved[BOOT_RANGES]; /* in use: kernel, bundle, tables; may overlap */
	unsigned nreserved;
	struct memory_range bundle; /* size 0: none given */
	struct memory_range dtb;    /* size 0: none */
	uint64_t acpi_rsdp;         /* 0: none */
	char cmdline[1024];
	struct {
		uint64_t base;
		uint32_t width, height, pitch, bpp;
	} framebuffer;
	uint64_t entropy;     /* what firmware or the processor gives; 0 if nothing */
	uint64_t start_ticks; /* ticks() at the kernel's first instruction, or near it */
};

/* The first CPU, once it runs at its final address with the direct map and its own stack. */
[[noreturn]] void kernel_main(const struct boot_info *boot);
/* Every other CPU, in the same state; `cpu` is its index. */
[[noreturn]] void kernel_main_secondary(unsigned cpu);

/* --- Processor --- */

/* arch/inline.h also has `const char arch_name[]`, `constexpr bool TLB_BROADCASTS`: tlb_flush
 * reaches every CPU by itself, and `constexpr bool PTE_BREAK_FIRST`: before a present leaf entry
 * becomes another it must be made absent and flushed, for TLBs keep what faulted for want of
 * permission; and `constexpr bool NUMBERS_CHECKED`: kernel_call gets no number of CALL_COUNT or
 * more. */
static inline struct cpu *this_cpu(void);
static inline void cpu_relax(void);
static inline uint64_t ticks(void); /* never goes back, same rate on every CPU */

/* Reads the command line, finds interrupt controllers and CPUs, sets up traps on this CPU. After
 * memory works. Fills the number of CPUs. */
void arch_init(const struct boot_info *boot, unsigned *ncpus);
/* Set up this CPU so that it can take traps: descriptor tables, protection bits, timer, controller.
 */
void arch_cpu_init(struct cpu *cpu, unsigned index);
/* Start all other CPUs; each arrives in kernel_main_secondary. Returns how many CPUs run now. */
unsigned arch_cpus_start(unsigned ncpus, struct cpu *const cpus[]);
/* Ticks per second, in 2^32ths nanoseconds per tick: known after arch_init. */
uint64_t arch_ticks_hz(void);

/* Leave the kernel for good on this CPU's first time, via kernel_leave. */
[[noreturn]] void arch_start(void);
/* With the kernel lock free: wait for an interrupt, handle it (through kernel_...), return. */
void arch_idle(void);
/* Interrupt those CPUs (bits): each calls kernel_ipi. */
void arch_ipi(uint64_t cpus);
/* One-shot: call kernel_timer at or soon after `at` (ticks); UINT64_MAX stops it. */
void arch_timer_set(uint64_t at);

/* --- Threads --- */

/* A fresh context: user mode, at `entry`, with a stack and one argument. */
void context_init(struct context *c, vaddr entry, vaddr stack, uint64_t argument);
/* `to` is a clone's: SIMD state and thread pointer as `from`'s, which runs on this CPU now. False:
 * no memory for the SIMD state. */
bool context_copy(struct context *to, struct context *from);
/* Give back what context_init or context_copy took (SIMD memory). */
void context_fini(struct context *c);
/* This CPU (`cpu`) stops running `from` (nullptr: nobody ran) and will run `to` (nullptr: it idles,
 * and another CPU may run `from` next): SIMD ownership, thread pointer, control page register.
 * Address space is switched separately. */
void context_switch(struct arch_cpu *cpu, struct context *from, struct context *to);
/* Bytes of thread_read(THREAD_SIMD), and the copy; set checks the contents, false if invalid. */
size_t context_simd_size(void);
void context_simd_get(struct context *c, void *to);
bool context_simd_set(struct context *c, const void *from);
/* Replace the general registers with checked ones: privileged bits are forced to user values.
 * False if pc or sp is not an address the processor can return to. */
bool context_registers_set(struct context *c, const struct registers *r);
void context_registers_get(struct context *c, struct registers *r);
void context_step_set(struct context *c, bool on);
enum err context_debug_set(struct context *c, const struct thread_debug *d);

/* Registers of a call, by their names in abi/message.h. */
static inline uint64_t context_argument(const struct context *c, unsigned i); /* 0..5 */
static inline uint32_t context_number(const struct context *c);
static inline void context_set_error(struct context *c, int64_t error);
static inline uint64_t context_tag(const struct context *c);
static inline void context_set_tag(struct context *c, uint64_t tag);
static inline uint64_t context_word(const struct context *c, unsigned i); /* 0..5 */
static inline void context_set_word(struct context *c, unsigned i, uint64_t value);
/* `to` does not run. */
static inline void context_copy_words(struct context *to, const struct context *from);
static inline void context_set_badge(struct context *c, uint64_t badge);
static inline uint64_t context_deadline(const struct context *c); /* of an ipc call */
static inline vaddr context_pc(const struct context *c);
static inline void context_set_pc(struct context *c, vaddr pc);
static inline vaddr context_sp(const struct context *c);
/* Undo the entry of a native call, so that it runs again when the thread goes on. */
static inline void context_rewind(struct context *c);
static inline void context_set_tls(struct context *c, vaddr tls);

/* --- User memory: the current address space only --- */

/* Copy, and return how many bytes were copied before the first fault. The range was checked to lie
 * in user memory. A fault here changes nothing else. */
size_t user_copy_in(void *to, vaddr from, size_t n);
size_t user_copy_out(vaddr to, const void *from, size_t n);
/* Read a 32-bit word at an aligned address: false on a fault. */
bool user_load(vaddr from, uint32_t *value);

/* --- Page tables
 * -----------------------------------------------------------------------------------
 *
 * Both architectures have four levels of 512 entries; level 3 is the root, 0 the leaf.
 * kernel/ptab.c walks them; the architecture says what an entry means. Clearing the write bit in an
 * entry of a level above 0 protects all below it.
 */

typedef uint64_t pte;

enum page_flags : uint32_t {
	PAGE_READ = 1u << 0,
	PAGE_WRITE = 1u << 1,
	PAGE_EXEC = 1u << 2,
	PAGE_UNCACHED = 1u << 3,  /* device registers */
	PAGE_COMBINING = 1u << 4, /* write combining */
};

static inline pte pte_leaf(paddr page,
			   enum page_flags flags); /* a user page: its address | flags */
static inline pte pte_table(paddr table);          /* a table, not protected */
static inline bool pte_is_present(pte e);
static inline paddr pte_address(pte e);
static inline bool pte_is_writable(pte e); /* leaf or table */
static inline pte pte_protect(pte e);      /* the same, not writable: leaf or table */
static inline pte pte_allow(pte e);        /* a table entry, no longer protected */
/* Order stores to tables before a walk by this CPU can use them: ARM64 dsb ishst + isb. */
static inline void pte_publish(void);

/* A user root table: what must be in it beside user entries (x86-64: the kernel's half). `root` is
 * a zeroed page. */
void space_root_init(pte *root);
/* The entries [0, n) of a root that belong to user memory. */
constexpr unsigned USER_ROOT_ENTRIES = 256;

/* Use this root now; `id` is the architecture's own note in the space, zero when it was made. */
struct space_id {
	uint64_t word, cpus;
};
void space_switch(paddr root, struct space_id *id);
/* Forget, on this CPU, cached entries of the space in use for n pages from va (n = SIZE_MAX: all).
 */
void tlb_flush(struct space_id *id, vaddr va, size_t n);

/* --- Physical memory --- */

/* All RAM, and what firmware tables need, is mapped in one piece, not executable. */
static inline void *direct(paddr p);
static inline paddr direct_paddr(const void *p);
/* Fast copies and fills of whole pages (kernel addresses, page aligned). */
static inline void page_zero(void *page);
static inline void page_copy(void *to, const void *from);
/* Copy n bytes rounded up to 8, both 8-byte aligned, both with room: message pages. */
static inline void words_copy(void *to, const void *from, size_t n);
/* New instructions were written to this page through the direct map (ARM64: clean and invalidate).
 */
void page_sync_code(paddr page);

/* --- Interrupts, power, console --- */

unsigned arch_irq_lines(void);                          /* lines are numbered from 0 */
enum err arch_irq_setup(unsigned line, uint32_t flags); /* IRQ_EDGE, IRQ_LOW; leaves it masked */
void arch_irq_mask(unsigned line);
void arch_irq_unmask(unsigned line);
unsigned arch_msi_count(void); /* 0 if the machine has none */
/* Take message interrupt n for a device: what it writes where. It arrives as kernel_interrupt(
 * arch_irq_lines() + n). */
enum err arch_msi_setup(unsigned n, uint32_t device, uint64_t *address, uint32_t *data);

enum err arch_ioport_read(uint16_t port, unsigned width, uint32_t *value);
enum err arch_ioport_write(uint16_t port, unsigned width, uint32_t value);
unsigned arch_ioports(void); /* 65536 or 0 */

enum err arch_power_off(void); /* returns only if it did not work */
enum err arch_reboot(void);
[[noreturn]] void arch_halt(void); /* this CPU, for good */
void arch_stop_others(void);       /* after a panic: no other CPU does anything more */

void console_putc(char c); /* the debug UART; before console_init nothing happens */
/* Call `frame` with each return address of the kernel's call chain, at most 32. */
void arch_backtrace(void (*frame)(vaddr pc));
/* Registers of the trap that a panic is about, one line each, through klog. */
void arch_panic_registers(void);
/* A random number for stack protector, bases and the like: RDRAND, RNDR, else a mix of entropy. */
uint64_t arch_random(void);

#include <arch/inline.h>
