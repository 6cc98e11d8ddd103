/* SPDX-License-Identifier: MPL-2.0 */
/* From the device tree to struct machine and struct boot_info. */
#include "kernel/arch/arm64/machine.h"
#include "kernel/arch/arm64/fdt.h"
#include "kernel/arch/arm64/ranges.h"
#include "kernel/string.h"

/* Only one CPU writes it, before others run. */
struct machine machine;

static struct memory_range reg_range(const struct fdt_walk *w, unsigned i)
{
	struct memory_range r;

	return fdt_reg(w, i, &r.base, &r.size) ? r : (struct memory_range){};
}

/* --- Memory --- */

static bool device_type_is(const struct fdt_walk *w, const char *type)
{
	const char *text = fdt_text(w, "device_type");

	return text != nullptr && text_is(text, type);
}

static void memory_read(const struct fdt_walk *w, struct boot_info *boot)
{
	struct memory_range r;

	for (unsigned i = 0; fdt_reg(w, i, &r.base, &r.size); i++)
		ranges_add(boot->ram, &boot->nram, r);
}

/* A child of /reserved-memory. What no-map forbids to look at is no memory of ours at all. */
static void reserved_read(const struct fdt_walk *w, struct boot_info *boot, bool no_map)
{
	struct fdt_value v;
	struct memory_range r;

	if (fdt_find(w, "no-map", &v) != no_map)
		return;
	for (unsigned i = 0; fdt_reg(w, i, &r.base, &r.size); i++) {
		if (no_map)
			ranges_remove(boot->ram, &boot->nram, r);
		else
			ranges_add(boot->reserved, &boot->nreserved, r);
	}
}

static bool is_below(const struct fdt_walk *w, const char *parent)
{
	return w->depth == 3 && text_is(w->node[1].name, parent);
}

/* --- /chosen --- */

/* Take a seed out of the tree: it must not be known to who reads the tree later. */
static void seed_take(const struct fdt_walk *w, const char *name)
{
	struct fdt_value v;

	if (!fdt_find(w, name, &v))
		return;
	for (uint32_t i = 0; i < v.size; i++)
		machine.seed = (machine.seed ^ v.data[i]) * 0x100000001b3; /* FNV-1a */
	memset((void *)v.data, 0, v.size);
}

/* A property that is one number of one or two cells. */
static bool number_find(const struct fdt_walk *w, const char *name, uint64_t *address)
{
	struct fdt_value v;

	return fdt_find(w, name, &v) && fdt_cells(v, 0, v.size / 4, address);
}

static void chosen_read(const struct fdt_walk *w, struct boot_info *boot)
{
	const char *arguments = fdt_text(w, "bootargs");
	uint64_t from, to;

	if (arguments != nullptr)
		string_copy(boot->cmdline, arguments, sizeof(boot->cmdline));
	if (number_find(w, "linux,initrd-start", &from) &&
	    number_find(w, "linux,initrd-end", &to) && to > from)
		boot->bundle = (struct memory_range){ from, to - from };
	seed_take(w, "kaslr-seed");
	seed_take(w, "rng-seed");
}

/* --- Processors --- */

static void cpu_read(const struct fdt_walk *w)
{
	const char *method = fdt_text(w, "enable-method");
	uint64_t mpidr, release = 0;

	if (!number_find(w, "reg", &mpidr)) /* no address, so nothing translates it */
		return;
	mpidr &= MPIDR_AFFINITY;
	if (method != nullptr && text_is(method, "spin-table") &&
	    !number_find(w, "cpu-release-addr", &release))
		return;
	if (mpidr == machine.cpu[0].mpidr)
		return; /* it runs already */
	if (machine.ncpus < CPUS_MAX) {
		machine.cpu[machine.ncpus].mpidr = mpidr;
		machine.cpu[machine.ncpus++].release = release;
	}
}

static void psci_read(const struct fdt_walk *w)
{
	const char *method = fdt_text(w, "method");

	if (method == nullptr)
		return;
	machine.has_psci = true;
	machine.psci_is_smc = text_is(method, "smc");
}

