/* SPDX-License-Identifier: MPL-2.0 */
/* Trees and variables back to text that means the same. */
#include "apps/sh/print.h"
#include "apps/sh/array.h"
#include "apps/sh/ast.h"
#include "apps/sh/chars.h"
#include "apps/sh/escape.h"
#include "apps/sh/exec.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

static void line_break(struct buf *b, int indent)
{
	if (indent < 0) {
		buf_byte(b, ' ');
		return;
	}
	buf_byte(b, '\n');
	for (int i = 0; i < indent; i++)
		buf_puts(b, "    ");
}

static int deeper(int indent)
{
	return indent < 0 ? indent : indent + 1;
}

static void print_parts(struct buf *b, const struct part *p, bool dquote);

static void print_operator(struct buf *b, const struct param *q, bool dquote)
{
	static const char *const text[] = {
		[OP_DEFAULT] = "-",      [OP_ASSIGN] = "=",        [OP_ERROR] = "?",
		[OP_ALTERNATE] = "+",    [OP_PREFIX] = "#",        [OP_PREFIX_LONG] = "##",
		[OP_SUFFIX] = "%",       [OP_SUFFIX_LONG] = "%%",  [OP_REPLACE] = "/",
		[OP_REPLACE_ALL] = "//", [OP_REPLACE_HEAD] = "/#", [OP_REPLACE_TAIL] = "/%",
		[OP_SLICE] = ":",        [OP_UPPER] = "^",         [OP_UPPER_ALL] = "^^",
		[OP_LOWER] = ",",        [OP_LOWER_ALL] = ",,",    [OP_TRANSFORM] = "@",
	};
	bool conditional = q->op >= OP_DEFAULT && q->op <= OP_ALTERNATE;

	if (q->op < OP_DEFAULT || q->op > OP_TRANSFORM)
		return;
	if (q->colon)
		buf_byte(b, ':');
	buf_puts(b, text[q->op]);
	bool raw = q->op == OP_SLICE || (conditional && dquote);
	if (q->arg != nullptr)
		print_parts(b, q->arg->parts, raw);
	if (q->arg2 == nullptr)
		return;
	buf_byte(b, q->op == OP_SLICE ? ':' : '/');
	print_parts(b, q->arg2->parts, q->op == OP_SLICE);
}

static void print_param(struct buf *b, const struct param *q, bool dquote)
{
	buf_puts(b, q->braced ? "${" : "$");
	if (q->op == OP_LENGTH)
		buf_byte(b, '#');
	if (q->indirect)
		buf_byte(b, '!');
	if (q->kind == PARAM_VAR && q->sym != nullptr) /* none in a bad substitution */
		buf_puts(b, q->sym->name);
	else if (q->kind == PARAM_POSITION)
		buf_printf(b, "%d", q->position);
	else
		buf_puts(b, q->special != '\0' ? (char[]){ q->special, '\0' } : "");
	if (q->subscript != nullptr) {
		buf_byte(b, '[');
		print_parts(b, q->subscript->parts, false);
		buf_byte(b, ']');
	}
	if (q->op == OP_NAMES)
		buf_byte(b, q->special);
	if (q->op == OP_BAD && q->arg != nullptr)
		print_parts(b, q->arg->parts, dquote);
	print_operator(b, q, dquote);
	if (q->braced)
		buf_byte(b, '}');
}

static void print_text(struct buf *b, const struct part *p, bool dquote)
{
	for (size_t i = 0; i < p->len; i++) {
		char c = p->text[i];
		if (dquote && (c == '$' || c == '`' || c == '\\' || c == '"'))
			buf_byte(b, '\\');
		buf_byte(b, c);
	}
}

static void print_expansion(struct buf *b, const struct part *p, bool dquote)
{
	switch (p->kind) {
	case PART_PARAM:
		print_param(b, p->param, dquote);
		break;
	case PART_ARITH:
		buf_puts(b, "$((");
		print_parts(b, p->expr->parts, true);
		buf_puts(b, "))");
		break;
	case PART_TILDE:
		buf_byte(b, '~');
		buf_puts(b, p->text);
		break;
	default:
		buf_puts(b, p->kind == PART_COMMAND ? "$(" : p->kind == PART_PROC_IN ? "<(" : ">(");
		if (p->command != nullptr)
			print_node(b, p->command, -1);
		buf_byte(b, ')');
		break;
	}
}

