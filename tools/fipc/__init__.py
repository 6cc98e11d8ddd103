# SPDX-License-Identifier: MPL-2.0
"""The generator behind tools/fipc.py: language.py reads, the others write."""
