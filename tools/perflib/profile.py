# SPDX-License-Identifier: MPL-2.0
"""Where the instructions of a row go: what tools/perflib/follow.c wrote, told by function.

Stacks are made from calls and returns as they were executed. A process's code, the personality in it
and the kernel below them are one stack each, put on top of each other."""
import os
import struct
from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass

from perflib import images

PAGE = images.PAGE
MARK_BEGIN = 1
NO_PAGE = 0xffffffff


@dataclass
class Block:
	address: int
	page: int
	code: bytes
	last: bytes		# the last instruction
	entered: int
	executed: int
	image: images.Image = None
	function: tuple = ()	# (start, name)
	is_start: bool = False	# the function's first instruction

	@property
	def is_call(self):
		return is_call(self.last)


def is_call(code):
	"""A call instruction of either architecture. ARM64's are words: BL, BLR."""
	if len(code) == 4:
		word = int.from_bytes(code, "little")
		if word >> 26 == 0x25 or word & 0xfffffc1f == 0xd63f0000:
			return True
	code = code.lstrip(b"\x2e\x3e\x66\xf2\xf3")
	if code[:1] and 0x40 <= code[0] <= 0x4f:
		code = code[1:]
	return code[:1] == b"\xe8" or (code[:1] == b"\xff" and len(code) > 1 and code[1] >> 3 & 7 == 2)


def read_blocks(folder):
	blocks = {}
	with open(os.path.join(folder, "blocks")) as f:
		for line in f:
			number, address, page, size, last, entered, executed, code = line.split()
			code = bytes.fromhex(code)
			blocks[int(number)] = Block(int(address, 16), int(page), code, code[-int(last):],
				int(entered), int(executed))
	return blocks


def read_stream(folder):
	"""Pairs (block's number, instructions), flat."""
	flat = array("I")
	path = os.path.join(folder, "stream")
	with open(path, "rb") as f:
		flat.frombytes(f.read(os.path.getsize(path) & -8))
	return flat


def resolve(folder, blocks, known):
	"""Give each block its image and function."""
	finder = images.Finder(known)
	other = images.Image.__new__(images.Image)
	other.name, other.kind, other.symbols, other.starts = "unknown", "unknown", [], []
	with open(os.path.join(folder, "pages"), "rb") as f:
		contents = f.read()
	groups = defaultdict(list)
	for b in blocks.values():
		groups[b.page, b.address & -PAGE].append(b)
	found, lost, bases = {}, [], Counter()
	for key, group in groups.items():
		page, address = key
		spans = [(b.address % PAGE, b.code[:PAGE - b.address % PAGE]) for b in group]
		place = None if page == NO_PAGE else \
			finder.find(contents[page * PAGE:(page + 1) * PAGE], spans)
		if place:
			found[key] = place
			if place[0].kind == "kernel":
				bases[address - place[1]] += 1
		else:
			lost.append(key)
	kernel = next((i for i in known if i.kind == "kernel"), None)
	for key in lost:
		in_kernel = key[1] >= images.KERNEL_HALF and kernel and bases
		found[key] = (kernel, key[1] - bases.most_common(1)[0][0]) if in_kernel else (other, key[1])
	for key, group in groups.items():
		image, at = found[key]
		for b in group:
			address = at + b.address % PAGE
			b.image, b.function = image, image.function(address)
			b.is_start = b.function[0] == address


