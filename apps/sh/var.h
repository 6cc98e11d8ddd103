/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Names and what they mean: variables, functions, built-ins, remembered paths, aliases.
 *
 * Every name is one struct sym for ever, so the parser resolves it once and the tree holds the
 * pointer: no lookup at run time. Scoping is shallow: `local` saves the value in the function's
 * frame, and leaving the function puts it back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct array;
struct builtin;
struct func;

enum var_flag : unsigned {
	VAR_EXPORT = 1 << 0,
	VAR_READONLY = 1 << 1,
	VAR_INTEGER = 1 << 2,
	VAR_INDEXED = 1 << 3,
	VAR_ASSOC = 1 << 4,
	VAR_LOWER = 1 << 5,
	VAR_UPPER = 1 << 6,
	VAR_REF = 1 << 7,
	VAR_DYNAMIC = 1 << 8, /* computed when read */
	VAR_HOOK = 1 << 9,    /* something follows a change */
	VAR_LOCAL = 1 << 10,  /* saved in the current function's frame */
	VAR_DECLARED = 1 << 11,
	VAR_ARRAY = VAR_INDEXED | VAR_ASSOC,
	/* what makes an assignment more than storing a string */
	VAR_SLOW = VAR_READONLY | VAR_INTEGER | VAR_ARRAY | VAR_LOWER | VAR_UPPER | VAR_REF |
		   VAR_HOOK | VAR_DYNAMIC,
	VAR_ATTRS = VAR_EXPORT | VAR_READONLY | VAR_INTEGER | VAR_ARRAY | VAR_LOWER | VAR_UPPER |
		    VAR_REF,
};

struct sym {
	struct sym *next;
	uint32_t hash;
	uint32_t flags;
	char *val; /* nullptr: unset, or an array */
	size_t len, cap;
	struct array *arr;
	struct func *func;
	const struct builtin *builtin;
	char *path; /* remembered location of the command */
	unsigned path_age;
	unsigned path_hits;
	char *alias;
	struct sym *alias_done; /* list of those read to their end */
	bool alias_busy;        /* its text is being read */
	unsigned char keyword;
	char name[];
};

struct saved;

struct frame {
	struct frame *prev;
	struct saved *saved;
	const char *name;   /* of the function, or nullptr: assignments for one command */
	const char *source; /* the file that defines it */
	int line;           /* where it was called */
};

extern struct frame *frame_top;

void var_init(char **envp);

struct sym *sym_intern(const char *name, size_t len);
struct sym *sym_find(const char *name, size_t len);
/* Calls fn for every name there is. */
void sym_each(void (*fn)(struct sym *s, void *arg), void *arg);
/* The names that pass `want`, sorted, in scratch; *n gets how many. */
struct sym **sym_sorted(bool (*want)(const struct sym *s), size_t *n);

bool name_is_valid(const char *s, size_t len);
/* How many bytes of s form a name. */
size_t name_length(const char *s);

/* Follows name references. */
struct sym *var_deref(struct sym *s);
const char *var_value_slow(struct sym *s);
/* The value, or nullptr when unset. Holds until the variable changes. */
static inline const char *var_value(struct sym *s)
{
	return (s->flags & (VAR_ARRAY | VAR_REF | VAR_DYNAMIC)) == 0 ? s->val : var_value_slow(s);
}

const char *var_get(const char *name);
static inline bool var_is_set(const struct sym *s)
{
	return s->val != nullptr || s->arr != nullptr || (s->flags & VAR_DYNAMIC) != 0;
}

/* Assigns. Raises an error for a read-only variable. `val` may be inside the old value. */
void var_set(struct sym *s, const char *val, size_t len);
void var_append(struct sym *s, const char *val, size_t len);
void var_set_num(struct sym *s, long long n);
void var_put(const char *name, const char *val);
/* A value from the environment, exported; used in place until it changes. */
void var_import(struct sym *s, char *val);
/* Assigns one element; makes the variable an array when it is none. key is for associative ones. */
void var_set_element(struct sym *s, long long index, const char *key, const char *val, size_t len);
/* The variable's array, made from its plain value when it had none. */
struct array *var_array(struct sym *s, bool assoc);
/* Without raising an error: false for a read-only variable, after a message. */
bool var_unset(struct sym *s);
void var_export(struct sym *s);
void var_check_writable(const struct sym *s);
/* Removes value and attributes without looking at them. */
void var_drop(struct sym *s);

void frame_push(struct frame *f, const char *function);
void frame_pop(struct frame *f);
void frame_pop_to(struct frame *f);
/* Saves a variable in the frame; it keeps value and attributes until assigned. */
void frame_save(struct frame *f, struct sym *s);
/* `local`: saves it in the innermost function's frame, once. */
void var_make_local(struct sym *s, bool inherit);

/* The environment for a program, in scratch. */
char **env_build(void);

/* Words that the hot paths use. */
extern struct sym *sym_ifs, *sym_path, *sym_home, *sym_pwd, *sym_oldpwd, *sym_optind, *sym_reply,
	*sym_ps4, *sym_cdpath;

/* IFS as a table: 0 no separator, 1 white space, 2 other. */
extern unsigned char ifs_class[256];
extern char ifs_first; /* what joins "$*" */
extern bool ifs_joins; /* false: IFS is set and empty, "$*" joins with nothing */
