# SPDX-License-Identifier: MPL-2.0
"""Disks that hold FuturaFS: the guest is told on its command line where to mount them."""
import os
import re
import sys

import qemu

MAGIC = b"FUTURAFS"		# docs/futurafs-format.md: the superblock begins with it
SERVED = 4			# the manifest has so many file servers for disks


def holds_futurafs(image):
	with open(image, "rb") as f:
		return f.read(len(MAGIC)) == MAGIC


def need_images(disks):
	"""End with a clear word if an image is missing."""
	for image, _, _ in map(qemu.split_disk, disks):
		if not os.path.exists(image):
			sys.exit(f"futura: no such disk image: {image}; "
				f"`build/tools/mkfutfs {image} --size 1G` makes one")


def command_line(disks, as_root):
	"""Words for the kernel's command line: the first volume is /data, further ones /data2 and so
	on; with `as_root` the first disk is the root directory."""
	words, mounted = [], 0
	for n, (image, _, _) in enumerate(map(qemu.split_disk, disks)):
		if not os.path.isfile(image) or not holds_futurafs(image):
			print(f"futura: {image} holds no FuturaFS volume and is not mounted; "
				f"`build/tools/mkfutfs {image}` makes one there", file=sys.stderr)
		elif n == 0 and as_root:
			words.append("root=vda")
		elif n < SERVED:
			mounted += 1
			where = "/data" if mounted == 1 else f"/data{mounted}"
			words.append(f"mount=vd{chr(ord('a') + n)}:{where}")
	return words


def add_to(args):
	"""Change args.append; what it says of mounts already is left to it."""
	need_images(args.disk)
	if args.disk and not re.search(r"(^| )(mount|root)=", args.append):
		words = command_line(args.disk, args.disk_root)
		args.append = " ".join([*words, args.append]).strip()
