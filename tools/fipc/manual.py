# SPDX-License-Identifier: MPL-2.0
"""The manual of an interface, as markdown: everything the .fipc file says, in its order."""
import os
import re

from fipc.ctext import all_fails
from fipc.language import Call, Object, Section


def signature(call):
	def fields(which):
		return "(" + ", ".join(f"{f.name}: {f.spelled()}" for f in which) + ")"

	return f"{call.name}{fields(call.args)}" + (f" -> {fields(call.results)}" if call.results else "")


def call_page(call, fails):
	notes = ["It may be repeated after the service was restarted."] * call.idempotent
	notes += ["Its arguments are a message: abi/message.h."] * call.special
	lines = [f"### {call.name}", "", f"`{signature(call)}` · number {call.number}", "",
		" ".join([*call.prose, *notes]), ""]
	lines += [f"* `{name}`: {why}" for name, why in fails.items()]
	return lines + [""] * bool(fails)


def object_line(it, o):
	life = {"": "It lives as long as anyone uses it.", "any": "It ends with its last handle."}.get(
		o.life, f"It ends when the last handle with `{o.life}` closes.")
	rights = ", ".join(f"`{r}`" for r in it.type_rights(o.name))
	waits = " It can be waited on." * o.waits
	return f"* **{o.name}** ({o.number}): {o.text} {life}{waits} A new handle has {rights}."


def named_line(n):
	if n.what == "const":
		return f"* `{n.name}` = {n.spelled}: {n.text}"
	number = f"bit {n.number}" if n.what == "right" else str(-n.number)
	return f"* `{n.name}` ({number}): {n.text}"


def item_lines(it, item):
	if isinstance(item, Section):
		return ["", f"## {item.title}", ""] + ([item.text, ""] if item.text else [])
	if isinstance(item, Call):
		return ["", *call_page(item, all_fails(item))]
	return [object_line(it, item) if isinstance(item, Object) else named_line(item)]


def manual(it):
	lines = [f"# {'The kernel' if it.number == 0 else 'Interface ' + it.name}", "",
		f"Made by tools/fipc.py from {it.path}. {it.intro}", ""]
	lines += [f"Protocol number {it.number}.", ""] if it.number else []
	for item in it.order:
		lines += item_lines(it, item)
	return re.sub(r"\n{3,}", "\n\n", "\n".join(lines) + "\n")


def write(it, out):
	path = os.path.join(out, f"protocol/{it.name}.md" if it.number else "kernel-calls.md")
	os.makedirs(os.path.dirname(path), exist_ok=True)
	with open(path, "w", encoding="utf-8") as f:
		f.write(manual(it))
