### if elif else
for i in 1 2 3; do if [ $i = 1 ]; then echo one; elif [ $i = 2 ]; then echo two; else echo many; fi; done
### while break continue
i=0; while :; do i=$((i+1)); [ $i = 2 ] && continue; [ $i = 5 ] && break; echo $i; done; echo end $i
### break two levels
for a in 1 2; do for b in 1 2 3; do [ $b = 2 ] && break 2; echo $a$b; done; done; echo $?
### continue two levels
for a in 1 2; do for b in 1 2 3; do [ $b = 2 ] && continue 2; echo $a$b; done; done
### until
i=3; until [ $i = 0 ]; do echo $i; i=$((i-1)); done
### case falls to default
for w in a b '*' ''; do case $w in a) echo A;; '*') echo star;; '') echo empty;; *) echo other;; esac; done
### case with several patterns
for w in x y z; do case $w in x|y) echo xy;; (z) echo z;; esac; done
### empty case
case x in esac; echo $?
### for without in
set -- a 'b c'; for i; do echo "<$i>"; done
### for over nothing
for i in; do echo no; done; echo $?
### and or lists
true && echo a || echo b; false && echo a || echo b; false || false; echo $?
### negation
! true; echo $?; ! false; echo $?; ! false | true; echo $?
### pipeline status
true | false; echo $?; false | true; echo $?
### subshell keeps variables
x=1; (x=2; echo $x); echo $x; { x=3; }; echo $x
### subshell exit
(exit 3); echo $?; (exit 3) || echo failed
### functions and arguments
f() { echo "$# $*"; shift; echo "$1"; return 4; }; f a b c; echo $?; echo "$#"
### recursion
fact() { [ $1 -le 1 ] && echo 1 || echo $(( $1 * $(fact $(($1-1))) )); }; fact 10
### function redefines itself
f() { echo first; f() { echo second; }; }; f; f
### function with redirection
f() { echo out; echo err >&2; } 2>&1; f | cat
### local
x=g; f() { local x=l; echo $x; }; f; echo $x
### return in the middle
f() { for i in 1 2 3; do [ $i = 2 ] && return 7; echo $i; done; }; f; echo $?
### positional parameters
set -- 1 2 3 4 5 6 7 8 9 10 11; echo $1 $10 ${10} ${11}; shift 9; echo $1 $#
### shift too far
set -- a b; (shift 3) 2>/dev/null || echo failed
### eval
x='echo $y'; y=1; eval $x; eval "y=2; $x"; eval; echo $?
### dot
echo 'echo in $1; z=9' > s; set -- arg; . ./s; echo $z
### command substitution nests
echo $(echo a $(echo b $(echo c))) `echo d \`echo e\``
### command substitution newlines
x=$(printf 'a\n\nb\n\n\n'); echo "<$x>"
### substitution status
x=$(exit 5); echo $?; x=$(true) y=$(false); echo $?
### here-document
x=X; cat <<E
a $x $(echo b) $((1+1)) \$x \\ "q" 'q'
E
### here-document quoted
x=X; cat <<'E'
a $x $(echo b) \$x
E
### here-document tabs
cat <<-E
	a
		b
	E
