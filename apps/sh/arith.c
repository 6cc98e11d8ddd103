/* SPDX-License-Identifier: MPL-2.0 */
/* Arithmetic expressions: compiled once to a tree, evaluated often. */
#include "apps/sh/arith.h"
#include "apps/sh/array.h"
#include "apps/sh/chars.h"
#include "apps/sh/error.h"
#include "apps/sh/expand.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

enum op : uint8_t {
	NUMBER,
	VARIABLE,
	BROKEN, /* syntax error; text says what */
	NEGATE,
	PLUS,
	INVERT,
	LOGICAL_NOT,
	PRE_INC,
	PRE_DEC,
	POST_INC,
	POST_DEC,
	POWER,
	MUL,
	DIV,
	MOD,
	ADD,
	SUB,
	SHL,
	SHR,
	LT,
	LE,
	GT,
	GE,
	EQ,
	NE,
	AND,
	XOR,
	OR,
	LOGICAL_AND,
	LOGICAL_OR,
	CONDITION,
	ASSIGN, /* with: the operator of a compound assignment, or NUMBER for plain = */
	COMMA,
};

struct arith {
	enum op op;
	enum op with;
	long long n;
	struct sym *sym;
	const char *text;  /* subscript of a variable, or the error */
	struct arith *sub; /* the subscript as an expression, should the variable be indexed */
	struct arith *a, *b, *c;
};

struct compiler {
	struct arena *arena;
	const char *s; /* what is left */
	const char *whole;
	struct arith *error;
	int depth;
};

constexpr int DEPTH_MOST = 1000; /* parentheses and operators inside each other */

static struct arith *make(struct compiler *c, enum op op, struct arith *a, struct arith *b)
{
	struct arith *e = arena_alloc(c->arena, sizeof(*e));

	*e = (struct arith){ .op = op, .a = a, .b = b };
	return e;
}

static struct arith *broken(struct compiler *c, const char *what)
{
	if (c->error == nullptr) {
		c->error = make(c, BROKEN, nullptr, nullptr);
		c->error->text = arena_printf(c->arena, "%s: %s", c->whole, what);
	}
	c->s = "";
	return c->error;
}

static void skip_space(struct compiler *c)
{
	while (isspace((unsigned char)*c->s))
		c->s++;
}

static int digit_value(int ch, int base)
{
	if (isdigit(ch))
		return ch - '0';
	if (islower(ch))
		return ch - 'a' + 10;
	if (isupper(ch))
		return base <= 36 ? ch - 'A' + 10 : ch - 'A' + 36;
	return ch == '@' ? 62 : ch == '_' ? 63 : 99;
}

/* A number at *s in C's notation, or base#digits. */
static bool number_at(const char **s, long long *n)
{
	const char *p = *s;
	unsigned long long v = 0;
	int base = 10;

	if (*p == '0' && (p[1] == 'x' || p[1] == 'X')) {
		base = 16;
		p += 2;
	} else if (*p == '0') {
		base = 8;
	} else {
		char *end;
		long b = strtol(p, &end, 10);
		if (*end == '#' && b >= 2 && b <= 64 && !sh.posix) {
			base = (int)b;
			p = end + 1;
		}
	}
	const char *first = p;
	for (; is_class((unsigned char)*p, CC_NAME) || (*p == '@' && base > 62); p++) {
		int d = digit_value((unsigned char)*p, base);
		if (d >= base)
			return false;
		v = v * (unsigned)base + (unsigned)d;
	}
	*n = (long long)v;
	*s = p;
	return p > first;
}

static struct arith *parse_binary(struct compiler *c, int least);

static struct arith *parse_comma(struct compiler *c)
{
	struct arith *e = parse_binary(c, 1);

	for (skip_space(c); *c->s == ','; skip_space(c)) {
		c->s++;
		e = make(c, COMMA, e, parse_binary(c, 1));
	}
	return e;
}

static struct arith *parse_variable(struct compiler *c)
{
	size_t len = name_length(c->s);
	struct arith *e = make(c, VARIABLE, nullptr, nullptr);

