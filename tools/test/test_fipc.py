#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""What tools/fipc.py refuses, and where it says the mistake is; that our own interfaces fit together."""
import glob
import os
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))
from fipc import describe, grammar, kernel, language, manual, protocol  # noqa: E402

KERNEL = """interface kernel 0
error bad_handle 1: no.
error full 2: no place.
right read 0: reads.
right send 1: sends.
object task 1: a task.
object event 2 wait: an event.
"""
PROSE = "\tDo it.\n"


def read(text, base=None):
	with tempfile.TemporaryDirectory() as folder:
		path = os.path.join(folder, "it.fipc")
		with open(path, "w") as f:
			f.write(text)
		return language.read(path, base)


class Refused(unittest.TestCase):
	def refused(self, text, line, why, base=None):
		with self.assertRaises(language.Bad) as caught:
			read(text, base)
		where, _, what = str(caught.exception).partition(": ")
		self.assertIn(why, what)
		self.assertTrue(where.endswith(f":{line}"), f"{where} is not line {line}")

	def in_kernel(self, text, line, why):
		self.refused(KERNEL + text, line + 7, why)

	def in_service(self, text, line, why):
		self.refused("interface x 9\n" + text, line + 1, why, language.read_kernel())

	def test_duplicates(self):
		self.in_kernel(f"call 1 a()\n{PROSE}call 1 b()\n{PROSE}", 3, "number or name of a")
		self.in_kernel(f"call 1 a()\n{PROSE}call 2 a()\n{PROSE}", 3, "number or name of a")
		self.in_kernel("error more 2: same number.\n", 1, "the number of full")
		self.in_kernel("error full 3: same name.\n", 1, "said twice")
		self.in_kernel("right more 1: same bit.\n", 1, "the number of send")
		self.in_kernel("object more 2: same.\n", 1, "the number of event")

	def test_unknown_names(self):
		self.in_kernel("call 1 a(b: u128)\n", 1, "unknown type: u128")
		self.in_kernel("call 1 a(b: handle<thing:read>)\n", 1, "unknown object: thing")
		self.in_kernel("call 1 a(b: handle<task:fly>)\n", 1, "unknown right: fly")
		self.in_kernel(f"call 1 a()\n{PROSE}\tfails odd: no.\n", 3, "no error: odd")
		self.in_kernel("calls 1 a()\n", 1, "starts with one of")

	def test_shapes(self):
		self.in_kernel("call a()\n", 1, "expected `call NUMBER")
		self.in_kernel("call 1 a(b)\n", 1, "name: type")
		self.in_kernel("call 1 a(int: u32)\n", 1, "needs the name int")
		self.in_kernel("call 1 a(b: u32, b: u64)\n", 1, "two things are called b")
		self.in_kernel("call 1 a()\n\ncall 2 b()\n", 1, "say what a does")
		self.in_kernel("\tprose\n", 1, "belongs to a call")
		self.in_kernel("call 1 a() \n", 1, "blank at the end")
		self.in_kernel("call 1 a() slow\n", 1, "not slow")
		self.in_kernel("call 0 a()\n", 1, "from 1 to 32767")

	def test_kernel_registers(self):
		many = ", ".join(f"a{i}: u64" for i in range(5))
		self.in_kernel(f"call 1 a({many}, p: in<4>)\n", 1, "7 registers")
		self.in_kernel(f"call 1 a() -> ({many})\n", 1, "5 results")
		self.in_kernel("call 1 a(b: handle<task>)\n", 1, "say which rights")
		self.in_kernel("call 1 a(b: text<4>)\n", 1, "takes no text<4>")

	def test_service_layout(self):
		many = ", ".join(f"a{i}: u32" for i in range(7))
		self.in_service(f"call 1 a({many}, big: u64)\n", 1, "a hole before big")
		self.in_service("call 1 a(b: text<2000>, d: bytes<2100>)\n", 1, "inline bytes")
		self.in_service("call 1 a(b: in<1>, d: out<1>, f: in<1>)\n", 1, "2 grants")
		handles = ", ".join(f"h{i}: handle<any>" for i in range(9))
		self.in_service(f"call 1 a({handles})\n", 1, "8 handles")
		self.in_service("call 1 a(b: handle?<any>, d: handle<any>)\n", 1, "only the last handle")
		self.in_service("call 1 a(b: handle<any>) idempotent\n", 1, "not idempotent")
		self.in_service("call 1 a(b: text<4>, b_len: u32)\n", 1, "the name b_len for two")
		self.in_service("call 1 a() -> (b: in<4>)\n", 1, "cannot give in<4>")
		self.in_service("error mine 99: no.\n", 1, "said in the kernel's interface")
		self.in_service(f"call 1 a()\n{PROSE}\tfails would_block: no.\n", 1, "no call gives an event")

	def test_interface_line(self):
		self.refused("call 1 a()\n", 1, "`interface` comes first")
		self.refused("# nothing\n", 1, "no `interface` line")
		self.refused("interface x 5\n", 1, "number 0 is the kernel's")
		self.refused("interface x 5\ninterface y 6\n", 2, "one interface", language.read_kernel())


	def test_a_number_that_a_neighbour_has(self):
		with tempfile.TemporaryDirectory() as folder:
			for name in ("one", "two"):
				with open(os.path.join(folder, name + ".fipc"), "w") as f:
					f.write(f"# Here.\ninterface {name} 7\n")
			with self.assertRaisesRegex(language.Bad, "two.fipc:2: one has this number already"):
				language.read(os.path.join(folder, "two.fipc"), language.read_kernel())


