# SPDX-License-Identifier: MPL-2.0
# Inside the guest: runs each stressor of the classes that are named, alone and for one second, and
# prints `stressor NAME STATUS` for each, what it said if that is not 0, and `item CLASS 0` in the
# end.
# The stressor `resources` sends SIGALRM to numbers of an array that it did not fill: to us, too.
trap : ALRM
for class in "$@"; do
	for name in $(stress-ng --class "$class?" 2>&1 | sed -n 's/.*stressors: //p'); do
		timeout -s KILL "$SUITE_SECONDS" stress-ng --"$name" 1 --timeout 1 --verify \
			>/tmp/out 2>&1
		status=$?
		# Its status is 0 where every stressor was left out, too.
		grep -q "No stress workers invoked" /tmp/out && status=4
		echo "stressor $name $status"
		[ $status = 0 ] || sed 's/^/  /' /tmp/out
	done
	echo "item $class 0"
done
