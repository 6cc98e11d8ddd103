# SPDX-License-Identifier: MPL-2.0
"""Nodes of block devices: read and written as on Linux, and the tools that make and check volumes, inside."""
import subprocess

import pytest
import qemu
from test_fsd import check, run, tools  # noqa: F401  (a fixture)

SIZE = 20 << 20


@pytest.fixture
def disk(tmp_path):
	path = tmp_path / "disk.img"
	with open(path, "wb") as f:
		f.truncate(SIZE)
	return str(path)


@pytest.fixture
def blockdev(arch):
	subprocess.run(["make", "-s", "-C", qemu.ROOT, f"ARCH={arch}", "posix-programs"], check=True)
	return ["--add", f"{qemu.ROOT}/build/{arch}/tests-posix/blockdev:/t/blockdev"]


def test_a_node_is_a_disk(arch, disk, blockdev):
	command = f"/t/blockdev /dev/vda {SIZE} && cat /proc/partitions && cat /sys/dev/block/253:0/size; svc | grep '^fsd '"
	done = run(arch, command, "--disk", disk, *blockdev)
	words = ["major", "minor", "#blocks", "name", "253", "0", str(SIZE >> 10), "vda", str(SIZE >> 9)]
	assert done.stdout.split() == words + ["fsd", "stopped", "0", "0"], done.stdout + done.stderr


def test_one_that_cannot_be_written(arch, disk, blockdev):
	done = run(arch, "/t/blockdev /dev/vda ro && cat /sys/block/vda/ro", "--disk", f"{disk}:pci,ro", *blockdev)
	assert done.stdout == "1\n", done.stdout + done.stderr


INSIDE = """
mkfutfs /dev/vda --label inside >/dev/null && mkdir /tmp/d && mount -t futurafs /dev/vda /tmp/d || exit
cp -r /usr/lib /tmp/d && echo hello >/tmp/d/f && sync
mkfutfs /dev/vda 2>/dev/null && echo made while mounted
echo x 2>/dev/null >/dev/vda && echo written while mounted
fsck.futfs --dry-run /dev/vda >/dev/null || echo not sound
umount /tmp/d; exec 3<>/dev/vda; mount -t futurafs /dev/vda /tmp/d 2>/dev/null && echo mounted while open
exec 3>&-
fsck.futfs --dry-run /dev/vda | grep -o '[0-9]* problems'
futfs cat /dev/vda /f; futfs ls /dev/vda / | wc -l
dd if=/dev/vda bs=7777 count=10000 2>/dev/null | cksum; cksum </dev/vda
mount -t futurafs /dev/vda /tmp/d && cmp /tmp/d/f /tmp/d/f && ls /tmp/d && diff -r /usr/lib /tmp/d/lib && umount /tmp/d
"""


def test_a_volume_is_made_and_checked_inside(arch, disk):
	done = run(arch, INSIDE, "--disk", disk)
	lines = done.stdout.split("\n")
	assert lines[:3] == ["0 problems", "hello", "2"] and lines[5:] == ["f", "lib", ""], done.stdout + done.stderr
	assert lines[3] == lines[4] and lines[3].split()[1] == str(SIZE)
	check(disk)