class Ours(unittest.TestCase):
	def test_every_protocol_has_its_own_number_and_name(self):
		base, seen = language.read_kernel(), {}
		for path in sorted(glob.glob(os.path.join(ROOT, "protocol", "*.fipc"))):
			it = language.read(path, base)
			self.assertNotIn(it.number, seen, f"{path} has the number of {seen.get(it.number)}")
			self.assertEqual(os.path.basename(path), it.name + ".fipc")
			seen[it.number] = path

	def test_new_handles_have_the_rights_that_calls_ask_for(self):
		it = language.read_kernel()
		for call in it.calls:
			for f in call.args:
				if f.object not in ("", "any"):
					self.assertLessEqual(set(f.rights), set(it.type_rights(f.object)))

	def test_the_same_file_makes_the_same_code(self):
		it = language.read_kernel()
		self.assertEqual(kernel.dispatch(it).lines, kernel.dispatch(language.read_kernel()).lines)
		every = os.path.join(ROOT, "tools", "test", "every.fipc")
		first, second = (protocol.header(language.read(every, it)).lines for _ in range(2))
		self.assertEqual(first, second)


class Made(unittest.TestCase):
	def setUp(self):
		self.kernel = language.read_kernel()
		path = os.path.join(ROOT, "tools", "test", "every.fipc")
		self.calls = {c["name"]: c for c in
			describe.description(language.read(path, self.kernel))["calls"]}

	def test_a_description_says_where_handles_grants_and_lengths_are(self):
		move, lend, shout = (self.calls[name]["args"] for name in ("move", "lend", "shout"))
		self.assertEqual([f["handle"] for f in move], [0, 1, 2])
		self.assertEqual(move[2]["type"], "handle?<vmo:read+write>")
		self.assertEqual([f["grant"] for f in lend], [0, 1])
		self.assertEqual([(f["part"], f["length"]) for f in shout], [(0, {"word": 0}), (1, {"word": 1})])

	def test_a_description_says_where_a_structure_travels(self):
		packed, paged = (self.calls[name]["args"] for name in ("packed", "paged"))
		self.assertEqual(packed[-1], {"head": "words", "size": 16})
		self.assertEqual(packed[2]["offset"], 8)
		self.assertEqual(paged[-1], {"head": "page", "size": 56})
		self.assertEqual(paged[-2]["length"], {"offset": 52, "size": 4})

	def test_the_manual_has_every_call_and_error(self):
		text = manual.manual(self.kernel)
		for call in self.kernel.calls:
			self.assertIn(f"\n### {call.name}\n", text)
		for error in self.kernel.errors:
			self.assertIn(f"* `{error}` (-", text)

	def test_every_argument_that_can_be_wrong_has_a_row(self):
		rows = {tuple(row.strip("\t {},").split(", ")[:2]) for row in grammar.bad_rows(self.kernel)}
		for call in self.kernel.calls:
			for i, f in enumerate(call.args):
				can = f.kind in ("handle", "cap", "self", "slot", "in", "out")
				self.assertEqual((f"CALL_{call.name.upper()}", str(i)) in rows, can)


class Counted(unittest.TextTestResult):
	def stopTestRun(self):
		bad = len(self.failures) + len(self.errors)
		print(f"{self.testsRun - bad} passed, {bad} failed")


if __name__ == "__main__":
	name = os.environ.get("NAME")
	if name:
		sys.argv += ["-k", name]
	unittest.main(testRunner=unittest.TextTestRunner(resultclass=Counted, verbosity=0))
