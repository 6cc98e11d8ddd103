### c-style for
for ((i=0; i<3; i++)); do echo $i; done; for ((;;)); do break; done; echo $i
### double paren
((3>2)) && echo yes; ((0)) || echo no; ((x=5)); echo $x
### select reads
PS3='? '; select a in x y; do echo "$a $REPLY"; break; done <<< 2 2>/dev/null
### here-string
cat <<< "a $((1+1))"; read x y <<< "1 2"; echo $y
### process substitution
cat <(echo a) <(echo b); diff <(echo x) <(echo x) && echo same
### both streams
{ echo o; echo e >&2; } &> f; cat f; { echo o2; echo e2 >&2; } &>> f; cat f
### pipe both
{ echo o; echo e >&2; } |& cat
### case fall through
case a in a) echo 1;& b) echo 2;; c) echo 3;; esac; case a in a) echo x;;& *) echo y;; esac
### function keyword
function f { echo f; }; function g() { echo g; }; f; g
### declare attributes
declare -i n=3+4; echo $n; n+=1; echo $n; declare -u u=abc; echo $u; declare -l l=ABC; echo $l
### declare -p
declare -p HOME >/dev/null && a=(1 'b c'); declare -p a; declare -A m=([k]=v); declare -p m; declare -x X=1; declare -p X
### nameref
x=1; declare -n r=x; r=2; echo $x $r; f() { local -n v=$1; v=done; }; f y; echo $y
### local arrays
f() { local -a a=(1 2); a+=(3); echo ${a[@]}; }; f; echo ${a[@]-none}
### associative
declare -A m; m[a b]=1; m[c]=2; echo ${m[a b]} ${#m[@]}; for k in c; do echo ${m[$k]}; done; unset 'm[c]'; echo ${#m[@]}
### array loops
a=(x 'y z'); for i in "${a[@]}"; do echo "<$i>"; done; for i in "${!a[@]}"; do echo $i; done
### array arithmetic
a=(1 2 3); ((a[1]+=5)); echo ${a[1]} $((a[0]+a[2])); i=2; echo ${a[i]} ${a[$i-1]}
### mapfile
mapfile -t l <<< $'a\nb c\nd'; echo ${#l[@]} "${l[1]}"; printf '%s\n' x y | { readarray a; echo -n "${a[1]}"; }
### read options
read -r -d : x <<< 'a b:c'; echo "$x"; read -n 2 x <<< abcd; echo "$x"; read -a a <<< 'x y z'; echo ${a[2]}
### printf -v
printf -v x '%03d' 7; echo $x; printf -v 'a[2]' z; echo ${a[2]}
### pipefail
set -o pipefail; false | true; echo $?; true | true; echo $?
### pipestatus
true | false | (exit 3); echo ${PIPESTATUS[@]}
### bash rematch
[[ 2026-11-22 =~ ([0-9]+)-([0-9]+) ]] && echo ${BASH_REMATCH[1]} ${BASH_REMATCH[2]}
### indirection
a=b; b=c; echo ${!a}; set -- x y; n=2; echo ${!n}; xa=1 xb=2; echo ${!xa*}
### dollar quote
echo $'a\tb\x41\u00e9\'q'
### trap err and return
trap 'echo err' ERR; false; true; f() { trap 'echo ret' RETURN; :; }; f
### funcname
f() { echo ${FUNCNAME[0]} ${#FUNCNAME[@]}; g; }; g() { echo ${FUNCNAME[1]}; }; f
### string operators
s=hello; echo ${s:1:3} ${s: -2} ${s^} ${s^^} ${s/l/L} ${s//l/L} ${s/#h/J} ${s/%o/0}
### slices of parameters
set -- a b c d; echo ${@:2} ${@:2:2} ${@: -1} ${*:1:1}
### wait -n
(exit 4) & wait -n; echo $?
### fd variable
exec {fd}>f; echo x >&$fd; exec {fd}>&-; cat f
### let and exponent
let 'x=2**10' y=x+1; echo $x $y
### errors spare the script
readonly r=1
r=2
echo here
### test -v
x=1; [[ -v x ]] && echo set; [[ -v nope ]] || echo unset; a=(1); [[ -v a[0] ]] && echo el
### shopt
shopt -s nullglob; echo nope*; shopt -u nullglob; echo nope*
### globstar
mkdir -p d/e; : >d/e/f; shopt -s globstar; echo **
### time
time -p true 2>/dev/null; echo $?
### type -t
f() { :; }; type -t f cd if nosuch; echo $?
### functions print
f() { if true; then echo a; fi; }; eval "$(declare -f f | sed 's/echo a/echo b/')"; f
### export functions to subshells
f() { echo in; }; (f); x=$(f); echo $x
### command substitution of a file
echo content >f; echo $(<f)
### unset elements
a=(1 2 3); unset 'a[0]'; echo ${a[@]} ${!a[@]}
### append
x=a; x+=b; a=(1); a+=(2); a[0]+=9; echo $x ${a[@]}
### ansi in here-string
tr a b <<< $'a\na'
### pushd popd
mkdir a; pushd a >/dev/null; basename $PWD; popd >/dev/null; dirs | wc -w
### here-document without a line
cat <<E; echo after

### regular-expressions-know-characters
[[ é =~ ^.$ ]] && echo one
[[ äö =~ ^(.)(.)$ ]] && echo "${BASH_REMATCH[2]}"
LC_ALL=C
[[ é =~ ^..$ ]] && echo bytes

### an-open-extended-pattern-is-plain-text
p='b*('
[[ ba == $p ]]; echo $?
[[ b == $p ]]; echo $?

### here-document-inside-a-here-document
cat <<E
a $(cat <<X)
E
echo done
### glob.a bracket that nothing closes is none
cd "$(mktemp -d)"; : >'[' ; : >'[x'; : >'[a]'
shopt -s nullglob; echo [ [x [a] '['* [z [q]; shopt -u nullglob; shopt -s failglob; echo [ [x; [ 1 -eq 1 ] && echo yes
### brace.many alternatives, many braces, braces that nothing closes
e=$(printf '%s,' {1..400}); eval "set -- {${e}x}"; echo $# $1 ${400} ${401}
set -- {a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}; echo $# $5
echo {a{b,c} {x{a,b}} {{{{{a,b} a}b,c} {a,b}} {}} {},{} {"{",a} {a,{b,c}d}e {a,"b,c"} {'a',b}{1..10..3} x{,y} {,}
eval "set -- $(printf '{%.0s' {1..20000}){a,b}"; echo $# ${#1} ${#2}
### tilde beside braces
HOME=/root; echo {foo~,~}/bar {a,~}/b ~{/b,/c} {~,x}{/y,/z}
### unary operator without operand
eval '[[ -z ]]' 2>/dev/null || echo wrong; eval '[[ ( -n ) ]]' 2>/dev/null || echo wrong
### subscripts with blanks
declare -A m=([a b]=1 ["q r"]=2 [$HOME x]=3); echo "${m[a b]} ${m[q r]} ${m[$HOME x]}"; a=([1 + 1]=x $(test [ = [ && echo y) [ab]* "[c d]=z"); echo "${!a[@]} ${a[@]}"
### options that bashrc files set
shopt -s checkwinsize histappend cmdhist; echo $?; shopt -p nullglob histappend; shopt -q histappend; echo $?
### tilde in words like assignments
HOME=/root; echo of=~/x a=b:~ a=~:~ x:~ --p=~ "a"=~ a="~" =~
### errexit in substitutions
set -e; echo $(false; echo on); shopt -s inherit_errexit; echo $(false; echo off)
### many process substitutions
f() { echo $#; }; eval "f $(for i in {1..200}; do printf '<(:) '; done)"
### classes of bash
case a_1 in [[:word:]][[:word:]][[:ascii:]]) echo yes;; esac; case - in [[:word:]]) echo no;; esac
### name references are bound anew
a=1 b=2; for n in a b; do declare -n r=$n; r=x$n; done; echo $a $b; f() { for n in a b; do local -n q=$n; q=y$n; done; }; f; echo $a $b; declare +n r=zz; echo $r $b
### statuses with lastpipe
shopt -s lastpipe; false | (exit 3) | true; echo $? ${PIPESTATUS[@]}; true | false; echo $? ${PIPESTATUS[@]}; echo x | read y; echo $y
### extended globs that match in many ways
a=aaaaaab; for p in '*(a|aa)c' '+(*(a)|a)+(a)c' '*(a|ab|b)' '!(*(a))' '@(+(a)|x)b' '?(a)*(!(b))b'; do [[ $a == $p ]]; echo $?; done
### arithmetic in square brackets
a=(4 5) x=5; echo $[1+2] "$[a[1]+3]" $[ 2 * ( 3 + 4 ) ] $[x*2] $[$x+1] '$[7]' "\$[8]" [ $ [; cat <<X
$[3*3]
X
### which file and function
cd "$(mktemp -d)"; cat >inc <<'X'
echo "inc: ${FUNCNAME[*]} | ${BASH_SOURCE[*]} | ${BASH_LINENO[*]}"
inner() { echo "inner: ${FUNCNAME[*]} | ${BASH_SOURCE[*]} | ${BASH_LINENO[*]}"; caller; caller 0; caller 1; caller 7; echo $?; }
X
cat >main <<'X'
[[ ${BASH_SOURCE[0]} == "$0" ]] && echo "$BASH_SOURCE ${#FUNCNAME[@]} ${BASH_LINENO[0]}"; caller; echo $?
. ./inc; inner
outer() {
	inner; . ./inc
}
outer; outer | cat; eval 'echo ${BASH_SOURCE[0]}'
X
exe=$(readlink /proc/$$/exe); (exec -a fush $exe main); f() { echo ${BASH_SOURCE[0]}; }; f
### depth of subshells
echo $BASH_SUBSHELL; (echo $BASH_SUBSHELL; (echo $BASH_SUBSHELL); echo $(echo $BASH_SUBSHELL))
### built-ins turned off
enable -n echo printf; enable -n; type -t echo; enable echo printf; type -t echo; enable nosuch 2>/dev/null; echo $?; enable -s | head -3
### coproc
coproc cat; echo hi >&${COPROC[1]}; read -u ${COPROC[0]} l; echo $l; kill $COPROC_PID; wait $COPROC_PID; echo $?
coproc P { while read x; do echo "<$x>"; done; }; echo one >&${P[1]}; read -r y <&${P[0]}; echo $y; echo two >&"${P[1]}"; read -r y <&"${P[0]}"; echo $y
eval "exec ${P[1]}>&-"; wait $P_PID; echo $?; coproc Q (read x; echo "sub $x"; read y); echo q >&${Q[1]}; read -u ${Q[0]} z; echo $z; kill $!; wait; coproc x=1 true; wait; type -t coproc
### tracing of compound commands
exec 2>&1; set -x; case x in x) :;; esac; ((i=0)); for ((i=0;i<2;i++)); do :; done; [[ a == a && -n x ]]; [[ x ]]
### the command that an action is for
trap 'echo "D:$BASH_COMMAND"' DEBUG; : a b; x=1; [[ -n $x ]]; ((x==1)); trap - DEBUG
err() { echo "err in $BASH_COMMAND line ${BASH_LINENO[0]}"; }; trap err ERR; false; [[ -z $x ]]; ((x==2)); ! true; f() { return 3; }; f
### functions in the environment
exe=$(readlink /proc/$$/exe); again() { (exec -a fush $exe -c "$@"); }; f() { case $1 in a*) echo "<$1>" "${2:-none}" | cat;; esac 2>&1; cat <<X; }; s() ( echo sub; exit 3 ); export -f f s
$1 there
X
again 'f abc; s; echo $?; f() { echo new; }; (exec -a fush '$exe' -c f); export -fn f; (exec -a fush '$exe' -c "f; s")' 2>/dev/null; export -fn f; again f 2>/dev/null; echo $?; export -f nosuch 2>/dev/null; echo $?
env 'BASH_FUNC_g%%=() { echo g; }; echo no' 'BASH_FUNC_h%%=() { echo h; }' $exe -c 'echo on' 2>/dev/null; BASH_FUNC_x=1 again 'echo $BASH_FUNC_x'
### values quoted
x=$'a\001b\tc\n' y="it's"; echo "${x@Q}" "${y@Q}" ${HOME:+${IFS@Q}}; set --; echo "${@@Q}"
### delimiters of here-documents with a dollar sign
a=b; cat <<"E$a"; cat <<E$a; cat <<"${a}F"G; cat <<'$'x"y z"
hi $a
hb
E$a
two $a
E$a
three
${a}FG
four
$xy z
