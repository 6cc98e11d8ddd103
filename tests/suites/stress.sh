# SPDX-License-Identifier: MPL-2.0
# Inside the guest: runs each stressor of the classes that are named, alone and for one second, and
# prints `item CLASS STATUS RUN SKIPPED` and before it `failed STRESSOR` for each that did. Skipped
# are those that refuse to run as root, lack a resource, or whose subject the system has not.
# The stressor `resources` sends SIGALRM to numbers of an array that it did not fill: to us, too.
trap : ALRM
for class in "$@"; do
	run=0 skipped=0 status=0
	for name in $(stress-ng --class "$class?" 2>&1 | sed -n 's/.*stressors: //p'); do
		run=$((run + 1))
		timeout -s KILL "$SUITE_SECONDS" stress-ng --"$name" 1 --timeout 1 --verify \
			>/tmp/out 2>&1
		case $? in
		0) ;;
		3 | 4) skipped=$((skipped + 1)) ;;
		*) if grep -q "No stress workers invoked" /tmp/out; then
				skipped=$((skipped + 1))
			else
				status=1; echo "failed $name"
			fi ;;
		esac
	done
	echo "item $class $status $run $skipped"
done
