/* SPDX-License-Identifier: MPL-2.0 */
/* The ordered tree: what was put in comes out in order. */
#include "kernel/tree.h"
#include <stddef.h>
#include "lib/test/test.h"

constexpr unsigned N = 500;

static struct tree_node nodes[N];

/* Keys 0, 10, 20, ... in an order that jumps about. */
static struct tree filled(void)
{
	struct tree t = {};

	for (unsigned i = 0; i < N; i++)
		tree_insert(&t, &nodes[i], i * 211ull % N * 10);
	return t;
}

TEST(tree, an_empty_tree_has_no_first_and_finds_nothing)
{
	struct tree t = {};

	CHECK(tree_first(&t) == nullptr);
	CHECK(tree_find_at_most(&t, UINT64_MAX) == nullptr);
}

TEST(tree, walking_visits_every_key_in_order_both_ways)
{
	struct tree t = filled();
	struct tree_node *last = nullptr;
	uint64_t n = 0;

	for (struct tree_node *at = tree_first(&t); at != nullptr; at = tree_next(at), n++) {
		CHECK(at->key == n * 10);
		last = at;
	}
	CHECK(n == N);
	for (struct tree_node *at = last; at != nullptr; at = tree_prev(at))
		CHECK(at->key == --n * 10);
	CHECK(n == 0);
}

TEST(tree, find_at_most_gives_the_nearest_key_below)
{
	struct tree t = filled();

	for (uint64_t key = 0; key < N * 10; key += 3)
		CHECK(tree_find_at_most(&t, key)->key == key / 10 * 10);
	tree_remove(&t, tree_first(&t));
	CHECK(tree_find_at_most(&t, 9) == nullptr);
}

TEST(tree, what_is_removed_is_gone_and_the_rest_stays_in_order)
{
	struct tree t = filled();

	for (unsigned i = 0; i < N; i += 2)
		tree_remove(&t, &nodes[i]);
	uint64_t before = 0, n = 0;

	for (struct tree_node *at = tree_first(&t); at != nullptr; at = tree_next(at), n++) {
		CHECK(n == 0 || at->key > before);
		before = at->key;
	}
	CHECK(n == N / 2);
	for (unsigned i = 1; i < N; i += 2)
		tree_remove(&t, &nodes[i]);
	CHECK(tree_first(&t) == nullptr);
}

TEST(tree, equal_keys_stand_in_the_order_of_insertion)
{
	struct tree t = {};

	for (unsigned i = 0; i < 20; i++)
		tree_insert(&t, &nodes[i], 7);
	struct tree_node *at = tree_first(&t);

	for (unsigned i = 0; i < 20; i++, at = tree_next(at))
		CHECK(at == &nodes[i]);
}
