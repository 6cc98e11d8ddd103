/* SPDX-License-Identifier: MPL-2.0 */
/* factor: prime factors, by trial division, Miller-Rabin and Pollard's rho. */
#include <stdint.h>
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

constexpr unsigned MOST = 64; /* factors of a number of 64 bits */

static const struct opt factor_opts[] = { {} };

static uint64_t multiply(uint64_t a, uint64_t b, uint64_t n)
{
	return (uint64_t)((unsigned __int128)a * b % n);
}

static uint64_t power(uint64_t base, uint64_t exponent, uint64_t n)
{
	uint64_t result = 1;

	for (base %= n; exponent != 0; exponent >>= 1) {
		if (exponent & 1)
			result = multiply(result, base, n);
		base = multiply(base, base, n);
	}
	return result;
}

/* These bases tell all numbers of 64 bits (Sorenson and Webster, 2015). */
static bool is_prime(uint64_t n)
{
	static const uint64_t bases[] = { 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37 };
	int twos = __builtin_ctzll(n - 1);

	for (unsigned i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
		if (n % bases[i] == 0)
			return n == bases[i];
		uint64_t x = power(bases[i], (n - 1) >> twos, n);
		bool passes = x == 1 || x == n - 1;
		for (int j = 1; j < twos && !passes; j++) {
			x = multiply(x, x, n);
			passes = x == n - 1;
		}
		if (!passes)
			return false;
	}
	return true;
}

static uint64_t common(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

static uint64_t step(uint64_t x, uint64_t c, uint64_t n)
{
	return (uint64_t)(((unsigned __int128)x * x + c) % n);
}

/* A factor of a number that is odd and not prime: some sequence x*x + c finds one. */
static uint64_t split(uint64_t n)
{
	for (uint64_t c = 1;; c++) {
		uint64_t slow = 2, fast = 2, d = 1;
		while (d == 1) {
			slow = step(slow, c, n);
			fast = step(step(fast, c, n), c, n);
			d = common(slow > fast ? slow - fast : fast - slow, n);
		}
		if (d != n)
			return d;
	}
}

static unsigned factors_find(uint64_t n, uint64_t *to)
{
	unsigned count = 0;

	for (uint64_t d = 2; d < 4096 && d * d <= n; d += 1 + (d > 2))
		for (; n % d == 0; n /= d)
			to[count++] = d;
	if (n == 1)
		return count;
	if (n < 4096 * 4096 || is_prime(n)) {
		to[count++] = n;
		return count;
	}
	uint64_t d = split(n);
	count += factors_find(d, to + count);
	return count + factors_find(n / d, to + count);
}

static void sort(uint64_t *list, unsigned n)
{
	for (unsigned i = 1; i < n; i++)
		for (unsigned j = i; j > 0 && list[j - 1] > list[j]; j--) {
			uint64_t larger = list[j - 1];
			list[j - 1] = list[j];
			list[j] = larger;
		}
}

static void show(const char *text)
{
	uint64_t n, factors[MOST];
	enum num_result parsed = num_parse(text + (*text == '+'), &n);

	if (parsed == NUM_TOO_BIG) {
		err_warn("'%s' is too large", text);
		return;
	}
	if (parsed != NUM_OK) {
		err_warn("'%s' is not a valid positive integer", text);
		return;
	}
	unsigned count = n > 1 ? factors_find(n, factors) : 0;
	sort(factors, count);
	put_format("%llu:", (unsigned long long)n);
	for (unsigned i = 0; i < count; i++)
		put_format(" %llu", (unsigned long long)factors[i]);
	put_char('\n');
}

static int factor_main(int argc, char **argv)
{
	static const char blanks[] = " \t\n";
	struct opt_state s;
	struct in in;
	char *line;
	size_t len;

	opt_init(&s, argc, argv);
	(void)opt_next(&s); /* there are only --help and --version */
	for (int i = s.index; i < argc; i++)
		show(argv[i]);
	if (s.index < argc || !in_open(&in, "-"))
		return err_count != 0;
	while (in_line(&in, '\n', &line, &len)) {
		char *copy = mem_dup_bytes(line, len), *rest = copy;
		for (char *word; (word = strtok_r(rest, blanks, &rest)) != nullptr;)
			show(word);
		mem_free(copy);
		put_flush();
	}
	in_close(&in);
	return err_count != 0;
}

APPLET(factor, .usage = "[NUMBER]...", .summary = "Show the prime factors of numbers.",
       .details = "Without a NUMBER, of those on standard input. Numbers have up to 64 bits.",
       .opts = factor_opts);
