# SPDX-License-Identifier: MPL-2.0
"""What is made of a service's interface: one header with client stubs and server dispatch."""
from fipc.ctext import Page, constants, CTYPE, documentation, rights_mask, wrapped
from fipc.layout import GRANTS, Layout, PARTS


def head_value(layout, name, message, wire):
	"""The C expression of a head field of a received message."""
	i = [n for n, _ in layout.head].index(name)
	kind = layout.head[i][1]
	value = f"{wire}.{name}" if layout.packed else f"{message}word[{i}]"
	if kind == "bool":
		return f"{value} != 0"
	return value if layout.packed else f"({CTYPE[kind]}){value}"


def head_place(layout, message):
	return "message_page()" if layout.in_page else f"{message}word"


def members(fields, const):
	"""A handler's view of arguments or results."""
	for f in fields:
		if f.kind in PARTS:
			yield f"{const}{'char' if f.kind == 'text' else 'void'} *{f.name};"
			yield f"uint32_t {f.name}_len;"
		elif f.kind in GRANTS:
			yield f"struct lent {f.name};"
		else:
			yield f"{CTYPE.get(f.kind, 'fut_handle')} {f.name};"


def argument(f):
	"""The parameters of a stub for an argument."""
	if f.kind in PARTS:
		return [f"const {'char' if f.kind == 'text' else 'void'} *{f.name}", f"size_t {f.name}_len"]
	if f.kind in GRANTS:
		return [f"{'const ' if f.kind == 'in' else ''}void *{f.name}", f"size_t {f.name}_size"]
	return [f"{CTYPE.get(f.kind, 'fut_handle')} {f.name}"]


def result(f):
	if f.kind in PARTS:
		ctype = "char" if f.kind == "text" else "void"
		return [f"{ctype} *{f.name}", f"size_t {f.name}_size", f"size_t *{f.name}_len"]
	return [f"{CTYPE.get(f.kind, 'fut_handle')} *{f.name}"]


def indented(lines):
	return ["\t" + line if line else line for line in lines]


