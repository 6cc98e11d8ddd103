/* SPDX-License-Identifier: MPL-2.0 */
/* expr: evaluates an expression of its arguments. */
#include <stdckdint.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/mem.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"
#include "apps/applet/regex.h"
#include "apps/applet/utf8.h"

struct words {
	char **p;
	bool skip; /* evaluate nothing: the other side of | or & has decided */
};

static const char *or_eval(struct words *w);

static bool word_is(const struct words *w, const char *text)
{
	return *w->p != nullptr && strcmp(*w->p, text) == 0;
}

static bool word_take(struct words *w, const char *text)
{
	if (!word_is(w, text))
		return false;
	w->p++;
	return true;
}

static bool is_null(const char *s)
{
	if (*s == '\0')
		return true;
	s += *s == '-';
	return *s != '\0' && s[strspn(s, "0")] == '\0';
}

static int64_t number_of(const char *s)
{
	int64_t n;
	enum num_result r = *s == '+' ? NUM_BAD : num_parse_signed(s, &n);

	if (r == NUM_BAD)
		err_fatal("non-integer argument");
	if (r == NUM_TOO_BIG)
		err_fatal("%s: Numerical result out of range", s);
	return n;
}

static const char *number_text(int64_t n)
{
	return mem_format("%lld", (long long)n);
}

static const char *need(const struct words *w)
{
	if (*w->p == nullptr)
		opt_usage_error("syntax error: missing argument after '%s'", w->p[-1]);
	return *w->p;
}

/* TEXT : RE, which is bound to the start: the first group, or the length of the match. */
static const char *match_eval(const char *text, const char *pattern, bool skip)
{
	const char *error;
	struct regex_span m[3];

	if (skip)
		return "";
	struct regex *r = regex_create(pattern, strlen(pattern), 0, &error);
	if (r == nullptr)
		err_fatal("%s", error);
	unsigned groups = regex_groups(r);
	bool found = regex_match(r, text, strlen(text), 0, m, 2) && m[0].start == 0;
	if (groups != 0)
		return found && m[1].start != REGEX_UNSET
			       ? mem_dup_bytes(text + m[1].start, m[1].end - m[1].start)
			       : "";
	int64_t chars = 0;
	for (const char *p = text; found && p < text + m[0].end; chars++) {
		uint32_t code;
		p += char_decode(p, text + m[0].end, &code);
	}
	return number_text(chars);
}

/* Where character number n (from 1) starts. */
static const char *char_at(const char *s, int64_t n)
{
	const char *stop = s + strlen(s);
	uint32_t code;

	for (; n > 1 && s < stop; n--)
		s += char_decode(s, stop, &code);
	return s;
}

static int64_t char_count(const char *s)
{
	const char *stop = s + strlen(s);
	uint32_t code;
	int64_t n = 0;

	for (; s < stop; n++)
		s += char_decode(s, stop, &code);
	return n;
}

static const char *index_eval(const char *text, const char *set)
{
	const char *stop = text + strlen(text);
	int64_t n = 1;

	for (const char *p = text; p < stop; n++) {
		uint32_t code;
		int len = char_decode(p, stop, &code);
		for (const char *q = set; *q != '\0'; q++) {
			if (strncmp(q, p, (size_t)len) == 0)
				return number_text(n);
		}
		p += len;
	}
	return "0";
}

static const char *primary_eval(struct words *w)
{
	if (*w->p == nullptr)
		opt_usage_error("syntax error: missing argument after '%s'", w->p[-1]);
	if (word_take(w, "(")) {
		const char *v = or_eval(w);
		if (!word_take(w, ")"))
			err_fatal("syntax error: expecting ')' %s '%s'",
				  *w->p == nullptr ? "after" : "instead of",
				  *w->p == nullptr ? w->p[-1] : *w->p);
		return v;
	}
	if (word_is(w, ")"))
		err_fatal("syntax error: unexpected ')'");
	return *w->p++;
}

static const char *keyword_eval(struct words *w)
{
	if (word_take(w, "+")) {
		need(w);
		return *w->p++;
	}
	if (word_take(w, "length"))
		return number_text(char_count(keyword_eval(w)));
	if (word_take(w, "match")) {
		const char *text = keyword_eval(w);
		return match_eval(text, keyword_eval(w), w->skip);
	}
	if (word_take(w, "index")) {
		const char *text = keyword_eval(w);
		return index_eval(text, keyword_eval(w));
	}
	if (word_take(w, "substr")) {
		const char *text = keyword_eval(w);
		int64_t at, len;
		const char *a = keyword_eval(w), *b = keyword_eval(w);
		if (num_parse_signed(a, &at) == NUM_BAD || num_parse_signed(b, &len) == NUM_BAD ||
		    at <= 0 || len <= 0)
			return "";
		const char *from = char_at(text, at);
		return mem_dup_bytes(
			from, (size_t)(char_at(from, len == INT64_MAX ? len : len + 1) - from));
	}
	return primary_eval(w);
}

