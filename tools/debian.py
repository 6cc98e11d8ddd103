# SPDX-License-Identifier: MPL-2.0
"""Root images of Debian packages: chosen and fetched by apt, unpacked, set up as dpkg would.

apt works in a folder of its own below build/, for the guest's architecture, on a system where
nothing is installed; so it needs no privilege, and what it finds depends on the archive alone. The
archive is the one that this machine's own apt uses. No script of a package is run: what the
maintainer scripts of ordinary programs do is done here (tools/debian_setup.py)."""
import fnmatch
import glob
import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from importlib.machinery import SourceFileLoader

import debian_setup
import qemu
import root

ARCHES = {"x86_64": "amd64", "arm64": "arm64"}
RELEASE = "bookworm"
LISTS_SECONDS = 24 * 3600	# how long the archive's list of packages is taken for fresh

# What every package may rely on without saying so ("Essential: yes"), without what only installs
# packages and boots machines: dpkg, init-system-helpers, login, perl-base.
ESSENTIAL = ("base-files", "base-passwd", "bash", "bsdutils", "coreutils", "dash", "debianutils",
	"diffutils", "findutils", "grep", "gzip", "hostname", "libc-bin", "ncurses-base",
	"ncurses-bin", "sed", "sysvinit-utils", "tar", "util-linux")

# Documents and translations, as Debian's own small images leave them out.
LEFT_OUT = re.compile(r"usr/share/(doc/(?!.*/copyright$).|man/|info/|locale/|lintian/|bug/|doc-base/)")

MERGED = ("bin", "sbin", "lib")


def say(text):
	print(f"futura: {text}", file=sys.stderr, flush=True)