	e->sym = sym_intern(c->s, len);
	c->s += len;
	if (*c->s != '[' || sh.posix)
		return e;
	int depth = 0;
	const char *start = ++c->s;
	for (; *c->s != '\0' && (*c->s != ']' || depth > 0); c->s++)
		depth += (*c->s == '[') - (*c->s == ']');
	if (*c->s == '\0')
		return broken(c, "missing `]'");
	e->text = arena_strndup(c->arena, start, (size_t)(c->s - start));
	c->s++;
	e->sub = arith_compile(c->arena, e->text);
	return e;
}

static struct arith *parse_primary(struct compiler *c)
{
	skip_space(c);
	if (*c->s == '(') {
		c->s++;
		struct arith *e = parse_comma(c);
		skip_space(c);
		if (*c->s != ')')
			return broken(c, "missing `)'");
		c->s++;
		return e;
	}
	if (isdigit((unsigned char)*c->s)) {
		struct arith *e = make(c, NUMBER, nullptr, nullptr);
		return number_at(&c->s, &e->n) ? e : broken(c, "invalid number");
	}
	if (is_class((unsigned char)*c->s, CC_START))
		return parse_variable(c);
	return broken(c, *c->s == '\0' ? "arithmetic expression ends too early"
				       : "arithmetic syntax error");
}

static bool is_lvalue(const struct arith *e)
{
	return e->op == VARIABLE;
}

static struct arith *parse_postfix(struct compiler *c)
{
	struct arith *e = parse_primary(c);

	skip_space(c);
	if (is_lvalue(e) && (c->s[0] == '+' || c->s[0] == '-') && c->s[1] == c->s[0]) {
		e = make(c, c->s[0] == '+' ? POST_INC : POST_DEC, e, nullptr);
		c->s += 2;
	}
	return e;
}

static struct arith *parse_unary(struct compiler *c)
{
	if (++c->depth > DEPTH_MOST)
		return broken(c, "nested too deeply");
	skip_space(c);
	char ch = c->s[0];
	struct arith *e;
	if ((ch == '+' || ch == '-') && c->s[1] == ch) {
		c->s += 2;
		e = parse_unary(c);
		if (is_lvalue(e)) {
			e = make(c, ch == '+' ? PRE_INC : PRE_DEC, e, nullptr);
		} else if (ch == '-') { /* - - x */
			e = make(c, NEGATE, make(c, NEGATE, e, nullptr), nullptr);
		}
	} else if (ch != '\0' && strchr("+-!~", ch) != nullptr) {
		c->s++;
		e = make(c,
			 ch == '+'   ? PLUS
			 : ch == '-' ? NEGATE
			 : ch == '!' ? LOGICAL_NOT
				     : INVERT,
			 parse_unary(c), nullptr);
	} else {
		e = parse_postfix(c);
	}
	c->depth--;
	return e;
}

struct operator
{
	char text[4];
	enum op op;
	int level; /* binds tighter when higher; 0: an assignment */
};

static const struct operator operators[] = {
	{ "<<=", SHL, 0 },
	{ ">>=", SHR, 0 },
	{ "**", POWER, 13 },
	{ "*=", MUL, 0 },
	{ "/=", DIV, 0 },
	{ "%=", MOD, 0 },
	{ "+=", ADD, 0 },
	{ "-=", SUB, 0 },
	{ "&=", AND, 0 },
	{ "^=", XOR, 0 },
	{ "|=", OR, 0 },
	{ "||", LOGICAL_OR, 3 },
	{ "&&", LOGICAL_AND, 4 },
	{ "==", EQ, 8 },
	{ "!=", NE, 8 },
	{ "<=", LE, 9 },
	{ ">=", GE, 9 },
	{ "<<", SHL, 10 },
	{ ">>", SHR, 10 },
	{ "=", NUMBER, 0 },
	{ "|", OR, 5 },
	{ "^", XOR, 6 },
	{ "&", AND, 7 },
	{ "<", LT, 9 },
	{ ">", GT, 9 },
	{ "+", ADD, 11 },
	{ "-", SUB, 11 },
	{ "*", MUL, 12 },
	{ "/", DIV, 12 },
	{ "%", MOD, 12 },
	{ "?", CONDITION, 2 },
};

