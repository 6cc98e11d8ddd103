/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Compressing: matches are found by chains of places with the same three bytes, chosen lazily (one
 * byte later may match longer), and written in blocks with Huffman codes made for each.
 */
#include "apps/utils/deflate.h"
#include <stdlib.h>
#include <string.h>
#include "apps/applet/mem.h"

constexpr size_t WINDOW = 32768, MATCH_MIN = 3, MATCH_MAX = 258;
constexpr size_t HASH_SIZE = 32768, BLOCK = 32768; /* symbols in a block */
constexpr int LITERALS = 286, DISTANCES = 30;

struct token {
	uint16_t len;      /* 0: a literal */
	uint16_t distance; /* or the literal */
};

struct deflate {
	uint8_t *data; /* the window and what comes */
	size_t len, capacity;
	int32_t *heads, *chains; /* places by hash; the one before with the same hash */
	int depth, good;         /* how far chains are followed; a match this long is good enough */
	struct token *tokens;
	size_t token_count;
	uint32_t literal_counts[LITERALS], distance_counts[DISTANCES];
	uint64_t bits;
	int bit_count;
	uint8_t out[4096];
	size_t out_len;
	bytes_fn *put;
	void *ctx;
};

static void bits_put(struct deflate *d, uint32_t value, int n)
{
	d->bits |= (uint64_t)value << d->bit_count;
	for (d->bit_count += n; d->bit_count >= 8; d->bit_count -= 8) {
		if (d->out_len == sizeof d->out) {
			d->put(d->ctx, d->out, d->out_len);
			d->out_len = 0;
		}
		d->out[d->out_len++] = (uint8_t)d->bits;
		d->bits >>= 8;
	}
}

/* The last code whose base is not above `value`. */
static int code_of(const uint16_t *base, int count, unsigned value)
{
	int lo = 0, hi = count - 1;

	while (lo < hi) {
		int middle = (lo + hi + 1) / 2;
		if (base[middle] <= value)
			lo = middle;
		else
			hi = middle - 1;
	}
	return lo;
}

struct weight {
	uint32_t count;
	uint16_t symbol;
};

static int weight_compare(const void *a, const void *b)
{
	const struct weight *x = a, *y = b;

	return x->count != y->count ? (x->count < y->count ? -1 : 1) : x->symbol - y->symbol;
}

/*
 * Lengths of Huffman codes of at most `limit` bits: the tree is built in place from sorted weights,
 * and overlong codes are shortened at the cost of the next shorter ones.
 */
static void lengths_make(const uint32_t *counts, int n, int limit, uint8_t *lengths)
{
	struct weight w[LITERALS];
	uint32_t sums[2 * LITERALS];
	int parents[2 * LITERALS], used = 0, depth_counts[64] = {};

	memset(lengths, 0, (size_t)n);
	for (int i = 0; i < n; i++) {
		if (counts[i] != 0)
			w[used++] = (struct weight){ counts[i], (uint16_t)i };
	}
	if (used == 0)
		return;
	if (used == 1) {
		lengths[w[0].symbol] = 1;
		return;
	}
	qsort(w, (size_t)used, sizeof *w, weight_compare);
	for (int i = 0; i < used; i++)
		sums[i] = w[i].count;
	/* Two queues, both in order: leaves, and joined pairs behind them. */
	int leaf = 0, pair = used;
	for (int next = used; next < 2 * used - 1; next++) {
		sums[next] = 0;
		for (int k = 0; k < 2; k++) {
			int least = leaf < used && (pair >= next || sums[leaf] <= sums[pair])
					    ? leaf++
					    : pair++;
			sums[next] += sums[least];
			parents[least] = next;
		}
	}
	uint8_t depths[2 * LITERALS];
	depths[2 * used - 2] = 0;
	for (int i = 2 * used - 3; i >= 0; i--)
		depths[i] = (uint8_t)(depths[parents[i]] + 1);
	for (int i = 0; i < used; i++)
		depth_counts[depths[i] < limit ? depths[i] : limit]++;
	/* The Kraft sum, in units of the longest code, must not pass 2^limit. */
	long sum = 0;
	for (int i = 1; i <= limit; i++)
		sum += (long)depth_counts[i] << (limit - i);
	while (sum > 1l << limit) {
		int i = limit - 1;
		while (depth_counts[i] == 0)
			i--;
		depth_counts[i]--;
		depth_counts[i + 1] += 2;
		depth_counts[limit]--;
		sum--;
	}
	int at = 0; /* the rarest symbols get the longest codes */
	for (int i = limit; i >= 1; i--) {
		for (int k = 0; k < depth_counts[i]; k++)
			lengths[w[at++].symbol] = (uint8_t)i;
	}
}

