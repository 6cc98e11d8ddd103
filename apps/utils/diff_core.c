/* SPDX-License-Identifier: MPL-2.0 */
/*
 * E. Myers, "An O(ND) Difference Algorithm and Its Variations" (Algorithmica, 1986), in its form
 * that needs linear space: find the middle of the shortest path from both ends, then do each half.
 */
#include "apps/utils/diff.h"
#include <stdint.h>
#include <string.h>
#include "apps/applet/mem.h"

struct diff {
	const size_t *a, *b;
	bool *deleted, *inserted;
	ptrdiff_t *down, *up; /* the furthest x on each diagonal, from the start and from the end */
	ptrdiff_t middle;     /* the index of diagonal 0 */
};

/* Where a shortest path crosses its middle. */
struct crossing {
	ptrdiff_t x, y;
};

static struct crossing crossing_find(struct diff *d, ptrdiff_t a0, ptrdiff_t a1, ptrdiff_t b0,
				     ptrdiff_t b1)
{
	ptrdiff_t start = a0 - b0, end = a1 - b1, lo = a0 - b1, hi = a1 - b0;
	ptrdiff_t *down = d->down + d->middle, *up = d->up + d->middle;
	ptrdiff_t f_lo = start, f_hi = start, r_lo = end, r_hi = end;
	bool odd = (start - end) & 1;

	down[start] = a0;
	up[end] = a1;
	for (;;) {
		/* One more edit from the start; diagonals beyond the rectangle are not looked at.
		 */
		if (f_lo > lo)
			down[--f_lo - 1] = -1;
		else
			f_lo++;
		if (f_hi < hi)
			down[++f_hi + 1] = -1;
		else
			f_hi--;
		for (ptrdiff_t k = f_hi; k >= f_lo; k -= 2) {
			ptrdiff_t x = down[k - 1] >= down[k + 1] ? down[k - 1] + 1 : down[k + 1],
				  y = x - k;
			while (x < a1 && y < b1 && d->a[x] == d->b[y]) {
				x++;
				y++;
			}
			down[k] = x;
			if (odd && r_lo <= k && k <= r_hi && up[k] <= x)
				return (struct crossing){ x, y };
		}
		if (r_lo > lo)
			up[--r_lo - 1] = PTRDIFF_MAX;
		else
			r_lo++;
		if (r_hi < hi)
			up[++r_hi + 1] = PTRDIFF_MAX;
		else
			r_hi--;
		for (ptrdiff_t k = r_hi; k >= r_lo; k -= 2) {
			ptrdiff_t x = up[k - 1] < up[k + 1] ? up[k - 1] : up[k + 1] - 1, y = x - k;
			while (x > a0 && y > b0 && d->a[x - 1] == d->b[y - 1]) {
				x--;
				y--;
			}
			up[k] = x;
			if (!odd && f_lo <= k && k <= f_hi && x <= down[k])
				return (struct crossing){ x, y };
		}
	}
}

static void range_diff(struct diff *d, ptrdiff_t a0, ptrdiff_t a1, ptrdiff_t b0, ptrdiff_t b1)
{
	while (a0 < a1 && b0 < b1 && d->a[a0] == d->b[b0]) {
		a0++;
		b0++;
	}
	while (a0 < a1 && b0 < b1 && d->a[a1 - 1] == d->b[b1 - 1]) {
		a1--;
		b1--;
	}
	if (a0 == a1) {
		memset(d->inserted + b0, true, (size_t)(b1 - b0));
	} else if (b0 == b1) {
		memset(d->deleted + a0, true, (size_t)(a1 - a0));
	} else {
		struct crossing c = crossing_find(d, a0, a1, b0, b1);
		range_diff(d, a0, c.x, b0, c.y);
		range_diff(d, c.x, a1, c.y, b1);
	}
}

/*
 * Among equally short ways people expect changes as late as can be, and joined: a run of changed
 * lines moves down while the line behind it equals its first.
 */
static void runs_shift(const size_t *list, size_t n, bool *changed, const bool *other,
		       size_t other_n)
{
	size_t j = 0; /* the line of the other file beside line i */

	for (size_t i = 0; i < n;) {
		if (!changed[i]) {
			while (j < other_n && other[j])
				j++;
			i++;
			j++;
			continue;
		}
		size_t start = i, end = i;
		while (end < n && changed[end])
			end++;
		/* Up, to join with the run before; then down, as far as it goes. */
		size_t at = j, length = 0, matched = SIZE_MAX;
		do {
			length = end - start;
			while (start > 0 && list[start - 1] == list[end - 1]) {
				changed[--start] = true;
				changed[--end] = false;
				while (start > 0 && changed[start - 1])
					start--;
				at--;
				while (at > 0 && at <= other_n && other[at - 1])
					at--;
			}
			matched = at < other_n && other[at] ? end : SIZE_MAX;
			size_t k = at;
			while (k < other_n && other[k])
				k++;
			while (end < n && list[start] == list[end]) {
				changed[start++] = false;
				changed[end++] = true;
				while (end < n && changed[end])
					end++;
				k++;
				if (k < other_n && other[k])
					matched = end;
				while (k < other_n && other[k])
					k++;
			}
			at = k;
		} while (length != end - start);
		/* Rather beside a change of the other file, so that both become one. */
		while (matched != SIZE_MAX && matched < end) {
			changed[--start] = true;
			changed[--end] = false;
			at--;
			while (at > 0 && other[at - 1])
				at--;
		}
		i = end;
		j = at;
		while (j < other_n && other[j])
			j++;
	}
}

void diff_lists(const size_t *a, size_t n, const size_t *b, size_t m, bool *deleted, bool *inserted)
{
	struct diff d = { .a = a, .b = b, .deleted = deleted, .inserted = inserted };
	size_t diagonals = n + m + 5;

	d.middle = (ptrdiff_t)m + 2;
	d.down = mem_resize(nullptr, diagonals, sizeof *d.down);
	d.up = mem_resize(nullptr, diagonals, sizeof *d.up);
	range_diff(&d, 0, (ptrdiff_t)n, 0, (ptrdiff_t)m);
	runs_shift(a, n, deleted, inserted, m);
	runs_shift(b, m, inserted, deleted, n);
	mem_free(d.down);
	mem_free(d.up);
}
