# SPDX-License-Identifier: MPL-2.0
"""Writing C: a page of lines with its heading, and how a few things are spelled."""
import os
import textwrap


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