static void codes_make(const uint8_t *lengths, int n, uint16_t *codes)
{
	uint16_t counts[17] = {}, next[17] = {};

	for (int i = 0; i < n; i++)
		counts[lengths[i]]++;
	counts[0] = 0;
	for (int b = 1; b < 16; b++)
		next[b + 1] = (uint16_t)((next[b] + counts[b]) << 1);
	for (int i = 0; i < n; i++) {
		unsigned code = lengths[i] != 0 ? next[lengths[i]]++ : 0, reversed = 0;
		for (int b = 0; b < lengths[i]; b++)
			reversed |= (code >> b & 1) << (lengths[i] - 1 - b);
		codes[i] = (uint16_t)reversed;
	}
}

/* The lengths of both codes in the run-length form of section 3.2.7. */
static int lengths_pack(const uint8_t *lengths, int n, uint8_t *symbols, uint8_t *extras)
{
	int count = 0;

	for (int i = 0; i < n;) {
		int run = 1;
		while (i + run < n && lengths[i + run] == lengths[i])
			run++;
		if (lengths[i] == 0 && run >= 3) {
			run = run > 138 ? 138 : run;
			symbols[count] = run < 11 ? 17 : 18;
			extras[count++] = (uint8_t)(run < 11 ? run - 3 : run - 11);
		} else if (lengths[i] != 0 && run >= 4) {
			run = run > 7 ? 7 : run;
			symbols[count] = lengths[i];
			extras[count++] = 0;
			symbols[count] = 16;
			extras[count++] = (uint8_t)(run - 1 - 3);
		} else {
			run = 1;
			symbols[count] = lengths[i];
			extras[count++] = 0;
		}
		i += run;
	}
	return count;
}

static void codes_put(struct deflate *d, const uint8_t *literals, int literal_count,
		      const uint8_t *distances, int distance_count)
{
	uint8_t all[LITERALS + DISTANCES], symbols[LITERALS + DISTANCES],
		extras[LITERALS + DISTANCES], lengths[19];
	uint32_t counts[19] = {};
	uint16_t codes[19];

	memcpy(all, literals, (size_t)literal_count);
	memcpy(all + literal_count, distances, (size_t)distance_count);
	int n = lengths_pack(all, literal_count + distance_count, symbols, extras), order = 19;
	for (int i = 0; i < n; i++)
		counts[symbols[i]]++;
	lengths_make(counts, 19, 7, lengths);
	codes_make(lengths, 19, codes);
	while (order > 4 && lengths[deflate_code_order[order - 1]] == 0)
		order--;
	bits_put(d, (uint32_t)literal_count - 257, 5);
	bits_put(d, (uint32_t)distance_count - 1, 5);
	bits_put(d, (uint32_t)order - 4, 4);
	for (int i = 0; i < order; i++)
		bits_put(d, lengths[deflate_code_order[i]], 3);
	for (int i = 0; i < n; i++) {
		bits_put(d, codes[symbols[i]], lengths[symbols[i]]);
		if (symbols[i] >= 16)
			bits_put(d, extras[i], symbols[i] == 16 ? 2 : symbols[i] == 17 ? 3 : 7);
	}
}

static void block_put(struct deflate *d, bool last)
{
	uint8_t literals[LITERALS], distances[DISTANCES];
	uint16_t literal_codes[LITERALS], distance_codes[DISTANCES];
	int literal_count = LITERALS, distance_count = DISTANCES;

	d->literal_counts[256]++;
	lengths_make(d->literal_counts, LITERALS, 15, literals);
	lengths_make(d->distance_counts, DISTANCES, 15, distances);
	codes_make(literals, LITERALS, literal_codes);
	codes_make(distances, DISTANCES, distance_codes);
	while (literal_count > 257 && literals[literal_count - 1] == 0)
		literal_count--;
	while (distance_count > 1 && distances[distance_count - 1] == 0)
		distance_count--;
	bits_put(d, last, 1);
	bits_put(d, 2, 2);
	codes_put(d, literals, literal_count, distances, distance_count);
	for (size_t i = 0; i < d->token_count; i++) {
		struct token t = d->tokens[i];
		if (t.len == 0) {
			bits_put(d, literal_codes[t.distance], literals[t.distance]);
			continue;
		}
		int code = code_of(deflate_length_base, 29, t.len);
		bits_put(d, literal_codes[257 + code], literals[257 + code]);
		bits_put(d, (uint32_t)t.len - deflate_length_base[code], deflate_length_bits[code]);
		code = code_of(deflate_distance_base, 30, t.distance);
		bits_put(d, distance_codes[code], distances[code]);
		bits_put(d, (uint32_t)t.distance - deflate_distance_base[code],
			 deflate_distance_bits[code]);
	}
	bits_put(d, literal_codes[256], literals[256]);
	d->token_count = 0;
	memset(d->literal_counts, 0, sizeof d->literal_counts);
	memset(d->distance_counts, 0, sizeof d->distance_counts);
}