/* --- Interrupts and timer --- */

static void gic2_read(const struct fdt_walk *w)
{
	machine.gic.version = 2;
	machine.gic.distributor = reg_range(w, 0);
	machine.gic.cpu_interface = reg_range(w, 1);
}

static void gic3_read(const struct fdt_walk *w)
{
	uint32_t n = 1;

	(void)fdt_number(w, "#redistributor-regions", &n); /* there is one if it is not said */
	machine.gic.version = 3;
	machine.gic.distributor = reg_range(w, 0);
	for (unsigned i = 0; i < n && i < REDISTRIBUTOR_REGIONS; i++)
		machine.gic.redistributors[i] = reg_range(w, 1 + i);
}

static void message_frame_read(const struct fdt_walk *w)
{
	uint32_t first = 0, count = 0;

	machine.gic.message_frame = reg_range(w, 0);
	if (fdt_number(w, "arm,msi-base-spi", &first) &&
	    fdt_number(w, "arm,msi-num-spis", &count)) {
		machine.gic.frame_first = first;
		machine.gic.frame_count = count;
	}
}

/* Secure, physical, virtual, hypervisor: the third. Its cells: type (1 is per CPU), number, flags.
 */
static void timer_read(const struct fdt_walk *w)
{
	constexpr unsigned VIRTUAL = 2, ENTRIES = 4, PRIVATE_FIRST = 16;
	struct fdt_value v;
	uint64_t type, number;

	(void)fdt_number(w, "clock-frequency", &machine.timer_hz); /* only if firmware sets none */
	if (!fdt_find(w, "interrupts", &v))
		return;
	/* Four entries, or five with the hypervisor's virtual one; some controllers want 4 cells.
	 */
	unsigned cells = v.size / 4 % 3 == 0 ? 3 : v.size / 4 / ENTRIES;
	if (cells >= 3 && fdt_cells(v, VIRTUAL * cells, 1, &type) &&
	    fdt_cells(v, VIRTUAL * cells + 1, 1, &number) && type == 1 && number < PRIVATE_FIRST)
		machine.timer_line = PRIVATE_FIRST + (unsigned)number;
}

/* --- Console --- */

/* No pointers: this is read before the image is relocated. */
static const struct {
	char compatible[24];
	enum uart_kind kind;
	unsigned shift;
} uarts[] = {
	{ "arm,pl011", UART_PL011, 0 },        { "arm,sbsa-uart", UART_PL011, 0 },
	{ "snps,dw-apb-uart", UART_16550, 2 }, { "brcm,bcm2835-aux-uart", UART_16550, 2 },
	{ "ns16550a", UART_16550, 0 },         { "apple,s5l-uart", UART_S5L, 0 },
};

static enum uart_kind uart_find(const struct fdt_walk *w, unsigned *shift)
{
	for (size_t i = 0; i < sizeof(uarts) / sizeof(uarts[0]); i++) {
		*shift = uarts[i].shift;
		if (fdt_is(w, uarts[i].compatible))
			return uarts[i].kind;
	}
	return UART_NONE;
}

/* The first one there is, or the one that the tree chose. */
static void uart_read(const struct fdt_walk *w, const char *chosen)
{
	unsigned shift;
	enum uart_kind kind = uart_find(w, &shift);
	uint32_t number;

	if (kind == UART_NONE || reg_range(w, 0).size == 0)
		return;
	bool is_chosen = chosen != nullptr && fdt_path_is(w, chosen, strlen(chosen));
	if (machine.uart.kind != UART_NONE && !is_chosen)
		return;
	machine.uart.kind = kind;
	machine.uart.registers = reg_range(w, 0);
	machine.uart.shift = fdt_number(w, "reg-shift", &number) && number <= 3 ? number : shift;
	machine.uart.width = fdt_number(w, "reg-io-width", &number) ? number : 1;
}

