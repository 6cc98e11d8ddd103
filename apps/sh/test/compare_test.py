#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Runs scripts with our shell and with Debian's dash or bash; output and status must be equal.

usage: compare_test.py SHELL...     each shell's directory has it as `sh` and as `fush`

Cases come from matrices below and from cases/*.sh, where `### name` starts a case; files whose
name begins with dash are run by sh and dash, the others by fush and bash.
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).parent
CASES = []  # (name, reference, script)


def add(name, reference, script):
    CASES.append((name, reference, script))


SHOW = 'show() { printf "<%s>" "$@"; echo; }\n'


def parameters():
    values = ["", "v=", "v=a", "v='a b  c'", "v='*.c'", "v=/usr/lib/x.so.1", "v='a:b::c'"]
    ops = ["", "-w", ":-w x", "=w", ":=w", "+w", ":+w x", "#*/", "##*/", "%.*", "%%.*", "#?", "%?",
           "#[a-m]", "%%[!a]*", "-", ":+", "#", "%%", "-$x", ":-\"$x y\"", "-'q q'", "-\\*", "+\"$@\""]
    for i, value in enumerate(values):
        for j, op in enumerate(ops):
            script = f"{SHOW}x=X; set -- 1 '2 3'; unset v; {value}\n"
            script += f'show ${{v{op}}}; show "${{v{op}}}"; y=${{v{op}}}; show "$y"\n'
            add(f"parameter.{i}.{j}", "dash", script)
    for i, name in enumerate(["1", "2", "9", "#", "?", "@", "*", "0#*/", "10", "#@", "#*", "##", "#1"]):
        add(f"parameter.special.{i}", "bash",
            f'{SHOW}set -- a "b c" "" d; true; show ${{{name}}}; show "${{{name}}}"; show x"${{{name}}}"y\n')
    for i, text in enumerate(["$@", '"$@"', "$*", '"$*"', 'x"$@"y', "x$@y", '"$@$@"', '"$*x"', '""$@', '"$@"""']):
        for j, args in enumerate(["", "a", "a 'b c'", "''", "'' ''", "a '' b", "' a ' 'b '"]):
            for k, ifs in enumerate(["", "IFS=:", "IFS=", "IFS=' :'", "unset IFS"]):
                add(f"arguments.{i}.{j}.{k}", "dash", f"{SHOW}set -- {args}; {ifs}\nshow {text}\n")


def splitting():
    inputs = ["a b", " a  b ", "a:b", ":a:b:", "a::b", " a : b ", "::", " : ", "a:  :b", "a\tb", "", " ", "a b:c d",
              "x: y", "x :y", "x : : y"]
    for i, ifs in enumerate([" ", ":", " :", "", ": \t", "ab", "x", "-", "::"]):
        for j, text in enumerate(inputs):
            add(f"split.{i}.{j}", "dash",
                f"{SHOW}IFS='{ifs}'; v='{text}'\nshow $v; show $v$v; show a$v; show ${{v}}b; show \"$v\"\n")
            add(f"read.{i}.{j}", "dash",
                f"{SHOW}IFS='{ifs}'\nread a b c <<'E'\n{text}\nE\nshow \"$a\" \"$b\" \"$c\"\n"
                f"read -r a <<'E'\n{text}\nE\nshow \"$a\"\n")


