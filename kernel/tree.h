/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An ordered tree with the links inside its members: a treap, that is a search tree by key and a
 * heap by random weight, so that it stays shallow without any case analysis (Seidel and Aragon,
 * 1996). Equal keys are allowed; they stand in the order of insertion.
 */
#pragma once
#include <stdint.h>

struct tree_node {
	struct tree_node *parent, *left, *right;
	uint64_t key;
	uint32_t weight;
};

struct tree {
	struct tree_node *root;
};

void tree_insert(struct tree *t, struct tree_node *n, uint64_t key);
void tree_remove(struct tree *t, struct tree_node *n);
struct tree_node *tree_first(const struct tree *t);
struct tree_node *tree_next(struct tree_node *n);
struct tree_node *tree_prev(struct tree_node *n);
/* The last member with a key of at most `key`, or nullptr. */
struct tree_node *tree_find_at_most(const struct tree *t, uint64_t key);
