# SPDX-License-Identifier: MPL-2.0
"""awk, bc, dc, vi, less and man at the prompt of the root that `make run` boots."""

PROMPT = "done> "
START = "(?:\r\n|2004l)"	# of what is printed: what is typed is echoed
SWAP_AND_LEAVE = "jddp:wq\r"


def start(boot, arch):
	g = boot(arch=arch)
	g.expect("[#$] ")
	g.send_line("cd /tmp; PS1='do''ne> '")
	g.expect(PROMPT)
	return g


def test_they_run_at_the_prompt(boot, arch):
	g = start(boot, arch)
	for command, answer in (
			("printf 'a 1\\nb 2\\n' | awk '{ n += $2 } END { print \"sum=\" n }'", "sum=3"),
			("echo 'scale=5; 2^70; 1/3' | bc", "1180591620717411303424\r\n\\.33333"),
			("echo 'e(1)' | bc -l", "2\\.7182818284590452353"),
			("echo '6 7 * p' | dc", "42"),
			("man wc | sed -n 2p", " *wc - Count newlines"),
			("man -k archive", "tar +- Make"),
			("seq 3 | less | tail -n 1", "3"),
			("echo $LANG", "C.UTF-8")):
		g.run(command, START + answer, PROMPT)


def test_vi_edits_a_file(boot, arch):
	g = start(boot, arch)
	g.send_line("printf 'one\\ntwo\\nthree\\n' >f; vi f")
	g.expect("3 lines, 14 bytes")
	g.send(SWAP_AND_LEAVE)
	g.expect(PROMPT)
	g.run("tr '\\n' , <f", "one,three,two,", PROMPT)


def test_less_and_man_page_through(boot, arch):
	g = start(boot, arch)
	g.send_line("seq 1000 | less")
	g.expect("\n:|\\(standard input\\)|23\r")
	g.send("G")
	g.expect("1000")
	g.send("q")
	g.expect(PROMPT)
	g.send_line("man tar")
	g.expect("SYNOPSIS")
	g.send("q")
	g.expect(PROMPT)
