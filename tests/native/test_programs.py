# SPDX-License-Identifier: MPL-2.0
"""Native programs in the guest: the echo example, the tools, and starts that cannot succeed."""
import pytest
import qemu


def test_the_echo_example_shows_what_the_tutorial_says(arch, boot):
	g = boot(arch=arch, append="run=echo")
	assert g.wait(timeout=120) == 0
	for line in ('say: the server answered "hello"', "LENT, NOT COPIED", "3 calls on our own session",
			"hello from the server's page", "now reading gives revoked", "restarting `echo-server`",
			'the restarted server answered "again"', "went through the console driver"):
		assert line in g.log


@pytest.mark.parametrize("program", ("ps", "ps -s", "counters", "tracedump 0"))
def test_native_tools_run(arch, program, boot):
	assert boot(arch=arch, append=f"run={program}").wait(timeout=120) == 0


def test_a_program_that_the_manifest_does_not_know_gets_the_log_alone(arch, boot):
	g = boot(arch=arch, append="run=counters-absent")
	assert g.wait(timeout=120) == 1
	assert "cannot start `counters-absent`" in g.log


def test_without_a_bundle_userboot_says_so(arch, boot):
	g = boot(arch=arch, bundle="none")
	assert g.wait(timeout=60) == 1
	assert "no boot bundle" in g.log


@pytest.mark.parametrize("keep", (0, 100, 4000))
def test_a_damaged_bundle_is_told(arch, keep, boot, tmp_path):
	whole = open(qemu.built(arch, "bundle.cpio"), "rb").read()
	cut = tmp_path / "bundle.cpio"
	cut.write_bytes(whole[:keep] + b"\0" * 600)
	g = boot(arch=arch, bundle=str(cut))
	assert g.wait(timeout=60) == 1
	assert "bundle" in g.log
