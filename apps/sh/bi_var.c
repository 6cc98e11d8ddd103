/* SPDX-License-Identifier: MPL-2.0 */
/* Built-ins about variables: export, readonly, declare, local, unset, let. */
#include "apps/sh/arith.h"
#include "apps/sh/array.h"
#include "apps/sh/ast.h"
#include "apps/sh/builtin.h"
#include "apps/sh/builtin_list.h"
#include "apps/sh/chars.h"
#include "apps/sh/error.h"
#include "apps/sh/escape.h"
#include "apps/sh/exec.h"
#include "apps/sh/exec_int.h"
#include "apps/sh/output.h"
#include "apps/sh/print.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

/* name, name=value, name+=value, name[sub]=value: what an argument says. */
struct declared {
	struct sym *s;
	const char *value; /* nullptr: none given */
	const char *subscript;
	bool append;
};

static bool declared_parse(const char *arg, struct declared *d)
{
	size_t n = name_length(arg);

	*d = (struct declared){};
	if (n == 0)
		return false;
	d->s = sym_intern(arg, n);
	if (arg[n] == '[') {
		const char *end = strchr(arg + n, ']');
		if (end == nullptr)
			return false;
		d->subscript = arena_strndup(&scratch, arg + n + 1, (size_t)(end - arg) - n - 1);
		n = (size_t)(end - arg) + 1;
	}
	if (arg[n] == '+' && arg[n + 1] == '=') {
		d->append = true;
		n++;
	}
	if (arg[n] == '=')
		d->value = arg + n + 1;
	else if (arg[n] != '\0')
		return false;
	return true;
}

static void declared_assign(const struct declared *d, const struct assign *as)
{
	if (as != nullptr) {
		eval_assign(as, false);
	} else if (d->subscript != nullptr && d->value != nullptr) {
		struct sym *s = var_deref(d->s);
		bool assoc = (s->flags & VAR_ASSOC) != 0;
		var_set_element(s, assoc ? 0 : arith_text(d->subscript),
				assoc ? d->subscript : nullptr, d->value, strlen(d->value));
	} else if (d->value != nullptr && d->append) {
		var_append(d->s, d->value, strlen(d->value));
	} else if (d->value != nullptr) {
		var_set(d->s, d->value, strlen(d->value));
	}
}

static unsigned wanted_flag;

static bool has_wanted(const struct sym *s)
{
	return (s->flags & wanted_flag) != 0 && (s->flags & VAR_DYNAMIC) == 0;
}

/* export -p, readonly -p: in sh as POSIX says, else as declare. */
static void print_exported(const char *command, unsigned flag)
{
	size_t n;

	wanted_flag = flag;
	struct sym **all = sym_sorted(has_wanted, &n);
	for (size_t i = 0; i < n; i++) {
		struct buf b = {};
		if (!sh.posix) {
			print_assignment(&b, all[i]);
		} else {
			buf_printf(&b, "%s %s", command, all[i]->name);
			if (all[i]->val != nullptr) {
				buf_byte(&b, '=');
				quote_single(&b, all[i]->val);
			}
		}
		buf_byte(&b, '\n');
		output_write(&out1, b.p, b.len);
	}
}

static int bad_name(const char *command, const char *arg)
{
	if (sh.posix)
		fail(2, "%s: %s: not a name", command, arg);
	warn("%s: `%s': not a valid identifier", command, arg);
	return 1;
}

/* export and readonly */
static int export_functions(int argc, char **argv, bool on)
{
	int status = 0;

	for (int i = 0; i < argc; i++) {
		struct func *f = sym_intern(argv[i], strlen(argv[i]))->func;
		if (f != nullptr)
			f->exported = on;
		else
			status = usage_error("export", argv[i], "not a function") - 1;
	}
	return status;
}

int bi_export(int argc, char **argv)
{
	bool export = argv[0][0] == 'e', remove = false, functions = false;
	unsigned flag = export ? VAR_EXPORT : VAR_READONLY, array = 0;
	struct assign **arrays = builtin_assigns;
	struct flags f = {};
	int c, status = 0;

	while ((c = flags_next(&f, argc, argv, sh.posix ? "p" : export ? "fnp" : "aAfp")) != 0) {
		if (c == '?')
			return sh.posix ? (error_raise(2), 2) : 2;
		remove |= c == 'n';
		functions |= c == 'f';
		array = c == 'a' ? VAR_INDEXED : c == 'A' ? VAR_ASSOC : array;
	}
	if (f.at >= argc) {
		print_exported(argv[0], flag);
		return 0;
	}
	if (functions)
		return export ? export_functions(argc - f.at, argv + f.at, !remove) : 0;
	for (int i = f.at; i < argc; i++) {
		struct declared d;
		if (!declared_parse(argv[i], &d)) {
			status = bad_name(argv[0], argv[i]);
			continue;
		}
		if (array != 0)
			var_array(d.s, array == VAR_ASSOC);
		declared_assign(&d, arrays != nullptr ? arrays[i] : nullptr);
		struct sym *s = var_deref(d.s);
		if (remove)
			s->flags &= ~flag;
		else
			s->flags |= flag;
	}
	return status;
}

