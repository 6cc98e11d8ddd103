/* SPDX-License-Identifier: MPL-2.0 */
/* Start: from the boot code's state to the first thread of the first task. */
#include "abi/kernel.h"
#include "abi/startup.h"
#include "kernel/assert.h"
#include "kernel/dispatch.h"
#include "kernel/frame.h"
#include "kernel/futex.h"
#include "kernel/log.h"
#include "kernel/mapping.h"
#include "kernel/quota.h"
#include "kernel/resource.h"
#include "kernel/sched.h"
#include "kernel/string.h"
#include "kernel/vmo.h"

/* Where things stand in init's address space, moved up together by a random number of pages. */
constexpr uint64_t SLIDES = 1 << 20;
constexpr vaddr USERBOOT_AT = 0x7f0000000000;
constexpr vaddr STARTUP_AT = 0x7f0000100000;
constexpr vaddr AREA_AT = 0x7f0000200000;
constexpr vaddr STACK_AT = 0x7f0000300000;
constexpr uint64_t STACK_SIZE = 1 << 18;
constexpr unsigned INIT_PRIORITY = 32;

static const uint8_t userboot[] = {
#embed "userboot.bin"
};

static struct cpu cpu_storage[CPUS_MAX];

/* --- init's startup block --- */

/* The capabilities come first, then the strings. */
static union {
	struct startup head;
	char bytes[PAGE_SIZE];
} block;

static void startup_cap(struct task *init, const char *name, void *object)
{
	struct startup_cap *c = &block.head.caps[block.head.capc];
	struct cap cap = cap_first(object);

	if (object == nullptr || handle_reserve(init, 1) != OK)
		panic("no memory for init's %s", name);
	string_copy(c->name, name, sizeof(c->name));
	c->handle = handle_install(init, &cap);
	block.head.capc++;
	block.head.size += sizeof(*c);
}

static void startup_text(const char *s)
{
	for (; *s != '\0'; s++)
		if (block.head.size < sizeof(block.bytes) - 1)
			block.bytes[block.head.size++] = *s;
}

static void startup_end(void)
{
	block.bytes[block.head.size++] = '\0';
}

static void startup_env(const char *name, const char *value)
{
	startup_text(name);
	startup_text("=");
	startup_text(value);
	startup_end();
	block.head.envc++;
}

