/* SPDX-License-Identifier: MPL-2.0 */
/* Expanding a deflate stream: Huffman codes by a table of the next bits, output through a window.
 */
#include <string.h>
#include "apps/applet/mem.h"
#include "apps/utils/deflate.h"

const uint16_t deflate_length_base[29] = { 3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
					   15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
					   67, 83, 99, 115, 131, 163, 195, 227, 258 };
const uint8_t deflate_length_bits[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
					  2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
const uint16_t deflate_distance_base[30] = { 1,    2,    3,    4,     5,     7,    9,    13,
					     17,   25,   33,   49,    65,    97,   129,  193,
					     257,  385,  513,  769,   1025,  1537, 2049, 3073,
					     4097, 6145, 8193, 12289, 16385, 24577 };
const uint8_t deflate_distance_bits[30] = { 0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
					    6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13 };
const uint8_t deflate_code_order[19] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
					 11, 4,  12, 3, 13, 2, 14, 1, 15 };

constexpr size_t WINDOW = 32768;
constexpr int CODE_MAX = 15; /* bits of the longest code */

/* table[next 15 bits] is symbol << 4 | length of its code; a length of 0 marks an unused code. */
struct huffman {
	uint16_t table[1 << CODE_MAX];
};

struct inflate {
	struct in *in;
	uint64_t bits;
	int bit_count;
	bool cut;        /* the input ended too early */
	uint8_t *window; /* twice WINDOW: the older half is what matches refer to */
	size_t at, flushed;
	uint64_t total;
	bytes_fn *put;
	void *ctx;
	struct huffman codes, distances;
};

static void bits_fill(struct inflate *s)
{
	while (s->bit_count <= 56) {
		if (s->in->start == s->in->end && !in_fill(s->in))
			return;
		s->bits |= (uint64_t)(uint8_t)s->in->buf[s->in->start++] << s->bit_count;
		s->bit_count += 8;
	}
}

static uint32_t bits_take(struct inflate *s, int n)
{
	if (s->bit_count < n)
		bits_fill(s);
	if (s->bit_count < n) {
		s->cut = true;
		s->bit_count = 0;
		return 0;
	}
	uint32_t v = (uint32_t)(s->bits & ((1u << n) - 1));
	s->bits >>= n;
	s->bit_count -= n;
	return v;
}

/* False if the lengths make no prefix code. */
static bool huffman_make(struct huffman *h, const uint8_t *lengths, int count)
{
	uint16_t counts[CODE_MAX + 1] = {}, next[CODE_MAX + 2] = {};
	int left = 1;

	for (int i = 0; i < count; i++)
		counts[lengths[i]]++;
	counts[0] = 0;
	for (int n = 1; n <= CODE_MAX; n++) {
		left = left * 2 - counts[n];
		if (left < 0)
			return false;
		next[n + 1] = (uint16_t)((next[n] + counts[n]) << 1);
	}
	memset(h->table, 0, sizeof h->table);
	for (int i = 0; i < count; i++) {
		int n = lengths[i];
		if (n == 0)
			continue;
		unsigned code = next[n]++, reversed = 0;
		for (int b = 0; b < n; b++)
			reversed |= (code >> b & 1) << (n - 1 - b);
		for (unsigned k = reversed; k < 1u << CODE_MAX; k += 1u << n)
			h->table[k] = (uint16_t)(i << 4 | n);
	}
	return true;
}

/* The next symbol, or -1 where there is no such code. */
static int symbol_take(struct inflate *s, const struct huffman *h)
{
	if (s->bit_count < CODE_MAX)
		bits_fill(s);
	unsigned entry = h->table[s->bits & ((1u << CODE_MAX) - 1)], n = entry & 15;
	if (n == 0)
		return -1;
	if ((int)n > s->bit_count) {
		s->cut = true;
		return -1;
	}
	s->bits >>= n;
	s->bit_count -= (int)n;
	return (int)(entry >> 4);
}

static void window_flush(struct inflate *s)
{
	s->put(s->ctx, s->window + s->flushed, s->at - s->flushed);
	s->flushed = s->at;
	if (s->at < 2 * WINDOW)
		return;
	memcpy(s->window, s->window + WINDOW, WINDOW);
	s->at = s->flushed = WINDOW;
}

static void byte_add(struct inflate *s, uint8_t byte)
{
	if (s->at == 2 * WINDOW)
		window_flush(s);
	s->window[s->at++] = byte;
	s->total++;
}

static const char *stored_read(struct inflate *s)
{
	bits_take(s, s->bit_count & 7);
	uint32_t len = bits_take(s, 16), check = bits_take(s, 16);
	if (s->cut || len != (check ^ 0xffff))
		return s->cut ? "unexpected end of file"
			      : "invalid compressed data--format violated";
	for (; len != 0 && !s->cut; len--)
		byte_add(s, (uint8_t)bits_take(s, 8));
	return s->cut ? "unexpected end of file" : nullptr;
}

