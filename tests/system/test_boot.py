# SPDX-License-Identifier: MPL-2.0
"""Every machine Futura promises to start on: processors, memory, firmware, interrupt controllers.

Each boots to the first program and powers off by itself. A combination that the host cannot run is
skipped by name, with the reason."""
import os
import re
import subprocess

import pytest
import qemu

# The kernel keeps a word or more for each page, and QEMU maps what the guest touches: what a guest
# of 64 GiB makes a host spend on its frame table, with room for QEMU itself.
HOST_BYTES_PER_GUEST_BYTE = 1 / 64


def host_memory():
	for line in open("/proc/meminfo"):
		if line.startswith("MemAvailable:"):
			return int(line.split()[1]) * 1024
	return 0


def need_memory(mem):
	size = int(mem[:-1]) << {"M": 20, "G": 30}[mem[-1]]
	if size * HOST_BYTES_PER_GUEST_BYTE > host_memory():
		pytest.skip(f"a guest of {mem} needs more memory than this host has free")


def case(arch, **options):
	words = [arch] + [f"{k}{v}" if k != "machine" else v for k, v in options.items()]
	return pytest.param(arch, options, id="-".join(words))


BOOTS = [
	*(case("x86_64", machine=m, cpus=n) for m in ("pc", "q35") for n in (1, 2, 4, 8)),
	*(case("arm64", gic=g, el=e, cpus=n) for g in (2, 3) for e in (1, 2) for n in (1, 4)),
	*(case("arm64", gic=g, cpus=n) for g in (2, 3) for n in (2, 8)),
	*(case(a, mem=m) for a in qemu.ARCHES for m in ("32M", "33M", "512M", "3G", "5G", "64G")),
	*(case("x86_64", machine="pc", mem=m) for m in ("32M", "4G", "64G")),
	case("arm64", cpu="cortex-a72"),
	case("arm64", cpu="cortex-a53", gic=2),
	case("x86_64", cpu="qemu64,+smep"),
	case("x86_64", cpu="Skylake-Server-v1"),
]


@pytest.mark.parametrize("arch, options", BOOTS)
def test_boots(boot, arch, options):
	need_memory(options.get("mem", "256M"))
	g = boot(arch=arch, append="run=hello", **options)
	g.expect("hello from user mode")
	assert g.wait() == 0
	assert re.search(rf"^{options.get('cpus', 1)} CPUs, ", g.log, re.M), "all processors run"


def test_the_programs_code_becomes_the_machines_status(boot, arch):
	g = boot(arch=arch, append="run=hello 42 is the answer")
	assert g.wait() == 42
	assert "hello from user mode 42 is the answer" in g.log


def test_a_program_that_is_not_there_is_named(boot, arch):
	g = boot(arch=arch, append="run=no-such-program")
	assert g.wait() != 0
	assert "no-such-program" in g.log


@pytest.fixture(scope="module")
def iso(tmp_path_factory):
	path = tmp_path_factory.mktemp("iso") / "futura.iso"
	subprocess.run([os.path.join(qemu.ROOT, "tools/mkiso"), "-o", path, "--append", "run=hello",
		"--kernel", qemu.built("x86_64", "kernel.elf"),
		"--bundle", qemu.built("x86_64", "bundle.cpio")], check=True)
	return str(path)


@pytest.mark.parametrize("arch", ["x86_64"])
@pytest.mark.parametrize("machine", ["pc", "q35"])
@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_boots_from_a_cd(boot, iso, arch, machine, firmware):
	g = boot(arch=arch, machine=machine, iso=iso, firmware=firmware, cpus=2)
	g.expect("hello from user mode")
	assert g.wait() == 0


def test_a_missing_bundle_is_named(boot, arch):
	g = boot(arch=arch, bundle="none")
	g.expect("(?i)boot bundle.*missing|no boot bundle")
	assert g.wait() != 0


@pytest.mark.parametrize("damage", ["truncated", "garbage", "empty"])
def test_a_damaged_bundle_is_named(boot, arch, damage, tmp_path):
	good = open(qemu.built(arch, "bundle.cpio"), "rb").read()
	bad = {"truncated": good[:len(good) // 2], "garbage": os.urandom(8192), "empty": b"\0" * 512}
	(tmp_path / "bundle").write_bytes(bad[damage])
	g = boot(arch=arch, bundle=str(tmp_path / "bundle"))
	g.expect("(?i)boot bundle.*(damaged|missing)|damaged.*bundle")
	assert g.wait() != 0