static void startup_hex(uint64_t value)
{
	char text[19] = "0x";

	for (int i = 0; i < 16; i++)
		text[2 + i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
	startup_text(text);
}

/* NAME=VALUE,VALUE... */
static void startup_env_numbers(const char *name, unsigned n, const uint64_t *values)
{
	startup_text(name);
	for (unsigned i = 0; i < n; i++) {
		startup_text(i == 0 ? "=" : ",");
		startup_hex(values[i]);
	}
	startup_end();
	block.head.envc++;
}

static void startup_env_number(const char *name, uint64_t value)
{
	startup_env_numbers(name, 1, &value);
}

/* --- init --- */

static bool is_all_ram(uint64_t first, uint64_t size)
{
	for (uint64_t at = first; at < first + size; at += PAGE_SIZE)
		if (!frame_is_ram(at, PAGE_SIZE))
			return false;
	return true;
}

/* Memory that firmware or the loader filled, as an object. The kernel keeps a reference to each
 * page: they are never freed, and who writes gets a copy. */
static struct vmo *vmo_of_range(struct quota *quota, const struct memory_range *r)
{
	uint64_t first = r->base & ~(PAGE_SIZE - 1);
	uint64_t size = bytes_to_pages(r->base + r->size - first) << PAGE_SHIFT;
	struct vmo *vmo = vmo_create(quota, size);

	if (vmo != nullptr && !is_all_ram(first, size)) {
		vmo->kind = VMO_PHYSICAL;
		vmo->base = (paddr){ first };
		return vmo;
	}
	for (uint64_t at = 0; vmo != nullptr && at < size; at += PAGE_SIZE) {
		uint64_t *slot = slot_make(vmo, at >> PAGE_SHIFT);

		if (slot == nullptr)
			return nullptr;
		*slot = first + at;
		frame_get((paddr){ first + at });
	}
	return vmo;
}

static void map_bytes(struct task *init, vaddr at, const void *bytes, size_t n, uint32_t flags)
{
	struct vmo *vmo = vmo_create(init->object.quota, bytes_to_pages(n) << PAGE_SHIFT);

	for (size_t done = 0; vmo != nullptr && done < n; done += PAGE_SIZE) {
		struct page_ref ref;
		size_t part = n - done < PAGE_SIZE ? n - done : PAGE_SIZE;

		if (vmo_page_write(vmo, done >> PAGE_SHIFT, &ref) != PAGE_FOUND)
			panic("no memory for init");
		memcpy(direct(ref.page), (const char *)bytes + done, part);
	}
	if (vmo == nullptr || mapping_create(&init->space, at, vmo->size, vmo, 0, flags) == nullptr)
		panic("no memory for init");
	object_put(vmo);
}

static void resource_give(struct task *init, const char *name, uint32_t kind, uint64_t size)
{
	if (size > 0)
		startup_cap(init, name, resource_create(kind, 0, size, init->object.quota));
}

static void range_give(struct task *init, const char *name, const struct memory_range *r)
{
	if (r->size > 0)
		startup_cap(init, name, vmo_of_range(init->object.quota, r));
}

static void startup_fill(struct task *init, struct quota *quota, const struct boot_info *boot)
{
	block.head =
		(struct startup){ .magic = STARTUP_MAGIC, .size = sizeof(block.head), .argc = 1 };
	for (unsigned i = 0; i < 4; i++)
		block.head.random[i] = arch_random();
	startup_cap(init, "task", object_get(init));
	startup_cap(init, "quota", object_get(quota));
	range_give(init, "bundle", &boot->bundle);
	range_give(init, "dtb", &boot->dtb);
	resource_give(init, "physical", RESOURCE_PHYSICAL, 1ull << 52);
	resource_give(init, "irq", RESOURCE_IRQ, arch_irq_lines());
	resource_give(init, "ioport", RESOURCE_IOPORT, arch_ioports());
	resource_give(init, "msi", RESOURCE_MSI, arch_msi_count());
	resource_give(init, "iospace", RESOURCE_IOSPACE, 1ull << 32);
	resource_give(init, "power", RESOURCE_POWER, 1);
	resource_give(init, "log", RESOURCE_LOG, 1);
	resource_give(init, "system", RESOURCE_SYSTEM, 1);
	startup_text("init");
	startup_end();
	startup_env("CMDLINE", boot->cmdline);
	startup_env("ARCH", arch_name);
	startup_env_number("BUNDLE_SIZE", boot->bundle.size);
	startup_env_number("BUNDLE_OFFSET", boot->bundle.base & (PAGE_SIZE - 1));
	startup_env_number("DTB_SIZE", boot->dtb.size);
	startup_env_number("DTB_OFFSET", boot->dtb.base & (PAGE_SIZE - 1));
	if (boot->acpi_rsdp != 0)
		startup_env_number("ACPI_RSDP", boot->acpi_rsdp);
	const uint64_t screen[] = { boot->framebuffer.base, boot->framebuffer.width,
				    boot->framebuffer.height, boot->framebuffer.pitch,
				    boot->framebuffer.bpp };

	if (boot->framebuffer.base != 0)
		startup_env_numbers("FRAMEBUFFER", 5, screen);
}

static void init_start(const struct boot_info *boot)
{
	struct quota *quota = quota_root();
	struct task *init = task_create(quota, "init");
	struct thread *thread;
	vaddr slide = arch_random() % SLIDES << PAGE_SHIFT, stack_at = STACK_AT + slide;

	if (init == nullptr)
		panic("no memory for init");
	space_shuffle(&init->space);
	startup_fill(init, quota, boot);
	map_bytes(init, STARTUP_AT + slide, block.bytes, block.head.size, MAP_READ);
	map_bytes(init, USERBOOT_AT + slide, userboot, sizeof(userboot), MAP_READ | MAP_EXEC);
	struct vmo *stack = vmo_create(quota, STACK_SIZE);

	if (stack == nullptr ||
	    mapping_create(&init->space, stack_at, STACK_SIZE, stack, 0, MAP_READ | MAP_WRITE) ==
		    nullptr ||
	    thread_create(init, AREA_AT + slide, USERBOOT_AT + slide, stack_at + STACK_SIZE,
			  STARTUP_AT + slide, INIT_PRIORITY, &thread) != OK)
		panic("no memory for init");
	object_put(stack);
	object_put(quota); /* init's handle has one, and what it paid for */
	thread->suspended = 0;
	thread->attention = 0;
	thread->waitable.signals = 0;
	thread_start(thread);
	object_put(init); /* its handle to itself keeps it alive */
}

/* --- CPUs --- */

static void cpu_online(struct cpu *cpu)
{
	cpu->online = true;
	cpu->work = true;
	cpu->account_from = time_now();
	ncpus++;
}

void kernel_main_secondary(unsigned index)
{
	struct cpu *cpu = cpus[index];

	arch_cpu_init(cpu, index);
	kernel_lock();
	cpu_online(cpu);
	space_enter(cpu, space_kernel());
	arch_start();
}

void kernel_main(const struct boot_info *boot)
{
	unsigned found = 1;
	const char *limit = option_find(boot->cmdline, "cpus=");

	arch_cpu_init(&cpu_storage[0], 0);
	klog("Futura\n");
	frame_init(boot);
	space_kernel_init();
	futex_init();
	arch_init(boot, &found);
	time_init(boot->start_ticks);
	if (limit != nullptr && *limit >= '1' && *limit <= '8' && (unsigned)(*limit - '0') < found)
		found = (unsigned)(*limit - '0');
	for (unsigned i = 0; i < found; i++)
		sched_init_cpu(&cpu_storage[i], i);
	kernel_lock();
	cpu_online(cpus[0]);
	space_enter(cpus[0], space_kernel());
	kernel_unlock();
	found = arch_cpus_start(found, cpus);
	kernel_lock();
	time_set_cpus(found);
	init_start(boot);
	klog("%u CPUs, %lu MiB of memory, %lu MiB free\n", found, frame_total() >> 8,
	     frame_count(FRAME_FREE) >> 8);
	arch_start();
}
