# SPDX-License-Identifier: MPL-2.0
"""Where the arguments and results of a service's call are in a message.

Its scalars, and the lengths of its texts and bytes, are its head. Up to six of them take a register
word each. More form a structure, which goes into the six words if it fits 48 bytes, else to the
start of the message page. Texts and bytes follow in the page, each at a multiple of eight.
"""

SCALARS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i32": 4, "i64": 8, "bool": 1}
WORDS = 6
MESSAGE_BYTES = 4096
MESSAGE_HANDLES = 8
MESSAGE_GRANTS = 2
PARTS = ("text", "bytes")
GRANTS = ("in", "out")


def align(n, to):
	return (n + to - 1) // to * to


class Layout:
	"""Where the fields of one direction of a call are in the message."""

	def __init__(self, fields):
		self.parts = [f for f in fields if f.kind in PARTS]
		self.handles = [f for f in fields if f.kind == "handle"]
		self.grants = [f for f in fields if f.kind in GRANTS]
		self.optional = [f for f in self.handles if f.optional]
		self.head = [(f.name + "_len", "u32") if f.kind in PARTS else (f.name, f.kind)
			for f in fields if f.kind in PARTS or f.kind in SCALARS]
		self.packed = len(self.head) > WORDS
		self.offsets, at = [], 0
		for _, kind in self.head:
			self.offsets.append(at)
			at += SCALARS[kind]
		self.size = align(at, max([SCALARS[kind] for _, kind in self.head], default=1))
		self.padding = self.size - at
		self.in_page = self.packed and self.size > WORDS * 8
		self.start = self.size if self.in_page else 0  # where the head ends in the page
		self.has_bytes = self.in_page or bool(self.parts)

	def hole(self):
		"""The field before which a structure of the head would have a hole."""
		for (name, kind), at in zip(self.head, self.offsets):
			if self.packed and at % SCALARS[kind]:
				return name
		return None

	def part_offset(self, index):
		"""Where a part is if those before it are as long as they may be."""
		return align(self.start, 8) + sum(align(f.limit, 8) for f in self.parts[:index])

	def bytes_max(self):
		return self.part_offset(len(self.parts))
