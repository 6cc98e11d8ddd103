# SPDX-License-Identifier: MPL-2.0
"""What is made of the kernel's interface: numbers, the kernel's dispatch, and user stubs."""
from fipc.ctext import CTYPE, Page, constants, documentation, rights_mask, wrapped


def numbers(it):
	"""OUT/abi/kernel.h"""
	p = Page(it.path, "Numbers that the kernel and user code agree on.")
	p.add("#pragma once", "#include <stdint.h>", "", "enum [[nodiscard]] err : int32_t {", "\tOK = 0,")
	for e in it.errors.values():
		p.add(f"\tERR_{e.name.upper()} = -{e.number}, /* {e.text} */")
	p.add("};", "", "enum right : uint32_t {")
	for r in it.rights.values():
		p.add(f"\tRIGHT_{r.name.upper()} = 1u << {r.number}, /* {r.text} */")
	everything = sum(1 << r.number for r in it.rights.values())
	p.add("};", "", f"constexpr uint32_t RIGHTS_ALL = {everything:#x};")
	p.add("", "enum object_type : uint32_t {", "\tOBJECT_ANY = 0,")
	for o in it.objects.values():
		p.add(f"\tOBJECT_{o.name.upper()} = {o.number},")
	p.add(f"\tOBJECT_TYPES = {max(o.number for o in it.objects.values()) + 1},", "};", "")
	p.add("/* The rights of a new handle, by the type of its object. */")
	for o in it.objects.values():
		mask = sum(1 << it.rights[r].number for r in it.type_rights(o.name))
		p.add(f"constexpr uint32_t RIGHTS_{o.name.upper()} = {mask:#x};")
	p.add("", "enum call : uint32_t {")
	for c in it.calls:
		p.add(f"\tCALL_{c.name.upper()} = {c.number},")
	p.add(f"\tCALL_COUNT = {max(c.number for c in it.calls) + 1},", "};", "")
	constants(p, it)
	p.add("", "/* A task's name for an object: an index into its handle table. 0 names nothing. */",
		"typedef uint32_t fut_handle;")
	return p


def handler_arg(f):
	if f.kind == "handle" or f.kind == "self":
		return f"struct {'object' if f.object == 'any' else f.object} *{f.name}"
	if f.kind == "cap":
		return f"const struct cap *{f.name}"
	if f.kind in ("in", "out"):
		return f"struct user_{f.kind} {f.name}"
	return f"{CTYPE.get(f.kind, 'uint32_t')} {f.name}"


def handler_result(f):
	if f.kind == "handle":
		return f"struct cap *{f.name}" if f.object == "any" else f"struct {f.object} **{f.name}"
	return f"{CTYPE[f.kind]} *{f.name}"


def handler(call):
	params = ["struct thread *self"]
	if not call.special:
		params += [handler_arg(f) for f in call.args] + [handler_result(f) for f in call.results]
	return wrapped(f"enum err sys_{call.name}", params, ";")


def handlers(it):
	"""OUT/kernel/calls.h"""
	p = Page(it.path, "The kernel's handlers: arguments are looked up and checked when they run.")
	p.add("#pragma once", "#include <stddef.h>", '#include "kernel/arch.h"', "", "struct cap;",
		"struct object;", *[f"struct {name};" for name in it.objects],
		"struct user_in;", "struct user_out;", "")
	for c in it.calls:
		p.add(*handler(c))
	p.add("", "/* By number: decode the arguments of the thread's call and run its handler. */",
		"typedef enum err call_handler(struct thread *thread);",
		"extern call_handler *const call_table[CALL_COUNT];",
		"extern const char *const call_names[CALL_COUNT];")
	return p


def lookup(f, register):
	"""The lines that look a handle up, and the variable they fill."""
	number = f"(uint32_t)argument(t, {register})"
	wanted = f"OBJECT_{f.object.upper()}, {rights_mask(f.rights)}"
	if f.kind == "cap":
		call = checked(f"handle_cap(t, {number}, {wanted}, &{f.name})")
		return [f"\tstruct cap {f.name};"], guarded(register, call) if f.optional else call
	call = [f"\t{f.name} = handle_object(t, {number}, {wanted});",
		f"\tif ({f.name}.error != OK)", f"\t\treturn {f.name}.error;"]
	own = {"task": "(struct object *)t->task", "thread": "&t->object"}.get(f.object, "nullptr")
	if f.kind == "self" or f.optional:
		default = own if f.kind == "self" else "nullptr"
		return [f"\tstruct found {f.name} = {{ {default}, OK }};"], guarded(register, call)
	return [f"\tstruct found {f.name};"], call