static const char *colon_eval(struct words *w)
{
	const char *v = keyword_eval(w);

	while (word_take(w, ":"))
		v = match_eval(v, keyword_eval(w), w->skip);
	return v;
}

static const char *product_eval(struct words *w)
{
	const char *v = colon_eval(w);

	while (word_is(w, "*") || word_is(w, "/") || word_is(w, "%")) {
		char op = **w->p++;
		const char *right = colon_eval(w);
		if (w->skip)
			continue;
		int64_t a = number_of(v), b = number_of(right), n;
		if (op != '*' && b == 0)
			err_fatal("division by zero");
		if (op == '*' ? ckd_mul(&n, a, b) : a == INT64_MIN && b == -1)
			err_fatal("*: Numerical result out of range");
		if (op != '*')
			n = op == '/' ? a / b : a % b;
		v = number_text(n);
	}
	return v;
}

static const char *sum_eval(struct words *w)
{
	const char *v = product_eval(w);

	while (word_is(w, "+") || word_is(w, "-")) {
		char op = **w->p++;
		const char *right = product_eval(w);
		if (w->skip)
			continue;
		int64_t a = number_of(v), b = number_of(right), n;
		if (op == '+' ? ckd_add(&n, a, b) : ckd_sub(&n, a, b))
			err_fatal("%c: Numerical result out of range", op);
		v = number_text(n);
	}
	return v;
}

static const char *compare_eval(struct words *w)
{
	static const char *const ops[] = { "<", "<=", "=", "==", "!=", ">=", ">" };
	const char *v = sum_eval(w);

	for (;;) {
		int op = -1;
		for (int i = 0; i < 7; i++)
			op = word_is(w, ops[i]) ? i : op;
		if (op < 0)
			return v;
		w->p++;
		const char *right = sum_eval(w);
		int64_t a, b;
		bool numbers =
			num_parse_signed(v, &a) == NUM_OK && num_parse_signed(right, &b) == NUM_OK;
		int d = numbers ? (a > b) - (a < b) : strcmp(v, right);
		bool r = op == 0   ? d < 0
			 : op == 1 ? d <= 0
			 : op <= 3 ? d == 0
			 : op == 4 ? d != 0
			 : op == 5 ? d >= 0
				   : d > 0;
		v = r ? "1" : "0";
	}
}

static const char *and_eval(struct words *w)
{
	const char *v = compare_eval(w);

	while (word_take(w, "&")) {
		bool skip = w->skip;
		w->skip |= is_null(v);
		const char *right = compare_eval(w);
		w->skip = skip;
		v = is_null(v) || is_null(right) ? "0" : v;
	}
	return v;
}

static const char *or_eval(struct words *w)
{
	const char *v = and_eval(w);

	while (word_take(w, "|")) {
		bool skip = w->skip;
		w->skip |= !is_null(v);
		const char *right = and_eval(w);
		w->skip = skip;
		v = !is_null(v) ? v : is_null(right) ? "0" : right;
	}
	return v;
}

static int expr_main(int argc, char **argv)
{
	struct words w = { .p = argv + 1 };

	err_status = 2;
	if (argc > 1 && strcmp(argv[1], "--") == 0)
		w.p++;
	if (*w.p == nullptr)
		opt_usage_error("missing operand");
	const char *v = or_eval(&w);
	if (*w.p != nullptr)
		err_fatal("syntax error: unexpected argument '%s'", *w.p);
	put_format("%s\n", v);
	return is_null(v);
}

APPLET(expr, .usage = "EXPRESSION",
       .summary = "Evaluate EXPRESSION; the status is 1 if it is empty or 0.",
       .flags = APPLET_IN_PROCESS,
       .details = "First the loosest: A | B   A & B   A < B (also <= = != >= >)   A + B  A - B\n"
		  "A * B  A / B  A % B   TEXT : REGEX   match TEXT REGEX, substr TEXT POS LEN,\n"
		  "index TEXT CHARS, length TEXT, + WORD, ( A )");
