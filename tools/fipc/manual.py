# SPDX-License-Identifier: MPL-2.0
"""The manual of an interface, as markdown: everything the .fipc file says, in its order."""
import os

from fipc.ctext import all_fails
from fipc.language import Call, Object, Section


def table(heads, rows):
	return ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads),
		*["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows], ""]


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


def object_page(it, o):
	life = {"": "It lives as long as anyone uses it.", "any": "It ends with its last handle."}.get(
		o.life, f"It ends when the last handle with `{o.life}` closes.")
	rights = ", ".join(f"`{r}`" for r in it.type_rights(o.name))
	waits = " It can be waited on." * o.waits
	return [f"* **{o.name}** ({o.number}): {o.text} {life}{waits} A new handle has {rights}."]


def manual(it):
	lines = [f"# {'The kernel' if it.number == 0 else 'Interface ' + it.name}", "",
		f"Made by tools/fipc.py from {it.path}.", ""]
	if it.number == 0:
		lines += ["## Errors", ""] + table(["error", "value", "meaning"],
			[(f"`{e.name}`", str(-e.number), e.text) for e in it.errors.values()])
		lines += ["## Rights", ""] + table(["right", "bit", "allows to"],
			[(f"`{r.name}`", str(r.number), r.text) for r in it.rights.values()])
	else:
		lines += [f"Protocol number {it.number}.", ""]
	for item in it.order:
		if isinstance(item, Section):
			lines += ["", f"## {item.title}", ""] + ([item.text, ""] if item.text else [])
		elif isinstance(item, Call):
			lines += call_page(item, all_fails(item))
		elif isinstance(item, Object):
			lines += object_page(it, item)
		else:
			lines += [f"`{item.name}` = {item.spelled}: {item.text}", ""]
	return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def write(it, out):
	path = os.path.join(out, f"protocol/{it.name}.md" if it.number else "kernel-calls.md")
	os.makedirs(os.path.dirname(path), exist_ok=True)
	with open(path, "w", encoding="utf-8") as f:
		f.write(manual(it))
