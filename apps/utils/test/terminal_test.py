#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The utilities that need a terminal, over a pseudo-terminal: stty beside Debian's, and what more,
top, watch, clear and reset draw and which keys they obey.

usage: terminal_test.py SHELL     the multi-call binary that is shipped"""
import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios

import pexpect

NAMES = ("cpio", "clear", "file", "more", "reset", "stty", "top", "watch", "wc")
LINKS = tempfile.TemporaryDirectory(prefix="terminal-test-")
for link in NAMES:
    os.symlink(os.path.abspath(sys.argv[1]), os.path.join(LINKS.name, link))
ENV = {"PATH": "/usr/bin:/bin", "TERM": "xterm", "LC_ALL": "C.UTF-8", "HOME": "/"}
CASES = []

# Each is a series of calls on one fresh terminal.
STTY = [
    [["-a"]], [[]], [["-g"]], [["raw"], ["-a"]], [["raw"], []], [["-echo"], ["-a"], []],
    [["raw"], ["sane"], ["-a"]], [["size"]], [["speed"]], [["rows", "40", "cols", "100"], ["size"], ["-a"]],
    [["intr", "^A", "quit", "undef", "eof", "x"], ["-a"], []], [["9600"], ["-a"]], [["ispeed", "1200", "ospeed", "1200"], ["-a"]],
    [["cbreak"], []], [["-cbreak"], []], [["-raw"], ["-a"]], [["cooked"], ["-a"]], [["-cooked"], ["-a"]], [["evenp"], ["-a"]],
    [["-evenp"], ["-a"]], [["oddp"], []], [["nl"], []], [["-nl"], []], [["pass8"], []], [["litout"], []], [["-litout"], []],
    [["crt"], []], [["dec"], []], [["ek"], []], [["min", "5", "time", "3", "-icanon"], [], ["-a"]], [["nope"]], [["-a", "-g"]],
    [["-a", "echo"]], [["intr"]], [["intr", "0x1ff"]], [["cs7"], ["-a"]], [["tab3"], ["-a"]], [["-tabs"], []], [["tabs"], []],
    [["-F", "/nope", "-a"]], [["echo", "-icanon", "tostop"], []], [["lcase"], []], [["1:2"]], [["raw", "-echo"], []],
    [["erase", "^H"], []], [["-parity"], ["-a"]], [["12345"]],
]


def tool(name):
    """The path that the binary is that utility by."""
    return os.path.join(LINKS.name, name)


def case(function):
    CASES.append((function.__name__, function))
    return function


def expect(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r}, wanted {wanted!r}")


def stty_calls(program, calls):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    out = []
    for args in calls:
        p = subprocess.run(program + args, stdin=slave, capture_output=True, env=ENV, check=False)
        out.append((p.stdout, p.returncode, p.stderr != b""))
    os.close(master)
    os.close(slave)
    return out


for number, calls in enumerate(STTY):
    CASES.append((f"stty.{number}", lambda calls=calls: expect(stty_calls([tool("stty")], calls),
                                                               stty_calls(["/usr/bin/stty"], calls))))


def spawn(*args, rows=10, columns=40, **more):
    return pexpect.spawn(tool(args[0]), list(args[1:]), env={**ENV, **more}, timeout=10, encoding="utf-8",
                         dimensions=(rows, columns))


def modes(child):
    return termios.tcgetattr(child.child_fd)[:6]


def numbered(count):
    f = tempfile.NamedTemporaryFile("w", suffix=".txt")
    f.write("".join(f"line {i}\n" for i in range(1, count + 1)))
    f.flush()
    return f


@case
def more_pages_forward_and_ends_at_the_end():
    with numbered(25) as f:
        c = spawn("more", f.name)
        c.expect_exact("line 9\r\n")
        c.expect(r"--More--\(\d+%\)")
        c.send(" ")
        c.expect_exact("line 18\r\n")
        c.send("\r")
        c.expect_exact("line 19\r\n")
        c.send(" ")
        c.expect_exact("line 25\r\n")
        c.expect(pexpect.EOF)
        c.close()
        expect(c.exitstatus, 0)


@case
def more_goes_back():
    with numbered(40) as f:
        c = spawn("more", f.name)
        c.expect_exact("line 9\r\n")
        c.send(" ")
        c.expect_exact("line 18\r\n")
        c.send("b")
        c.expect_exact("line 1\r\n")
        c.expect_exact("line 9\r\n")
        c.send("q")
        c.expect(pexpect.EOF)


@case
def more_searches():
    with numbered(200) as f:
        c = spawn("more", f.name)
        c.expect_exact("More")
        c.send("/line 1[57]0\r")
        c.expect_exact("line 150\r\n")
        c.expect_exact("More")
        c.send("n")
        c.expect_exact("line 170\r\n")
        c.send("/nothing\r")
        c.expect_exact("not found")
        c.send("q")
        c.expect(pexpect.EOF)


@case
def more_restores_the_modes():
    with numbered(200) as f:
        c = pexpect.spawn("/bin/sh", ["-c", f"{tool('more')} {f.name}; stty"], env=ENV, timeout=10, encoding="utf-8",
                          dimensions=(10, 40))
        c.expect_exact("More")
        c.send("\x03")
        c.expect("speed")
        text = c.read()
        if "-icanon" in text or "-echo" in text or "-isig" in text:
            raise AssertionError(text)


@case
def more_reads_a_pipe_and_keys_of_the_terminal():
    c = pexpect.spawn("/bin/sh", ["-c", f'seq 100 | {tool("more")}'], env=ENV, timeout=10, encoding="utf-8", dimensions=(5, 40))
    c.expect_exact("4\r\n")
    c.send(" ")
    c.expect_exact("8\r\n")
    c.send("q")
    c.expect(pexpect.EOF)


@case
def top_draws_and_quits():
    c = spawn("top", rows=24, columns=100)
    c.expect_exact("Tasks:")
    c.expect_exact("PID USER")
    c.send("M")
    c.expect_exact("Tasks:")
    c.send("h")
    c.expect_exact("Press a key")
    c.send(" ")
    c.expect_exact("PID USER")
    c.send("q")
    c.expect(pexpect.EOF)
    c.close()
    expect(c.exitstatus, 0)


@case
def top_can_signal():
    sleeper = subprocess.Popen(["/bin/sleep", "100"])
    c = spawn("top", rows=24, columns=100)
    c.expect_exact("PID USER")
    c.send("k")
    c.expect_exact("PID to signal: ")
    c.send(f"{sleeper.pid}\r")
    c.expect_exact("TERM")
    c.send("\r")
    expect(sleeper.wait(timeout=10), -15)
    c.send("q")
    c.expect(pexpect.EOF)


@case
def top_writes_text():
    out = subprocess.run([tool("top"), "-b", "-n", "2", "-d", "0.1", "-p", "1"], capture_output=True, text=True, env=ENV, check=True).stdout
    expect(out.count("Tasks:"), 2)
    expect([l.split()[0] for l in out.splitlines() if l.strip() and l.split()[0].isdigit()], ["1", "1"])


@case
def watch_runs_again_and_marks_changes():
    with tempfile.TemporaryDirectory() as d:
        c = spawn("watch", "-d", "-n", "0.1", f"echo x >> {d}/n; wc -l < {d}/n")
        c.expect_exact("Every 0.1s: ")
        c.expect_exact("\x1b[7m")
        c.send("q")
        c.expect(pexpect.EOF)
        c.close()
        expect(c.exitstatus, 0)


@case
def watch_ends_with_the_command_that_hangs():
    c = spawn("watch", "sleep 1000")
    c.expect_exact("\x1b[?1049h")
    c.send("\x03")
    c.expect(pexpect.EOF)
    c.close()
    expect(c.exitstatus, 0)


@case
def watch_leaves_on_error_and_on_change():
    p = subprocess.run([tool("watch"), "-e", "false"], capture_output=True, env=ENV, check=False)
    expect(p.returncode, 8)
    with tempfile.TemporaryDirectory() as d:
        p = subprocess.run([tool("watch"), "-g", "-t", "-n", "0.1", f"echo x >> {d}/n; cat {d}/n"],
                           capture_output=True, env=ENV, check=False, timeout=10)
    expect((p.returncode, p.stdout), (0, b"x\nx\nx\n"))


@case
def clear_and_reset_write_sequences():
    expect(subprocess.run([tool("clear")], capture_output=True, env=ENV, check=True).stdout, b"\x1b[H\x1b[2J\x1b[3J")
    expect(subprocess.run([tool("clear")], capture_output=True, env={**ENV, "TERM": "dumb"}, check=True).stdout, b"")
    c = pexpect.spawn("/bin/sh", ["-c", f'stty raw -echo; {tool("reset")}; stty'], env=ENV, timeout=10, encoding="utf-8")
    text = c.read()
    if "\x1bc" not in text or "-icanon" in text or "-echo" in text or "-onlcr" in text:
        raise AssertionError(text)


@case
def every_utility_has_help():
    for name in NAMES:
        p = subprocess.run([tool(name), "--help"], capture_output=True, text=True, env=ENV, check=False)
        expect((p.returncode, p.stdout.startswith(f"Usage: {name}")), (0, True))


@case
def the_shipped_binary_knows_characters():
    with tempfile.NamedTemporaryFile() as f:
        f.write("häß\n".encode())
        f.flush()
        got = [subprocess.run([tool("wc"), "-m", f.name], capture_output=True, env={**ENV, "LC_ALL": locale},
                              check=True).stdout.split()[0] for locale in ("C.UTF-8", "C")]
    expect(got, [b"4", b"6"])


def main():
    failed = 0
    for name, function in CASES:
        try:
            function()
        except (AssertionError, pexpect.ExceptionPexpect, subprocess.SubprocessError) as e:
            failed += 1
            print(f"FAIL terminal.{name}: {str(e)[:600]}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