/* Inside double quotes already when `dquote`; otherwise quoted runs get their own quotes. */
static void print_parts(struct buf *b, const struct part *p, bool dquote)
{
	bool open = false;

	for (; p != nullptr; p = p->next) {
		if (p->quoted && !open && !dquote) {
			/* A single quoted text reads best in single quotes. */
			if (p->kind == PART_TEXT && (p->next == nullptr || !p->next->quoted)) {
				quote_single(b, p->text);
				continue;
			}
			buf_byte(b, '"');
			open = true;
		} else if (!p->quoted && open) {
			buf_byte(b, '"');
			open = false;
		}
		if (p->kind == PART_TEXT)
			print_text(b, p, open || dquote);
		else
			print_expansion(b, p, open || dquote);
	}
	if (open)
		buf_byte(b, '"');
}

void print_unquoted(struct buf *b, const struct word *w)
{
	for (const struct part *p = w->parts; p != nullptr; p = p->next)
		if (p->kind == PART_TEXT)
			buf_add(b, p->text, p->len);
		else
			print_expansion(b, p, true);
}

void print_expression(struct buf *b, const struct word *w)
{
	print_parts(b, w->parts, true);
}

static void print_assign(struct buf *b, const struct assign *as);

void print_word(struct buf *b, const struct word *w)
{
	if (w->assign != nullptr)
		print_assign(b, w->assign);
	else
		print_parts(b, w->parts, false);
}

static void print_assign(struct buf *b, const struct assign *as)
{
	buf_puts(b, as->sym->name);
	if (as->subscript != nullptr) {
		buf_byte(b, '[');
		print_word(b, as->subscript);
		buf_byte(b, ']');
	}
	buf_puts(b, as->append ? "+=" : "=");
	if (!as->array) {
		print_word(b, as->value);
		return;
	}
	buf_byte(b, '(');
	for (const struct element_word *e = as->elements; e != nullptr; e = e->next) {
		if (e != as->elements)
			buf_byte(b, ' ');
		if (e->subscript != nullptr) {
			buf_byte(b, '[');
			print_word(b, e->subscript);
			buf_puts(b, "]=");
		}
		print_word(b, e->value);
	}
	buf_byte(b, ')');
}

static void print_here(struct buf *b, const struct redir *r)
{
	const struct part *p = r->target->parts;

	buf_byte(b, '\n');
	for (; p != nullptr; p = p->next) {
		if (p->kind != PART_TEXT)
			print_expansion(b, p, true);
		else if (r->here_quoted)
			buf_add(b, p->text, p->len);
		else
			for (size_t i = 0; i < p->len; i++) {
				if (strchr("$`\\", p->text[i]) != nullptr)
					buf_byte(b, '\\');
				buf_byte(b, p->text[i]);
			}
	}
	buf_printf(b, "%s\n", r->delimiter);
}

static void print_redirs(struct buf *b, const struct redir *list)
{
	static const char *const text[] = {
		[REDIR_IN] = "<",       [REDIR_OUT] = ">",           [REDIR_CLOBBER] = ">|",
		[REDIR_APPEND] = ">>",  [REDIR_RDWR] = "<>",         [REDIR_DUP_IN] = "<&",
		[REDIR_DUP_OUT] = ">&", [REDIR_HERE] = "<<",         [REDIR_HERE_STRING] = "<<<",
		[REDIR_BOTH] = "&>",    [REDIR_BOTH_APPEND] = "&>>",
	};
	bool input;

	for (const struct redir *r = list; r != nullptr; r = r->next) {
		input = r->kind == REDIR_IN || r->kind == REDIR_RDWR || r->kind == REDIR_DUP_IN ||
			r->kind == REDIR_HERE || r->kind == REDIR_HERE_STRING;
		buf_byte(b, ' ');
		if (r->fd_var != nullptr)
			buf_printf(b, "{%s}", r->fd_var->name);
		else if (r->fd != (input ? 0 : 1))
			buf_printf(b, "%d", r->fd);
		buf_puts(b, text[r->kind]);
		if (r->kind != REDIR_HERE && r->kind != REDIR_DUP_IN && r->kind != REDIR_DUP_OUT)
			buf_byte(b, ' ');
		if (r->kind == REDIR_HERE)
			buf_printf(b, r->here_quoted ? "'%s'" : "%s", r->delimiter);
		else
			print_word(b, r->target);
	}
	for (const struct redir *r = list; r != nullptr; r = r->next)
		if (r->kind == REDIR_HERE)
			print_here(b, r);
}