static size_t text_length(const char *text, char end)
{
	size_t n = 0;

	while (text[n] != '\0' && text[n] != end)
		n++;
	return n;
}

/* The path of the console: `stdout-path` is one, or an alias of one; both may be followed by ':'.
 */
static const char *console_find(const struct fdt *fdt, char *path, size_t n)
{
	struct fdt_walk w;
	const char *text = nullptr;

	*path = '\0';
	fdt_walk_start(&w, fdt);
	while (fdt_walk_next(&w))
		if (fdt_path_is(&w, "/chosen", sizeof("/chosen") - 1))
			text = fdt_text(&w, "stdout-path");
	if (text == nullptr)
		return nullptr;
	string_copy(path, text, n);
	path[text_length(path, ':')] = '\0';
	if (*path == '/')
		return path;
	fdt_walk_start(&w, fdt);
	while (fdt_walk_next(&w)) {
		const char *target;
		if (fdt_path_is(&w, "/aliases", sizeof("/aliases") - 1) &&
		    (target = fdt_text(&w, path)) != nullptr) {
			string_copy(path, target, n);
			return path;
		}
	}
	return nullptr;
}

/* --- The whole --- */

static void device_read(const struct fdt_walk *w, const char *console)
{
	if (fdt_is(w, "arm,gic-v3"))
		gic3_read(w);
	else if (fdt_is(w, "arm,cortex-a15-gic") || fdt_is(w, "arm,gic-400") ||
		 fdt_is(w, "arm,cortex-a9-gic"))
		gic2_read(w);
	else if (fdt_is(w, "arm,gic-v2m-frame") && machine.gic.message_frame.size == 0)
		message_frame_read(w);
	else if (fdt_is(w, "arm,gic-v3-its") && machine.gic.translation.size == 0)
		machine.gic.translation = reg_range(w, 0);
	else if (fdt_is(w, "arm,armv8-timer"))
		timer_read(w);
	else if (fdt_is(w, "arm,psci-0.2") || fdt_is(w, "arm,psci-1.0"))
		psci_read(w);
	else
		uart_read(w, console);
}

static void node_read(const struct fdt_walk *w, const char *console, struct boot_info *boot)
{
	if (!fdt_is_enabled(w))
		return;
	if (w->depth == 2 && device_type_is(w, "memory"))
		memory_read(w, boot);
	else if (fdt_path_is(w, "/chosen", sizeof("/chosen") - 1))
		chosen_read(w, boot);
	else if (is_below(w, "reserved-memory"))
		reserved_read(w, boot, false);
	else if (is_below(w, "cpus") && device_type_is(w, "cpu"))
		cpu_read(w);
	else
		device_read(w, console);
}

bool machine_read(void *blob, struct boot_info *boot)
{
	char console_path[128];
	struct fdt fdt;
	struct fdt_walk w;
	struct memory_range r;

	if (!fdt_open(&fdt, blob, FDT_SIZE_MAX))
		return false;
	machine.cpu[0].mpidr = SYSREG_READ(mpidr_el1) & MPIDR_AFFINITY;
	machine.ncpus = 1;
	const char *console = console_find(&fdt, console_path, sizeof(console_path));
	fdt_walk_start(&w, &fdt);
	while (fdt_walk_next(&w))
		node_read(&w, console, boot);
	fdt_walk_start(&w, &fdt);
	while (fdt_walk_next(&w))
		if (fdt_is_enabled(&w) && is_below(&w, "reserved-memory"))
			reserved_read(&w, boot, true);
	for (unsigned i = 0; fdt_reservation(&fdt, i, &r.base, &r.size); i++)
		ranges_add(boot->reserved, &boot->nreserved, r);
	fdt_shrink(&fdt, blob); /* QEMU's claims a megabyte */
	boot->dtb = (struct memory_range){ (uint64_t)blob, fdt.size };
	ranges_add(boot->reserved, &boot->nreserved, boot->dtb);
	if (boot->bundle.size != 0)
		ranges_add(boot->reserved, &boot->nreserved, boot->bundle);
	return true;
}
