# SPDX-License-Identifier: MPL-2.0
"""FuturaFS inside the guest: tests/fsd-tests, then a second boot, and the host's fsck after each."""
import os
import subprocess

import pytest
import qemu

TOOLS = os.path.join(qemu.ROOT, "build/tools")


@pytest.fixture(scope="session")
def tools():
	subprocess.run(["make", "-C", qemu.ROOT, "tools"], check=True, capture_output=True)


@pytest.fixture
def volume(tmp_path, tools):
	image = tmp_path / "volume.img"
	subprocess.run([f"{TOOLS}/mkfutfs", image, "--size", "64M"], check=True, capture_output=True)
	return image


def check(image):
	done = subprocess.run([f"{TOOLS}/fsck.futfs", image], capture_output=True, text=True)
	assert done.returncode == 0 and " 0 problems" in done.stdout, done.stdout + done.stderr


@pytest.mark.guest_tests
@pytest.mark.parametrize("cpus", [1, 4])
def test_a_volume(guest_tests, boot, arch, cpus, volume):
	guest_tests(arch=arch, cpus=cpus, disks=[str(volume)], append="run=fsd-tests", timeout=300)
	check(volume)
	g = boot(arch=arch, cpus=cpus, disks=[f"{volume}:pci"], append="run=fsd-tests again")
	assert g.wait(timeout=120) == 0
	check(volume)


def run(arch, command, *options):
	"""One Linux command in a machine of its own."""
	return subprocess.run([f"{qemu.ROOT}/tools/futura", "exec", "--arch", arch, "--timeout", "120",
		*options, "--", "sh", "-c", command], stdin=subprocess.DEVNULL, capture_output=True, text=True)


def test_without_a_volume_mounting_says_why(arch, tmp_path):
	(tmp_path / "empty").write_bytes(bytes(1 << 20))
	command = "mount -t futurafs /dev/vda /mnt"
	done = run(arch, command)
	assert done.returncode == 1 and "No such file or directory" in done.stderr
	done = run(arch, command, "--disk", f"{tmp_path}/empty")
	assert done.returncode == 1 and "Invalid argument" in done.stderr


def test_files_stay_from_boot_to_boot(arch, volume):
	command = "umount /data && mount -t futurafs /dev/vda /mnt && mkdir -p /mnt/d && "
	assert run(arch, command + "echo one >/mnt/d/f", "--disk", str(volume)).returncode == 0
	check(volume)
	ends = "for i in 1 2 3 4 5 6 7 8 9; do svc | grep -o '^fsd  *stopped' && break; sleep 0.3; done; "
	done = run(arch, command + f"cat /mnt/d/f && umount /mnt && {ends} mount /dev/vda /mnt && ls /mnt",
		"--disk", str(volume))
	assert (done.returncode, done.stdout.split()) == (0, ["one", "fsd", "stopped", "d"])
	check(volume)


def test_a_full_table_of_inodes_still_deletes(arch, tools, tmp_path):
	subprocess.run([f"{TOOLS}/mkfutfs", f"{tmp_path}/v", "--size", "16M", "--inodes", "20"], check=True,
		capture_output=True)
	done = run(arch, "cd /data; i=0; while touch $i; do i=$((i+1)); done; rm 3 && mkdir d && echo $i made",
		"--disk", f"{tmp_path}/v")
	assert done.returncode == 0 and "No space left on device" in done.stderr, done.stderr
	assert 10 < int(done.stdout.split()[0]) <= 20
	check(f"{tmp_path}/v")


@pytest.mark.parametrize("case", ["open_files_end_with_an_error", "mapped_pages_are_written_back_meanwhile"])
def test_a_quota_that_is_used_up_ends_nothing(arch, tools, tmp_path, case):
	"""A small machine, so that fsd has little."""
	program = f"{qemu.ROOT}/build/{arch}/tests-posix/exhaust"
	subprocess.run(["make", "-s", "-C", qemu.ROOT, f"ARCH={arch}", "posix-programs"], check=True)
	subprocess.run([f"{TOOLS}/mkfutfs", f"{tmp_path}/v", "--size", "256M"], check=True, capture_output=True)
	done = run(arch, f"/t/exhaust {case}; svc | grep '^fsd '", "--mem", "96M", "--disk", f"{tmp_path}/v",
		"--add", f"{program}:/t/exhaust")
	assert f"\nok {case}\n" in done.stdout and "# 0 files" not in done.stdout, done.stdout + done.stderr
	assert done.stdout.split()[-4:] == ["fsd", "running", "0", "0"], done.stdout
	check(f"{tmp_path}/v")


# Files are written and synced while fsd is killed, twice; then all that was told to be safe is read.
KILLED = """
safe() { wc -l </tmp/safe; }
work() { i=0; while [ $(safe) -lt 40 -a $i -lt 500 ]; do
	echo $i >/data/f$i && sync /data/f$i && echo $i >>/tmp/safe; i=$((i+1)); sleep 0.05
done; }
: >/tmp/safe; work 2>/tmp/errors &
for k in 1 2; do
	until [ $(safe) -ge $((k*10)) ]; do sleep 0.05; done; svc kill fsd
	until svc | grep -q "^fsd  *running  *$k "; do sleep 0.1; done
done; wait
for i in $(cat /tmp/safe); do [ "$(cat /data/f$i)" = $i ] || echo "lost $i"; done
svc | grep -q '^fsd  *running  *2 ' && echo $(wc -l </tmp/safe) safe
"""


def test_fsd_killed_under_load_loses_nothing_that_was_synced(arch, volume):
	done = run(arch, KILLED, "--disk", str(volume))
	assert done.returncode == 0 and "lost" not in done.stdout, done.stdout + done.stderr
	assert done.stdout.split()[-2:] == ["40", "safe"], done.stdout + done.stderr
	check(volume)


def test_a_machine_that_is_cut_off_leaves_a_sound_volume(boot, arch, volume):
	g = boot(arch=arch, disks=[str(volume)], append="run=fsd-tests")
	g.expect("ok fsd.names_come_and_go")
	g.close()
	check(volume)


def test_what_was_promised_outlives_power_cuts(arch, tools):
	"""The short form of `make futfs-crash-test`: one cut anywhere, one in the cleaner."""
	subprocess.run(["make", "-s", "-C", qemu.ROOT, f"ARCH={arch}", "crash-work"], check=True)
	done = subprocess.run([f"{qemu.ROOT}/tests/crash/crash.py", "--arch", arch, "--rounds", "2"],
		capture_output=True, text=True)
	assert done.returncode == 0 and "futfs_crash_gc: PASS" in done.stdout, done.stdout + done.stderr