### two here-documents
cat <<A; cat <<B
a
A
b
B
### here-document in a loop
for i in 1 2; do cat <<E
$i
E
done
### redirections
echo a >f; echo b >>f; cat <f; cat f >g 2>&1; cat g; : >f; wc -c <f
### file descriptors
exec 3>f; echo a >&3; exec 3>&-; cat f; (echo x >&3) 2>/dev/null; echo $?
### swap descriptors
{ echo out; echo err >&2; } 3>&1 1>&2 2>&3 3>&- 2>/dev/null
### noclobber
set -C; echo a >f; (echo b >f) 2>/dev/null; echo $?; echo c >|f; cat f
### redirect a loop
for i in 1 2 3; do echo $i; done >f; while read x; do echo "<$x>"; done <f
### errexit ends
set -e; true; false; echo not
### errexit spares conditions
set -e; if false; then :; fi; false || true; ! true; while false; do :; done; echo ok
### errexit in a function
set -e; f() { false; echo in; }; f || echo caught; f; echo not
### errexit in a subshell
set -e; (false; echo no) || echo yes; echo $(false; echo still); echo end
### errexit and pipelines
set -e; false | true; echo a; true | false; echo not
### nounset
set -u; echo ${x-d}; (echo $x) 2>/dev/null; echo $?
### noglob and star
: >a; : >b; set -f; echo *; set +f; echo *
### noexec
set -n; echo no
### trap exit
trap 'echo bye $?' EXIT; (exit 3); exit 4
### trap signal
trap 'echo got' USR1; kill -USR1 $$; echo after
### trap reset and ignore
trap '' USR1; kill -USR1 $$; echo alive; trap - USR1; trap
### trap listed
trap 'echo "a b"' INT; trap 'x' TERM; trap
### trap in a subshell
trap 'echo parent' EXIT; (trap 'echo child' EXIT; :); echo mid
### kill and wait
sleep 10 & kill $!; wait $! 2>/dev/null; echo $?
### background and wait
(sleep 0.1; echo bg) & wait; echo fg
### wait for the status
(exit 7) & wait $!; echo $?
### getopts
set -- -a -b val -cfoo rest; while getopts ab:c: o; do echo "$o $OPTARG"; done; shift $((OPTIND-1)); echo "$@"
### getopts groups and errors
set -- -xyz; while getopts :xz: o; do echo "$o $OPTARG"; done; echo $OPTIND
### readonly
readonly r=1; (r=2) 2>/dev/null; echo $? $r
### export to programs
a=1; export a; b=2; c=3 sh -c 'echo $a $b $c'; echo $c
### assignment before a function and a built-in
f() { echo "<$v>"; }; v=1 f; echo "$v"; IFS=: read a b <<E
x:y
E
echo $a $b
### unset
x=1; unset x; echo ${x-unset}; f() { echo f; }; unset -f f; f 2>/dev/null; echo $?
### quoting
echo 'a"b' "a'b" a\ b "a\$b" 'a\b' "a\\b" "a\bc" a'b'"c"d
### line continuation
echo a\
b; ec\
ho c
### comments
echo a # b
echo a#b '#c' # d
### tilde
HOME=/h; echo ~ ~/x "~" \~ a~ x=~; y=~:~/b; echo $y
### aliases
alias e='echo x'
e y
alias s='e '
s e
unalias e; alias
### umask
umask 027; umask; umask -S; : >f; ls -l f | cut -c1-10
### cd and pwd
mkdir -p a/b; cd a/b; cd ..; basename "$PWD"; cd - >/dev/null; basename "$(pwd)"; cd /; pwd
### cdpath
mkdir -p p/q; CDPATH=p cd q >/dev/null && basename "$PWD"
### command -v
command -v cd; command -v nosuch || echo none; f() { :; }; command -v f
### type of exit status
nosuchcommand 2>/dev/null; echo $?; ./ 2>/dev/null; echo $?; : >f; ./f 2>/dev/null; echo $?
### test with many
[ a = a -a ! b = c ] && echo yes; [ \( 1 -eq 1 \) -o x ] && echo yes
### arithmetic in places
a=5; echo $((a>3?a*2:0)); a=$((a+1)); echo $((a)) $((a%4))
### long pipeline
echo abc | tr a-c b-d | tr b-d c-e | sed 's/e/E/' | cat
### nested quotes in substitution
echo "$(echo "a $(echo "b  c")")"
### ifs and star
IFS=-; set -- a b c; echo "$*"; echo $*; x="$*"; echo "$x"
### exec replaces
exec echo replaced; echo not
### read with backslash
printf 'a\\b c\\\nd\n' >f; read x <f; echo "$x"; read -r x <f; echo "$x"
### read at end of input
printf 'no newline' | { read x; echo $? "$x"; }
### special parameters
set -- a b; echo $# "$@"; false; echo $?; echo ${0##*/}; [ $$ -gt 0 ] && echo pid
### times and colon
: a b; echo $?; : ${x:=def}; echo $x
### deep nesting
if if if true; then true; fi; then true; fi; then { { { echo deep; }; }; }; fi
### semicolons and newlines
if true
then echo a
fi; { echo b
}; (echo c
)
### assignments see each other
a=1 b=$a; echo $b; a=2 c=$a; echo $c
### heredoc to a function
f() { while read l; do echo "[$l]"; done; }; f <<E
one
two
E
### printf in a loop
printf '%s-%d\n' a 1 b 2 c
### expansions of defaults
unset a; b=; echo ${a:-1}${a-2}${b:-3}${b-4}${b:+5}${b+6}${a:=7}$a
### length and trims
p=/a/b.c.d; echo ${#p} ${p##*/} ${p%/*} ${p%%.*} ${p#*.}

### aliases-of-each-other-end
alias fooBar=barFoo
alias barFoo=fooBar
alias a='b x' b='a y' c='c z'
fooBar 2>/dev/null; echo $?
barFoo 2>/dev/null; echo $?
a() { echo function a "$@"; }
alias d='e ' e='f ' f='d '
d d d 2>/dev/null; echo $?
### background processes ignore interrupts after exec too
(exec sh -c 'kill -INT $$; echo alive') & wait $!; echo $?; { { sh -c 'kill -QUIT $$; echo alive'; :; }; } & wait $!; echo $?
### PS4 that sets -x is not traced for ever
f() { printf %s "($1)"; set -x; printf %s "(2)"; }; PS4='[$(f 1)] '; exec 2>&1; set -x; echo a; set +x; echo b