def patterns():
    texts = ["", "a", "b", "ab", "abc", "a.c", "[", "]", "-", "*", "\\\\", "A", "1", "aXbXc", "a/b", ".a", "!", "^"]
    pats = ["*", "?", "a*", "*c", "[ab]", "[!a]", "[a-c]*", "[]]", "[!]]", "[[]", "a\\*", "\\*", "\"*\"", "[\\]]",
            "[[:alpha:]]", "[![:alpha:]]*", "[[:digit:][:upper:]]", "a?c", "*.*", "[a-]", "[-a]", "[a", "[", "??",
            "*X*X*", "a*b*c*", "[!!]", "[^a]", "'['", "\\[", "a|b", "''", "*[!c]", "[a\\-c]", "*/*"]
    for i, pattern in enumerate(pats):
        words = " ".join("'" + t.replace("\\\\", "\\") + "'" for t in texts)
        add(f"pattern.case.{i}", "bash",
            f"for t in {words}; do case $t in {pattern}) echo \"$t yes\";; *) echo \"$t no\";; esac; done\n")
        if "|" not in pattern:
            add(f"pattern.trim.{i}", "bash",
                f"for t in {words}; do echo \"${{t#{pattern}}}|${{t##{pattern}}}|${{t%{pattern}}}|${{t%%{pattern}}}\"; done\n")
            add(f"pattern.replace.{i}", "bash",
                f"for t in {words} aXbXc-a-b; do echo \"${{t/{pattern}/<>}}|${{t//{pattern}/<>}}|${{t/#{pattern}/<>}}|${{t/%{pattern}/<>}}\"; done\n"
                if "/" not in pattern and pattern != "[!]]" else f"t=a; case $t in {pattern}) echo y;; esac\n")
    extended = ["@(a|b)", "?(a)b", "*(ab)", "+(a|b)c", "!(a)", "!(*.c)", "@(a*|b)", "+([0-9])", "*(a|b|c)", "a!(b)c",
                "@(a|@(b|c))", "?(a|b)?(c)", "!(a|b)", "x+(y|z)"]
    texts = "'' a b c ab abab ba abc ac a.c 1 12 xyz xyzy aXc"
    for i, pattern in enumerate(extended):
        add(f"pattern.extended.{i}", "bash",
            f"shopt -s extglob\nfor t in {texts}; do [[ $t == {pattern} ]] && echo $t; done\n"
            f"for t in {texts}; do case $t in {pattern}) echo $t;; esac; echo ${{t##{pattern}}}; done\n")
    for i, pattern in enumerate(["*", "?", "a*", "*.c", "d/*", "*/*", ".*", "[ab]*", "*/", "d*/x*", "nope*", "./a*",
                                 "\"a\"*", "a\\*", "*'b'*", "[!a]*", "*c", "d/.*"]):
        add(f"pattern.files.{i}", "bash",
            f"mkdir d; : >a.c; : >ab; : >b.c; : >.hidden; : >d/x.c; : >d/.y\necho {pattern}; set -f; echo {pattern}\n")


def arithmetic():
    expressions = """1+2*3 (1+2)*3 7/2 -7/2 -7%3 7%-3 2**10 2**3**2 -2**2 1<<4 256>>3 -1>>1 5&3 5|3 5^3 ~5 !5 !0
        1<2 2<1 1<=1 1>=2 1==1 1!=1 1&&0 1||0 0&&1/0 1||1/0 1?2:3 0?2:3 1?0?4:5:6 x=5 x+=2 x-=1 x*=3 x/=2 x%=4
        x<<=2 x>>=1 x&=6 x|=9 x^=5 x++ x-- ++x --x x+++y x---y -x +x 0x1f 010 0xFF+1 16#ff 2#101 36#z 64#_ 1,2
        (x=3,x+1) x==7?1:0 y x*y x/y*y+x%y 9223372036854775807 9223372036854775807+1 -9223372036854775808-1
        5%3==2&&4>3 1+1==2 3-1-1 2*3%4 !!7 ~~7 1+(2*(3+(4))) x=y=4 (x=4)+(y=5)+x*y a[0] 1?x=2:3 1<<63 1<<64 08 1/0
        1+ ) 5x 3=4 1+*2 'x' x<y x>y x<=y -1<0 2-1 1-2-3 07 -010 0 00 +5 - 5""".split()
    for i, e in enumerate(expressions):
        add(f"arithmetic.{i}", "bash", f"x=7 y=3\necho $(({e})) $x $y\n")
        add(f"arithmetic.command.{i}", "bash", f"x=7 y=3\n(( {e} )); echo $? $x $y\n")
        add(f"arithmetic.let.{i}", "bash", f"x=7 y=3\nlet '{e}'; echo $? $x $y\n" if "'" not in e else "let 1; echo $?\n")
    for i, e in enumerate(["$x+1", "${x}*$y", "$((x))+1", "x$y", "$(echo 3)*2", "${z:-4}+1", "`echo 5`", "\"x\"+1",
                           "x # 2", "$1+$2", "${#x}+1", "z", "w", "v"]):
        add(f"arithmetic.expansion.{i}", "bash", f"set -- 1 2; x=7 y=3 w=x v='1+1'\necho $(({e}))\n")


