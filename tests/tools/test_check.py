# SPDX-License-Identifier: MPL-2.0
"""The style checkers find what they are for, and no more."""
import importlib.machinery
import importlib.util
import os

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools")


def load(name):
	loader = importlib.machinery.SourceFileLoader(name, os.path.join(TOOLS, name))
	module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
	loader.exec_module(module)
	return module


layers, style, size = load("layers"), load("style"), load("size")


def test_the_kernel_includes_kernel_and_abi_only():
	assert layers.complaint("kernel/a.c", '"', "abi/kernel.h") is None
	assert layers.complaint("kernel/a.c", '"', "lib/futura/ring.h")
	assert layers.complaint("kernel/a.c", "<", "stdint.h") is None
	assert layers.complaint("kernel/a.c", "<", "arch/inline.h") is None
	assert layers.complaint("kernel/a.c", "<", "stdio.h")
	assert layers.complaint("kernel/arch/host/a.c", "<", "stdio.h") is None


def test_nothing_includes_the_insides_of_a_service():
	assert layers.complaint("services/init/main.c", '"', "services/ramfsd/core/tree.h")
	assert "may not include" in layers.complaint("drivers/a/main.c", '"', "drivers/b/b.h")


def test_a_folder_without_a_rule_is_reported():
	assert "no row" in layers.complaint("misc/a.c", '"', "abi/kernel.h")


def whys(check, path, text):
	return [why for _, why in check(path, text.split("\n"))]


def test_architectures_are_chosen_by_path():
	bad = "#ifdef __x86_64__"
	assert whys(style.check_c, "kernel/vmo.c", bad)
	assert not whys(style.check_c, "kernel/arch/x86_64/cpu.c", bad)
	assert whys(style.check_c, "lib/futura/a.c", '\tasm volatile("nop");')
	assert not whys(style.check_c, "lib/futura/a.c", '\tputs("asm (");')


def test_an_ignored_error_says_why():
	assert whys(style.check_c, "kernel/a.c", "\t(void)event_signal(e, 1);")
	assert not whys(style.check_c, "kernel/a.c", "\t(void)event_signal(e, 1); /* why */")
	assert not whys(style.check_c, "kernel/a.c", "\t(void)unused;")


def test_a_file_has_its_licence_and_says_what_it_is():
	good = "/* SPDX-License-Identifier: MPL-2.0 */\n/* Events. */\n"
	assert not whys(style.check_licence, "kernel/a.c", good)
	assert whys(style.check_licence, "kernel/a.c", "int x;\n")
	assert whys(style.check_licence, "kernel/a.c", good.split("\n")[0] + "\nint x;\n")


def test_comments_and_blanks_are_no_code():
	assert size.code_lines("a.c", 'int a; /* x\n y */\n\n// z\nchar *s = "/* no */";\n') == 2


def test_functions_are_measured_from_their_name():
	text = "/* Two. */\nstatic int f(int a,\n\t     int b)\n{\n\treturn a;\n}\n"
	assert list(size.functions(text)) == [(5, "f", 2)]
