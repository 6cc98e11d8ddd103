# SPDX-License-Identifier: MPL-2.0
"""What the maintainer scripts of ordinary Debian packages do to a fresh system, done to a tree."""
import importlib.util
import marshal
import os
import re
import shlex
import sys

PYTHON_FILE = re.compile(r"usr/lib/python(3\.\d+|3)/(?!.*/lib2to3/tests/data/).*\.py$")


def configure(tree, controls):
	"""`controls` are the packages' control files, in the order they would be set up."""
	base_files(tree)
	users(tree)
	shells(tree)
	pam(tree)
	database(tree, controls)
	alternatives(tree, [c.get("postinst", "") for c in controls])
	bytecode(tree)


# -- base-files, base-passwd, libc-bin, debianutils --

DEFAULTS = {			# copied unless something else put a file there
	"usr/share/base-files/dot.profile": "root/.profile",
	"usr/share/base-files/dot.bashrc": "root/.bashrc",
	"usr/share/base-files/profile": "etc/profile",
	"usr/share/base-files/motd": "etc/motd",
	"usr/share/base-passwd/passwd.master": "etc/passwd",
	"usr/share/base-passwd/group.master": "etc/group",
	"usr/share/libc-bin/nsswitch.conf": "etc/nsswitch.conf",
}
DIRECTORIES = {"mnt": 0o755, "srv": 0o755, "opt": 0o755, "media": 0o755, "etc/opt": 0o755,
	"var/opt": 0o755, "run/lock": 0o1777, "dev": 0o755, "proc": 0o555, "sys": 0o555,
	**{f"usr/local/{name}": 0o755 for name in
		("bin", "sbin", "lib", "share", "include", "src", "etc", "games")}}
LINKS = {"var/run": "/run", "var/lock": "/run/lock", "etc/mtab": "/proc/mounts"}
FILES = {
	"etc/hostname": "futura\n",
	"etc/hosts": "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n",
	"etc/fstab": "",
	"etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n",
}


def base_files(tree):
	for path, mode in DIRECTORIES.items():
		if tree.find(path) is None:
			tree.add_directory(path, mode)
	for path, target in LINKS.items():
		if tree.find(path, follow=False) is None or path.startswith("var/"):
			tree.add_link(path, target)
	for source, path in DEFAULTS.items():
		text = tree.text(source)
		if text is not None and tree.find(path) is None:
			tree.add_data(path, text.encode())
	for path, text in FILES.items():
		if tree.find(path) is None:
			tree.add_data(path, text.encode())


def users(tree):
	"""Shadow files: nobody has a password. (group 42: shadow)"""
	names = [line.split(":")[0] for line in (tree.text("etc/passwd") or "").splitlines()]
	groups = [line.split(":")[0] for line in (tree.text("etc/group") or "").splitlines()]
	shadow = "".join(f"{name}:*:19000:0:99999:7:::\n" for name in names)
	gshadow = "".join(f"{name}:*::\n" for name in groups)
	tree.add_data("etc/shadow", shadow.encode(), 0o640, gid=42)
	tree.add_data("etc/gshadow", gshadow.encode(), 0o640, gid=42)


def shells(tree):
	"""/etc/shells: the list of debianutils, and what packages put into shells.d."""
	text = tree.text("usr/share/debianutils/shells") or "# /etc/shells: valid login shells\n"
	names = [n for n in sorted(tree.nodes) if n.startswith("usr/share/debianutils/shells.d/")]
	added = [line for n in names for line in (tree.text(n) or "").splitlines()]
	for shell in added:
		text += shell + "\n"
		if shell.startswith("/bin/"):
			text += "/usr" + shell + "\n"
	tree.add_data("etc/shells", text.encode())


# What pam-auth-update writes where passwords are the only way to log in.
PAM = {
	"account": ("[success=1 new_authtok_reqd=done default=ignore] pam_unix.so", ""),
	"auth": ("[success=1 default=ignore] pam_unix.so nullok", ""),
	"password": ("[success=1 default=ignore] pam_unix.so obscure yescrypt", ""),
	"session": ("[default=1] pam_permit.so", "required pam_unix.so"),
}


