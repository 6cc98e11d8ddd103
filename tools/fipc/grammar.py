# SPDX-License-Identifier: MPL-2.0
"""Tables of the kernel's calls as data, for the fuzzer and for the test that calls everything wrongly."""
from fipc.ctext import Page, all_fails, rights_mask

KINDS = {"in": "ARG_IN", "out": "ARG_OUT", "handle": "ARG_HANDLE", "cap": "ARG_HANDLE",
	"self": "ARG_HANDLE", "slot": "ARG_SLOT"}
HEAD = """#pragma once
#include "abi/kernel.h"

/* A value in one register; ARG_IN and ARG_OUT are an address, and a size in the register after it. */
enum arg_kind : uint8_t {
	ARG_NUMBER,
	ARG_HANDLE,
	ARG_SLOT, /* a handle that the call looks up itself */
	ARG_IN,
	ARG_OUT,
};

struct call_arg {
	const char *name;
	enum arg_kind kind;
	uint8_t reg;		/* the first of its registers */
	bool optional;		/* handles: 0 is allowed */
	enum object_type type;	/* handles */
	uint32_t rights;	/* handles: what the call needs */
	uint64_t limit;		/* buffers: the largest size; numbers: the largest value of the type */
};

struct call_grammar {
	const char *name;
	enum call number;
	bool special; /* its arguments are a message */
	uint8_t nargs, nresults;
	struct call_arg args[6];
	struct call_arg results[4]; /* `reg` is the word */
	uint32_t fails; /* 1 << -error for every error that is documented */
};

/* How an argument is wrong. */
enum bad_how : uint8_t {
	BAD_ZERO,      /* handle: 0 */
	BAD_NUMBER,    /* handle: a number that never was a handle */
	BAD_CLOSED,    /* handle: closed before */
	BAD_FOREIGN,   /* handle: open in another task only */
	BAD_TYPE,      /* handle: to another type of object */
	BAD_RIGHT,     /* handle: without `right` */
	BAD_OVERFLOW,  /* buffer: its size is within the limit, address + size wraps */
	BAD_KERNEL,    /* buffer: in the kernel's half */
	BAD_BIG,       /* buffer: readable, and one byte over the limit */
	BAD_UNMAPPED,  /* buffer: nothing is mapped there */
	BAD_READ_ONLY, /* buffer to be written: a page that may only be read */
	BAD_HALF,      /* buffer: its second page is not mapped */
	BAD_UNALIGNED, /* buffer: at an odd address, which is as good as any: OK, or not bad_address */
};

/* All other arguments are right. With `exact` the call gives `error`; without, any error that it
 * documents, because numbers may be found wrong before the buffer is touched. */
struct bad_call {
	enum call number;
	uint8_t arg; /* index in call_grammar's args */
	enum bad_how how;
	bool exact;
	enum err error;
	uint32_t right;
};
"""
MAXIMUM = {"u32": "UINT32_MAX", "u64": "UINT64_MAX", "i64": "UINT64_MAX", "bool": "1"}


def described(f, reg):
	parts = [f'.name = "{f.name}"', f".kind = {KINDS.get(f.kind, 'ARG_NUMBER')}", f".reg = {reg}"]
	if f.object:
		parts += [f".type = OBJECT_{f.object.upper()}", f".rights = {rights_mask(f.rights)}"]
	if f.optional or f.kind == "self":
		parts.append(".optional = true")
	limit = f.limit or MAXIMUM.get(f.kind)
	return "{ " + ", ".join(parts + ([f".limit = {limit}"] if limit else [])) + " }"


def registers(fields):
	at = 0
	for f in fields:
		yield f, at
		at += 2 if f.kind in ("in", "out") else 1


def grammar_rows(it):
	for c in it.calls:
		fails = " | ".join(f"1u << -ERR_{name.upper()}" for name in all_fails(c)) or "0"
		yield f'\t{{ .name = "{c.name}", .number = CALL_{c.name.upper()},'
		yield f"\t  .special = {str(c.special).lower()}, .nargs = {len(c.args)}, .nresults = {len(c.results)},"
		for what, fields in (("args", registers(c.args)), ("results", zip(c.results, range(4)))):
			rows = [f"\t\t{described(f, reg)}," for f, reg in fields]
			yield from ([f"\t  .{what} = {{", *rows, "\t  },"] if rows else [])
		yield f"\t  .fails = {fails} }},"


def wrongs(call, f):
	"""(how, exact, error, right) for every way in which an argument can be wrong."""
	if f.kind in ("handle", "cap", "self", "slot"):
		exact = not call.special
		if not (f.optional or f.kind in ("self", "slot")):
			yield "ZERO", exact, "bad_handle", ()
		for how in ("NUMBER", "CLOSED", "FOREIGN"):
			yield how, exact, "bad_handle", ()
		if f.object and f.object != "any":
			yield "TYPE", exact, "wrong_type", ()
		for right in f.rights:
			yield "RIGHT", exact, "no_right", (right,)
	elif f.kind in ("in", "out"):
		yield "OVERFLOW", True, "bad_address", ()
		yield "KERNEL", True, "bad_address", ()
		if f.kind == "in":
			yield "BIG", True, "too_big", ()
		else:
			yield "READ_ONLY", False, "bad_address", ()
		for how in ("UNMAPPED", "HALF"):
			yield how, False, "bad_address", ()
		yield "UNALIGNED", False, "ok", ()


def bad_rows(it):
	for c in it.calls:
		for i, f in enumerate(c.args):
			for how, exact, error, right in wrongs(c, f):
				error = "OK" if error == "ok" else "ERR_" + error.upper()
				yield (f"\t{{ CALL_{c.name.upper()}, {i}, BAD_{how}, {str(exact).lower()}, "
					f"{error}, {rights_mask(right)} }},")


def tables(it):
	"""OUT/abi/grammar.h"""
	p = Page(it.path, "The kernel's calls as data, and every way to call them wrongly: for tests.")
	p.add(*HEAD.split("\n"), "[[maybe_unused]] static const struct call_grammar call_grammar[] = {",
		*grammar_rows(it), "};", "", "[[maybe_unused]] static const struct bad_call bad_calls[] = {",
		*bad_rows(it), "};", "", "/* Values that mean something somewhere. */",
		"[[maybe_unused]] static const uint64_t grammar_numbers[] = {",
		*[f"\t{n:#x}," for n in sorted({c.number for c in it.consts.values()})], "};")
	return p


def write(it, out):
	tables(it).write(out, "abi/grammar.h")
