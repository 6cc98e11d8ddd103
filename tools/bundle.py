# SPDX-License-Identifier: MPL-2.0
"""The boot bundle: a cpio archive (newc format) whose larger files start at a page.

The data of each regular file of at least a page begins at a multiple of PAGE from the archive's
start. Firmware loads the archive to a page's start, so a server can map such a file, or lend its
pages, without a copy. The gap is made by zero bytes after the member's name, which the format
counts as part of it: Linux's own tools make it so."""
import stat

PAGE = 4096
MAGIC = b"070701"
HEAD_SIZE = len(MAGIC) + 13 * 8
MODE, SIZE, NAME_SIZE = 1, 6, 11		# which of the thirteen fields
TRAILER = "TRAILER!!!"


def padding(n, unit):
	"""How many bytes lead from `n` to the next multiple of `unit`."""
	return -n % unit


def _head(at, inode, name, mode, size):
	"""Header and name of a member that starts at offset `at`, up to where its data starts."""
	name = name.encode() + b"\0"
	if stat.S_ISREG(mode) and size >= PAGE:
		name += b"\0" * padding(at + HEAD_SIZE + len(name), PAGE)
	nlink = 2 if stat.S_ISDIR(mode) else 1
	fields = (inode, mode, 0, 0, nlink, 0, size, 0, 0, 0, 0, len(name), 0)
	head = MAGIC + b"".join(b"%08X" % f for f in fields) + name
	return head + b"\0" * padding(len(head), 4)


def write(f, members):
	"""Write {name: (mode, data)} to the file `f`."""
	at = 0
	for inode, (name, (mode, data)) in enumerate(sorted(members.items()), 1):
		if len(data) >= 1 << 32:
			raise ValueError(f"{name} has 4 GiB or more, which the format cannot tell")
		at += f.write(_head(at, inode, name, mode, len(data)))
		at += f.write(data)
		at += f.write(b"\0" * padding(at, 4))
	at += f.write(_head(at, 0, TRAILER, 0, 0))
	f.write(b"\0" * padding(at, 512))


def read(archive):
	"""{name: (mode, data)} of the bytes of an archive; ValueError if they are none."""
	members, at, view = {}, 0, memoryview(archive)
	while True:
		head = bytes(view[at:at + HEAD_SIZE])
		if len(head) < HEAD_SIZE or not head.startswith(MAGIC):
			raise ValueError("not a boot bundle, or damaged")
		field = [int(head[6 + 8 * i:14 + 8 * i], 16) for i in range(13)]
		at += HEAD_SIZE
		name = bytes(view[at:at + field[NAME_SIZE]]).rstrip(b"\0").decode()
		if name == TRAILER:
			return members
		at += field[NAME_SIZE]
		at += padding(at, 4)
		members[name] = (field[MODE], view[at:at + field[SIZE]])
		at += field[SIZE]
		at += padding(at, 4)


def regular(data):
	"""A member of ordinary permissions."""
	return stat.S_IFREG | 0o644, data
