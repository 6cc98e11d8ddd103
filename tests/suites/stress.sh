# SPDX-License-Identifier: MPL-2.0
# Inside the guest: runs each stressor of the classes that are named, alone and for one second, and
# prints `item CLASS STATUS RUN 0` and `failed STRESSOR` for each that did.
for class in "$@"; do
	run=0 status=0
	for name in $(stress-ng --class "$class?" 2>&1 | sed -n 's/.*stressors: //p'); do
		run=$((run + 1))
		timeout -s KILL "$SUITE_SECONDS" stress-ng --"$name" 1 --timeout 1 --verify \
			>/tmp/out 2>&1
		case $? in
		0 | 3 | 4) ;;	# done; not enough of something; not there on this system
		*) status=1; echo "failed $name" ;;
		esac
	done
	echo "item $class $status $run 0"
done
