/* SPDX-License-Identifier: MPL-2.0 */
/* The syntax tree. Names are resolved to struct sym while parsing; a tree never changes after. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/sh/mem.h"

struct arith;
struct node;
struct sym;
struct word;

enum part_kind : uint8_t {
	PART_TEXT,
	PART_PARAM,
	PART_COMMAND,  /* $( ) and ` ` */
	PART_ARITH,    /* $(( )) */
	PART_TILDE,    /* ~ or ~name; text is the name */
	PART_PROC_IN,  /* <( ) */
	PART_PROC_OUT, /* >( ) */
};

struct part {
	struct part *next;
	enum part_kind kind;
	bool quoted;
	bool protect; /* text holds bytes that would mean something if it were not quoted */
	union {
		struct {
			const char *text;
			size_t len;
		};
		struct param *param;
		struct node *command;
		struct {
			struct word *expr;
			struct arith *compiled; /* when expr is plain text */
		};
	};
};

enum word_flag : uint8_t {
	WORD_LITERAL = 1, /* exactly lit, whatever the options: no expansion, no glob characters */
	WORD_QUOTED = 2,  /* some part was quoted */
};

struct word {
	struct word *next;
	struct part *parts;
	const char *lit;       /* the text when it is one unquoted literal, or all literal */
	struct assign *assign; /* this argument of a declaration command has an assignment's form */
	size_t lit_len;
	uint8_t flags;
	int line;
};

enum param_kind : uint8_t { PARAM_VAR, PARAM_POSITION, PARAM_SPECIAL };

enum param_op : uint8_t {
	OP_NONE,
	OP_LENGTH,
	OP_DEFAULT,
	OP_ASSIGN,
	OP_ERROR,
	OP_ALTERNATE,
	OP_PREFIX,
	OP_PREFIX_LONG,
	OP_SUFFIX,
	OP_SUFFIX_LONG,
	OP_REPLACE,
	OP_REPLACE_ALL,
	OP_REPLACE_HEAD,
	OP_REPLACE_TAIL,
	OP_SLICE,
	OP_UPPER,
	OP_UPPER_ALL,
	OP_LOWER,
	OP_LOWER_ALL,
	OP_TRANSFORM, /* ${v@Q}; arg is the letter */
	OP_NAMES,     /* ${!prefix*}; arg is the prefix */
	OP_KEYS,      /* ${!array[@]} */
	OP_BAD,       /* an error, but only if it is expanded; arg is its text */
};

struct param {
	enum param_kind kind;
	enum param_op op;
	bool colon;    /* the form that treats empty as unset */
	bool braced;   /* written as ${name}, not as $name */
	bool indirect; /* ${!v} */
	char special;  /* @ * # ? - $ ! 0; for a subscript of [@] or [*] too */
	int position;
	struct sym *sym;
	struct word *subscript; /* nullptr, or the text between [ and ] */
	struct word *arg, *arg2;
};

struct assign {
	struct assign *next;
	struct sym *sym;
	struct word *subscript;
	struct word *value; /* nullptr for an array literal */
	struct element_word *elements;
	bool append;
	bool array;
};

/* One element of name=( ... ). */
struct element_word {
	struct element_word *next;
	struct word *subscript; /* nullptr: the next index */
	struct word *value;
	bool append;
};

enum redir_kind : uint8_t {
	REDIR_IN,
	REDIR_OUT,
	REDIR_CLOBBER,
	REDIR_APPEND,
	REDIR_RDWR,
	REDIR_DUP_IN,
	REDIR_DUP_OUT,
	REDIR_HERE,
	REDIR_HERE_STRING,
	REDIR_BOTH,        /* &> */
	REDIR_BOTH_APPEND, /* &>> */
};

struct redir {
	struct redir *next;
	enum redir_kind kind;
	bool strip_tabs;
	bool here_quoted; /* the delimiter was quoted: no expansion */
	int fd;           /* -1: fd_var gets the number */
	struct sym *fd_var;
	struct word *target; /* for a here-document, its body */
	const char *delimiter;
	struct redir *next_here; /* while parsing: the here-documents still to be read */
};

enum node_kind : uint8_t {
	NODE_SIMPLE,
	NODE_PIPE,
	NODE_AND,
	NODE_OR,
	NODE_NOT,
	NODE_LIST,
	NODE_BACKGROUND,
	NODE_SUBSHELL,
	NODE_GROUP,
	NODE_IF,
	NODE_WHILE,
	NODE_UNTIL,
	NODE_FOR,
	NODE_FOR_ARITH,
	NODE_SELECT,
	NODE_CASE,
	NODE_FUNCTION,
	NODE_TEST,  /* [[ ]] */
	NODE_ARITH, /* (( )) */
	NODE_TIME,
	NODE_COPROC,
};

enum case_end : uint8_t { CASE_BREAK, CASE_FALL, CASE_NEXT };

struct case_item {
	struct case_item *next;
	struct word *patterns;
	struct node *body;
	enum case_end end;
};

/* [[ ]]: a tree of its own. */
enum test_kind : uint8_t { TEST_AND, TEST_OR, TEST_NOT, TEST_UNARY, TEST_BINARY, TEST_STRING };

struct test_node {
	enum test_kind kind;
	struct test_node *a, *b;
	const char *op;
	struct word *left, *right;
};

/* What a function definition keeps alive; see tree_get. */
struct tree {
	struct arena arena;
	int refs;
};

struct node {
	enum node_kind kind;
	bool time_posix; /* time -p */
	int line;
	struct redir *redirs;
	union {
		struct {
			struct assign *assigns;
			struct word *words;
			struct sym *command; /* when the first word is literal */
			int nwords;
		} simple;
		struct {
			struct node **v;
			int n;
		} list; /* NODE_LIST, NODE_PIPE */
		struct {
			struct node *a, *b;
		} pair; /* AND, OR; and a alone for NOT, BACKGROUND, SUBSHELL, GROUP, TIME */
		struct {
			struct node *test, *then, *otherwise;
		} branch; /* IF, WHILE, UNTIL */
		struct {
			struct sym *var;
			struct word *words;
			bool has_in;
			struct node *body;
		} loop; /* FOR, SELECT */
		struct {
			struct word *init, *test, *step;
			struct arith *c_init, *c_test, *c_step;
			struct node *body;
		} arith_loop;
		struct {
			struct word *subject;
			struct case_item *items;
		} pick; /* CASE */
		struct {
			struct sym *name;
			struct node *body;
			struct tree *tree;
		} function; /* and COPROC, without the tree */
		struct test_node *test;
		struct {
			struct word *expr;
			struct arith *compiled;
		} arith;
	};
};

struct tree *tree_create(void);
static inline struct tree *tree_get(struct tree *t)
{
	t->refs++;
	return t;
}
void tree_put(struct tree *t);