class CallWriter:
	"""The code of one call."""

	def __init__(self, it, call):
		self.call = call
		self.name = f"{it.name}_{call.name}"
		self.protocol = f"{it.name.upper()}_PROTOCOL"
		self.method = f"{it.name.upper()}_{call.name.upper()}"
		self.ops = f"{it.name}_ops"
		self.args, self.results = Layout(call.args), Layout(call.results)
		self.given = "given, " + str(len(self.args.handles)) if self.args.handles else ""

	def structs(self):
		lines = []
		for what, fields, const in (("args", self.call.args, "const "), ("results", self.call.results, "")):
			layout = Layout(fields)
			if fields:
				lines += [f"struct {self.name}_{what} {{", *indented(members(fields, const)), "};", ""]
			if layout.packed:
				wire = [f"{CTYPE[kind] if kind != 'bool' else 'uint8_t'} {name};"
					for name, kind in layout.head]
				wire += [f"uint8_t padding[{layout.padding}];"] if layout.padding else []
				lines += [f"struct {self.name}_{what}_wire {{", *indented(wire), "};",
					f"static_assert(sizeof(struct {self.name}_{what}_wire) == {layout.size});", ""]
		return lines

	def fits(self, layout, message, method):
		expected = f"tag_make({self.protocol}, {method}, 0, {len(layout.handles)}, {len(layout.grants)})"
		if not layout.has_bytes and not layout.optional:
			return f"if ({message}tag != {expected})"
		flags = f"{str(layout.has_bytes).lower()}, {str(bool(layout.optional)).lower()}"
		return f"if (!tag_fits({message}tag, {expected}, {flags}))"

	def send(self, layout, what, message, value, method):
		"""Put a message together: lines that end with the tag and words in place. `value` gives the C
		expression of a field."""
		lines = [f"c = (struct inline_cursor){{ .at = {layout.start} }};"] if layout.has_bytes else []
		for f in layout.parts:
			lines.append(f"inline_put(&c, {value(f.name)}, {value(f.name + '_len')});")
		lines += [f"message_give({i}, {value(f.name)});" for i, f in enumerate(layout.handles)]
		for i, f in enumerate(layout.grants):
			size, access = f"{f.name}_size", "GRANT_READ" if f.kind == "in" else "GRANT_WRITE"
			if f.kind == "out":
				size = f"{size} < {f.limit} ? {size} : {f.limit}"
			lines.append(f"message_lend({i}, {f.name}, {size}, {access});")
		handles = str(len(layout.handles))
		if layout.optional:
			handles += f" - ({value(layout.optional[0].name)} == 0)"
		at = "(unsigned)c.at" if layout.has_bytes else "0"
		lines += wrapped(f"{message}tag = tag_make",
			[self.protocol, method, at, handles, str(len(layout.grants))], ";")
		if not layout.packed:
			for i, (name, kind) in enumerate(layout.head):
				cast = "(uint64_t)" if kind[0] == "i" else ""
				lines.append(f"{message}word[{i}] = {cast}{value(name)};")
			return lines
		fields = [f".{name} = {cast_wire(name, kind, value)}" for name, kind in layout.head]
		lines += [f"w = (struct {self.name}_{what}_wire){{", *indented(f + "," for f in fields), "};",
			f"__builtin_memcpy({head_place(layout, message)}, &w, sizeof w);"]
		return lines

	def failing(self, condition, fail, error):
		"""Static analysis can see that the error which is returned is the one that was found."""
		brace, end = (" {", ["}"]) if len(fail) > 1 else ("", [])
		return [f"if ({condition}){brace}", *indented(line.format(error) for line in fail), *end]

	def stub(self):
		a, r, fail = self.args, self.results, ["return {};"]
		given, lines = [], []
		if a.handles:
			given = [f"\tconst fut_handle given[] = {{ {', '.join(f.name for f in a.handles)} }};"]
			fail = [f"(void)handles_close({self.given}, OK);", "return {};"]
		for f in a.parts + [g for g in a.grants if g.kind == "in"]:
			size = f.name + ("_size" if f.kind == "in" else "_len")
			lines += self.failing(f"{size} > {f.limit}", fail, "ERR_TOO_BIG")
		send = self.send(a, "args", "m.", str, self.method)
		send.append("e = ipc_call(remote->session, &m, remote_deadline(remote));")
		if self.call.idempotent:
			lines += ["for (unsigned tries = 1;; tries++) {", "\tm = (struct message){};",
				*indented(send), "\tif (e != ERR_PEER_CLOSED || !remote_again(remote, tries))", "\t\tbreak;", "}"]
		else:
			lines += send
		lines += [*self.failing("e != OK", fail, "e"), self.fits(r, "m.", "0"),
			"\treturn message_failed(m.tag);", *self.receive_results(), "return OK;"]
		params = ["struct remote *remote", *[p for f in self.call.args for p in argument(f)],
			*[p for f in self.call.results for p in result(f)]]
		cursor = ["\tstruct inline_cursor c;"] if a.has_bytes or r.has_bytes else []
		wires = [f"\tstruct {self.name}_args_wire w;"] if a.packed else []
		wires += [f"\tstruct {self.name}_results_wire v;"] if r.packed else []
		return [*documentation(self.call), *wrapped(f"static inline enum err {self.name}", params, ""), "{",
			*given, *cursor, *wires, "\tstruct message m = {};", "\tenum err e;", "", *indented(lines), "}", ""]

	def receive_results(self):
		r, lines = self.results, []
		if r.has_bytes:
			lines.append(f"c = (struct inline_cursor){{ {r.start}, tag_nbytes(m.tag) }};")
		if r.packed:
			lines.append(f"__builtin_memcpy(&v, {head_place(r, 'm.')}, sizeof v);")
		for f in r.parts:
			copy = "inline_text" if f.kind == "text" else "inline_copy"
			lines += [f"e = {copy}(&c, {f.name}, {f.name}_size, {head_value(r, f.name + '_len', 'm.', 'v')});",
				"if (e != OK)", "\treturn message_discard(m.tag, e);"]
		if r.has_bytes:
			lines += ["if (c.at != c.end)", "\treturn message_discard(m.tag, ERR_BAD_STATE);"]
		for name, _ in r.head:
			lines.append(f"*{name} = {head_value(r, name, 'm.', 'v')};")
		return lines + [f"*{f.name} = {self.taken(i, f, 'm.')};" for i, f in enumerate(r.handles)]

	def taken(self, i, f, message):
		taken = f"message_taken({i})"
		return f"tag_nhandles({message}tag) > {i} ? {taken} : 0" if f.optional else taken

	def op(self):
		params = ["void *self", "uint64_t badge"]
		params += [f"const struct {self.name}_args *a"] if self.call.args else []
		params += [f"struct {self.name}_results *r"] if self.call.results else []
		return wrapped(f"\tenum err (*{self.call.name})", params, ";")

	def encode(self):
		"""Make `m` the answer that gives the results."""
		r, lines = self.results, []
		handles = ", ".join(f"r->{f.name}" for f in r.handles)
		declared = ["\tstruct inline_cursor c;"] if r.has_bytes else []
		declared += [f"\tstruct {self.name}_results_wire w;"] if r.packed else []
		if r.parts:
			declared.append(f"\tfut_handle given[] = {{ {handles} }};" if handles else "")
			too_big = " || ".join(f"r->{f.name}_len > {f.limit}" for f in r.parts)
			given = f"given, {len(r.handles)}" if handles else "nullptr, 0"
			lines += [f"if ({too_big}) {{", f"\tmessage_fail(m, ERR_TOO_BIG, {given});", "\treturn;", "}"]
		lines += self.send(r, "results", "m->", lambda name: "r->" + name, "0")
		params = ["struct message *m"]
		params += [f"const struct {self.name}_results *r"] if self.call.results else []
		declared = [d for d in declared if d]
		return [*wrapped(f"static inline void {self.name}_encode", params, ""), "{", *declared,
			*([""] if declared else []), *indented(lines), "}", ""]

	def answer(self):
		"""For a kept call: the answer, later."""
		results = bool(self.call.results)
		params = ["fut_handle reply", "enum err status"]
		params += [f"const struct {self.name}_results *r"] if results else []
		return [*wrapped(f"static inline enum err {self.name}_answer", params, ""), "{",
			f"\tstruct message m = {{ .tag = tag_make({self.protocol}, 0, 0, 0, 0) }};", "",
			"\tif (status != OK)", "\t\tmessage_answer(&m, status);", "\telse",
			f"\t\t{self.name}_encode(&m{', r' if results else ''});", "\treturn message_reply(reply, &m);",
			"}", ""]

	def serve(self):
		"""Check everything in a message, run the handler, and make the answer."""
		a, r, lines, declared = self.args, self.results, [], []
		if self.call.args:
			declared.append(f"\tstruct {self.name}_args a;")
		if self.call.results:
			declared.append(f"\tstruct {self.name}_results r = {{}};")
		for i, f in enumerate(r.parts):
			cast, offset = ("(char *)", f" + {r.part_offset(i)}") if r.part_offset(i) else ("", "")
			lines.append(f"r.{f.name} = {cast}message_page(){offset};")
		# Results are written over the page, so bytes move out of the way.
		if r.parts:
			declared += [f"\talignas(8) char {f.name}[{f.limit}];" for f in a.parts if f.kind == "bytes"]
		declared += [f"\tchar {f.name}[{f.limit + 1}];" for f in a.parts if f.kind == "text"]
		declared += [f"\tstruct {self.name}_args_wire w;"] if a.packed else []
		if a.has_bytes:
			declared.append(f"\tstruct inline_cursor c = {{ {a.start}, tag_nbytes(m->tag) }};")
		lines += [f"if (ops->{self.call.name} == nullptr)", "\treturn message_refuse(m, ERR_UNSUPPORTED);",
			self.fits(a, "m->", self.method), "\treturn message_refuse(m, ERR_BAD_ARGUMENT);"]
		if a.packed:
			lines.append(f"__builtin_memcpy(&w, {head_place(a, 'm->')}, sizeof w);")
		for name, _ in a.head:
			part = [f for f in a.parts if f.name + "_len" == name]
			lines.append(f"a.{name} = {head_value(a, name, 'm->', 'w')};")
			lines += self.get_part(part[0]) if part else []
		if a.has_bytes:
			lines += ["if (c.at != c.end)", "\treturn message_refuse(m, ERR_BAD_ARGUMENT);"]
		for i, f in enumerate(a.grants):
			access = "GRANT_READ" if f.kind == "in" else "GRANT_WRITE"
			lines += tried(f"message_lent(&a.{f.name}, {i}, {access}, {f.limit})")
		for i, f in enumerate(a.handles):
			lines.append(f"a.{f.name} = {self.taken(i, f, 'm->')};")
			check = f"handle_check(a.{f.name}, OBJECT_{f.object.upper()}, {rights_mask(f.rights)})"
			lines += tried(check if not f.optional else f"a.{f.name} == 0 ? OK : {check}")
		params = ["self", "m->badge"] + ["&a"] * bool(self.call.args) + ["&r"] * bool(self.call.results)
		lines += [f"e = ops->{self.call.name}({', '.join(params)});", "if (e != OK)"]
		if a.handles:
			given = ", ".join(f"a.{f.name}" for f in a.handles)
			lines.append(f"\treturn message_fail(m, e, (fut_handle[]){{ {given} }}, {len(a.handles)});")
		else:
			lines.append("\treturn message_answer(m, e);")
		lines += [f"{self.name}_encode(m{', &r' if self.call.results else ''});", "return true;"]
		params = [f"const struct {self.ops} *ops", "void *self", "struct message *m"]
		return [*wrapped(f"static inline bool {self.name}_serve", params, ""), "{", *declared,
			"\tenum err e;", "", *indented(lines), "}", ""]

	def get_part(self, f):
		if f.kind == "bytes" and self.results.parts:
			return [*tried(f"inline_copy(&c, {f.name}, sizeof {f.name}, a.{f.name}_len)"),
				f"a.{f.name} = {f.name};"]
		if f.kind == "bytes":
			return tried(f"inline_get(&c, &a.{f.name}, a.{f.name}_len, {f.limit})")
		return [*tried(f"inline_text(&c, {f.name}, sizeof {f.name}, a.{f.name}_len)"),
			f"a.{f.name} = {f.name};"]