struct declaration {
	unsigned on, off;
	bool global, print, functions, names_only, local;
};

static bool declaration_letter(struct declaration *d, int c, bool plus)
{
	unsigned bit = c == 'a'   ? VAR_INDEXED
		       : c == 'A' ? VAR_ASSOC
		       : c == 'i' ? VAR_INTEGER
		       : c == 'l' ? VAR_LOWER
		       : c == 'u' ? VAR_UPPER
		       : c == 'n' ? VAR_REF
		       : c == 'r' ? VAR_READONLY
		       : c == 'x' ? VAR_EXPORT
				  : 0;

	if (plus)
		d->off |= bit;
	else
		d->on |= bit;
	d->global |= c == 'g';
	d->print |= c == 'p';
	d->functions |= c == 'f' || c == 'F';
	d->names_only |= c == 'F';
	return c != '?';
}

static bool is_function(const struct sym *s)
{
	return s->func != nullptr;
}

static void print_one_function(const struct sym *s, bool name_only)
{
	struct buf b = {};

	if (name_only)
		buf_printf(&b, "declare -f %s\n", s->name);
	else
		print_function(&b, s);
	output_write(&out1, b.p, b.len);
}

static int declare_functions(const struct declaration *d, int argc, char **argv)
{
	int status = 0;
	size_t n;

	if (argc == 0) {
		struct sym **all = sym_sorted(is_function, &n);
		for (size_t i = 0; i < n; i++)
			print_one_function(all[i], d->names_only);
	}
	for (int i = 0; i < argc; i++) {
		const struct sym *s = sym_find(argv[i], strlen(argv[i]));
		if (s == nullptr || s->func == nullptr)
			status = 1;
		else if (d->names_only)
			output_printf(&out1, "%s\n", s->name);
		else
			print_one_function(s, false);
	}
	return status;
}

static bool is_declared(const struct sym *s)
{
	return (s->val != nullptr || s->arr != nullptr || (s->flags & VAR_DECLARED) != 0) &&
	       (wanted_flag == 0 || (s->flags & wanted_flag) != 0);
}

static int declare_print(const struct declaration *d, int argc, char **argv)
{
	int status = 0;
	size_t n = 0;
	struct sym **all = nullptr;

	wanted_flag = d->on;
	if (argc == 0)
		all = sym_sorted(is_declared, &n);
	for (size_t i = 0; i < n; i++) {
		struct buf b = {};
		if (d->print || d->on != 0)
			print_assignment(&b, all[i]);
		else
			print_value(&b, all[i]);
		buf_byte(&b, '\n');
		output_write(&out1, b.p, b.len);
	}
	for (int i = 0; i < argc; i++) {
		struct sym *s = sym_find(argv[i], strlen(argv[i]));
		if (s == nullptr ||
		    (!var_is_set(s) && (s->flags & (VAR_ATTRS | VAR_DECLARED)) == 0)) {
			warn("declare: %s: not found", argv[i]);
			status = 1;
			continue;
		}
		struct buf b = {};
		print_assignment(&b, s);
		buf_byte(&b, '\n');
		output_write(&out1, b.p, b.len);
	}
	return status;
}

/* Attributes before the value, but for readonly. */
static void apply_attributes(struct sym *s, const struct declaration *d)
{
	if ((d->on | d->off) & ~(unsigned)(VAR_EXPORT | VAR_READONLY | VAR_INDEXED))
		var_check_writable(s);
	if (d->on & VAR_ASSOC) {
		if (s->arr == nullptr)
			var_array(s, true);
	} else if ((d->on & VAR_INDEXED) != 0 && s->arr == nullptr) {
		var_array(s, false);
	}
	if (d->on & VAR_LOWER)
		s->flags &= ~(unsigned)VAR_UPPER;
	if (d->on & VAR_UPPER)
		s->flags &= ~(unsigned)VAR_LOWER;
	if ((d->off & VAR_READONLY) != 0)
		var_check_writable(s);
	s->flags |= (d->on & ~(unsigned)(VAR_READONLY | VAR_ARRAY)) | VAR_DECLARED;
	s->flags &= ~(d->off & ~(unsigned)VAR_ARRAY);
}