static void print_words(struct buf *b, const struct word *w)
{
	for (const char *sep = ""; w != nullptr; w = w->next, sep = " ") {
		buf_puts(b, sep);
		print_word(b, w);
	}
}

static void print_simple(struct buf *b, const struct node *n)
{
	const char *sep = "";

	for (const struct assign *as = n->simple.assigns; as != nullptr; as = as->next, sep = " ") {
		buf_puts(b, sep);
		print_assign(b, as);
	}
	if (n->simple.words != nullptr)
		buf_puts(b, sep);
	print_words(b, n->simple.words);
}

static void print_test(struct buf *b, const struct test_node *t)
{
	switch (t->kind) {
	case TEST_AND:
	case TEST_OR:
		buf_puts(b, "( ");
		print_test(b, t->a);
		buf_puts(b, t->kind == TEST_AND ? " && " : " || ");
		print_test(b, t->b);
		buf_puts(b, " )");
		break;
	case TEST_NOT:
		buf_puts(b, "! ");
		print_test(b, t->a);
		break;
	case TEST_UNARY:
		buf_printf(b, "%s ", t->op);
		print_word(b, t->left);
		break;
	default:
		print_word(b, t->left);
		if (t->kind == TEST_BINARY) {
			buf_printf(b, " %s ", t->op);
			print_word(b, t->right);
		}
		break;
	}
}

static bool ends_itself(const struct buf *b)
{
	return b->len > 0 && (b->p[b->len - 1] == '&' || b->p[b->len - 1] == '\n');
}

static void print_end(struct buf *b, int indent, const char *word)
{
	if (indent < 0 && !ends_itself(b))
		buf_byte(b, ';');
	if (ends_itself(b) && b->p[b->len - 1] == '\n')
		b->len--;
	line_break(b, indent);
	buf_puts(b, word);
}

static void print_block(struct buf *b, const char *open, const struct node *body, int indent,
			const char *close)
{
	buf_puts(b, open);
	line_break(b, deeper(indent));
	print_node(b, body, deeper(indent));
	print_end(b, indent, close);
}

static void print_case(struct buf *b, const struct node *n, int indent)
{
	static const char *const ends[] = { ";;", ";&", ";;&" };

	buf_puts(b, "case ");
	print_word(b, n->pick.subject);
	buf_puts(b, " in");
	for (const struct case_item *i = n->pick.items; i != nullptr; i = i->next) {
		line_break(b, deeper(indent));
		buf_byte(b, '(');
		for (const struct word *w = i->patterns; w != nullptr; w = w->next) {
			print_word(b, w);
			buf_puts(b, w->next != nullptr ? " | " : ")");
		}
		line_break(b, deeper(deeper(indent)));
		if (i->body != nullptr)
			print_node(b, i->body, deeper(deeper(indent)));
		line_break(b, deeper(indent));
		buf_puts(b, ends[i->end]);
	}
	line_break(b, indent);
	buf_puts(b, "esac");
}

