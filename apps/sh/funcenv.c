/* SPDX-License-Identifier: MPL-2.0 */
/* Functions in the environment: printed for a program, parsed where a shell starts. */
#include "apps/sh/funcenv.h"
#include "apps/sh/ast.h"
#include "apps/sh/error.h"
#include "apps/sh/exec.h"
#include "apps/sh/input.h"
#include "apps/sh/parse.h"
#include "apps/sh/print.h"
#include "apps/sh/var.h"

static const char before[] = "BASH_FUNC_", after[] = "%%=";

char *function_to_env(const struct sym *s)
{
	struct buf b = {};
	const struct node *body = s->func->body;

	/* Whoever reads it wants a brace first. */
	bool group = body->kind == NODE_GROUP && body->redirs == nullptr;
	print_node(&b, group ? body->pair.a : body, 1);
	return arena_printf(&scratch, "%s%s%s() {\n    %s\n}", before, s->name, after, buf_str(&b));
}

/* Only a definition, and nothing after it: the environment may come from anywhere. */
static void import_text(const char *text)
{
	struct source source;
	struct guard g;
	struct tree *t = tree_create();
	struct node *n, *rest;

	source_push_text(&source, text, strlen(text), 1, true);
	if (guard_push(&g) == 0) {
		if (parse_command(t, &n) == PARSE_COMMAND && n->kind == NODE_FUNCTION &&
		    parse_command(t, &rest) == PARSE_END) {
			func_define(n->function.name, n);
			n->function.name->func->exported = true;
		}
		guard_pop(&g);
	}
	source_pop_to(source.prev);
	tree_put(t);
}

void functions_import(char **envp)
{
	for (; *envp != nullptr; envp++) {
		if (strncmp(*envp, before, sizeof(before) - 1) != 0)
			continue;
		const char *name = *envp + sizeof(before) - 1, *end = strstr(name, after);
		if (end == nullptr || !name_is_valid(name, (size_t)(end - name)))
			continue;
		const char *text = end + sizeof(after) - 1;
		if (strncmp(text, "() {", 4) == 0)
			import_text(
				arena_printf(&scratch, "%.*s %s", (int)(end - name), name, text));
	}
}
