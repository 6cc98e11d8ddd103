# SPDX-License-Identifier: MPL-2.0
"""Each command of commands.list gives in Futura what it gives on Linux.

Linux is this machine, with the same root image unpacked and entered by chroot. Its answers serve for
both architectures: the list asks for nothing that depends on one."""
import os
import re
import shutil
import subprocess
import tempfile

import debian
import guest
import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
FUTURA = os.path.join(HERE, "../../tools/futura")
SECONDS = 900			# for one boot
MOST_BOOTS = 8			# after a command that stopped the machine, the rest runs in another one

# Runs each file of /check from the one named by $1 on; what it prints is parsed by answers().
SCRIPT = r"""
for f in /check/[0-9]*; do
	n=${f##*/}
	[ "$n" -lt "$1" ] && continue
	mkdir /tmp/$n && cd /tmp/$n || exit
	printf '\001begin %s\n' $n
	timeout -k 5 60 env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root sh $f </dev/null 2>&1
	printf '\001end %s %s\n' $n $?
	cd /; rm -rf /tmp/$n
done
"""
ANSWER = re.compile(rb"\x01begin (\d+)\n(.*?)\x01end \1 (\d+)\n", re.S)


def parts():
	"""[(packages, [command])] of the list."""
	found = []
	for line in open(os.path.join(HERE, "commands.list")):
		line = line.rstrip("\n")
		if line.split(" ")[0] == "packages":
			found.append((line.split()[1:], []))
		elif line and not line.startswith("#"):
			found[-1][1].append(line)
	return found


def answers(output):
	return {int(n): (text, int(status)) for n, text, status in ANSWER.findall(output)}


def write_check(folder, commands):
	"""The folder /check; numbers have as many digits as sort them."""
	os.makedirs(folder)
	for i, command in enumerate(commands, 1000):
		with open(os.path.join(folder, str(i)), "w") as f:
			f.write(command + "\n")
	with open(os.path.join(folder, "run"), "w") as f:
		f.write(SCRIPT)


def root_image(packages):
	"""The root that this machine's Linux runs the commands in."""
	arch = guest.qemu.host_arch()
	if packages:
		return debian.root_image(packages, arch)
	path = guest.qemu.built(arch, "root.tar")
	subprocess.run(["make", "-s", "-C", guest.qemu.ROOT, f"ARCH={arch}", path[len(guest.qemu.ROOT) + 1:]],
		check=True)
	return path


def on_linux(image, commands):
	with tempfile.TemporaryDirectory(prefix="futura-chroot-") as root:
		subprocess.run(["tar", "-xpf", image, "-C", root], check=True)
		os.chmod(root, 0o755)	# users are to find their way, too
		write_check(os.path.join(root, "check"), commands)
		enter = 'mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"; ' \
			'exec chroot "$0" sh /check/run 0'
		done = subprocess.run(["unshare", "--mount", "--pid", "--fork", "sh", "-c", enter, root],
			stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=SECONDS)
	return answers(done.stdout)


def on_futura(arch, packages, commands, cpus):
	got, start = {}, 1000
	with tempfile.TemporaryDirectory(prefix="futura-debian-") as folder:
		write_check(os.path.join(folder, "check"), commands)
		for _ in range(MOST_BOOTS):
			done = subprocess.run([FUTURA, "exec", "--arch", arch, "--cpus", str(cpus),
				"--timeout", str(SECONDS * guest.PATIENCE),
				*(["--debian", ",".join(packages)] if packages else []), "--add", f"{folder}/check:/check", "--", "sh", "/check/run", str(start)],
				stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
			got.update(answers(done.stdout))
			begun = [int(n) for n in re.findall(rb"\x01begin (\d+)\n", done.stdout)]
			if not begun or begun[-1] in got and done.returncode == 0:
				break
			start = begun[-1] + 1
	return got


@pytest.fixture(scope="session")
def linux():
	"""linux(part) -> its answers on Linux, asked once."""
	known = {}

	def ask(i):
		if i not in known:
			packages, commands = parts()[i]
			image = root_image(packages)
			known[i] = on_linux(image, commands)
		return known[i]

	return ask


@pytest.mark.parametrize("part", range(len(parts())))
def test_equal(part, arch, linux, record_property):
	if os.geteuid() != 0 or not shutil.which("unshare"):
		pytest.skip("chroot needs root")
	packages, commands = parts()[part]
	want = linux(part)
	assert len(want) == len(commands), "a command has no answer on Linux"
	got = on_futura(arch, packages, commands, 1)
	known = open(os.path.join(HERE, "missing.list")).read().split("\n")
	want = {n: a for n, a in want.items() if f"command {commands[n - 1000]}" not in known}
	wrong = [n for n in sorted(want) if got.get(n) != want[n]]
	record_property("guest_tests", (len(want) - len(wrong), len(wrong)))
	if wrong:
		text = "\n".join(f"{commands[n - 1000]}\n   Linux  {want[n]!r:.300}\n   Futura "
			f"{got.get(n, 'no answer')!r:.300}" for n in wrong)
		raise AssertionError(f"{len(wrong)} of {len(want)} differ:\n{text}")
