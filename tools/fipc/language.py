# SPDX-License-Identifier: MPL-2.0
"""The language of .fipc files: reads one, checks it, and gives it as an Interface.

Every mistake is raised as Bad, which says `file:line: what`. docs/fipc.md describes the language.
"""
import os
import re
from dataclasses import dataclass, field

from fipc.layout import Layout, MESSAGE_BYTES, MESSAGE_GRANTS, MESSAGE_HANDLES, SCALARS

WORD_KINDS = ("u32", "u64", "i64", "bool")  # what a register of a kernel call can hold
KERNEL_REGISTERS = 6
KERNEL_RESULTS = 4
# Names that generated code uses itself.
RESERVED = {"t", "e", "r", "m", "a", "c", "v", "w", "self", "remote", "given", "tries", "padding"}
KEYWORDS = set("""alignas alignof auto bool break case char const constexpr continue default do double
	else enum extern false float for goto if inline int long nullptr register restrict return short
	signed sizeof static static_assert struct switch thread_local true typedef typeof union unsigned
	void volatile while""".split())


class Bad(Exception):
	"""A mistake in a .fipc file."""

	def __init__(self, path, line, why):
		super().__init__(f"{path}:{line}: {why}")


@dataclass
class Field:
	"""An argument or a result. `kind` is a scalar, or handle cap self slot in out text bytes."""
	name: str
	kind: str
	object: str = ""  # of handle, cap, self: a type, or `any`
	rights: tuple = ()
	optional: bool = False
	limit: int = 0  # of in, out, text, bytes

	def spelled(self):
		"""The type as the language writes it."""
		rights = ":" + "+".join(self.rights) if self.rights else ""
		inner = f"<{self.object}{rights}>" if self.object else f"<{self.limit}>" if self.limit else ""
		return self.kind + "?" * self.optional + inner


@dataclass
class Call:
	number: int
	name: str
	args: list
	results: list
	special: bool
	idempotent: bool
	line: int
	prose: list = field(default_factory=list)
	fails: list = field(default_factory=list)  # (error, why)


@dataclass
class Object:
	name: str
	number: int
	life: str  # the right whose last handle ends it, `any`, or nothing
	waits: bool
	extra: tuple  # rights that no call asks for by type
	text: str


@dataclass
class Named:
	"""An error, a right or a constant."""
	what: str  # the line's first word
	name: str
	number: int
	text: str
	spelled: str = ""


@dataclass
class Section:
	"""A comment: a heading of the manual, with what it says."""
	title: str
	text: str


@dataclass
class Interface:
	path: str
	name: str = ""
	number: int = -1
	intro: str = ""
	errors: dict = field(default_factory=dict)
	rights: dict = field(default_factory=dict)
	objects: dict = field(default_factory=dict)
	consts: dict = field(default_factory=dict)
	calls: list = field(default_factory=list)
	order: list = field(default_factory=list)  # everything, as it stands

	def type_rights(self, name):
		"""All rights a new handle to an object of this type has."""
		o = self.objects[name]
		rights = {"read", "manage", "duplicate", "transfer", "inherit", *o.extra}
		rights |= {"wait"} if o.waits else set()
		rights |= {o.life} if o.life not in ("", "any") else set()
		for call in self.calls:
			for f in call.args:
				rights |= set(f.rights) if f.object == name else set()
		return [r for r in self.rights if r in rights]


LINE = {
	"interface": re.compile(r"interface (\w+) (\d+)$"),
	"error": re.compile(r"error (\w+) (\d+): (.+)$"),
	"right": re.compile(r"right (\w+) (\d+): (.+)$"),
	"object": re.compile(r"object (\w+) (\d+)(?: life (\w+))?( wait)?(?: with ([\w+]+))?: (.+)$"),
	"const": re.compile(r"const ([A-Z][A-Z0-9_]*) = (0x[0-9a-f]+|\d+): (.+)$"),
	"call": re.compile(r"call (\d+) (\w+)\((.*?)\)(?: -> \((.+)\))?((?: \w+)*)$"),
}
TYPE = re.compile(r"(handle|cap)(\??)<(\w+)(?::([\w+]+))?>$|(self)<(task|thread):([\w+]+)>$"
	r"|(in|out|text|bytes)<(\d+)>$|(slot)$")
