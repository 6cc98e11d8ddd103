# SPDX-License-Identifier: MPL-2.0
"""svc, caps and trace in the guest: what a person who runs the system sees and does."""
import os
import subprocess

import pytest

FUTURA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/futura")


def run(arch, script, cpus=1):
	done = subprocess.run([FUTURA, "exec", "--arch", arch, "--cpus", str(cpus), "--timeout", "120",
		"--", "sh", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True)
	return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("cpus", [1, 4])
def test_services_are_listed_stopped_and_started(arch, cpus):
	status, out, err = run(arch, """
		svc | grep -w echo-server; svc stop echo-server && svc | grep -w echo-server
		svc start echo-server && svc | grep -w echo-server
		svc start echo-server; echo status $?
		svc restart echo-server && svc | grep -w echo-server
		svc kill echo-server; until svc | grep -q 'echo-server *running *1'; do sleep 0.1; done
		svc | grep -w echo-server""", cpus)
	words = [line.split() for line in out.splitlines()]
	assert words == [["echo-server", "running", "0", "0"], ["echo-server", "stopped", "0", "0"],
		["echo-server", "running", "0", "0"], ["status", "1"],
		["echo-server", "running", "0", "0"], ["echo-server", "running", "1", "134"]], out + err
	assert "cannot start 'echo-server': it runs already" in err
	assert status == 0


def test_wrong_orders_are_refused(arch):
	status, out, err = run(arch, """
		svc stop nothing; echo $?; svc restart controld; echo $?; svc log nothing; echo $?
		echo frob echo-server >/run/futura/services; echo $?
		echo start >/run/futura/services; echo $?; svc start; echo $?; svc dance; echo $?""")
	assert out.split() == ["1"] * 7, out + err
	assert "no such service" in err and "it serves this very request" in err
	assert status == 0


def test_what_serves_the_files_may_die(arch):
	status, out, err = run(arch, """
		exec 3</run/futura/tasks; svc kill controld; echo killed $?
		until svc >/tmp/services && grep -q '^controld *running *1' /tmp/services; do sleep 0.1; done
		grep -w controld /tmp/services
		caps registryd | grep -c 'kernel log'; head -1 <&3 || echo gone""")
	assert out.split() == ["killed", "0", "controld", "running", "1", "134", "1", "gone"], out + err
	assert status == 0


@pytest.mark.parametrize("cpus", [1, 4])
def test_output_is_whole_whatever_the_system_says_meanwhile(arch, cpus):
	"""init tells of each restart on the console that carries the command's output, too."""
	status, out, err = run(arch, """
		(i=0; while [ $i -lt 30 ]; do svc restart echo-server; i=$((i + 1)); done) & seq 1 20000; wait""",
		cpus)
	assert out == "".join(f"{n}\n" for n in range(1, 20001)), err
	assert status == 0


@pytest.mark.parametrize("cpus", [1, 4])
def test_the_registry_may_die(arch, cpus):
	"""Twice: what it knew passes on, no other service ends, and new ones find and are found."""
	status, out, err = run(arch, """
		for n in 1 2; do
			svc kill registryd
			while ! svc | grep -q "^registryd *running *$n"; do sleep 0.1; done
		done
		svc | grep -E '^(ramfsd|posixd|ttyd|controld|echo-server) '
		svc kill echo-server; until svc | grep -q '^echo-server *running *1'; do sleep 0.1; done
		svc start echo; while svc | grep -q '^echo *running'; do sleep 0.1; done
		svc | grep -E '^echo '; svc kill controld
		until svc >/tmp/s && grep '^controld *running *1' /tmp/s; do sleep 0.1; done""", cpus)
	words = [line.split() for line in out.splitlines()]
	lives = [[name, "running", "0", "0"] for name in
		("ramfsd", "ttyd", "controld", "posixd", "echo-server")]
	assert words == lives + [["echo", "stopped", "0", "0"], ["controld", "running", "1", "134"]], \
		out + err
	assert status == 0


def test_only_root_may_give_orders(arch):
	_, out, err = run(arch, """
		exec 2>&1
		chown user /tmp; ls -ld /run/futura/* | cut -c1-10
		umask 0; : >/tmp/x; chmod 700 /run/futura/services""")
	assert out.split()[:6] == ["dr-x------", "-rw-r--r--", "-r--------", "-rw-r--r--", "-r--r--r--", "-rw-------"]
	assert "Operation not permitted" in out, out + err


def test_the_log_of_one_service(arch):
	_, out, err = run(arch,
		"svc log | head -1; dmesg | head -1; svc kill echo-server; "
		"until svc log echo-server | grep 'ended with'; do sleep 0.1; done; svc log echo-server")
	lines = out.splitlines()
	assert lines[:2] == ["Futura", "Futura"], out + err
	assert any("`echo-server` ended with code 134" in line for line in lines[2:])
	assert all("echo-server" in line for line in lines[2:])


def test_capabilities_of_services_and_processes(arch):
	_, out, err = run(arch, "caps registryd; echo; caps; caps 999999; caps nothing; ls /run/futura/caps")
	registryd, own = out.split("\n\n")[:2]
	assert any("the kernel log write" in line for line in registryd.splitlines()), out + err
	assert not any("resource" in line for line in own.splitlines())
	assert any("session" in line and "send" in line for line in own.splitlines())
	assert "999999: no such process" in err and "no such service runs: 'nothing'" in err
	assert "controld" in out


def test_a_trace_names_calls_messages_and_tasks(arch):
	status, out, err = run(arch, """
		trace -k call,send cat /run/futura/services | grep -v '^[a-z]'; trace -o /tmp/t false
		echo $?; dd if=/tmp/t bs=4 count=1 2>/dev/null; echo; trace -k nothing; trace nothing >/dev/null""")
	assert "TASK" in out.splitlines()[0], out + err
	assert any("controld" in line and "call" in line for line in out.splitlines())
	assert any("init.next" in line for line in out.splitlines())
	assert " switch " not in out
	assert "\n1\nTRAC\n" in out
	assert "unknown kind 'nothing'" in err and status == 127
