#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Compare our utilities with Debian's: every command of cases/*.txt in a fresh folder, first with
theirs, then with each of our binaries; standard output, status, and the files left must be equal,
and a message must be printed by both or by neither.

A case file has one shell command a line. `{a|b|c}`, or `⟦a¦b¦c⟧`, makes a command of each, `@` stands for
every input file, `#` starts a comment. A line `!no-stderr` or `!no-status` changes what is compared in
the rest of the file, up to the next such line; the name of an input in it leaves that input out. With NAME set, only the files whose name contains one
of its words."""
import argparse
import itertools
import multiprocessing
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = 20
INPUTS = ("text", "words", "numbers", "fields", "empty", "one", "no_newline", "binary", "long",
	"utf8", "invalid", "crlf", "blank", "dups")


def write_inputs(root):
	"""The inputs, the same in every run."""
	r = random.Random(5)
	words = "the quick brown fox jumps over a lazy dog Foo foo bar Bar banana 12 007 -5 3.14 1e3 x_y".split()
	line = lambda: " ".join(r.choice(words) for _ in range(r.randint(0, 9)))
	files = {
		"text": "".join(line() + "\n" for _ in range(60)),
		"words": "".join(r.choice(words) + "\n" for _ in range(80)),
		"numbers": "".join(f"{r.choice(['', '-', ' ', '+', '0'])}{r.randint(0, 3000)}"
			f"{r.choice(['', '.5', 'K', 'M', 'abc', 'e2'])}\n" for _ in range(50)),
		"fields": "".join(":".join(r.choice(words + [""]) for _ in range(r.randint(1, 6))) + "\n"
			for _ in range(40)),
		"empty": "",
		"one": "only\n",
		"no_newline": "first line\nsecond\tline\nlast without end",
		"long": "x" * 70000 + " foo " + "abc " * 30000 + "\nshort foo\n" + "y" * 5000 + "\n",
		"utf8": "häßlich\nÄpfel und Öl\nнавигатор\n日本語 テキスト\nnaïve café foo\n",
		"crlf": "one\r\ntwo foo\r\n\r\nthree\r\n",
		"blank": "\n\n\na\n\n\nfoo\n   \n\t\n\n\nb\n\n",
		"dups": "".join(w + "\n" for w in sorted(r.choice(words) for _ in range(60))),
	}
	data = {name: text.encode() for name, text in files.items()}
	data["binary"] = bytes(r.randrange(256) for _ in range(3000)) + b"\nfoo\0bar\n" + bytes(range(256))
	data["invalid"] = b"ok\nb\xffd \xc3( foo\n\xe2\x82\n\xf0\x9f\x98\x80 end\n\xed\xa0\x80\nfoo\xfe\n"
	for name, content in data.items():
		with open(os.path.join(root, name), "wb") as f:
			f.write(content)


def write_tree(root):
	"""A small tree for the utilities that walk, copy, archive and compare."""
	d = os.path.join(root, "tree")
	os.makedirs(os.path.join(d, "sub/deep"))
	os.makedirs(os.path.join(d, "hollow"))
	for name, text in (("a.txt", "alpha foo\n"), ("b.c", "int main;\n"), (".hidden", "h\n"),
			("sub/c.txt", "gamma\nfoo\n"), ("sub/deep/d", "delta\n" * 400),
			("with space", "s\n"), ("empty", "")):
		with open(os.path.join(d, name), "w") as f:
			f.write(text)
	os.symlink("a.txt", os.path.join(d, "link"))
	os.symlink("sub", os.path.join(d, "dirlink"))
	os.symlink("nowhere", os.path.join(d, "dangling"))
	os.chmod(os.path.join(d, "b.c"), 0o755)
	os.chmod(os.path.join(d, "sub/c.txt"), 0o640)
	for base, dirs, names in os.walk(d, topdown=False):
		for i, name in enumerate(sorted(names + dirs)):
			path = os.path.join(base, name)
			os.utime(path, (1e9 + i * 1000, 1e9 + i * 1000), follow_symlinks=False)
	os.utime(d, (1e9, 1e9))


def expand(line, skipped):
	"""All commands that a line of a case file stands for."""
	if "⟦" in line:
		parts, bar = re.split("⟦([^⟧]*)⟧", line), "¦"
	else:
		parts, bar = re.split(r"(?<!\\|\$)\{((?:[^{}|]*\|)+[^{}]*)\}", line), "|"
	choices = [[p] if i % 2 == 0 else p.split(bar) for i, p in enumerate(parts)]
	for combination in itertools.product(*choices):
		command = "".join(combination).replace("\\|", "|")
		if re.search(r"(?<!\\)@", command):
			for name in INPUTS:
				if name not in skipped:
					yield re.sub(r"(?<!\\)@", name, command).replace("\\@", "@")
		else:
			yield command.replace("\\@", "@")


def snapshot(root):
	"""What a command left behind: kinds, modes, contents and link targets by path."""
	found = {}
	for base, dirs, names in os.walk(root):
		for name in sorted(dirs + names):
			path = os.path.join(base, name)
			st = os.lstat(path)
			what = os.readlink(path) if stat.S_ISLNK(st.st_mode) else b""
			if stat.S_ISREG(st.st_mode):
				with open(path, "rb") as f:
					what = f.read()
			mode = "link" if stat.S_ISLNK(st.st_mode) else oct(st.st_mode)
			found[os.path.relpath(path, root)] = (mode, st.st_nlink, what)
	return found


def state(root):
	"""Enough of every file below a folder to see that a command touched one of them."""
	found = []
	for base, dirs, names in os.walk(root):
		for name in ["."] + names + [d for d in dirs if os.path.islink(os.path.join(base, d))]:
			st = os.lstat(os.path.join(base, name))
			found.append((base, name, st.st_ino, st.st_ctime_ns))
	return sorted(found)


class Folder:
	"""A copy of the template to run commands in, made anew only after one has changed something."""

	def __init__(self, template):
		self.template = template
		self.top = tempfile.mkdtemp(dir=os.path.dirname(template))
		self.home = os.path.join(self.top, "w")
		self.fresh = None
		self.unchanged = snapshot(template)

	def clean(self):
		if self.fresh is not None:
			return
		if os.path.lexists(self.home):
			subprocess.run(["/bin/chmod", "-R", "u+rwx", self.top], check=False,
				stderr=subprocess.DEVNULL)
			shutil.rmtree(self.top, ignore_errors=True)
			os.makedirs(self.top, exist_ok=True)
		subprocess.run(["/bin/cp", "-a", self.template, self.home], check=True)
		self.fresh = state(self.top)

	def run(self, path, locale, command):
		self.clean()
		env = {"PATH": path, "LC_ALL": locale, "TZ": "UTC", "HOME": "/", "TERM": "dumb",
			"ASAN_OPTIONS": "detect_leaks=0", "COLUMNS": "80", "USER": "root"}
		try:
			p = subprocess.run(["/bin/dash", "-c", command], cwd=self.home, env=env,
				stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
		except subprocess.TimeoutExpired:
			self.fresh = None
			return b"", "hangs", b"", {}
		files = self.unchanged
		if state(self.top) != self.fresh:
			self.fresh, files = None, snapshot(self.home)
		return p.stdout, p.returncode, p.stderr, files


def differences(want, got, flags):
	out, status, err, files = want
	if got[1] == "hangs" or b"Sanitizer" in got[2] or b"runtime error" in got[2]:
		yield f"{got[1]}: {got[2][-3000:].decode(errors='replace')}"
		return
	if out != got[0]:
		same = len(os.path.commonprefix([out, got[0]]))
		near = slice(max(0, same - 60), same + 80)
		yield f"output differs at byte {same}\n  want {out[near]!r}\n  got  {got[0][near]!r}"
	if status != got[1] and "no-status" not in flags:
		yield f"status: want {status}, got {got[1]} {got[2][:300]!r} want {err[:300]!r}"
	if (err == b"") != (got[2] == b"") and "no-stderr" not in flags:
		yield f"message: want {err[:300]!r}, got {got[2][:300]!r}"
	if files != got[3]:
		changed = [n for n in sorted(set(files) | set(got[3])) if files.get(n) != got[3].get(n)]
		yield "files: " + "; ".join(f"{n}: want {str(files.get(n))[:200]}, got {str(got[3].get(n))[:200]}"
			for n in changed[:3])


def read_cases(path):
	flags = set()
	for line in open(path):
		line = line.rstrip("\n")
		if line.startswith("!"):
			flags = set(line[1:].split())
		elif line and not line.startswith("#"):
			for command in expand(line, flags):
				yield command, frozenset(flags)


def links_make(binary, folder):
	names = subprocess.run([binary], capture_output=True, text=True, check=True).stdout.split()
	os.mkdir(folder)
	for name in names:
		os.symlink(os.path.abspath(binary), os.path.join(folder, name))
	return set(names)


THEIRS = "/usr/bin:/bin:/usr/sbin:/sbin"


def worker_init(template, ours):
	global folder, our_paths
	folder = Folder(template)
	our_paths = [f"{links}:{THEIRS}" for links in ours]


def judge(job):
	"""The differences of one command, headed by what it was."""
	name, command, flags, locale = job
	want = folder.run(THEIRS, locale, command)
	bad = []
	for path in our_paths:
		bad += differences(want, folder.run(path, locale, command), flags)
	return [f"{name} [{locale}]: {command}\n " + "\n ".join(bad)] if bad else []


def main():
	parser = argparse.ArgumentParser(description=__doc__,
		formatter_class=argparse.RawDescriptionHelpFormatter)
	parser.add_argument("binaries", nargs="+")
	parser.add_argument("-v", "--verbose", action="store_true", help="show all differences, not 40")
	options = parser.parse_args()
	only = os.environ.get("NAME", "").split() or [""]
	passed = failed = 0
	with tempfile.TemporaryDirectory(prefix="matrix-") as top:
		template = os.path.join(top, "template")
		os.mkdir(template)
		write_inputs(template)
		write_tree(template)
		ours = []
		for i, binary in enumerate(options.binaries):
			links = os.path.join(top, f"bin{i}")
			links_make(binary, links)
			ours.append(links)
		jobs = []
		for name in sorted(os.listdir(os.path.join(HERE, "cases"))):
			if not any(word in name for word in only):
				continue
			for command, flags in read_cases(os.path.join(HERE, "cases", name)):
				locales = ("C",) if "c-locale" in flags else ("C", "C.UTF-8")
				jobs += [(name, command, flags, locale) for locale in locales]
		with multiprocessing.Pool(2, worker_init, (template, ours)) as pool:
			for bad in pool.imap(judge, jobs, chunksize=16):
				passed += not bad
				failed += bool(bad)
				if bad and (options.verbose or failed <= 40):
					print("\n".join(bad), flush=True)
	print(f"{passed} passed, {failed} failed")
	sys.exit(failed != 0)


if __name__ == "__main__":
	main()
