# SPDX-License-Identifier: MPL-2.0
"""A flame graph: who called whom, upwards, and as wide as what it cost. One SVG file; the full text
of a box shows when pointed at."""
from dataclasses import dataclass, field
from html import escape

WIDTH, ROW, MARGIN = 1400, 17, 10
LEAST = 0.4		# pixels: what is narrower is left out
LETTER = 6.6		# pixels of one letter
COLOURS = {"kernel": (205, 92, 60), "posix": (88, 130, 180), "": (120, 160, 85)}


@dataclass
class Node:
	value: int = 0
	below: dict = field(default_factory=dict)


def tree(folded):
	root = Node()
	for path, value in folded.items():
		node = root
		node.value += value
		for name in path:
			node = node.below.setdefault(name, Node())
			node.value += value
	return root


def depth(node):
	return 1 + max((depth(n) for n in node.below.values()), default=0)


def colour(name):
	for kind, rgb in COLOURS.items():
		if kind and name.endswith(f"[{kind}]"):
			break
	else:
		rgb = COLOURS[""]
	shade = sum(name.encode()) % 40 - 20	# neighbours are to differ
	return "#" + "".join(f"{min(255, max(0, c + shade)):02x}" for c in rgb)


def boxes(node, x, level, scale):
	for name, child in sorted(node.below.items()):
		width = child.value * scale
		if width >= LEAST:
			yield x, level, width, name, child.value
			yield from boxes(child, x, level + 1, scale)
		x += width


def svg(folded, title, repetitions):
	root = tree(folded)
	height = ROW * (depth(root) + 1) + 2 * MARGIN
	total = root.value or 1
	lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
		'font-family="monospace" font-size="11">',
		f'<rect width="{WIDTH}" height="{height}" fill="#fcfaf5"/>',
		f'<text x="{MARGIN}" y="{MARGIN + 8}">{escape(title)}: '
		f'{total / repetitions:,.0f} instructions</text>']
	for x, level, width, name, value in boxes(root, MARGIN, 0, (WIDTH - 2 * MARGIN) / total):
		y = height - MARGIN - (level + 1) * ROW
		shown = name if len(name) * LETTER < width else name[:int(width / LETTER)]
		lines.append(f'<g><title>{escape(name)}: {value / repetitions:,.0f} '
			f'({value / total:.1%})</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" '
			f'height="{ROW - 1}" fill="{colour(name)}"/>' +
			(f'<text x="{x + 2:.1f}" y="{y + 12}" fill="#fff">{escape(shown)}</text>'
				if len(shown) > 2 else "") + "</g>")
	return "\n".join(lines + ["</svg>"]) + "\n"
