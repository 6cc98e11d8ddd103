#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Instructions by callgrind (user mode, the process itself): loops in our shell beside dash, and
utilities beside Debian's. Prints a table; fails if a row is over its limit."""
import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

UTILITY_LIMIT = 1.2		# times Debian's
STARTUP_LIMIT = 60000	# instructions of sh -c :

# N is the number of turns; what forks has fewer.
LOOPS = (
	("arithmetic", "i=0; while [ $i -lt N ]; do i=$((i + 1)); done"),
	("nested arithmetic", "i=0; s=0; while [ $i -lt N ]; do i=$((i+1)); s=$(((s*31+i)%65521)); done"),
	("string building", "i=0; while [ $i -lt N ]; do i=$((i+1)); s=a${i}b; t=${s#a}; u=$t.${#s}; done"),
	("function calls", "f() { r=$1; }; i=0; while [ $i -lt N ]; do f $i; i=$((i+1)); done"),
	("while read", "while read -r a b; do c=$b; done <lines"),
	("for and case", "for i in $(cat words); do case $i in *7) n=$i;; [ab]*) m=$i;; esac; done"),
	("$(echo $i)", "i=0; while [ $i -lt F ]; do i=$((i+1)); v=$(echo $i); done"),
	("$(cmd | cmd)", "i=0; while [ $i -lt 200 ]; do i=$((i+1)); v=$(true | true); done"),
)
COMMANDS = ("wc -l text", "wc text", "sort text", "grep -F banana text", "grep -E '(fox|dog).*bar' text",
	"cut -d ' ' -f2 text", "uniq text", "sha256sum text", "cat text", "tr a-z A-Z <text")


def instructions(command, folder):
	out = os.path.join(folder, "counts")
	subprocess.run(f"valgrind --tool=callgrind --callgrind-out-file={out} -q {command} "
		"2>errors | cat >/dev/null", shell=True, cwd=folder, check=True,
		env={**os.environ, "LC_ALL": "C.UTF-8"})
	with open(out, errors="replace") as f:
		return int(re.search(r"^(?:summary|totals): (\d+)", f.read(), re.M).group(1))


def row(name, theirs, ours, limit):
	print(f"| {name} | {theirs:,} | {ours:,} | {ours / theirs:.2f} |", flush=True)
	return ours <= theirs * limit


def quoted(text):
	return "'" + text.replace("'", "'\\''") + "'"


def shell_rows(binary, turns, folder):
	with open(os.path.join(folder, "lines"), "w") as f:
		f.writelines(f"word{i} the rest of line {i}\n" for i in range(turns))
	with open(os.path.join(folder, "words"), "w") as f:
		f.writelines(f"{'abcd'[i % 4]}{i}\n" for i in range(turns))
	good = True
	for name, loop in LOOPS:
		loop = quoted(re.sub(r"\bF\b", str(turns // 100), re.sub(r"\bN\b", str(turns), loop)))
		good &= row(name, instructions(f"/bin/dash -c {loop}", folder),
			instructions(f"{binary} -c {loop}", folder), 1)
	ours = instructions(f"{binary} -c :", folder)
	return row("`sh -c :`", instructions("/bin/dash -c :", folder), ours, 1) and \
		ours < STARTUP_LIMIT and good


def utility_rows(binary, size, folder):
	r = random.Random(7)
	words = "the quick brown fox jumps over lazy dog foo bar banana 12 007 x_y".split()
	with open(os.path.join(folder, "text"), "w") as f:
		while f.tell() < size:
			f.writelines(" ".join(r.choices(words, k=r.randint(3, 12))) + "\n" for _ in range(1000))
	good = True
	for command in COMMANDS:
		name = command.split()[0]
		os.symlink(binary, os.path.join(folder, name))
		theirs = instructions(f"{shutil.which(name)} {command.split(' ', 1)[1]}", folder)
		ours = instructions(f"./{command}", folder)
		good &= row(f"`{command}`".replace("|", r"\|"), theirs, ours, UTILITY_LIMIT)
		os.unlink(os.path.join(folder, name))
	return good


def main():
	p = argparse.ArgumentParser(description=__doc__)
	p.add_argument("what", choices=("shell", "utilities"))
	p.add_argument("binary")
	p.add_argument("--turns", type=int, default=1000000, help="of each loop")
	p.add_argument("--size", type=int, default=100 << 20, help="of the input, in bytes")
	a = p.parse_args()
	with tempfile.TemporaryDirectory() as folder:
		binary = os.path.join(folder, "sh")
		shutil.copy(a.binary, binary)
		good = shell_rows(binary, a.turns, folder) if a.what == "shell" else \
			utility_rows(binary, a.size, folder)
	sys.exit(0 if good else 1)


main()
