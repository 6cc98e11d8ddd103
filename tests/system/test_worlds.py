# SPDX-License-Identifier: MPL-2.0
"""futura-run: what a program in a world of its own can reach, and what it leaves behind."""
import subprocess

import pytest
import qemu

SETUP = """mkdir -p /tmp/c/proc /tmp/c/dev /tmp/c/tmp /tmp/c/usr; cp -r /usr/bin /tmp/c/usr
ln -s usr/bin /tmp/c/bin; echo secret >/tmp/secret; sleep 300 &
"""

# What is run inside, and what it says.
INSIDE = [
	("read x; echo got $x", "got input"),
	("ls / | tr '\\n' ' '", "bin dev proc tmp usr"),
	("ls /../..| tr '\\n' ' '", "bin dev proc tmp usr"),
	("ls /dev | tr '\\n' ' '", "full null random shm urandom zero"),
	("cat /tmp/secret /../tmp/secret /proc/1/root/tmp/secret /proc/self/root/tmp/secret 2>&- || echo none",
		"none"),
	("ps | grep -c '[s]leep'", "0"),
	("ls -d /proc/[0-9]* | wc -l", "4"),	# init, the shell, ls and wc
	("i=3; n=0; while [ $i -lt 60 ]; do kill -0 $i 2>&- && n=$((n+1)); i=$((i+1)); done; echo $n", "0"),
	("mount -t futurafs /dev/vda /tmp 2>&- || echo none", "none"),
	("mknod /tmp/vda b 253 0; mount -t futurafs /tmp/vda /tmp 2>&- || echo none", "none"),
	("for k in devtmpfs devpts control; do mount -t $k x /tmp 2>&- && echo $k; done; echo none", "none"),
	("mknod /tmp/tty c 5 1; (echo x >/tmp/tty) 2>&- || echo none", "none"),
	("poweroff 2>&- || echo none", "none"),
	("mount -t tmpfs x /tmp; ls /tmp; grep -c tmp /proc/mounts", "3"),
	("head -c 4 /dev/urandom | wc -c; echo x >/dev/null", "4"),
]


def run(arch, script):
	done = subprocess.run([f"{qemu.ROOT}/tools/futura", "exec", "--arch", arch, "--timeout", "200",
		"--", "sh", "-c", SETUP + script], stdin=subprocess.DEVNULL, capture_output=True, text=True)
	return done.stdout, done.stderr


def test_it_reaches_nothing_else(arch):
	lines = "".join(f"echo input | futura-run --root /tmp/c sh -c {quoted(command)}; echo\necho ==\n"
		for command, _ in INSIDE)
	out, complaints = run(arch, lines)
	said = [" ".join(part.split()) for part in out.split("==")]
	for (command, want), got in zip(INSIDE, said, strict=False):
		assert got == want, f"{command}: {got!r}\n{complaints}"
	assert len(said) == len(INSIDE) + 1


def quoted(text):
	return "'" + text.replace("'", "'\\''") + "'"


@pytest.mark.parametrize("command,want", [
	("futura-run --root /tmp/c sh -c 'exit 7'; echo $?", "7"),
	("futura-run --root /tmp/c sh -c 'kill -9 $$'; echo $?", "137"),
	("futura-run --root /tmp/c nothing; echo $?", "127"),
	("futura-run --root /tmp/c nothing 2>&1 | grep -c 'nothing.*: No such file or directory$'", "1"),
	("futura-run --root /nothing true; echo $?", "125"),
	("futura-run --root /tmp/c --cap nothing true; echo $?", "125"),
	("for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do futura-run --root /tmp/c true || echo $i; "
		"done; echo all", "all"),
	("futura-run --root /tmp/c sh -c 'sleep 99 & echo >/tmp/runs; sleep 99' & "
		"until [ -e /tmp/c/tmp/runs ]; do sleep 0.1; done; kill $!; wait $!; echo $?", "137"),
	("futura-run --root /tmp/c --cap devices sh -c 'ls /dev/console && ls /dev/tty' | wc -l", "2"),
])
def test_it_ends_as_it_should(arch, command, want):
	out, complaints = run(arch, command)
	assert out.split() == [want], complaints


# What a loop may not leave with the services. Of their books: handles, and KiB of memory, when they rest.
LEAVES_NOTHING = """look() { sleep 0.5; awk '/ (ramfsd|posixd)$/ { print $4, $5 }' /run/futura/tasks | tr '\\n' ' '; }
books() { now=$(look); until was=$now; now=$(look); [ "$now" = "$was" ]; do :; done; echo $now; }
mkdir /tmp/c/m
turn() { %s; }
turns() { i=0; while [ $i -lt $1 ]; do turn || echo failed; i=$((i+1)); done; }
turns 10; books; turns 60; books
"""


@pytest.mark.parametrize("turn", [
	"futura-run --root /tmp/c sh -c 'mount -t tmpfs x /tmp && chroot / true'",
	"chroot /tmp/c true",
	"mount -t tmpfs x /tmp/c/m && mkdir /tmp/c/m/d && umount /tmp/c/m",
	"mount --bind /tmp/c /tmp/c/m && (cd /tmp/c/m/tmp && umount -l /tmp/c/m)",
])
def test_a_loop_leaves_nothing_with_the_services(arch, turn):
	out, complaints = run(arch, LEAVES_NOTHING % turn)
	books = [int(x) for x in out.split()]
	assert len(books) == 8, out + complaints
	for what, before, after in zip(["handles", "KiB"] * 2, books[:4], books[4:], strict=True):
		assert after <= before + (0 if what == "handles" else 64), f"{what}: {before}, then {after}"