class Stacks:
	"""The stack of calls, followed from block to block."""

	def __init__(self):
		self.program = None	# the process that runs: its own code
		self.guest = None	# the last process with a personality
		self.own = defaultdict(list)	# functions by image's name
		self.personality = []
		self.kernel = []
		self.last = None

	def step(self, b):
		last, kind = self.last, b.image.kind
		if kind == "kernel":
			if last is None or last.image.kind != "kernel":
				self.kernel = []
			stack = self.kernel
		else:
			self.kernel = []
			if kind == "personality":
				self.program = self.guest
				stack = self.personality
			else:
				self.program = b.image.name
				stack = self.own[b.image.name]
				if kind == "program":
					self.guest, self.personality = b.image.name, []
		self._walk(stack, b, last)
		self.last = b

	def _walk(self, stack, b, last):
		called = last is not None and last.image is b.image and last.is_call and b.is_start
		if stack and stack[-1] == b.function[1] and not called:
			return
		if called or not stack:
			stack.append(b.function[1])
		elif b.is_start:
			stack[-1] = b.function[1]	# a jump that ends the function before
		elif b.function[1] in stack:
			while stack[-1] != b.function[1]:
				stack.pop()
		else:
			stack[:] = [b.function[1]]

	def path(self):
		kind = self.last.image.kind
		names = [self.program or "idle", *self.own[self.program][:60]]
		if kind == "personality" or (kind == "kernel" and self.program == self.guest):
			names += [f"{n} [posix]" for n in self.personality[:60]]
		if kind == "kernel":
			names += [f"{n} [kernel]" for n in self.kernel[:60]]
		return tuple(names)


@dataclass
class Hop:
	"""A stretch in one image: its name, the function it began in, instructions."""
	image: str
	function: str
	instructions: int


@dataclass
class Profile:
	blocks: dict
	repetitions: int
	folded: Counter		# instructions by path
	hops: list		# of one operation, the last that was followed whole
	boot: int		# instructions until the first mark
	covered: float		# part of the instructions that `folded` and `hops` saw

	@property
	def executed(self):
		return sum(b.executed for b in self.blocks.values())

	def by_function(self):
		"""{(image, function): [instructions, entries]}"""
		table = defaultdict(lambda: [0, 0])
		for b in self.blocks.values():
			row = table[b.image.name, b.function[1]]
			row[0] += b.executed
			row[1] += b.entered if b.is_start else 0
		return table

	def by_image(self):
		table = Counter()
		for b in self.blocks.values():
			table[b.image.name] += b.executed
		return table


def follow(blocks, stream):
	"""Walk through the stream: (folded, hops of each operation, instructions seen)."""
	stacks, folded, seen = Stacks(), Counter(), 0
	hops, operations = [], []
	for i in range(0, len(stream) - 1, 2):
		number, count = stream[i], stream[i + 1]
		if number == 0:
			if count == MARK_BEGIN:
				hops = []
			elif hops:
				operations.append(hops)
			continue
		b = blocks[number]
		stacks.step(b)
		folded[stacks.path()] += count
		seen += count
		if hops and hops[-1].image == b.image.name:
			hops[-1].instructions += count
		else:
			hops.append(Hop(b.image.name, b.function[1], count))
	return folded, operations, seen


def load(folder, known, repetitions):
	blocks = read_blocks(folder)
	resolve(folder, blocks, known)
	folded, operations, seen = follow(blocks, read_stream(folder))
	with open(os.path.join(folder, "total")) as f:
		_, boot, _ = map(int, f.read().split())
	total = sum(b.executed for b in blocks.values())
	return Profile(blocks, repetitions, folded, operations[-1] if operations else [], boot,
		seen / total if total else 0)


def text(profile, most=60):
	"""The tables: by image, then by function."""
	n, total = profile.repetitions, profile.executed
	lines = [f"{total / n:,.0f} instructions an operation, {n} operations", "",
		f"{'instructions':>14} {'part':>6}  where"]
	for name, count in profile.by_image().most_common():
		lines.append(f"{count / n:14,.1f} {count / total:6.1%}  {name}")
	lines += ["", f"{'instructions':>14} {'part':>6} {'entered':>9}  function"]
	ranking = sorted(profile.by_function().items(), key=lambda item: -item[1][0])
	for (image, function), (count, entered) in ranking[:most]:
		lines.append(f"{count / n:14,.1f} {count / total:6.1%} {entered / n:9,.2f}  "
			f"{image}: {function}")
	if profile.covered < 0.999:
		lines += ["", f"the flame graph shows the first {profile.covered:.0%} of it"]
	return "\n".join(lines) + "\n"


def hops_text(profile):
	"""The last operation as it went from one image to the next."""
	lines = [f"{'instructions':>12}  where, from which function on"]
	for hop in profile.hops:
		lines.append(f"{hop.instructions:12,}  {hop.image}: {hop.function}")
	return "\n".join(lines) + "\n"
