# SPDX-License-Identifier: MPL-2.0
"""Writing C: a page of lines with its heading, and how a few things are spelled."""
import os
import textwrap

CTYPE = {"u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t", "u64": "uint64_t",
	"i32": "int32_t", "i64": "int64_t", "bool": "bool"}
# What decoding an argument can answer before the handler runs.
HANDLE_ERRORS = {
	"bad_handle": "`{}` is not open.",
	"wrong_type": "`{}` names another kind of object.",
	"no_right": "`{}` lacks a right.",
	"revoked": "`{}` was leased, and the lease has ended.",
}
BUFFER_ERRORS = {
	"in": {"too_big": "`{}` is larger than {} bytes.", "bad_address": "`{}` cannot be read.",
		"no_memory": "a page of `{}` had to be made, and the quota cannot pay."},
	"out": {"bad_address": "`{}` cannot be written.",
		"no_memory": "a page of `{}` had to be made, and the quota cannot pay."},
	"text": {"too_big": "`{}` is longer than {} bytes."},
	"bytes": {"too_big": "`{}` is longer than {} bytes."},
}
RESULT_ERRORS = {"full": "the handle table has no free place.", "no_memory": "the quota cannot pay."}


class Page:
	"""The lines of one generated file."""

	def __init__(self, source, what):
		self.lines = [
			"/* SPDX-License-Identifier: MPL-2.0 */",
			f"/* {what} */",
			f"/* Made by tools/fipc.py from {source}. */",
		]

	def add(self, *lines):
		self.lines += lines

	def write(self, out, name):
		path = os.path.join(out, name)
		os.makedirs(os.path.dirname(path), exist_ok=True)
		text = "\n".join(self.lines) + "\n"
		with open(path, "w", encoding="utf-8") as f:
			f.write(text)


def comment(text, indent=""):
	"""A block comment around prose."""
	lines = textwrap.wrap(text, 92 - len(indent.expandtabs(8)))
	if len(lines) == 1:
		return [f"{indent}/* {lines[0]} */"]
	return [f"{indent}/*", *[f"{indent} * {line}" for line in lines], f"{indent} */"]


def wrapped(head, parts, tail):
	"""`head(a, b, c)tail`, broken where it would be too wide."""
	line = f"{head}({', '.join(parts) or 'void'}){tail}"
	if len(line.expandtabs(8)) <= 100:
		return [line]
	indent = "\t" * (len(head) - len(head.lstrip("\t")) + 1)
	lines, now = [], f"{head}({parts[0]}"
	for part in parts[1:]:
		if len((now + ", " + part).expandtabs(8)) > 98:
			lines.append(now + ",")
			now = indent + part
		else:
			now += ", " + part
	return [*lines, f"{now}){tail}"]


def rights_mask(rights, none="0"):
	return " | ".join("RIGHT_" + r.upper() for r in rights) or none


def all_fails(call):
	"""The errors a call documents, and those that decoding its arguments can give."""
	fails = dict(call.fails)
	for f in call.args:
		wrong = HANDLE_ERRORS if f.kind in ("handle", "cap", "self") else BUFFER_ERRORS.get(f.kind, {})
		for name, why in wrong.items():
			if name != "wrong_type" or f.object != "any":
				fails.setdefault(name, why.format(f.name, f.limit))
	if any(f.kind == "handle" for f in call.results):
		for name, why in RESULT_ERRORS.items():
			fails.setdefault(name, why)
	return fails


def documentation(call):
	lines = comment(" ".join(call.prose))
	fails = [f" * {name}: {why}" for name, why in all_fails(call).items()]
	if not fails:
		return lines
	if len(lines) == 1:
		lines = ["/*", " * " + lines[0][3:-3], " */"]
	return [*lines[:-1], " *", *fails, " */"]


def constants(p, it, prefix=""):
	for c in it.consts.values():
		ctype = "uint64_t" if c.number >> 32 else "uint32_t"
		p.add(f"constexpr {ctype} {prefix}{c.name} = {c.spelled}; /* {c.text} */")