static const struct operator* operator_at(const char *s)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (operators[i].text[0] == s[0] &&
		    strncmp(operators[i].text, s, strlen(operators[i].text)) == 0)
			return &operators[i];
	return nullptr;
}

static struct arith *parse_condition(struct compiler *c, struct arith *test)
{
	struct arith *e = make(c, CONDITION, test, parse_comma(c));

	skip_space(c);
	if (*c->s != ':')
		return broken(c, "missing `:'");
	c->s++;
	e->c = parse_binary(c, 1);
	return e;
}

/* Levels: 1 assignment, 2 ?:, 3 to 13 the binary operators. */
static struct arith *parse_binary(struct compiler *c, int least)
{
	if (++c->depth > DEPTH_MOST)
		return broken(c, "nested too deeply");
	struct arith *e = parse_unary(c);
	for (;;) {
		skip_space(c);
		const struct operator* o = operator_at(c->s);
		if (o == nullptr || (o->level == 0 ? least > 1 && !is_lvalue(e) : o->level < least))
			break;
		if (o->level == 0) {
			if (!is_lvalue(e)) {
				e = broken(c, "assignment to something that is no variable");
				break;
			}
			c->s += strlen(o->text);
			e = make(c, ASSIGN, e, parse_binary(c, 1));
			e->with = o->op;
			continue;
		}
		c->s += strlen(o->text);
		if (o->op == CONDITION)
			e = parse_condition(c, e);
		else /* ** groups to the right */
			e = make(c, o->op, e, parse_binary(c, o->level + (o->op != POWER)));
	}
	c->depth--;
	return e;
}

struct arith *arith_compile(struct arena *a, const char *text)
{
	struct compiler c = { .arena = a, .s = text, .whole = text };

	skip_space(&c);
	if (*c.s == '\0')
		return make(&c, NUMBER, nullptr, nullptr);
	struct arith *e = parse_comma(&c);
	skip_space(&c);
	if (*c.s != '\0')
		broken(&c, "arithmetic syntax error");
	return c.error != nullptr ? c.error : e;
}

/* -- evaluation -- */

bool number_parse(const char *s, long long *n)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	errno = 0;
	*n = strtoll(s, &end, 10);
	if (end == s || errno != 0)
		return false;
	while (isspace((unsigned char)*end))
		end++;
	return *end == '\0';
}

/* Decimal digits alone, the usual value of a variable. */
static bool quick_number(const char *s, long long *n)
{
	bool negative = *s == '-';
	long long v = 0;

	s += negative;
	if (*s < '1' || *s > '9')
		return *s == '0' && s[1] == '\0' && (*n = 0, true);
	for (int i = 0; *s >= '0' && *s <= '9' && i < 18; i++)
		v = v * 10 + (*s++ - '0');
	*n = negative ? -v : v;
	return *s == '\0';
}

static long long value_number(const char *s)
{
	long long n;

	if (quick_number(s, &n))
		return n;
	stack_check();
	return arith_text(s);
}

/* Index (or, for an associative array, key) that a variable's subscript means. */
static const char *subscript_eval(struct arith *e, struct sym *s, long long *index)
{
	*index = 0;
	if (s->flags & VAR_ASSOC)
		return expand_subscript_key(e->text);
	*index = arith_eval(e->sub);
	if (*index < 0 && s->arr != nullptr)
		*index += array_end(s->arr);
	if (*index < 0)
		fail(1, "%s: bad array subscript", s->name);
	return nullptr;
}

static const char *variable_text(struct arith *e)
{
	struct sym *s = var_deref(e->sym);

	if (e->text == nullptr)
		return var_value(s);
	long long index;
	const char *key = subscript_eval(e, s, &index);
	var_value(s); /* a computed array is filled in when read */
	if (s->arr == nullptr)
		return index == 0 && key == nullptr ? s->val : nullptr;
	struct element *el = array_find(s->arr, index, key);
	return el != nullptr ? el->val : nullptr;
}

static long long variable_get(struct arith *e)
{
	const char *v = variable_text(e);

	if (v == nullptr && sh.opt[OPT_NOUNSET]) {
		warn("%s: parameter not set", e->sym->name);
		error_fatal(sh.posix ? 2 : 1);
	}
	return v != nullptr ? value_number(v) : 0;
}

