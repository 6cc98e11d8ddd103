# SPDX-License-Identifier: MPL-2.0
"""ttyd in the guest, seen by a native client and by who types at the console."""


def test_pseudo_terminals_and_jobs(arch, boot):
	g = boot(arch=arch, append="run=terminals")
	assert g.wait(timeout=120) == 0
	assert "terminals: all is well" in g.log


def test_the_console_edits_lines(arch, boot):
	g = boot(arch=arch, append="run=terminals console")
	g.expect("your name[?]")
	g.send("Futurx\x7fa\r")
	g.expect("Futurx\b \ba\r\n")
	g.expect("hello Futura\r\n")
	assert g.wait(timeout=120) == 0