def checked(call, indent="\t"):
	return [f"{indent}e = {call};", f"{indent}if (e != OK)", f"{indent}\treturn e;"]


def guarded(register, lines):
	return [f"\tif ((uint32_t)argument(t, {register}) != 0) {{", *["\t" + line for line in lines], "\t}"]


def passed(f, register):
	"""The argument as the handler gets it."""
	if f.kind in ("handle", "self"):
		if f.object == "any":
			return f"{f.name}.object"
		by = "thread_of(" if f.object == "thread" else f"(struct {f.object} *)"
		return f"{by}{f.name}.object" + (")" if f.object == "thread" else "")
	if f.kind == "cap":
		return f"(uint32_t)argument(t, {register}) != 0 ? &{f.name} : nullptr" if f.optional else f"&{f.name}"
	if f.kind in ("in", "out"):
		return f.name
	if f.kind == "u64":
		return f"argument(t, {register})"
	if f.kind == "bool":
		return f"argument(t, {register}) != 0"
	return f"({CTYPE.get(f.kind, 'uint32_t')})argument(t, {register})"


def buffer_check(f):
	if f.kind == "in":
		lines = [f"\tif ({f.name}.size > {f.limit})", "\t\treturn ERR_TOO_BIG;"]
	else:
		lines = [f"\tif ({f.name}.size > {f.limit})", f"\t\t{f.name}.size = {f.limit};"]
	return lines + [f"\tif (!user_range_ok({f.name}.address, {f.name}.size))", "\t\treturn ERR_BAD_ADDRESS;"]


def give(f, word):
	"""The line that puts a result into its register."""
	if f.kind == "handle":
		if f.object == "any":
			value = f"handle_install(t->task, &{f.name})"
		else:
			obj = f"&{f.name}->object" if f.object == "thread" else f"(struct object *){f.name}"
			value = f"install(t, {obj}, RIGHTS_{f.object.upper()})"
	else:
		value = f"(uint64_t){f.name}" if f.kind == "i64" else f.name
	return f"\tcontext_set_word(&t->context, {word}, {value});"


def result_variable(f):
	if f.kind == "handle":
		return f"\tstruct cap {f.name};" if f.object == "any" else f"\tstruct {f.object} *{f.name};"
	return f"\t{CTYPE[f.kind]} {f.name};"


def decoder(call):
	"""One function: check the arguments in order, handles first, and run the handler."""
	head = [f"static enum err call_{call.name}(struct thread *t)", "{"]
	if call.special:
		return [*head, f"\treturn sys_{call.name}(t);", "}", ""]
	declared, handles, buffers, params, register = [], [], [], ["t"], 0
	for f in call.args:
		if f.kind in ("handle", "cap", "self"):
			variable, lines = lookup(f, register)
			declared += variable
			handles += lines
		elif f.kind in ("in", "out"):
			pair = f"argument(t, {register}), argument(t, {register + 1})"
			declared.append(f"\tstruct user_{f.kind} {f.name} = {{ {pair} }};")
			buffers += buffer_check(f)
		params.append(passed(f, register))
		register += 2 if f.kind in ("in", "out") else 1
	made = sum(f.kind == "handle" for f in call.results)
	if made:
		handles += checked(f"handle_reserve(t->task, {made})")
	declared += [result_variable(f) for f in call.results]
	params += ["&" + f.name for f in call.results]
	if not call.results:
		declared += ["\tenum err e;"] if any("\te = " in line for line in handles) else []
		tail = wrapped(f"\treturn sys_{call.name}", params, ";")
	else:
		declared += ["\tenum err e;"]
		tail = [*wrapped(f"\te = sys_{call.name}", params, ";"), "\tif (e != OK)", "\t\treturn e;",
			*[give(f, i) for i, f in enumerate(call.results)], "\treturn OK;"]
	blank = [""] if declared else []
	return [*head, *declared, *blank, *handles, *buffers, *tail, "}", ""]