class Apt:
	"""apt-get in a folder of its own, for one architecture."""

	def __init__(self, folder, debian_arch):
		self.folder, self.arch = folder, debian_arch
		self.archives = os.path.join(folder, "archives")
		for name in ("lists/partial", "archives/partial", "sources"):
			os.makedirs(os.path.join(folder, name), exist_ok=True)
		open(os.path.join(folder, "status"), "a").close()
		self._write_sources()

	def _write_sources(self):
		"""This machine's sources of the release, with its security updates."""
		setup = SourceFileLoader("setup", os.path.join(qemu.ROOT, "mk/setup")).load_module()
		known = list(setup.stanzas())
		stanzas = known + setup.extra_sources(known, RELEASE)
		with open(os.path.join(self.folder, "sources", "debian.sources"), "w") as f:
			for s in stanzas:
				suites = [x for x in s.get("Suites", "").split() if x.startswith(RELEASE)]
				if suites and s.get("Enabled", "yes") != "no":
					s = {**s, "Types": "deb", "Suites": " ".join(suites)}
					s.pop("Architectures", None)
					f.write("".join(f"{k}: {v}\n" for k, v in s.items()) + "\n")

	def get(self, *args):
		options = {
			"APT::Architecture": self.arch,
			"APT::Architectures": self.arch,
			"APT::Install-Recommends": "false",
			"APT::Install-Suggests": "false",
			"APT::Sandbox::User": "root",
			"Acquire::Languages": "none",
			"Dir::Cache": self.folder,
			"Dir::Cache::archives": self.archives,
			"Dir::Etc::sourcelist": "/dev/null",
			"Dir::Etc::sourceparts": os.path.join(self.folder, "sources"),
			"Dir::Etc::preferences": "/dev/null",
			"Dir::Etc::preferencesparts": "/dev/null",
			"Dir::State": self.folder,
			"Dir::State::lists": os.path.join(self.folder, "lists"),
			"Dir::State::status": os.path.join(self.folder, "status"),
			"Dir::State::extended_states": os.path.join(self.folder, "extended"),
			"APT::Update::Post-Invoke": "",
		}
		command = ["apt-get", "-q", "-y"]
		for name, value in options.items():
			command += ["-o", f"{name}={value}"]
		try:
			done = subprocess.run(command + list(args), capture_output=True, text=True,
				stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"})
		except FileNotFoundError:
			raise ValueError("--debian needs Debian's apt-get on this machine") from None
		if done.returncode != 0:
			errors = re.findall(r"^E: (.*)", done.stderr, re.M)
			missing = re.findall(r"^ \S+ : .*", done.stdout, re.M)
			raise ValueError("--debian: " + "; ".join(missing + errors or [done.stderr]))
		return done.stdout

	def update(self):
		"""Fetch the list of packages, unless there is a fresh one."""
		stamp = os.path.join(self.folder, "updated")
		if os.path.exists(stamp) and time.time() - os.path.getmtime(stamp) < LISTS_SECONDS:
			return
		say(f"fetching Debian's list of packages for {self.arch}")
		try:
			self.get("update", "--error-on=any")
			open(stamp, "w").close()
		except ValueError as e:
			if not os.path.exists(stamp):
				raise
			say(f"using the older list of packages: {e}")

	def resolve(self, packages):
		"""[(name, version, architecture)] of all that must be there, in the order to set up."""
		text = self.get("-s", "install", *packages)
		return re.findall(r"^Inst (\S+) \((\S+) .*\[(\w+)\]\)", text, re.M)

	def fetch(self, packages, chosen):
		"""Paths of the packages' files."""
		paths = [os.path.join(self.archives, deb_name(*c)) for c in chosen]
		absent = [p for p in paths if not os.path.exists(p)]
		if absent:
			say(f"fetching {len(absent)} of {len(paths)} packages")
			self.get("--download-only", "install", *packages)
		return paths


def deb_name(name, version, arch):
	return f"{name}_{version.replace(':', '%3a')}_{arch}.deb"


def _deb_tar(part, path):
	"""A part of a package as a tarfile: `--fsys-tarfile` or `--ctrl-tarfile`."""
	process = subprocess.Popen(["dpkg-deb", part, path], stdout=subprocess.PIPE)
	return process, tarfile.open(fileobj=process.stdout, mode="r|")


def control_files(path):
	"""{name: text} of a package's control files."""
	process, tar = _deb_tar("--ctrl-tarfile", path)
	files = {os.path.basename(m.name): tar.extractfile(m).read().decode(errors="replace")
		for m in tar if m.isreg()}
	_finish(process, path)
	return files


def _finish(process, path):
	process.stdout.read()		# past the tar's end
	if process.wait() != 0:
		raise ValueError(f"{path} is damaged: remove it, and try again")


def unpack(tree, paths):
	"""Put the packages into the tree; returns [control files] in the same order."""
	controls = []
	for i, path in enumerate(paths, 1):
		if sys.stderr.isatty():
			name = os.path.basename(path).split("_")[0]
			print(f"\r\x1b[Kfutura: unpacking {i}/{len(paths)} {name}", end="",
				file=sys.stderr, flush=True)
		controls.append(control_files(path))
		process, tar = _deb_tar("--fsys-tarfile", path)
		tree.add_tar(tar, keep=lambda name: not LEFT_OUT.match(name))
		_finish(process, path)
	if sys.stderr.isatty():
		print("\r\x1b[K", end="", file=sys.stderr)
	return controls


def take(tree, path, patterns):
	"""Put those files of one package into the tree whose paths match one of the patterns."""
	process, tar = _deb_tar("--fsys-tarfile", path)
	tree.add_tar(tar, keep=lambda name: any(fnmatch.fnmatch(name, p) for p in patterns))
	_finish(process, path)


def merge_usr(tree, debian_arch):
	"""/bin and the others are links into /usr, as on every Debian 12."""
	for name in MERGED + (("lib64",) if debian_arch == "amd64" else ()):
		tree.add_directory(f"usr/{name}")
		tree.add_link(name, f"usr/{name}")


def build(packages, arch, folder, output):
	apt = Apt(os.path.join(folder, "apt"), ARCHES[arch])
	apt.update()
	wanted = sorted({*ESSENTIAL, *packages})
	chosen = apt.resolve(wanted)
	paths = apt.fetch(wanted, chosen)
	say(f"putting together {len(paths)} packages for {arch}")
	with tempfile.NamedTemporaryFile(dir=folder, prefix="spool-") as spool:
		tree = root.Tree(spool)
		merge_usr(tree, apt.arch)
		controls = unpack(tree, paths)
		debian_setup.configure(tree, controls)
		with open(f"{output}.{os.getpid()}", "wb") as f:
			tree.write(f)
	os.rename(f"{output}.{os.getpid()}", output)


def _recipe():
	"""What the image depends on besides the packages: how it is put together."""
	here = os.path.dirname(os.path.abspath(__file__))
	names = [n for n in sorted(glob.glob(os.path.join(here, "debian*.py")))]
	return b"".join(open(n, "rb").read() for n in names + [os.path.join(here, "root.py")])


def root_image(packages, arch):
	"""The path of a root image that holds these packages; made now unless the cache has it."""
	for name in packages:
		if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+(=[\w.+:~-]+)?", name):
			raise ValueError(f"--debian: {name!r} is no name of a package")
	folder = os.path.join(qemu.ROOT, "build/debian", arch)
	os.makedirs(folder, exist_ok=True)
	key = hashlib.sha256("\n".join([RELEASE, *sorted(set(packages))]).encode() + _recipe())
	path = os.path.join(folder, f"{key.hexdigest()[:24]}.tar")
	if not os.path.exists(path):
		build(packages, arch, folder, path)
	return path
