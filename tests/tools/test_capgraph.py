# SPDX-License-Identifier: MPL-2.0
"""The picture of a manifest shows what the manifest says."""
import os
import subprocess

CAPGRAPH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/capgraph")
MANIFEST = """service console # the UART
	program bin/pl011
	only arm64
	give uart physical 0x09000000 0x1000 map read
	give irq irq 33 1
	provide console

service shell
	program "bin/sh ell"
	quota 8M
	see console missing
	give log log
"""


def capgraph(tmp_path, text, *options):
	path = tmp_path / "system.conf"
	path.write_text(text)
	return subprocess.run([CAPGRAPH, path, *options], capture_output=True, text=True)


def test_text_names_holdings_and_calls(tmp_path):
	lines = capgraph(tmp_path, MANIFEST).stdout.splitlines()
	assert "  holds    physical 0x09000000 0x1000 as uart: map read" in lines
	assert "  holds    irq 33 1 as irq: read manage" in lines
	assert "  provides console, seen by shell" in lines
	assert "  calls    console as console" in lines
	assert "  calls    (nobody provides it) as missing" in lines
	assert "shell: bin/sh ell (quota 8M)" in lines


def test_services_of_another_architecture_are_left_out(tmp_path):
	assert "console:" not in capgraph(tmp_path, MANIFEST, "--arch", "x86_64").stdout


def test_dot_has_an_arrow_for_each_capability(tmp_path):
	out = capgraph(tmp_path, MANIFEST, "--dot").stdout
	assert '"shell" -> "console" [label="console"];' in out
	assert '"console" -> "kernel: irq 33 1" [label="read manage", style=dashed];' in out
	assert out.startswith("digraph") and out.rstrip().endswith("}")


def test_mistakes_are_told_with_their_line(tmp_path):
	for text, why in (("quota 1M", "1: `quota` stands before"),
			("service a\n\tgive x y", "2: expected `give NAME SOURCE`"),
			("service a\n\tgive x irq 1", "2: expected `give x irq FIRST COUNT`"),
			("service a\n\tfrob", "2: there is no statement `frob`"),
			('service "a', "1: a quote is not closed")):
		done = capgraph(tmp_path, text)
		assert done.returncode == 1 and why in done.stderr, done.stderr
