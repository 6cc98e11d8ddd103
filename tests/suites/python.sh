# SPDX-License-Identifier: MPL-2.0
# Inside the guest: runs each module of Python's test package that is named, and prints
# `item NAME STATUS RUN SKIPPED` and `failed CASE` for each case that did.
# Of test_socket those of AF_UNIX and of no family: there are no Internet sockets.
unix='-m *Unix* -m *UNIX* -m *SCMRights* -m *SocketPair* -m *Abstract* -m *SendRecvFds*'
for name in "$@"; do
	case $name in test_socket) only=$unix ;; *) only= ;; esac
	set -f
	timeout -k 5 "$SUITE_SECONDS" python3 -m test -v $only --timeout "$SUITE_SECONDS" "$name" \
		>/tmp/out 2>&1
	status=$?
	ran=$(sed -n 's/^Ran \([0-9]*\) tests.*/\1/p' /tmp/out | tail -1)
	skipped=$(sed -n 's/^\(OK\|FAILED\) (.*skipped=\([0-9]*\).*/\2/p' /tmp/out | tail -1)
	echo "item $name $status ${ran:-0} ${skipped:-0}"
	sed -n 's/^\(ERROR\|FAIL\): \([^ ]*\) .*/failed \2/p' /tmp/out | sort -u
done