static void print_if(struct buf *b, const struct node *n, int indent)
{
	buf_puts(b, "if ");
	for (;;) {
		print_node(b, n->branch.test, deeper(indent));
		buf_puts(b, ends_itself(b) ? " then" : "; then");
		line_break(b, deeper(indent));
		print_node(b, n->branch.then, deeper(indent));
		const struct node *e = n->branch.otherwise;
		if (e == nullptr)
			break;
		if (e->kind == NODE_IF && e->redirs == nullptr) {
			print_end(b, indent, "elif ");
			n = e;
			continue;
		}
		print_end(b, indent, "else");
		line_break(b, deeper(indent));
		print_node(b, e, deeper(indent));
		break;
	}
	print_end(b, indent, "fi");
}

static void print_for(struct buf *b, const struct node *n, int indent)
{
	buf_printf(b, "%s %s", n->kind == NODE_FOR ? "for" : "select", n->loop.var->name);
	if (n->loop.has_in) {
		buf_puts(b, " in ");
		print_words(b, n->loop.words);
	}
	buf_byte(b, ';');
	line_break(b, indent);
	print_block(b, "do", n->loop.body, indent, "done");
}

static void print_for_arith(struct buf *b, const struct node *n, int indent)
{
	const struct word *clauses[] = { n->arith_loop.init, n->arith_loop.test,
					 n->arith_loop.step };

	buf_puts(b, "for ((");
	for (int i = 0; i < 3; i++) {
		if (i > 0)
			buf_puts(b, "; ");
		if (clauses[i] != nullptr)
			print_expression(b, clauses[i]);
	}
	buf_puts(b, "))");
	line_break(b, indent);
	print_block(b, "do", n->arith_loop.body, indent, "done");
}

static void print_list(struct buf *b, const struct node *n, int indent)
{
	for (int i = 0; i < n->list.n; i++) {
		if (i > 0 && n->kind == NODE_PIPE) {
			buf_puts(b, " | ");
		} else if (i > 0) {
			if (!ends_itself(b))
				buf_byte(b, ';');
			else if (b->p[b->len - 1] == '\n')
				b->len--;
			line_break(b, indent);
		}
		print_node(b, n->list.v[i], indent);
	}
}

static void print_kind(struct buf *b, const struct node *n, int indent)
{
	switch (n->kind) {
	case NODE_SIMPLE:
		print_simple(b, n);
		break;
	case NODE_LIST:
	case NODE_PIPE:
		print_list(b, n, indent);
		break;
	case NODE_AND:
	case NODE_OR:
		print_node(b, n->pair.a, indent);
		buf_puts(b, n->kind == NODE_AND ? " && " : " || ");
		print_node(b, n->pair.b, indent);
		break;
	case NODE_NOT:
		buf_puts(b, "! ");
		print_node(b, n->pair.a, indent);
		break;
	case NODE_TIME:
		buf_puts(b, n->time_posix ? "time -p " : "time ");
		print_node(b, n->pair.a, indent);
		break;
	case NODE_COPROC:
		buf_puts(b, "coproc ");
		if (n->function.body->kind != NODE_SIMPLE)
			buf_printf(b, "%s ", n->function.name->name);
		print_node(b, n->function.body, indent);
		break;
	case NODE_BACKGROUND:
		print_node(b, n->pair.a, indent);
		buf_puts(b, " &");
		break;
	case NODE_SUBSHELL:
		buf_puts(b, "( ");
		print_node(b, n->pair.a, deeper(indent));
		buf_puts(b, " )");
		break;
	case NODE_GROUP:
		print_block(b, "{", n->pair.a, indent, "}");
		break;
	case NODE_IF:
		print_if(b, n, indent);
		break;
	case NODE_WHILE:
	case NODE_UNTIL:
		buf_puts(b, n->kind == NODE_WHILE ? "while " : "until ");
		print_node(b, n->branch.test, deeper(indent));
		buf_puts(b, ends_itself(b) ? " " : "; ");
		print_block(b, "do", n->branch.then, indent, "done");
		break;
	case NODE_FOR:
	case NODE_SELECT:
		print_for(b, n, indent);
		break;
	case NODE_FOR_ARITH:
		print_for_arith(b, n, indent);
		break;
	case NODE_CASE:
		print_case(b, n, indent);
		break;
	case NODE_FUNCTION:
		buf_printf(b, "%s () ", n->function.name->name);
		line_break(b, indent);
		print_node(b, n->function.body, indent);
		break;
	case NODE_TEST:
		buf_puts(b, "[[ ");
		print_test(b, n->test);
		buf_puts(b, " ]]");
		break;
	case NODE_ARITH:
		buf_puts(b, "((");
		print_expression(b, n->arith.expr);
		buf_puts(b, "))");
		break;
	}
}