static int declare_one(const struct declaration *d, const char *command, const char *arg,
		       const struct assign *as)
{
	struct declared a;

	if (!declared_parse(arg, &a))
		return bad_name(command, arg);
	if (d->local)
		var_make_local(a.s, sh.posix || sh.opt[SHOPT_LOCALVAR_INHERIT]);
	bool ref = ((d->on | d->off) & VAR_REF) != 0;
	struct sym *s = ref || d->local ? a.s : var_deref(a.s);
	if (d->local && (s->flags & VAR_REF) != 0 && !ref)
		s->flags &= ~(unsigned)VAR_REF;
	if (as != nullptr && s->arr == nullptr && (d->on & VAR_ASSOC) == 0)
		var_check_writable(s);
	if (ref && (d->on & VAR_REF) != 0) {
		if (a.value != nullptr) { /* another name, not the value of the one it had */
			s->flags &= ~(unsigned)VAR_REF;
			var_set(s, a.value, strlen(a.value));
		}
		apply_attributes(s, d);
	} else if (ref) { /* what the name stood for takes the value */
		declared_assign(&a, as);
		apply_attributes(s, d);
	} else {
		apply_attributes(s, d);
		declared_assign(&a, as);
	}
	s->flags |= d->on & VAR_READONLY;
	return 0;
}

static int declare(struct declaration *d, int argc, char **argv)
{
	struct flags f = {};
	struct assign **arrays = builtin_assigns;
	bool plus = false;
	int c, status = 0;

	while ((c = flags_next_signed(&f, argc, argv, "aAfFgilnprtuxI", &plus)) != 0)
		if (!declaration_letter(d, c, plus))
			return 2;
	if (d->functions)
		return declare_functions(d, argc - f.at, argv + f.at);
	if (f.at >= argc || d->print)
		return declare_print(d, argc - f.at, argv + f.at);
	d->local = !d->global && sh.func_depth > 0;
	for (int i = f.at; i < argc; i++) {
		int one = declare_one(d, argv[0], argv[i], arrays != nullptr ? arrays[i] : nullptr);
		status = one != 0 ? one : status;
	}
	return status;
}

int bi_declare(int argc, char **argv)
{
	return declare(&(struct declaration){}, argc, argv);
}

int bi_local(int argc, char **argv)
{
	if (sh.func_depth == 0) {
		warn("local: only inside a function");
		return 1;
	}
	return declare(&(struct declaration){}, argc, argv);
}

static int unset_element(struct sym *s, const char *sub)
{
	s = var_deref(s);
	if (s->flags & VAR_READONLY)
		return var_unset(s) ? 0 : 1;
	if (s->arr == nullptr)
		return 0;
	if (strcmp(sub, "@") == 0 || strcmp(sub, "*") == 0) {
		array_clear(s->arr);
		return 0;
	}
	if (s->arr->assoc) {
		array_remove(s->arr, 0, sub);
		return 0;
	}
	long long index = arith_text(sub);
	if (index < 0)
		index += array_end(s->arr);
	array_remove(s->arr, index, nullptr);
	return 0;
}

static int unset_variable(const char *name, bool reference, bool maybe_function)
{
	size_t n = name_length(name), all = strlen(name);

	if (n > 0 && name[n] == '[' && name[all - 1] == ']' && !sh.posix)
		return unset_element(sym_intern(name, n),
				     arena_strndup(&scratch, name + n + 1, all - n - 2));
	if (n == 0 || n != all) {
		if (maybe_function)
			return 0;
		return bad_name("unset", name);
	}
	struct sym *s = sym_find(name, n);
	if (s == nullptr)
		return 0;
	if (!reference)
		s = var_deref(s);
	if (!var_is_set(s) && maybe_function && s->func != nullptr) {
		func_unset(s);
		return 0;
	}
	if ((s->flags & VAR_READONLY) == 0)
		return var_unset(s) ? 0 : 1;
	if (sh.posix)
		fail(2, "unset: %s: readonly variable", s->name);
	var_unset(s);
	return 1;
}

int bi_unset(int argc, char **argv)
{
	struct flags f = {};
	bool functions = false, variables = false, reference = false;
	int c, status = 0;

	while ((c = flags_next(&f, argc, argv, sh.posix ? "fv" : "fvn")) != 0) {
		if (c == '?')
			return sh.posix ? (error_raise(2), 2) : 2;
		functions |= c == 'f';
		variables |= c == 'v';
		reference |= c == 'n';
	}
	for (int i = f.at; i < argc; i++) {
		int one = 0;
		if (functions) {
			struct sym *s = sym_find(argv[i], strlen(argv[i]));
			if (s != nullptr)
				func_unset(s);
		} else {
			one = unset_variable(argv[i], reference, !variables && !sh.posix);
		}
		status = one != 0 ? one : status;
	}
	return status;
}

int bi_let(int argc, char **argv)
{
	volatile long long n = 0; /* survives the jump out of a bad expression */

	if (argc == 1)
		return usage_error("let", "", "which expression?");
	struct guard g;
	if (guard_push(&g) != 0)
		return 1;
	for (int i = 1; i < argc; i++)
		n = arith_text(argv[i]);
	guard_pop(&g);
	return n == 0;
}
