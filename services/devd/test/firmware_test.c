/* SPDX-License-Identifier: MPL-2.0 */
/* What firmware says: ACPI tables and device trees. */
#include <string.h>
#include "abi/kernel.h"
#include "kernel/arch/arm64/test/tree.h"
#include "lib/test/test.h"
#include "services/devd/core/acpi.h"
#include "services/devd/core/match.h"
#include "services/devd/core/tree.h"

/* --- ACPI: memory from address 4096 on --- */

static unsigned char memory[4096];
static struct acpi_ecam ecam[4];

static bool memory_read(void *, uint64_t at, void *to, size_t size)
{
	if (at < 4096 || at - 4096 > sizeof(memory) || size > sizeof(memory) - (at - 4096))
		return false;
	memcpy(to, memory + (at - 4096), size);
	return true;
}

static void put(unsigned at, uint64_t value, unsigned nbytes)
{
	memcpy(memory + at, &value, nbytes);
}

/* Without an end: names of tables are four bytes, that of the root eight. */
static void put_name(unsigned at, const char *name)
{
	while (*name != '\0')
		memory[at++] = (unsigned char)*name++;
}

static void tables(void)
{
	memset(memory, 0, sizeof(memory));
	put_name(0, "RSD PTR ");
	put(15, 2, 1);
	put(16, 4096 + 0x100, 4);
	put(24, 4096 + 0x200, 8);
	put_name(0x100, "RSDT");
	put(0x104, 36 + 4, 4);
	put(0x124, 4096 + 0x300, 4);
	put_name(0x200, "XSDT");
	put(0x204, 36 + 16, 4);
	put(0x224, 4096 + 0x280, 8);
	put(0x22c, 4096 + 0x300, 8);
	put_name(0x280, "FACP");
	put(0x284, 36, 4);
	put_name(0x300, "MCFG");
	put(0x304, 44 + 32, 4);
	put(0x32c, 0xb0000000, 8);
	put(0x32c + 11, 255, 1);
	put(0x33c, 0xc0000000, 8);
	put(0x33c + 8, 1, 2); /* another segment */
}

TEST(acpi, finds_configuration_space)
{
	tables();
	CHECK(acpi_ecam_find(4096, memory_read, nullptr, ecam, 4) == 1);
	CHECK(ecam[0].base == 0xb0000000 && ecam[0].first == 0 && ecam[0].last == 255);
	put(15, 0, 1); /* an old machine: the short list */
	CHECK(acpi_ecam_find(4096, memory_read, nullptr, ecam, 4) == 1);
	CHECK(acpi_ecam_find(4096, memory_read, nullptr, ecam, 0) == 0);
}

TEST(acpi, damage_finds_nothing)
{
	tables();
	CHECK(acpi_ecam_find(0, memory_read, nullptr, ecam, 4) == 0);
	CHECK(acpi_ecam_find(4100, memory_read, nullptr, ecam, 4) == 0);
	CHECK(acpi_ecam_find(1ull << 40, memory_read, nullptr, ecam, 4) == 0);
	put(0x304, 40, 4); /* too short */
	CHECK(acpi_ecam_find(4096, memory_read, nullptr, ecam, 4) == 0);
	put(0x304, 0xffffffff, 4);
	CHECK(acpi_ecam_find(4096, memory_read, nullptr, ecam, 4) == 0);
	put(0x204, 0, 4);
	CHECK(acpi_ecam_find(4096, memory_read, nullptr, ecam, 4) == 0);
}

/* --- Device tree, as of QEMU's virt machine --- */

static struct tree tree;

static void virtio_node(const char *name, uint32_t base, uint32_t interrupt, const char *status)
{
	tree_node(&tree, name);
	tree_text(&tree, "compatible", "virtio,mmio");
	tree_text(&tree, "status", status);
	TREE_CELLS(&tree, "reg", 0, base, 0, 0x200);
	TREE_CELLS(&tree, "interrupts", 0, interrupt, 1);
	tree_node_end(&tree);
}

