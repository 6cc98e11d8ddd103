# SPDX-License-Identifier: MPL-2.0
"""An interface as JSON, for programs that look into messages: tracers, and what carries calls to
other machines and so must know where handles, lent memory and lengths are."""
import json
import os

from fipc.layout import Layout, SCALARS


def kernel_fields(fields, results):
	at = 0
	for f in fields:
		yield {"name": f.name, "type": f.spelled(), "word" if results else "register": at}
		at += 2 if f.kind in ("in", "out") else 1


def service_fields(fields):
	"""Scalars and lengths say `word`, or `offset` and `size` in the head, which is in the words or in
	the page. Handles, grants and parts say their index; parts follow the head in the page, each at a
	multiple of eight."""
	layout = Layout(fields)
	head = {}
	for i, ((name, kind), offset) in enumerate(zip(layout.head, layout.offsets)):
		place = {"offset": offset, "size": SCALARS[kind]} if layout.packed else {"word": i}
		head[name] = place
	for f in fields:
		out = {"name": f.name, "type": f.spelled()}
		if f.kind in SCALARS:
			out |= head[f.name]
		elif f in layout.parts:
			out |= {"part": layout.parts.index(f), "length": head[f.name + "_len"]}
		elif f in layout.handles:
			out |= {"handle": layout.handles.index(f)}
		else:
			out |= {"grant": layout.grants.index(f)}
		yield out
	if layout.packed:
		yield {"head": "page" if layout.in_page else "words", "size": layout.size}


def description(it):
	def fields(which, results):
		return list(kernel_fields(which, results) if it.number == 0 else service_fields(which))

	return {"name": it.name, "number": it.number, "calls": [
		{"name": c.name, "number": c.number, "idempotent": c.idempotent,
			"args": fields(c.args, False), "results": fields(c.results, True)}
		for c in it.calls]}


def write(it, out):
	path = os.path.join(out, f"protocol/{it.name}.json" if it.number else "kernel.json")
	os.makedirs(os.path.dirname(path), exist_ok=True)
	with open(path, "w", encoding="utf-8") as f:
		json.dump(description(it), f, indent="\t")
		f.write("\n")