def dispatch(it):
	"""OUT/kernel/dispatch.c"""
	p = Page(it.path, "Decoding of kernel calls: every check on arguments, before a handler runs.")
	p.add('#include "kernel/calls.h"', '#include "kernel/dispatch.h"', "",
		"static inline uint64_t argument(const struct thread *t, unsigned i)", "{",
		"\treturn context_argument(&t->context, i);", "}", "",
		"/* A new object's reference moves into the table. A place was reserved, so this cannot fail. */",
		"static inline uint32_t install(struct thread *t, struct object *o, uint32_t rights)", "{",
		"\treturn handle_install(t->task, &(struct cap){ .object = o, .rights = rights });", "}", "")
	for c in it.calls:
		p.add(*decoder(c))
	p.add("static enum err call_missing(struct thread *t)", "{", "\t(void)t;",
		"\treturn ERR_UNSUPPORTED;", "}", "")
	numbers = {c.number for c in it.calls}
	p.add("call_handler *const call_table[CALL_COUNT] = {")
	p.add(*[f"\t[{n}] = call_missing," for n in range(max(numbers)) if n not in numbers])
	p.add(*[f"\t[CALL_{c.name.upper()}] = call_{c.name}," for c in it.calls])
	p.add("};", "", "const char *const call_names[CALL_COUNT] = {")
	p.add(*[f'\t[CALL_{c.name.upper()}] = "{c.name}",' for c in it.calls], "};")
	lives = {n: "RIGHTS_ALL" if o.life == "any" else f"RIGHT_{o.life.upper()}"
		for n, o in it.objects.items() if o.life}
	p.add("", "/* The rights any of which keep an object of the type in public life. */",
		"const uint32_t type_life[TYPE_TABLE] = {",
		*[f"\t[OBJECT_{n.upper()}] = {life}," for n, life in lives.items()], "};",
		"", "const uint32_t type_rights[TYPE_TABLE] = {",
		*[f"\t[OBJECT_{n.upper()}] = RIGHTS_{n.upper()}," for n in it.objects], "};")
	return p


def stub_param(f):
	if f.kind == "in":
		return [f"const void *{f.name}", f"size_t {f.name}_size"]
	if f.kind == "out":
		return [f"void *{f.name}", f"size_t {f.name}_size"]
	return [f"{CTYPE.get(f.kind, 'fut_handle')} {f.name}"]


def stub_word(f):
	if f.kind == "in":
		return [f"(uint64_t){f.name}", f"{f.name}_size"]
	if f.kind == "out":
		return [f"native_address({f.name})", f"{f.name}_size"]
	return [f"(uint64_t){f.name}" if f.kind == "i64" else f.name]


def stub(call):
	params = [p for f in call.args for p in stub_param(f)]
	params += [f"{CTYPE.get(f.kind, 'fut_handle')} *{f.name}" for f in call.results]
	words = [w for f in call.args for w in stub_word(f)]
	native = wrapped(f"native_call{len(words)}", [f"CALL_{call.name.upper()}", *words, "&r"], ";")
	native[1:] = ["\t" + line for line in native[1:]]
	lines = [*documentation(call), *wrapped(f"static inline enum err fut_{call.name}", params, ""), "{",
		"\tstruct native_words r;"]
	if not call.results:
		return [*lines, "", "\treturn " + native[0], *native[1:], "}", ""]
	lines += ["\tenum err e = " + native[0], *native[1:], "", "\tif (e != OK)", "\t\treturn e;"]
	for i, f in enumerate(call.results):
		lines.append(f"\t*{f.name} = ({CTYPE.get(f.kind, 'fut_handle')})r.word[{i}];")
	return [*lines, "\treturn OK;", "}", ""]


def stubs(it):
	"""OUT/abi/user.h"""
	p = Page(it.path, "The kernel's calls, for user code. Results are written only on OK.")
	p.add("#pragma once", "#include <stddef.h>", "#include <futura-arch/native_call.h>", "")
	for c in it.calls:
		if not c.special:
			p.add(*stub(c))
	return p


def write(it, out):
	numbers(it).write(out, "abi/kernel.h")
	handlers(it).write(out, "kernel/calls.h")
	dispatch(it).write(out, "kernel/dispatch.c")
	stubs(it).write(out, "abi/user.h")