static struct fdt machine(void)
{
	struct fdt fdt = {};

	tree_begin(&tree);
	tree_node(&tree, "");
	TREE_CELLS(&tree, "#address-cells", 2);
	TREE_CELLS(&tree, "#size-cells", 2);
	virtio_node("virtio_mmio@a000000", 0xa000000, 16, "okay");
	virtio_node("virtio_mmio@a000200", 0xa000200, 17, "disabled");
	virtio_node("virtio_mmio@a000400", 0xa000400, 18, "okay");
	tree_node(&tree, "pcie@10000000");
	tree_text(&tree, "compatible", "pci-host-ecam-generic");
	TREE_CELLS(&tree, "reg", 0x40, 0x10000000, 0, 0x10000000);
	TREE_CELLS(&tree, "bus-range", 0, 0xff);
	TREE_CELLS(&tree, "ranges", 0x1000000, 0, 0, 0, 0x3eff0000, 0, 0x10000, 0x2000000, 0,
		   0x10000000, 0, 0x10000000, 0, 0x2eff0000, 0x3000000, 0x80, 0, 0x80, 0, 0x80, 0);
	TREE_CELLS(&tree, "interrupt-map-mask", 0x1800, 0, 0, 7);
	TREE_CELLS(&tree, "interrupt-map", 0, 0, 0, 1, 0x8000, 0, 0, 0, 3, 4, 0, 0, 0, 2, 0x8000, 0,
		   0, 0, 4, 4, 0x800, 0, 0, 1, 0x8000, 0, 0, 0, 4, 4);
	tree_node_end(&tree);
	tree_node(&tree, "intc");
	TREE_CELLS(&tree, "phandle", 0x8000);
	TREE_CELLS(&tree, "#interrupt-cells", 3);
	TREE_CELLS(&tree, "#address-cells", 2);
	tree_node_end(&tree);
	tree_node_end(&tree);
	tree_end(&tree, 0);
	CHECK(fdt_open(&fdt, tree.blob, tree.size));
	return fdt;
}

TEST(tree, finds_virtio_registers)
{
	struct fdt fdt = machine();
	struct tree_mmio m = {};

	CHECK(tree_virtio(&fdt, 0, &m) && m.base == 0xa000000 && m.size == 0x200);
	CHECK(m.line.line == 48 && m.line.flags == IRQ_EDGE);
	CHECK(tree_virtio(&fdt, 1, &m) && m.base == 0xa000400 && m.line.line == 50);
	CHECK(!tree_virtio(&fdt, 2, &m));
}

TEST(tree, finds_host_bridges_and_their_wiring)
{
	struct fdt fdt = machine();
	struct tree_host h;
	struct tree_line line = {};

	CHECK(tree_host(&fdt, 0, &h) && h.ecam == 0x4010000000 && h.ecam_size == 1 << 28);
	CHECK(h.first == 0 && h.last == 255 && h.nwindows == 2);
	CHECK(h.window[0].pci == 0x10000000 && !h.window[0].is_64);
	CHECK(h.window[1].cpu == 0x8000000000 && h.window[1].is_64);
	CHECK(tree_pin(&h, 0x00, 1, &line) && line.line == 35 && line.flags == 0);
	CHECK(tree_pin(&h, 0x00, 2, &line) && line.line == 36);
	CHECK(tree_pin(&h, 0x08, 1, &line) && line.line == 36);
	CHECK(tree_pin(&h, 0x28, 1, &line) && line.line == 36); /* slot 5, as slot 1 */
	CHECK(!tree_pin(&h, 0x08, 3, &line));
	CHECK(!tree_host(&fdt, 1, &h));
}

TEST(match, knows_virtio_disks)
{
	CHECK(match_find(0x1af4, 0x1001, 0x010000) && match_find(0x1af4, 0x1042, 0));
	CHECK(!match_find(0x1af4, 0x1041, 0) && !match_find(0x8086, 0x1001, 0x010000));
}
