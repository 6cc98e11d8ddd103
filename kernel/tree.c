/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel/tree.h"

/* xorshift32: the weights need no secrecy, only spread, and the same ones in every run. */
static uint32_t weight_next(void)
{
	static uint32_t state = 0x9e3779b9;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* Put `n` where `old` was below old's parent. */
static void child_replace(struct tree *t, struct tree_node *old, struct tree_node *n)
{
	struct tree_node *p = old->parent;

	if (p == nullptr)
		t->root = n;
	else if (p->left == old)
		p->left = n;
	else
		p->right = n;
	if (n != nullptr)
		n->parent = p;
}

/* Exchange `n` with its parent, keeping the order. */
static void rotate_up(struct tree *t, struct tree_node *n)
{
	struct tree_node *p = n->parent;
	struct tree_node *inner;

	child_replace(t, p, n);
	if (p->left == n) {
		inner = n->right;
		p->left = inner;
		n->right = p;
	} else {
		inner = n->left;
		p->right = inner;
		n->left = p;
	}
	if (inner != nullptr)
		inner->parent = p;
	p->parent = n;
}

void tree_insert(struct tree *t, struct tree_node *n, uint64_t key)
{
	struct tree_node **at = &t->root;
	struct tree_node *parent = nullptr;

	while (*at != nullptr) {
		parent = *at;
		at = key < parent->key ? &parent->left : &parent->right;
	}
	*n = (struct tree_node){ .parent = parent, .key = key, .weight = weight_next() };
	*at = n;
	while (n->parent != nullptr && n->parent->weight < n->weight)
		rotate_up(t, n);
}

void tree_remove(struct tree *t, struct tree_node *n)
{
	while (n->left != nullptr && n->right != nullptr)
		rotate_up(t, n->left->weight > n->right->weight ? n->left : n->right);
	child_replace(t, n, n->left != nullptr ? n->left : n->right);
}

struct tree_node *tree_first(const struct tree *t)
{
	struct tree_node *n = t->root;

	while (n != nullptr && n->left != nullptr)
		n = n->left;
	return n;
}

struct tree_node *tree_next(struct tree_node *n)
{
	if (n->right != nullptr) {
		for (n = n->right; n->left != nullptr;)
			n = n->left;
		return n;
	}
	while (n->parent != nullptr && n->parent->right == n)
		n = n->parent;
	return n->parent;
}

struct tree_node *tree_prev(struct tree_node *n)
{
	if (n->left != nullptr) {
		for (n = n->left; n->right != nullptr;)
			n = n->right;
		return n;
	}
	while (n->parent != nullptr && n->parent->left == n)
		n = n->parent;
	return n->parent;
}

struct tree_node *tree_find_at_most(const struct tree *t, uint64_t key)
{
	struct tree_node *best = nullptr;

	for (struct tree_node *n = t->root; n != nullptr;) {
		if (n->key <= key) {
			best = n;
			n = n->right;
		} else {
			n = n->left;
		}
	}
	return best;
}
