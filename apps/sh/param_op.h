/* SPDX-License-Identifier: MPL-2.0 */
/* A parameter's value, one string or a list, and what the operators of ${ } make of it. */
#pragma once

#include "apps/sh/ast.h"

struct text {
	const char *p;
	size_t len;
};

struct value {
	struct text one;
	struct text *list;
	int n;
	char many; /* @ or * for a list, else 0 */
	bool set;
};

/* # ## % %% / // ^ , and @: on every element. */
void param_transform(struct value *v, const struct param *p);
/* ${v:offset:length} */
void param_slice(struct value *v, const struct param *p);
/* What a subscript means: the key of an associative array, or nullptr and the index. */
const char *subscript_key(const struct word *sub, const struct sym *s, long long *index);
