#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Tests the tools on images in a scratch folder: tools_test.sh TOOLS.
# Ends with `N passed, N failed`.
set -u

tools=$1
dir=$(mktemp -d)
trap 'fusermount3 -qu "$dir/mnt"; rm -rf "$dir"' EXIT
passed=0
failed=0

# check NAME STATUS COMMAND...: the command must end with that status.
check()
{
	name=$1 want=$2
	shift 2
	"$@" >"$dir/out" 2>&1
	got=$?
	if [ $got -eq "$want" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok $name: status $got, not $want"
		sed 's/^/    /' "$dir/out" | head -20
	fi
}

# Zero or fill a 4 KiB block of an image.
spoil()
{
	head -c 4096 /dev/urandom | dd of="$1" bs=4096 seek="$2" conv=notrunc status=none
}

flip_first_node()
{
	block=$("$tools/futfs" dump "$1" | sed -n 's/.*root \([0-9]*\),.*/\1/p')
	spoil "$1" "$block"
}

# Unmounting returns before the last checkpoint is written: wait for the process to let go.
unmount()
{
	fusermount3 -u "$dir/mnt" || return 1
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		fuser -s "$1" || return 0
		sleep 0.1
	done
	return 1
}

mkdir -p "$dir/src/sub/deep" "$dir/mnt"
printf 'hello\n' >"$dir/src/small"
head -c 3000000 /dev/urandom >"$dir/src/sub/large"
ln -s ../small "$dir/src/sub/link"
ln "$dir/src/small" "$dir/src/sub/deep/second-name"
img=$dir/image

check mkfutfs.tells_how_to_use_it 0 "$tools/mkfutfs" --help
check mkfutfs.refuses_nonsense 1 "$tools/mkfutfs" "$img" --size nonsense
check mkfutfs.refuses_a_block_size_that_cannot_be 1 "$tools/mkfutfs" "$img" --size 16M \
	--block-size 3000
check mkfutfs.refuses_what_is_too_small 1 "$tools/mkfutfs" "$img" --size 64K
check mkfutfs.says_how_much_is_enough 0 sh -c "'$tools/mkfutfs' '$dir/n' --size 64K 2>&1 |
	grep -q '64 KiB: 2112 KiB' && '$tools/mkfutfs' '$dir/n' --size 2112K"
check mkfutfs.wants_a_size_for_what_is_not_there 1 "$tools/mkfutfs" "$dir/nothing"
check mkfutfs.makes_nothing_then 1 test -e "$dir/nothing"
check mkfutfs.says_that_there_are_too_many_segments 1 "$tools/mkfutfs" "$img" --segments 5000000000
check mkfutfs.takes_segments_of_sectors 0 "$tools/mkfutfs" "$img" --size 32M --segments 40 \
	--segment-sectors 512 --block-size 2048 --inodes 100 --label test
check fsck.accepts_it 0 "$tools/fsck.futfs" --device "$img"
check mkfutfs.populates 0 "$tools/mkfutfs" "$img" --size 64M --label test --populate "$dir/src"
check fsck.finds_nothing 0 "$tools/fsck.futfs" --dry-run --device "$img"
check fsck.tells_json 0 sh -c "'$tools/fsck.futfs' --json '$img' | grep -q '\"problems\":0'"
check mkfutfs.loses_nothing_by_a_mistake 0 sh -c "! '$tools/mkfutfs' '$img' --size 64K &&
	! '$tools/mkfutfs' '$img' --size 32M --segments 100000 &&
	! '$tools/mkfutfs' '$img' --populate '$dir/nothing' && '$tools/futfs' cat '$img' small"
check fsck.leaves_alone_what_is_no_volume 4 "$tools/fsck.futfs" --repair "$dir/src/sub/large"
check futfs.wants_a_snapshot_to_compare 2 "$tools/futfs" diff "$img"
check fsck.refuses_to_look_and_repair_at_once 16 "$tools/fsck.futfs" --dry-run --repair "$img"
check fsck.cannot_look_at_what_is_not_there 8 "$tools/fsck.futfs" "$dir/nothing"
check futfs.cats_what_was_copied 0 sh -c "'$tools/futfs' cat '$img' sub/large |
	cmp - '$dir/src/sub/large'"
check futfs.lists 0 sh -c "'$tools/futfs' ls '$img' sub | grep -q 'symlink.*link'"
check futfs.tells_attributes 0 sh -c "'$tools/futfs' stat '$img' small | grep -q 'links 2'"
check futfs.says_what_is_missing 1 "$tools/futfs" cat "$img" missing
check futfs.dumps 0 "$tools/futfs" dump "$img" segments tree
check futfs.takes_a_snapshot 0 "$tools/futfs" snapshot "$img" create monday
check futfs.refuses_a_second_one_of_the_name 1 "$tools/futfs" snapshot "$img" create monday
check fsck.accepts_a_snapshot 0 "$tools/fsck.futfs" "$img"

if [ -w /dev/fuse ]; then
	check mount.mounts 0 "$tools/futfs" mount "$img" "$dir/mnt"
	mkdir "$dir/again"
	check mount.refuses_a_second_one_of_the_image 1 "$tools/futfs" mount "$img" "$dir/again"
	check mount.refuses_it_by_another_name_too 1 sh -c "ln -s '$img' '$dir/link' &&
		'$tools/futfs' mount '$dir/link' '$dir/again'"
	check fsck.does_not_repair_what_is_mounted 8 "$tools/fsck.futfs" --repair "$img"
	check mkfutfs.does_not_overwrite_what_is_mounted 1 "$tools/mkfutfs" "$img"
	check futfs.still_looks_at_it 0 sh -c "'$tools/futfs' ls '$img' | grep -q small"
	check mount.shows_what_was_copied 0 diff -r "$dir/src" "$dir/mnt"
	check mount.writes 0 sh -c "cd '$dir/mnt' && rm small && echo new >small && mkdir d &&
		mv small d/moved && cp -r sub again && cmp sub/large again/large"
	check mount.truncates_and_punches 0 sh -c "cd '$dir/mnt/again' && truncate -s 1M large &&
		fallocate -p -o 4096 -l 8192 large &&
		dd if=large bs=4096 skip=1 count=2 status=none | cmp -n 8192 - /dev/zero"
	check mount.truncates_when_opening 0 sh -c "cd '$dir/mnt' && echo longer >t && echo s >t &&
		[ \$(stat -c %s t) -eq 2 ]"
	check mount.keeps_open_files_alive 0 sh -c "cd '$dir/mnt' && exec 3<d/moved && rm d/moved &&
		grep -q new <&3"
	check mount.has_attributes 0 python3 -c "import os
os.setxattr('$dir/mnt/t', 'user.a', b'b')
assert os.getxattr('$dir/mnt/t', 'user.a') == b'b'"
	check mount.has_no_access_lists 1 python3 -c "import os
os.setxattr('$dir/mnt/t', 'system.posix_acl_access', bytes.fromhex(
	'0200000001000600ffffffff04000400ffffffff20000400ffffffff'))"
	check mount.unmounts 0 unmount "$img"
	check fsck.accepts_what_was_done 0 "$tools/fsck.futfs" "$img"
	check futfs.shows_the_past 0 sh -c "'$tools/futfs' cat --snapshot monday '$img' small |
		grep -q hello"
	check futfs.tells_what_differs 0 sh -c "'$tools/futfs' diff '$img' monday | grep -q '^+ inode'"
fi

check futfs.forgets_a_snapshot 0 "$tools/futfs" snapshot "$img" delete monday
check fsck.cleans 0 "$tools/fsck.futfs" --gc "$img"
flip_first_node "$img"
cp "$img" "$dir/before"
check fsck.notices_a_damaged_root 4 "$tools/fsck.futfs" --dry-run "$img"
check fsck.writes_nothing_on_a_dry_run 0 cmp "$img" "$dir/before"
check fsck.repairs_it 1 "$tools/fsck.futfs" --repair "$img"
check fsck.finds_nothing_after_repair 0 "$tools/fsck.futfs" --repair "$img"
check futfs.still_has_the_data 0 sh -c "'$tools/futfs' cat '$img' sub/large |
	cmp - '$dir/src/sub/large'"
spoil "$img" 0
check fsck.uses_the_copy_of_the_superblock 1 "$tools/fsck.futfs" --repair "$img"
spoil "$img" 1 # one copy in each of the two slots
spoil "$img" 3
check fsck.uses_the_copy_of_the_checkpoint 1 "$tools/fsck.futfs" --repair "$img"
check fsck.is_content_at_the_end 0 "$tools/fsck.futfs" "$img"
head -c 1000000 /dev/urandom >"$dir/garbage"
check fsck.refuses_what_is_not_a_volume 4 "$tools/fsck.futfs" "$dir/garbage"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