static void fixed_codes(struct inflate *s)
{
	uint8_t lengths[288];

	for (int i = 0; i < 288; i++)
		lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	huffman_make(&s->codes, lengths, 288);
	memset(lengths, 5, 30);
	huffman_make(&s->distances, lengths, 30);
}

static const char *dynamic_codes(struct inflate *s)
{
	static const char bad[] = "invalid compressed data--format violated";
	int codes = (int)bits_take(s, 5) + 257, distances = (int)bits_take(s, 5) + 1,
	    order = (int)bits_take(s, 4) + 4;
	uint8_t lengths[320] = {};

	for (int i = 0; i < order; i++)
		lengths[deflate_code_order[i]] = (uint8_t)bits_take(s, 3);
	if (s->cut || codes > 286 || !huffman_make(&s->codes, lengths, 19))
		return s->cut ? "unexpected end of file" : bad;
	memset(lengths, 0, sizeof lengths);
	for (int i = 0; i < codes + distances;) {
		int symbol = symbol_take(s, &s->codes);
		if (symbol < 0)
			return s->cut ? "unexpected end of file" : bad;
		if (symbol < 16) {
			lengths[i++] = (uint8_t)symbol;
			continue;
		}
		uint8_t value = symbol == 16 && i > 0 ? lengths[i - 1] : 0;
		int times = symbol == 16   ? 3 + (int)bits_take(s, 2)
			    : symbol == 17 ? 3 + (int)bits_take(s, 3)
					   : 11 + (int)bits_take(s, 7);
		if ((symbol == 16 && i == 0) || i + times > codes + distances || s->cut)
			return s->cut ? "unexpected end of file" : bad;
		while (times-- > 0)
			lengths[i++] = value;
	}
	if (lengths[256] == 0 || !huffman_make(&s->codes, lengths, codes) ||
	    !huffman_make(&s->distances, lengths + codes, distances))
		return bad;
	return nullptr;
}

static const char *block_read(struct inflate *s)
{
	static const char bad[] = "invalid compressed data--format violated";

	for (;;) {
		int symbol = symbol_take(s, &s->codes);
		if (symbol < 0)
			return s->cut ? "unexpected end of file" : bad;
		if (symbol < 256) {
			byte_add(s, (uint8_t)symbol);
			continue;
		}
		if (symbol == 256)
			return nullptr;
		if (symbol > 285)
			return bad;
		size_t len = deflate_length_base[symbol - 257] +
			     bits_take(s, deflate_length_bits[symbol - 257]);
		symbol = symbol_take(s, &s->distances);
		if (symbol < 0 || symbol > 29)
			return s->cut ? "unexpected end of file" : bad;
		size_t distance =
			deflate_distance_base[symbol] + bits_take(s, deflate_distance_bits[symbol]);
		if (s->cut || distance > s->total)
			return s->cut ? "unexpected end of file" : bad;
		if (s->at + len > 2 * WINDOW)
			while (s->at < 2 * WINDOW && len != 0) {
				s->window[s->at] = s->window[s->at - distance];
				s->at++;
				s->total++;
				len--;
			}
		if (len != 0 && s->at == 2 * WINDOW)
			window_flush(s);
		for (; len != 0; len--, s->at++, s->total++)
			s->window[s->at] = s->window[s->at - distance];
	}
}

static const char *stream_read(struct inflate *s)
{
	for (bool last = false; !last;) {
		const char *error = nullptr;
		last = bits_take(s, 1);
		unsigned kind = bits_take(s, 2);
		if (s->cut)
			return "unexpected end of file";
		if (kind == 3)
			return "invalid compressed data--format violated";
		if (kind == 1)
			fixed_codes(s);
		if (kind == 2)
			error = dynamic_codes(s);
		if (error == nullptr)
			error = kind == 0 ? stored_read(s) : block_read(s);
		if (error != nullptr)
			return error;
	}
	return nullptr;
}

const char *inflate(struct in *in, bytes_fn *put, void *ctx)
{
	struct inflate *s = mem_zero(1, sizeof *s);

	s->in = in;
	s->put = put;
	s->ctx = ctx;
	s->window = mem_alloc(2 * WINDOW);
	s->at = s->flushed = 0;
	const char *error = stream_read(s);
	s->put(s->ctx, s->window + s->flushed, s->at - s->flushed);
	/* Whole bytes that were read ahead go back: they cannot have left the buffer. */
	in->start -= (size_t)(s->bit_count / 8);
	mem_free(s->window);
	mem_free(s);
	return error;
}