SHAPE = {
	"interface": "interface NAME NUMBER",
	"error": "error NAME NUMBER: what it means.",
	"right": "right NAME BIT: what it allows.",
	"object": "object NAME NUMBER [life RIGHT] [wait] [with RIGHT+RIGHT]: what it is.",
	"const": "const NAME = VALUE: what it is.",
	"call": "call NUMBER NAME(ARGS) [-> (RESULTS)] [special] [idempotent]",
}


def derived_names(f):
	"""The names that generated code makes of a field's."""
	more = {"text": ("_len", "_size"), "bytes": ("_len", "_size"), "in": ("_size",), "out": ("_size",)}
	return [f.name, *(f.name + tail for tail in more.get(f.kind, ()))]


class Reader:
	"""Reads one file, line by line. `base` is the kernel's interface, for all others."""

	def __init__(self, path, base):
		self.path, self.line, self.base = path, 0, base
		self.it = Interface(path)
		self.call = None
		self.comment = []
		if base:
			self.it.errors, self.it.rights, self.it.objects = base.errors, base.rights, base.objects

	def bad(self, why, line=None):
		return Bad(self.path, line or self.line, why)

	def read(self):
		with open(self.path, encoding="utf-8") as f:
			for self.line, text in enumerate(f, 1):
				self.take(text.rstrip("\n"))
		self.end_comment()
		self.end_call()
		self.check_waiting()
		if self.it.number < 0:
			raise self.bad("no `interface` line")
		return self.it

	def take(self, text):
		if text != text.rstrip():
			raise self.bad("blank at the end of the line")
		if text.startswith("#"):
			self.comment.append(text[1:].strip())
			return
		self.end_comment()
		if text.startswith("\t"):
			self.take_prose(text.strip())
		elif text:
			self.end_call()
			self.take_line(text)

	def end_comment(self):
		text = " ".join(line for line in self.comment if line and not line.startswith("SPDX"))
		self.comment = []
		if text and self.it.number < 0:
			self.it.intro = text
		elif text:
			m = re.match(r"(.+?)(?:[.:] (.+)|\.)?$", text)
			self.it.order.append(Section(m[1], m[2][0].upper() + m[2][1:] if m[2] else ""))

	def take_prose(self, text):
		if self.call is None:
			raise self.bad("an indented line belongs to a call, and there is none above")
		if text.startswith("fails "):
			m = re.match(r"fails (\w+): (.+)$", text)
			if not m:
				raise self.bad("expected `fails ERROR: why.`")
			if m[1] not in self.it.errors:
				raise self.bad(f"`fails` names no error: {m[1]}")
			if m[1] in [name for name, _ in self.call.fails]:
				raise self.bad(f"{m[1]} is explained twice")
			self.call.fails.append((m[1], m[2]))
		elif self.call.fails:
			raise self.bad("prose stands above the `fails` lines")
		else:
			self.call.prose.append(text)

	def take_line(self, text):
		word = text.split(" ", 1)[0]
		if word not in LINE:
			raise self.bad(f"a line starts with one of: {', '.join(LINE)}")
		m = LINE[word].match(text)
		if not m:
			raise self.bad(f"expected `{SHAPE[word]}`")
		if word != "interface" and self.it.number < 0:
			raise self.bad("`interface` comes first")
		if word in ("error", "right", "object") and self.base:
			raise self.bad(f"an {word} is said in the kernel's interface, for everyone")
		getattr(self, "take_" + word)(*m.groups())

	def take_interface(self, name, number):
		if self.it.number >= 0:
			raise self.bad("a file holds one interface")
		self.it.name, self.it.number = name, int(number)
		if (self.it.number == 0) != (self.base is None):
			raise self.bad("number 0 is the kernel's, and only its")
		if self.it.number > 0xffff:
			raise self.bad("the number of an interface has 16 bits")
		if self.base:
			self.check_neighbours()

	def add(self, table, entry, numbered=True):
		if entry.name in table:
			raise self.bad(f"{entry.name} is said twice")
		for other in table.values() if numbered else ():
			if other.number == entry.number:
				raise self.bad(f"{entry.name} has the number of {other.name}")
		table[entry.name] = entry

	def take_error(self, name, number, text):
		if not 1 <= int(number) <= 255:
			raise self.bad("an error is from 1 to 255")
		self.add(self.it.errors, Named("error", name, int(number), text))
		self.it.order.append(self.it.errors[name])

	def take_right(self, name, number, text):
		if int(number) > 31:
			raise self.bad("a right is a bit from 0 to 31")
		self.add(self.it.rights, Named("right", name, int(number), text))
		self.it.order.append(self.it.rights[name])

	def right_names(self, text):
		names = tuple(text.split("+")) if text else ()
		for name in names:
			if name not in self.it.rights:
				raise self.bad(f"unknown right: {name}")
		return names

	def take_object(self, name, number, life, wait, extra, text):
		if life and life != "any":
			self.right_names(life)
		if not 1 <= int(number) <= 255:
			raise self.bad("an object's number is from 1 to 255")
		o = Object(name, int(number), life or "", bool(wait), self.right_names(extra), text)
		self.add(self.it.objects, o)
		self.it.order.append(o)

	def take_const(self, name, value, text):
		number = int(value, 0)
		if number >> 64:
			raise self.bad(f"{name} does not fit 64 bits")
		self.add(self.it.consts, Named("const", name, number, text, value), numbered=False)
		self.it.order.append(self.it.consts[name])

	def take_call(self, number, name, args, results, flags):
		words = flags.split()
		for word in words:
			if word not in ("special", "idempotent"):
				raise self.bad(f"a call may be special or idempotent, not {word}")
		if "special" in words and self.base or "idempotent" in words and not self.base:
			raise self.bad("special is for the kernel's calls, idempotent for services'")
		call = Call(int(number), name, self.fields(args), self.fields(results or ""),
			"special" in words, "idempotent" in words, self.line)
		names = [f.name for f in call.args + call.results]
		for f in names:
			if names.count(f) > 1:
				raise self.bad(f"two things are called {f}")
		if not 1 <= call.number <= 0x7fff:
			raise self.bad("a call's number is from 1 to 32767")
		for other in self.it.calls:
			if other.number == call.number or other.name == name:
				raise self.bad(f"{name} has the number or name of {other.name}, line {other.line}")
		self.it.calls.append(call)
		self.it.order.append(call)
		self.call = call
		if self.base:
			self.check_service(call)
		else:
			self.check_kernel(call)

	def fields(self, text):
		return [self.field(part.strip()) for part in text.split(",")] if text.strip() else []

	def field(self, text):
		name, colon, kind = (part.strip() for part in text.partition(":"))
		if not colon or not re.match(r"[a-z][a-z0-9_]*$", name):
			raise self.bad(f"expected `name: type`, not `{text}`")
		if name in RESERVED or name in KEYWORDS:
			raise self.bad(f"generated code needs the name {name} itself")
		if kind in SCALARS:
			return Field(name, kind)
		m = TYPE.match(kind)
		if not m:
			raise self.bad(f"unknown type: {kind}")
		if m[10]:
			return Field(name, "slot")
		if m[8]:
			if int(m[9]) == 0:
				raise self.bad(f"{name} can hold nothing")
			return Field(name, m[8], limit=int(m[9]))
		kind, obj, rights = (m[5], m[6], m[7]) if m[5] else (m[1], m[3], m[4])
		if obj != "any" and obj not in self.it.objects:
			raise self.bad(f"unknown object: {obj}")
		return Field(name, kind, obj, self.right_names(rights), m[2] == "?")

	def check_kernel(self, call):
		for f in call.args:
			if f.kind not in (*WORD_KINDS, "handle", "cap", "self", "slot", "in", "out"):
				raise self.bad(f"a kernel call takes no {f.spelled()}")
			if f.kind in ("handle", "cap", "self") and not f.rights:
				raise self.bad(f"{f.name}: say which rights the call needs")
		for f in call.results:
			if f.kind not in (*WORD_KINDS, "handle") or f.rights or f.optional:
				raise self.bad(f"a kernel call cannot give {f.spelled()}")
		registers = sum(2 if f.kind in ("in", "out") else 1 for f in call.args)
		if registers > KERNEL_REGISTERS:
			raise self.bad(f"{registers} registers; a call takes {KERNEL_REGISTERS}")
		if len(call.results) > KERNEL_RESULTS:
			raise self.bad(f"{len(call.results)} results; a call gives {KERNEL_RESULTS}")

	def check_service(self, call):
		for f in call.args + call.results:
			allowed = (*SCALARS, "handle", "text", "bytes", *(("in", "out") if f in call.args else ()))
			if f.kind not in allowed:
				raise self.bad(f"a service cannot {'take' if f in call.args else 'give'} {f.spelled()}")
		names = [name for f in call.args + call.results for name in derived_names(f)]
		for name in names:
			if names.count(name) > 1:
				raise self.bad(f"generated code would use the name {name} for two things")
		for fields in (call.args, call.results):
			self.check_layout(Layout(fields))
		if call.idempotent and any(f.kind == "handle" for f in call.args):
			raise self.bad("a call that gives handles away cannot be repeated: it is not idempotent")

	def check_layout(self, layout):
		if len(layout.handles) > MESSAGE_HANDLES or len(layout.grants) > MESSAGE_GRANTS:
			raise self.bad(f"a message has at most {MESSAGE_HANDLES} handles and {MESSAGE_GRANTS} grants")
		if layout.optional and layout.optional != layout.handles[-1:]:
			raise self.bad("only the last handle may be optional")
		if layout.hole():
			raise self.bad(f"a hole before {layout.hole()}: put larger fields first")
		if layout.bytes_max() > MESSAGE_BYTES:
			raise self.bad(f"{layout.bytes_max()} inline bytes; a message has {MESSAGE_BYTES}")

	def check_waiting(self):
		"""Who is told `would_block` needs an event to wait for."""
		gives = any(f.object == "event" for c in self.it.calls for f in c.results)
		for call in self.it.calls:
			if self.base and not gives and "would_block" in dict(call.fails):
				raise self.bad(f"{call.name} can fail with would_block, but no call gives an event",
					call.line)

	def check_neighbours(self):
		"""Interfaces in one folder have different numbers."""
		folder = os.path.dirname(self.path) or "."
		for name in sorted(os.listdir(folder)):
			path = os.path.join(folder, name)
			if not name.endswith(".fipc") or os.path.samefile(path, self.path):
				continue
			with open(path, encoding="utf-8") as f:
				m = re.search(rf"^interface (\w+) {self.it.number}$", f.read(), re.M)
			if m:
				raise self.bad(f"{m[1]} has this number already: {path}")

	def end_call(self):
		if self.call and not self.call.prose:
			raise self.bad(f"say what {self.call.name} does", self.call.line)
		self.call = None


def read(path, base=None):
	"""The Interface in a file; `base` is the kernel's, unless this is the kernel's."""
	return Reader(path, base).read()


def read_kernel(path=None):
	here = os.path.dirname(os.path.abspath(__file__))
	return read(path or os.path.join(here, "..", "..", "abi", "kernel.fipc"))
