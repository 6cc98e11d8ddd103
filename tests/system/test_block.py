# SPDX-License-Identifier: MPL-2.0
"""Disks: tests/block in the guest, and what the host then finds in the image."""
import os
import struct
import zlib

import pytest

SECTOR, AREA, SECTORS = 512, 4096, 65536


def stamped(sector, stamp):
	return struct.pack("<QQ", stamp, sector) * (SECTOR // 16)


@pytest.fixture
def image(tmp_path):
	path = tmp_path / "disk.img"
	path.write_bytes(b"".join(stamped(n, n) for n in range(SECTORS)))
	return path


def expected():
	"""Sector: stamp (None: zeroes) of those that the guest changes; discarded ones are not here."""
	changed = {AREA * 5 + n: 5 for n in range(128)}
	changed |= {AREA + n: 1 for n in range(1 + 3 + 8 + 9 + 17 + 64 + 127 + 400)}
	changed |= {AREA + 1000 + n: 2 for n in range(3000)}
	changed |= {AREA * 2 + 1 + n: None for n in range(1000)}
	changed |= {AREA * 3 + n: 19 for n in range(512)}
	changed |= {AREA * 4 + 99: 4}
	changed |= {AREA * a + n: AREA * a for a in range(6, 10) for n in range(AREA)}
	return changed | {AREA * 10 + n: 3 for n in range(20)}


def check(image):
	changed, discarded = expected(), range(AREA * 2 + 2048, AREA * 2 + 2048 + 1024)
	with open(image, "rb") as f:
		for n in range(SECTORS):
			got, stamp = f.read(SECTOR), changed.get(n, n)
			wanted = bytes(SECTOR) if stamp is None else stamped(n, stamp)
			assert n in discarded or got == wanted, f"sector {n}"


HOWS = [("x86_64", "q35", "pci"), ("x86_64", "pc", "pci"),
	("arm64", "virt", "pci"), ("arm64", "virt", "mmio"), ("arm64", "virt", "legacy")]


@pytest.mark.guest_tests
@pytest.mark.parametrize("cpus", [1, 4])
@pytest.mark.parametrize("arch,machine,how", HOWS)
def test_a_disk(guest_tests, arch, machine, how, cpus, image):
	guest_tests(arch=arch, machine=machine, cpus=cpus, disks=[f"{image}:{how}"],
		append="run=block-tests", timeout=300)
	check(image)


def listed(boot, arch, **options):
	g = boot(arch=arch, append="run=blk", **options)
	assert g.wait(timeout=120) == 0
	return g.log


def test_without_disks_there_are_none(boot, arch):
	assert "block." not in listed(boot, arch)


def test_several_disks_and_one_read_only(boot, arch, tmp_path):
	for n in range(3):
		(tmp_path / str(n)).write_bytes(bytes(SECTOR * 1024 * (n + 1)))
	log = listed(boot, arch, disks=[f"{tmp_path}/0", f"{tmp_path}/1:pci,ro", f"{tmp_path}/2"])
	for n in range(3):
		assert f"{512 * (n + 1)} KiB" in log and f'"disk{n}"' in log
	assert log.count("read-only") == 1 and log.count("running") == 3


def test_no_messages_no_indirect_descriptors_large_sectors(boot, arch, tmp_path):
	"""Devices that can do less: each is one that somebody has."""
	(tmp_path / "0").write_bytes(os.urandom(1 << 20))
	node = ["-blockdev", f"driver=raw,node-name=d,file.driver=file,file.filename={tmp_path}/0"]
	for features, sector in (("vectors=0", 512), ("indirect_desc=off", 512),
			("disable-legacy=on,queue-size=4", 512), ("logical_block_size=4096,physical_block_size=4096", 4096),
			("config-wce=off,write-cache=off,num-queues=1", 512)):
		extra = [*node, "-device", f"virtio-blk-pci,drive=d,{features}"]
		log = listed(boot, arch, extra=extra)
		assert f"1024 KiB, sectors of {sector} " in log, features
		g = boot(arch=arch, extra=extra, append="run=blk sum block.0")
		assert g.wait(timeout=120) == 0
		assert f"crc32 {zlib.crc32((tmp_path / '0').read_bytes()):08x}" in g.log, features


@pytest.mark.parametrize("arch,gic", [("arm64", 2), ("arm64", 3), ("x86_64", None)])
def test_messages_do_not_run_out_as_lines_do(boot, arch, gic, tmp_path):
	"""The bus has fewer interrupt lines than there are disks."""
	names = [tmp_path / str(n) for n in range(6)]
	for name in names:
		name.write_bytes(os.urandom(1 << 16))
	g = boot(arch=arch, cpus=2, disks=[str(name) for name in names],
		append="run=blk sum block.5", **({"gic": gic} if gic else {}))
	assert g.wait(timeout=120) == 0
	assert f"crc32 {zlib.crc32(names[5].read_bytes()):08x}" in g.log
	assert "which is taken" not in g.log


def test_a_disk_behind_a_bridge(boot, tmp_path):
	"""Where firmware has set bridges up."""
	(tmp_path / "0").write_bytes(bytes(1 << 20))
	log = listed(boot, "x86_64", machine="q35", extra=["-device", "pcie-root-port,id=bridge0",
		"-blockdev", f"driver=raw,node-name=d,file.driver=file,file.filename={tmp_path}/0",
		"-device", "virtio-blk-pci,bus=bridge0,drive=d"])
	assert "pci 01:00.0" in log and "running" in log


def test_a_read_costs_no_more_than_it_should(boot, arch, tmp_path):
	"""Instructions from the call to its return, of 4 KiB: the median."""
	(tmp_path / "0").write_bytes(bytes(1 << 20))
	g = boot(arch=arch, icount=True, disks=[f"{tmp_path}/0"], append="run=blk time block.0 200")
	assert g.wait(timeout=120) == 0
	p50 = {line.split()[0]: int(line.split()[1]) for line in g.log.splitlines()
		if line.startswith(("nothing", "read"))}
	assert 0 < p50["read"] - p50["nothing"] < 6000