static void token_add(struct deflate *d, size_t len, size_t distance)
{
	if (d->token_count == BLOCK)
		block_put(d, false);
	d->tokens[d->token_count++] = (struct token){ (uint16_t)len, (uint16_t)distance };
	if (len == 0) {
		d->literal_counts[distance]++;
		return;
	}
	d->literal_counts[257 + code_of(deflate_length_base, 29, (unsigned)len)]++;
	d->distance_counts[code_of(deflate_distance_base, 30, (unsigned)distance)]++;
}

static uint32_t hash_of(const uint8_t *p)
{
	uint32_t v = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;

	return v * 0x9e3779b1u >> 17;
}

static void place_add(struct deflate *d, size_t at)
{
	if (at + MATCH_MIN > d->len)
		return;
	uint32_t h = hash_of(d->data + at);
	d->chains[at % WINDOW] = d->heads[h];
	d->heads[h] = (int32_t)at;
}

/* The longest match for what is at `at`, longer than `least`; 0 if there is none. */
static size_t match_find(const struct deflate *d, size_t at, size_t least, size_t *distance)
{
	size_t limit = d->len - at < MATCH_MAX ? d->len - at : MATCH_MAX, best = least;
	int depth = d->depth;

	if (limit < MATCH_MIN || best >= limit)
		return 0;
	for (int32_t p = d->heads[hash_of(d->data + at)];
	     p >= 0 && at - (size_t)p <= WINDOW && depth-- > 0; p = d->chains[(size_t)p % WINDOW]) {
		const uint8_t *a = d->data + p, *b = d->data + at;
		if ((size_t)p >= at || a[best] != b[best])
			continue;
		size_t n = 0;
		while (n < limit && a[n] == b[n])
			n++;
		if (n > best) {
			best = n;
			*distance = at - (size_t)p;
			if (n == limit || n >= (size_t)d->good)
				break;
		}
	}
	return best > least && best >= MATCH_MIN ? best : 0;
}

/* Compresses data[from, to); matches may look back into the window. */
static void range_compress(struct deflate *d, size_t from, size_t to)
{
	for (size_t at = from; at < to;) {
		size_t distance = 0, later = 0, len = match_find(d, at, 2, &distance);
		place_add(d, at);
		if (len != 0 && len < (size_t)d->good && at + 1 < to &&
		    match_find(d, at + 1, len, &later) != 0)
			len = 0; /* the next byte matches longer: this one is a literal */
		if (at + len > to)
			len = to - at >= MATCH_MIN ? to - at : 0;
		if (len == 0) {
			token_add(d, 0, d->data[at]);
			at++;
			continue;
		}
		token_add(d, len, distance);
		for (size_t i = 1; i < len; i++)
			place_add(d, at + i);
		at += len;
	}
}

void deflate(struct in *in, int level, bytes_fn *seen, bytes_fn *put, void *ctx)
{
	static const int depths[] = { 0, 4, 5, 6, 16, 32, 128, 256, 1024, 4096 };
	struct deflate *d = mem_zero(1, sizeof *d);

	d->put = put;
	d->ctx = ctx;
	d->depth = depths[level];
	d->good = level < 4 ? 16 : level < 8 ? 128 : 258;
	d->heads = mem_alloc(HASH_SIZE * sizeof *d->heads);
	d->chains = mem_alloc(WINDOW * sizeof *d->chains);
	d->tokens = mem_alloc(BLOCK * sizeof *d->tokens);
	d->capacity = 8 * WINDOW;
	d->data = mem_alloc(d->capacity + WINDOW);
	memset(d->heads, 0xff, HASH_SIZE * sizeof *d->heads);
	size_t kept = 0; /* bytes of the window before what is new */
	for (bool more = true; more;) {
		while (d->len < d->capacity && (in->start < in->end || (more = in_fill(in)))) {
			size_t n = in->end - in->start, room = d->capacity - d->len;
			n = n < room ? n : room;
			memcpy(d->data + d->len, in->buf + in->start, n);
			seen(ctx, d->data + d->len, n);
			in->start += n;
			d->len += n;
		}
		range_compress(d, kept, d->len);
		if (!more)
			break;
		/* Keep one window; places move down with it. */
		size_t drop = d->len - WINDOW;
		drop -= drop % WINDOW;
		memmove(d->data, d->data + drop, d->len - drop);
		d->len -= drop;
		kept = d->len;
		for (size_t i = 0; i < HASH_SIZE; i++)
			d->heads[i] =
				d->heads[i] >= (int32_t)drop ? d->heads[i] - (int32_t)drop : -1;
		for (size_t i = 0; i < WINDOW; i++)
			d->chains[i] =
				d->chains[i] >= (int32_t)drop ? d->chains[i] - (int32_t)drop : -1;
	}
	block_put(d, true);
	bits_put(d, 0, (8 - d->bit_count) & 7);
	d->put(d->ctx, d->out, d->out_len);
	mem_free(d->data);
	mem_free(d->heads);
	mem_free(d->chains);
	mem_free(d->tokens);
	mem_free(d);
}