static void variable_set(struct arith *e, long long n)
{
	if (e->text == nullptr) {
		var_set_num(e->sym, n);
		return;
	}
	struct sym *s = var_deref(e->sym);
	char digits[NUM_MAX];
	char *text = num_format(n, digits + NUM_MAX);
	long long index;
	const char *key = subscript_eval(e, s, &index);
	var_set_element(s, index, key, text, strlen(text));
}

static long long power(long long base, long long exponent)
{
	unsigned long long result = 1, b = (unsigned long long)base;

	if (exponent < 0)
		fail(1, "exponent less than 0");
	for (; exponent > 0; exponent >>= 1, b *= b)
		if (exponent & 1)
			result *= b;
	return (long long)result;
}

static long long divide(enum op op, long long a, long long b)
{
	if (b == 0)
		fail(sh.posix ? 2 : 1, "division by zero");
	if (b == -1) /* LLONG_MIN / -1 traps */
		return op == DIV ? (long long)(0 - (unsigned long long)a) : 0;
	return op == DIV ? a / b : a % b;
}

static long long binary(enum op op, long long x, long long y)
{
	unsigned long long a = (unsigned long long)x, b = (unsigned long long)y;

	switch (op) {
	case POWER:
		return power(x, y);
	case MUL:
		return (long long)(a * b);
	case DIV:
	case MOD:
		return divide(op, x, y);
	case ADD:
		return (long long)(a + b);
	case SUB:
		return (long long)(a - b);
	case SHL:
		return (long long)(a << (b & 63));
	case SHR:
		return x >> (b & 63);
	case LT:
		return x < y;
	case LE:
		return x <= y;
	case GT:
		return x > y;
	case GE:
		return x >= y;
	case EQ:
		return x == y;
	case NE:
		return x != y;
	case AND:
		return x & y;
	case XOR:
		return x ^ y;
	case OR:
		return x | y;
	default:
		return 0;
	}
}

static long long step(struct arith *e)
{
	unsigned long long old = (unsigned long long)variable_get(e->a);
	bool up = e->op == PRE_INC || e->op == POST_INC;
	long long changed = (long long)(up ? old + 1 : old - 1);

	variable_set(e->a, changed);
	return e->op == PRE_INC || e->op == PRE_DEC ? changed : (long long)old;
}

static long long assign(struct arith *e)
{
	long long n;

	if (e->with == NUMBER) {
		n = arith_eval(e->b);
	} else {
		long long old = variable_get(e->a);
		n = binary(e->with, old, arith_eval(e->b));
	}
	variable_set(e->a, n);
	return n;
}

long long arith_eval(struct arith *e)
{
	switch (e->op) {
	case NUMBER:
		return e->n;
	case VARIABLE:
		return variable_get(e);
	case BROKEN:
		fail(sh.posix ? 2 : 1, "%s", e->text);
	case PLUS:
		return arith_eval(e->a);
	case NEGATE:
		return (long long)(0 - (unsigned long long)arith_eval(e->a));
	case INVERT:
		return ~arith_eval(e->a);
	case LOGICAL_NOT:
		return !arith_eval(e->a);
	case PRE_INC:
	case PRE_DEC:
	case POST_INC:
	case POST_DEC:
		return step(e);
	case LOGICAL_AND:
		return arith_eval(e->a) && arith_eval(e->b);
	case LOGICAL_OR:
		return arith_eval(e->a) || arith_eval(e->b);
	case CONDITION:
		return arith_eval(e->a) ? arith_eval(e->b) : arith_eval(e->c);
	case ASSIGN:
		return assign(e);
	case COMMA:
		arith_eval(e->a);
		return arith_eval(e->b);
	default: {
		long long a = arith_eval(e->a);
		return binary(e->op, a, arith_eval(e->b));
	}
	}
}

long long arith_text(const char *text)
{
	return arith_eval(arith_compile(&scratch, text));
}

long long arith_word(struct word *expr, struct arith *compiled)
{
	if (compiled != nullptr)
		return arith_eval(compiled);
	return expr != nullptr ? arith_text(expand_string(expr)) : 0;
}
