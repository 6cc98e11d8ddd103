#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Makes code and manuals from interface definitions (.fipc). docs/fipc.md describes the language.

	fipc.py kernel abi/kernel.fipc OUT       numbers, dispatch, stubs, manual, tables for tests
	fipc.py protocol protocol/X.fipc OUT     client stubs, server dispatch, manual, description
"""
import argparse
import sys

from fipc import grammar, kernel, language, protocol


def main():
	parser = argparse.ArgumentParser(description=__doc__,
		formatter_class=argparse.RawDescriptionHelpFormatter)
	parser.add_argument("mode", choices=["kernel", "protocol"])
	parser.add_argument("source")
	parser.add_argument("out")
	args = parser.parse_args()
	try:
		if args.mode == "kernel":
			it = language.read(args.source)
			for writer in (kernel, grammar):
				writer.write(it, args.out)
		else:
			protocol.write(language.read(args.source, language.read_kernel()), args.out)
	except (language.Bad, OSError) as e:
		sys.exit(f"{e}")


if __name__ == "__main__":
	main()