def printing():
    formats = ["%d", "%5d|", "%-5d|", "%05d", "%+d", "% d", "%x", "%#x", "%X", "%o", "%#o", "%u", "%i", "%c", "%s",
               "%10s|", "%-10s|", "%.2s|", "%5.1s|", "%b", "%q", "%%", "%e", "%f", "%.2f", "%g", "%5.3d|", "a\\tb\\n%s",
               "\\101\\x41", "%s %s\\n", "%*d|", "%.*s|", "\\\\", "\\e[0m", "%s\\c%s", "x"]
    args = ["", "1", "12 34", "'a b'", "-5", "0x1f", "010", "\"'a\"", "''", "a\\\\tb", "1 2 3", "'$x'", "3.7"]
    for i, fmt in enumerate(formats):
        for j, arg in enumerate(args):
            if ("3.7" in arg or "a" in arg or "$" in arg) and fmt.strip("|")[-1:] in "dxXoui":
                continue
            add(f"printf.{i}.{j}", "bash", f"printf '{fmt}' {arg} 2>/dev/null; echo \" $?\"\n")
    for i, text in enumerate(["a", "a b", "-n a", "-e 'a\\tb'", "'a\\tb'", "-ne x", "-E 'a\\nb'", "-- a", "-x a", "''",
                              "-e 'a\\cb' c", "-e '\\0101'", "-e '\\x41'", "-e '\\\\'", "-"]):
        add(f"echo.bash.{i}", "bash", f"echo {text}\n")
        if not text.startswith(("-e", "-E", "-ne")):
            add(f"echo.dash.{i}", "dash", f"echo {text}\n")


