#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Run the same workloads on FuturaFS (by FUSE) and ext4, each on a loop device, and print what
reached the device: bytes written, and flushes. Needs root and loop devices."""
import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

SECTOR = 512  # the unit of /sys/block/*/stat (Documentation/block/stat.rst)


def run(*words):
	subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


class Volume:
	def __init__(self, kind, folder, size, tools):
		self.kind, self.tools = kind, tools
		self.image = os.path.join(folder, kind + ".img")
		self.dir = os.path.join(folder, kind)
		os.mkdir(self.dir)
		with open(self.image, "wb") as f:
			f.truncate(size)
		self.loop = subprocess.run(["losetup", "-f", "--show", self.image], check=True,
			capture_output=True, text=True).stdout.strip()
		if kind == "ext4":
			run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.loop)
		else:
			run(os.path.join(tools, "mkfutfs"), self.loop)
		self.mount()

	def mount(self):
		if self.kind == "ext4":
			run("mount", "-o", "noatime", self.loop, self.dir)
		else:
			run(os.path.join(self.tools, "futfs"), "mount", self.loop, self.dir)

	def umount(self):
		run("umount", self.dir)
		for _ in range(100):  # the FUSE process writes its last checkpoint after the unmount
			if self.kind == "ext4" or subprocess.run(["fuser", "-s", self.loop]).returncode:
				return
			time.sleep(0.1)

	def counters(self):
		subprocess.run(["blockdev", "--flushbufs", self.loop], check=False)
		with open(f"/sys/block/{os.path.basename(self.loop)}/stat") as f:
			fields = [int(n) for n in f.read().split()]
		return fields[6] * SECTOR, fields[15]

	def close(self):
		subprocess.run(["umount", self.dir], check=False, stderr=subprocess.DEVNULL)
		time.sleep(1)
		run("losetup", "-d", self.loop)


def create_files(top):
	for d in range(100):
		os.mkdir(f"{top}/d{d}")
		for i in range(100):
			with open(f"{top}/d{d}/file{i}", "wb") as f:
				f.write(b"x" * 1024)


def delete_files(top):
	for d in range(100):
		shutil.rmtree(f"{top}/d{d}")


def write_large(top):
	with open(f"{top}/large", "wb", buffering=0) as f:
		for i in range(256):
			f.write(bytes([i]) * (1 << 20))


def overwrite(top, every, count):
	r = random.Random(1)
	fd = os.open(f"{top}/large", os.O_WRONLY)
	for i in range(count):
		os.pwrite(fd, bytes([i & 255]) * 4096, r.randrange(65536) * 4096)
		if i % every == every - 1:
			os.fsync(fd)
	os.fsync(fd)
	os.close(fd)


def copy_tree(top, source):
	shutil.copytree(source, f"{top}/tree", symlinks=True)


def create_with_fsync(top):
	os.mkdir(f"{top}/mail")
	for i in range(500):
		fd = os.open(f"{top}/mail/tmp{i}", os.O_CREAT | os.O_WRONLY, 0o644)
		os.write(fd, b"m" * 2000)
		os.fsync(fd)
		os.close(fd)
		os.rename(f"{top}/mail/tmp{i}", f"{top}/mail/msg{i}")


def workloads(source):
	return (
		("create 10,000 files of 1 KiB", create_files),
		("delete them", delete_files),
		("copy a source tree", lambda top: copy_tree(top, source)),
		("delete it", lambda top: shutil.rmtree(f"{top}/tree")),
		("500 mails: write, fsync, rename", create_with_fsync),
		("write 256 MiB", write_large),
		("1,000 x 4 KiB overwrite, fsync each", lambda top: overwrite(top, 1, 1000)),
		("4,096 x 4 KiB overwrite, fsync every 64", lambda top: overwrite(top, 64, 4096)),
	)


def measure(volume, source):
	rows = []
	for name, work in workloads(source):
		bytes_before, flushes_before = volume.counters()
		work(volume.dir)
		volume.umount()  # all of it must be on the device
		bytes_after, flushes_after = volume.counters()
		volume.mount()
		rows.append((name, bytes_after - bytes_before, flushes_after - flushes_before))
	return rows


def main():
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("--tools", default="build/tools")
	parser.add_argument("--source", default="/usr/include", help="the source tree to copy")
	parser.add_argument("--size", type=int, default=1024, help="MiB")
	args = parser.parse_args()
	results = []
	with tempfile.TemporaryDirectory() as folder:
		for kind in ("ext4", "futurafs"):
			volume = Volume(kind, folder, args.size << 20, args.tools)
			try:
				results.append(measure(volume, args.source))
			finally:
				volume.close()
	print(f"{'workload':42}{'ext4 KiB':>10}{'flushes':>9}{'futurafs KiB':>14}{'flushes':>9}")
	for (name, b, f), (_, ours, our_flushes) in zip(*results):
		print(f"{name:42}{b >> 10:10}{f:9}{ours >> 10:14}{our_flushes:9}")
	return 0


if __name__ == "__main__":
	sys.exit(main())
