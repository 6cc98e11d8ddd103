# SPDX-License-Identifier: MPL-2.0
"""Whose code a page of memory holds: found by comparing it with the files it may come from.

So no address has to be known: code is position independent, and the same in memory as in its file.
Only the kernel changes some of its instructions when it starts; it lies above all others."""
import bisect
import os
import struct
import subprocess

PAGE = 4096
KERNEL_HALF = 1 << 47
EXECUTABLE = 1


class Image:
	"""The executable pages of an ELF file, and its symbols."""

	def __init__(self, path, name, kind):
		self.name, self.kind = name, kind	# kind: kernel, service, personality, program
		with open(path, "rb") as f:
			data = f.read()
		self.pages = dict(_executable_pages(data))
		self.symbols = _symbols(path)
		self.starts = [a for a, _ in self.symbols]

	def function(self, address):
		"""(start, name) of the function that holds the address of the file."""
		at = bisect.bisect_right(self.starts, address) - 1
		return self.symbols[at] if at >= 0 else (address & -PAGE, f"{self.name}+{address & -PAGE:#x}")


def _executable_pages(data):
	if data[:5] != b"\x7fELF\x02":
		return
	phoff, = struct.unpack_from("<Q", data, 32)
	size, count = struct.unpack_from("<HH", data, 54)
	for i in range(count):
		kind, flags, offset, address, _, filesz, memsz, _ = struct.unpack_from("<IIQQQQQQ", data,
			phoff + i * size)
		if kind != 1 or not flags & EXECUTABLE:
			continue
		before = address % PAGE		# a loader maps whole pages of the file
		content = data[offset - before:offset + filesz]
		for at in range(0, len(content), PAGE):
			yield address - before + at, content[at:at + PAGE].ljust(PAGE, b"\0")


def _symbols(path):
	"""[(address, name)] in order; of a stripped file, what it exports."""
	for option in ((), ("-D",)):
		text = subprocess.run(["llvm-nm-19", "--defined-only", "-n", *option, path],
			capture_output=True, text=True).stdout
		found = {}
		for line in text.splitlines():
			words = line.split()
			if len(words) == 3 and words[1] in "tTwWiV" and not words[2].startswith(("$", ".L")):
				found.setdefault(int(words[0], 16), words[2])
		if found:
			return sorted(found.items())
	return []


def _agrees(content, spans):
	return all(content[at:at + len(code)] == code for at, code in spans)


class Finder:
	"""Finds the image of each page that blocks of code were in."""

	def __init__(self, images):
		self.images = images
		self.exact = {}
		for image in images:
			for address, content in image.pages.items():
				self.exact.setdefault(content, (image, address))

	def find(self, content, spans):
		"""(image, address in it) of a page, whose code is at `spans`; None if nobody's."""
		if content in self.exact:
			return self.exact[content]
		for image in self.images:
			for address, known in image.pages.items():
				if _agrees(known, spans):
					return image, address
		return None


def built(folder, arch, rows):
	"""The images of a system that make built, and of the program that was measured."""
	found = [Image(os.path.join(folder, "kernel.elf"), "kernel", "kernel")]
	names = sorted(os.listdir(os.path.join(folder, "bin")))
	for name in names:
		kind = "personality" if name == "personality" else "service"
		found.append(Image(os.path.join(folder, "bin", name), name, kind))
	for path, name in ((os.path.join(folder, "userboot.elf"), "userboot"),
			(os.path.join(folder, "posix/vdso.so"), "vdso"),
			(os.path.join(folder, "apps/sh.debug"), "sh"), (os.path.join(folder, "apps/sh"), "sh"),
			(rows, "rows")):
		if os.path.exists(path):
			kind = "program" if name in ("rows", "sh", "vdso") else "service"
			found.append(Image(path, name, kind))
	return found