void print_node(struct buf *b, const struct node *n, int indent)
{
	if (n == nullptr)
		return;
	print_kind(b, n, indent);
	if (n->redirs != nullptr) {
		size_t at = b->len;
		print_redirs(b, n->redirs);
		/* `>f`, not ` >f`, when nothing stands before */
		if (n->kind == NODE_SIMPLE && n->simple.words == nullptr &&
		    n->simple.assigns == nullptr && b->len > at) {
			memmove(b->p + at, b->p + at + 1, b->len - at - 1);
			b->len--;
		}
	}
}

void print_function(struct buf *b, const struct sym *s)
{
	buf_printf(b, "%s () \n", s->name);
	const struct node *body = s->func->body;
	if (body->kind == NODE_GROUP) {
		buf_puts(b, "{ \n    ");
		print_node(b, body->pair.a, 1);
		if (ends_itself(b) && b->p[b->len - 1] == '\n')
			b->len--;
		buf_puts(b, "\n}");
		print_redirs(b, body->redirs);
	} else {
		print_node(b, body, 0);
	}
	if (b->p[b->len - 1] != '\n')
		buf_byte(b, '\n');
}

void print_attributes(struct buf *b, const struct sym *s)
{
	static const struct {
		unsigned flag;
		char letter;
	} letters[] = { { VAR_INDEXED, 'a' }, { VAR_ASSOC, 'A' }, { VAR_INTEGER, 'i' },
			{ VAR_LOWER, 'l' },   { VAR_REF, 'n' },   { VAR_READONLY, 'r' },
			{ VAR_UPPER, 'u' },   { VAR_EXPORT, 'x' } };

	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (s->flags & letters[i].flag)
			buf_byte(b, letters[i].letter);
}

static void quote_double(struct buf *b, const char *s)
{
	for (const char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f) {
			quote_word(b, s);
			return;
		}
	buf_byte(b, '"');
	for (; *s != '\0'; s++) {
		if (strchr("$`\\\"", *s) != nullptr)
			buf_byte(b, '\\');
		buf_byte(b, *s);
	}
	buf_byte(b, '"');
}

static void print_elements(struct buf *b, const struct array *a)
{
	buf_byte(b, '(');
	for (size_t i = 0; i < a->n; i++) {
		if (i > 0 && !a->assoc)
			buf_byte(b, ' ');
		buf_byte(b, '[');
		if (!a->assoc)
			buf_num(b, a->v[i].index);
		else
			quote_word(b, a->v[i].key);
		buf_puts(b, "]=");
		quote_double(b, a->v[i].val);
		if (a->assoc)
			buf_byte(b, ' ');
	}
	buf_byte(b, ')');
}

void print_assignment(struct buf *b, struct sym *s)
{
	size_t at;

	buf_puts(b, "declare -");
	at = b->len;
	print_attributes(b, s);
	if (b->len == at)
		buf_byte(b, '-');
	buf_printf(b, " %s", s->name);
	const char *v = s->flags & VAR_REF ? s->val : var_value(s);
	if (s->arr != nullptr) {
		buf_byte(b, '=');
		print_elements(b, s->arr);
	} else if (v != nullptr) {
		buf_byte(b, '=');
		quote_double(b, v);
	}
}

void print_value(struct buf *b, struct sym *s)
{
	const char *v = var_value(s);

	buf_printf(b, "%s=", s->name);
	if (s->arr != nullptr)
		print_elements(b, s->arr);
	else if (sh.posix)
		quote_single(b, v != nullptr ? v : "");
	else if (v != nullptr && *v != '\0')
		quote_word(b, v);
}
