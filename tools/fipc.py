#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Makes code and manuals from interface definitions (.fipc). docs/fipc.md describes the language.

	fipc.py kernel abi/kernel.fipc OUT       numbers, dispatch, stubs, tables for tests, manual
	fipc.py protocol protocol/X.fipc OUT     client stubs, server dispatch, description, manual
"""
import argparse
import sys

from fipc import describe, grammar, kernel, language, manual, protocol

WRITERS = {"kernel": (kernel, grammar, describe, manual), "protocol": (protocol, describe, manual)}


def main():
	parser = argparse.ArgumentParser(description=__doc__,
		formatter_class=argparse.RawDescriptionHelpFormatter)
	parser.add_argument("mode", choices=WRITERS)
	parser.add_argument("source")
	parser.add_argument("out")
	args = parser.parse_args()
	try:
		base = language.read_kernel() if args.mode == "protocol" else None
		it = language.read(args.source, base)
		for writer in WRITERS[args.mode]:
			writer.write(it, args.out)
	except (language.Bad, OSError) as e:
		sys.exit(str(e))


if __name__ == "__main__":
	main()