def conditions():
    unary = ["-n", "-z", "-f", "-d", "-e", "-r", "-w", "-x", "-s", "-h", "-L", "-p", "-b", "-c", "-S", "-u", "-g", "-k", "!"]
    for i, op in enumerate(unary):
        for j, arg in enumerate(["''", "a", "/", "/etc/passwd", "/dev/null", "nope", "link", "empty"]):
            add(f"test.{i}.{j}", "bash",
                f"ln -s /etc/passwd link; : >empty\n[ {op} {arg} ]; echo $?; test ! {op} {arg}; echo $?; [[ {op} {arg} ]]; echo $?\n")
    binary = ["=", "!=", "==", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"]
    for i, op in enumerate(binary):
        for j, (a, b) in enumerate([("1", "1"), ("1", "2"), ("02", "2"), ("-1", "1"), ("10", "9"), ("0", "0")]):
            add(f"test.binary.{i}.{j}", "bash", f"[ {a} {op} {b} ]; echo $?; [[ {a} {op} {b} ]]; echo $?\n")
    for i, e in enumerate(["", "a", "''", "! a", "! ''", "a = a -a b = b", "a = b -o b = b", "\\( a = a \\)", "! a = b", "-n",
                           "= ", "-a", "! !", "a -a ''", "'' -o a", "\\( '' \\)", "1 -lt 2 -a 3 -gt 2", "\\( a = b -o c = c \\) -a d",
                           "x -eq 1", "a b", "a b c", "-f", "! -f nope"]):
        add(f"test.forms.{i}", "bash", f"[ {e} ] 2>/dev/null; echo $?\n")
    for i, e in enumerate(["a == a && b == b", "a == b || b == b", "! a == b", "( a == b || c == c ) && d", "abc == a*", "abc == \"a*\"",
                           "abc =~ ^a.c$", "abc =~ b", "abc =~ ^b", "'a b' == 'a b'", "a < b", "b < a", "1 -lt 2", "x -eq 0", "-n $unset",
                           "$unset == ''", "a =~ (a)(b)?", "foo123 =~ ([a-z]+)([0-9]+)", "-v HOME", "-v nope", "-o errexit", "a && ! b",
                           "2 -gt 1 && 1+1 -eq 2", "a = a", "$(echo x) == x", "/etc/passwd -ef /etc/passwd"]):
        add(f"test.double.{i}", "bash", f"[[ {e} ]]; echo $?; echo \"${{BASH_REMATCH[@]}}\"\n")


def strings():
    for i, value in enumerate(["", "hello", "a b c", "ÄÖü", "/usr/local/bin"]):
        for j, op in enumerate([":0", ":1", ":1:2", ": -2", ": -3:2", ":1:-1", ":9", ":0:0", ":2:99", "^", "^^", ",", ",,", "^h", "^^[a-l]",
                                "/l/L", "//l/L", "/#h/H", "/%o/O", "//[aeiou]", "//?/x", "/l*/", "@Q", "@U", "@u", "@L", "//\\//-", "/ /_", "// /"]):
            add(f"string.{i}.{j}", "bash", f"v='{value}'\necho \"${{v{op}}}\"; echo ${{#v}}\n")
    for i, text in enumerate(["{a,b}", "x{a,b}y", "{a,b}{c,d}", "{a,{b,c}}", "{1..5}", "{5..1}", "{1..9..3}", "{a..e}", "{01..10}", "{a}", "{}", "{a,",
                              "a{,b}", "{,}", "\\{a,b}", "\"{a,b}\"", "{a,b}$x", "{$x,b}", "{-2..2}", "{a..c..2}", "{x,y}{1..3}", "a{b{c,d},e}f",
                              "{a,b}c{d,e}", "{1..a}", "{'a b',c}", "~{a,b}", "{a\\,b,c}", "{{a,b},c}", "pre{,-suf}.x", "{z..x}"]):
        add(f"brace.{i}", "bash", f"x=X\nprintf '<%s>' {text}; echo\n")


def arrays():
    sets = ["a=()", "a=(1)", "a=(x 'y z' w)", "a=([2]=c [5]=f)", "a=(a b); a[4]=e", "a=(1 2 3); unset 'a[1]'", "a=s", "declare -A a; a[k]=v",
            "declare -A a=([x]=1)", "a=(a '' b)", "a+=(z)", "a=(1); a+=(2 3)", "a=(x y); a[0]+=z"]
    uses = ["${a[@]}", "${a[*]}", "${#a[@]}", "${!a[@]}", "${a[0]}", "${a[-1]-none}", "$a", "${a[@]:1}", "${a[@]:0:2}", "${#a[0]}", "${a[@]/x/X}",
            "${a[@]#x}", "${a[2]-unset}", "${a[@]-none}", "${a[@]^^}", "${a[1]:-e}", "${a[@]: -1}"]
    for i, value in enumerate(sets):
        for j, use in enumerate(uses):
            if "-1" in use and ("-A" in value or value == "a=()"):
                continue
            add(f"array.{i}.{j}", "bash", f"{SHOW}{value}\nshow {use}; show \"{use}\"\n")


def files():
    for path in sorted(HERE.glob("cases/*.sh")):
        reference = "dash" if path.name.startswith("dash") else "bash"
        name, lines = None, []
        for line in path.read_text().splitlines(keepends=True) + ["### end\n"]:
            if not line.startswith("### "):
                lines.append(line)
                continue
            if name:
                add(f"{path.stem}.{name}", reference, "".join(lines))
            name, lines = line[4:].strip(), []


def run(shell, script):
    with tempfile.TemporaryDirectory(prefix="sh-compare-") as folder:
        env = {"PATH": "/usr/bin:/bin", "HOME": folder, "LC_ALL": "C.UTF-8", "ASAN_OPTIONS": "detect_leaks=0"}
        try:
            done = subprocess.run([shell, "-c", script, "name"], cwd=folder, env=env, timeout=20, check=False,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except subprocess.TimeoutExpired:
            return b"timeout", -1, b""
        return done.stdout.replace(folder.encode(), b"$HOME"), done.returncode, done.stderr


def differs(shells, case):
    """What is wrong with the case, or nothing."""
    name, reference, script = case
    wanted = run("/usr/bin/" + reference, script)
    for folder in shells:
        ours = run(os.path.join(folder, "sh" if reference == "dash" else "fush"), script)
        # Which number says "failed" is not the same in bash and dash either.
        if ours[0] == wanted[0] and (ours[1] == 0) == (wanted[1] == 0) and b"Sanitizer" not in ours[2]:
            continue
        return f"FAIL {name}\n{script}{reference}: {wanted[:2]}\nours: {ours}"
    return None


def main():
    # Shells treat what was ignored when they started differently: they start here as from a terminal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    shells = [os.path.dirname(os.path.abspath(s)) for s in sys.argv[1:]]
    for matrix in (parameters, splitting, patterns, arithmetic, printing, conditions, strings, arrays, files):
        matrix()
    wanted = os.environ.get("NAME", "")
    cases = [c for c in CASES if wanted in c[0]]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda c: differs(shells, c), cases))
    failures = [r for r in results if r]
    for text in failures[:int(os.environ.get("SHOW", "20"))]:
        print(text)
    print(f"{len(cases) - len(failures)} passed, {len(failures)} failed")
    return failures != []


if __name__ == "__main__":
    sys.exit(main())
