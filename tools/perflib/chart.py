# SPDX-License-Identifier: MPL-2.0
"""Charts as SVG: bars of ratios, curves of growth."""
import math
from html import escape

WIDTH, LEFT, RIGHT, ROW = 900, 190, 70, 20
GOOD, FAIR, BAD = "#5b8c5a", "#c9a227", "#b5483a"
CURVES = ("#35618f", "#b5483a", "#5b8c5a", "#8a5a9e", "#c9a227", "#4a9a9a")
PLAIN = 'font-family="sans-serif" font-size="12"'


def _open(width, height):
	return [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" {PLAIN}>',
		f'<rect width="{width}" height="{height}" fill="#ffffff"/>']


def ratios(title, pairs):
	"""A bar for each (row, ratio), with lines at a half and at one."""
	most = max([1.2, *(r for _, r in pairs)])
	scale = (WIDTH - LEFT - RIGHT) / most
	bottom = 34 + ROW * len(pairs)
	lines = _open(WIDTH, bottom + 12) + [f'<text x="10" y="18">{escape(title)}</text>']
	for i, (row, value) in enumerate(pairs):
		y = 30 + i * ROW
		fill = GOOD if value <= 0.5 else FAIR if value <= 1 else BAD
		lines += [f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(row)}</text>',
			f'<rect x="{LEFT}" y="{y}" width="{value * scale:.1f}" height="{ROW - 5}" fill="{fill}"/>',
			f'<text x="{LEFT + value * scale + 5:.1f}" y="{y + 13}">{value:.2f}</text>']
	for at in (0.5, 1):
		x = LEFT + at * scale
		lines.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="26" y2="{bottom}" stroke="#444" '
			'stroke-dasharray="4 3"/>')
	return "\n".join(lines + ["</svg>"]) + "\n"


def _ticks(least, most):
	return [10 ** e for e in range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)]


def growth(title, unit, curves):
	"""Curves {name: [(size, cost)]} on logarithmic axes."""
	width, height, left, top, right, bottom = 720, 420, 90, 34, 150, 40
	sizes = [s for points in curves.values() for s, _ in points]
	costs = [max(c, 1) for points in curves.values() for _, c in points]
	xs, ys = _ticks(min(sizes), max(sizes)), _ticks(min(costs), max(costs))
	xs, ys = (t if len(t) > 1 else [t[0], t[0] * 10] for t in (xs, ys))

	def x(v):
		return left + (width - left - right) * math.log(v / xs[0]) / math.log(xs[-1] / xs[0])

	def y(v):
		return height - bottom - (height - top - bottom) * \
			math.log(max(v, 1) / ys[0]) / math.log(ys[-1] / ys[0])

	lines = _open(width, height) + [f'<text x="10" y="18">{escape(title)}</text>',
		f'<text x="{left}" y="{height - 6}">size</text>',
		f'<text x="{width - right + 8}" y="{top}">{escape(unit)}</text>']
	for v in xs:
		lines += [f'<line x1="{x(v):.0f}" x2="{x(v):.0f}" y1="{top}" y2="{height - bottom}" stroke="#ddd"/>',
			f'<text x="{x(v):.0f}" y="{height - bottom + 16}" text-anchor="middle">{v:,}</text>']
	for v in ys:
		lines += [f'<line x1="{left}" x2="{width - right}" y1="{y(v):.0f}" y2="{y(v):.0f}" stroke="#ddd"/>',
			f'<text x="{left - 6}" y="{y(v) + 4:.0f}" text-anchor="end">{v:,}</text>']
	for i, (name, points) in enumerate(curves.items()):
		colour = CURVES[i % len(CURVES)]
		path = " ".join(f"{x(s):.1f},{y(c):.1f}" for s, c in points)
		lines += [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
			f'<text x="{x(points[-1][0]) + 6:.0f}" y="{y(points[-1][1]) + 4:.0f}" '
			f'fill="{colour}">{escape(name)}</text>']
	return "\n".join(lines + ["</svg>"]) + "\n"
