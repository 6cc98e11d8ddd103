# SPDX-License-Identifier: MPL-2.0
# Runs each module of Python's test package that is named, and prints what it says, and then
# `item NAME STATUS`. Cases that want Internet sockets, by patterns in /internet, are left out.
for name in "$@"; do
	timeout -k 5 "$SUITE_SECONDS" python3 -m test -v --ignorefile /internet \
		--timeout "$SUITE_SECONDS" "$name" 2>&1
	printf '\nitem %s %s\n' "$name" $?
done