def cast_wire(name, kind, value):
	return f"(uint32_t){value(name)}" if name.endswith("_len") else value(name)


def tried(call):
	return [f"e = {call};", "if (e != OK)", "\treturn message_refuse(m, e);"]


def header(it):
	"""OUT/protocol/NAME.h"""
	upper, calls = it.name.upper(), [CallWriter(it, c) for c in it.calls]
	p = Page(it.path, f"The interface `{it.name}`: stubs for its clients, dispatch for its servers.")
	p.add("#pragma once", '#include "lib/futura/message.h"', "",
		f"constexpr uint16_t {upper}_PROTOCOL = {it.number};", "",
		f"enum {it.name}_method : uint16_t {{",
		*[f"\t{c.method} = {c.call.number}," for c in calls], "};", "")
	constants(p, it, upper + "_")
	p.add("")
	for c in calls:
		p.add(*c.structs())
	p.add("/* For clients. A handle that is an argument is given away, even if the call fails. */", "")
	for c in calls:
		p.add(*c.stub())
	p.add("/* For servers. A handler that returns OK has taken the handles in its arguments; otherwise they",
		" * are closed for it. Texts are ended by a zero byte. Bytes lie in the message page: they are",
		" * valid until the handler makes a call itself. Results with a length already point to room. */",
		f"struct {it.name}_ops {{")
	for c in calls:
		p.add(*c.op())
	p.add("};", "")
	for c in calls:
		p.add(*c.encode(), *c.answer(), *c.serve())
	p.add(f"static inline bool {it.name}_dispatch(const void *ops, void *self, struct message *m)", "{",
		"\tswitch (tag_method(m->tag)) {")
	for c in calls:
		p.add(f"\tcase {c.method}:", f"\t\treturn {c.name}_serve(ops, self, m);")
	p.add("\tdefault:", "\t\treturn message_refuse(m, ERR_UNSUPPORTED);", "\t}", "}")
	return p


def write(it, out):
	header(it).write(out, f"protocol/{it.name}.h")