def pam(tree):
	"""/etc/pam.d/common-*, which the programs' own files there include."""
	if tree.find("usr/share/pam/common-auth") is None:
		return
	for kind, (first, last) in PAM.items():
		lines = [first, "requisite pam_deny.so", "required pam_permit.so", last]
		text = "".join(f"{kind}\t{line}\n" for line in lines if line)
		tree.add_data(f"etc/pam.d/common-{kind}", text.encode())
		if kind == "session":
			tree.add_data("etc/pam.d/common-session-noninteractive", text.encode())


def database(tree, controls):
	"""What dpkg-query reads: each package is installed."""
	text = "".join(c["control"].rstrip("\n").replace("\n", "\nStatus: install ok installed\n", 1) +
		"\n\n" for c in controls)
	tree.add_data("var/lib/dpkg/status", text.encode())


# -- update-alternatives --

def alternatives_of(script):
	"""[(priority, [(link, name, path)])] that a script installs, the first of each list being the
	master. Calls with variables in them are not understood, and left out."""
	script = re.sub(r"\\\n", " ", script)
	found = []
	for line in re.findall(r"^\s*update-alternatives\s[^\n]*--install\s([^\n|;>&]*)", script, re.M):
		words = shlex.split(line)
		if len(words) < 4 or not re.fullmatch(r"-?\d+", words[3]) or "$" in line:
			continue
		links, rest = [tuple(words[:3])], words[4:]
		while len(rest) >= 4 and rest[0] == "--slave":
			links.append(tuple(rest[1:4]))
			rest = rest[4:]
		found.append((int(words[3]), links))
	return found


def procps_alternatives(tree):
	"""procps installs its NAME.procps by a loop of its own."""
	for path in sorted(tree.nodes):
		if path.endswith(".procps") and "/man/" not in path:
			link = "/" + path.removesuffix(".procps")
			yield 50, [(link, os.path.basename(link), "/" + path)]


def java_alternatives(tree):
	"""OpenJDK's packages install theirs by loops too, and list them: `KIND NAME PATH`."""
	for path in sorted(tree.nodes):
		if not (path.startswith("usr/lib/jvm/.") and path.endswith(".jinfo")):
			continue
		text = tree.text(path) or ""
		priority = re.search(r"^priority=(\d+)$", text, re.M)
		for name, target in re.findall(r"^(?:hl|jre|jdkhl|jdk) (\S+) (\S+)$", text, re.M):
			yield int(priority[1]) if priority else 0, [(f"/usr/bin/{name}", name, target)]


def alternatives(tree, scripts):
	"""For each name the choice of highest priority: LINK -> /etc/alternatives/NAME -> PATH."""
	best = {}
	offers = [offer for script in scripts for offer in alternatives_of(script)]
	for priority, links in [*offers, *procps_alternatives(tree), *java_alternatives(tree)]:
		name = links[0][1]
		if tree.find(links[0][2]) and (name not in best or priority > best[name][0]):
			best[name] = priority, links
	for _, links in best.values():
		for link, name, path in links:
			if tree.find(path) is None or tree.find(link, follow=False) is not None:
				continue
			tree.add_link(f"etc/alternatives/{name}", path)
			tree.add_link(link, f"/etc/alternatives/{name}")


# -- py3compile --

def bytecode(tree):
	"""Compile Python's modules as the packages' scripts would, where this Python makes the same
	code: otherwise every run in the guest compiles what it imports."""
	ours = f"3.{sys.version_info.minor}"
	if tree.find(f"usr/bin/python{ours}") is None:
		return
	for path in [p for p in tree.nodes if PYTHON_FILE.match(p)]:
		node = tree.nodes[path]
		version = PYTHON_FILE.match(path)[1]
		if not node.info.isreg() or version not in (ours, "3"):
			continue
		code = _compile(node, path)
		if code is not None:
			folder, name = os.path.split(path)
			cache = f"{folder}/__pycache__/{name[:-3]}.cpython-{ours.replace('.', '')}.pyc"
			tree.add_data(cache, code, node.info.mode & 0o666, mtime=node.info.mtime)


def _compile(node, path):
	"""A .pyc file: magic number, flags 0, the source's time and size, the code."""
	try:
		code = compile(node.read(), "/" + path, "exec", dont_inherit=True)
	except (SyntaxError, ValueError, UnicodeDecodeError, RecursionError):
		return None		# meant to be wrong: data of tests
	fields = (0, node.info.mtime & 0xffffffff, node.info.size)
	return importlib.util.MAGIC_NUMBER + b"".join(f.to_bytes(4, "little") for f in fields) + \
		marshal.dumps(code)
