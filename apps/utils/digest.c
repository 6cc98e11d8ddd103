/* SPDX-License-Identifier: MPL-2.0 */
/* Checksums, written from their standards. */
#include "apps/utils/digest.h"
#include <string.h>

static uint32_t rotl(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static uint32_t rotr(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static uint64_t rotr64(uint64_t x, unsigned n)
{
	return x >> n | x << (64 - n);
}

static uint32_t load_le32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

static uint32_t load_be32(const uint8_t *p)
{
	return __builtin_bswap32(load_le32(p));
}

static uint64_t load_be64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return __builtin_bswap64(v);
}

/* floor(2^32 * abs(sin(i + 1))), RFC 1321 section 3.4. */
static const uint32_t md5_sines[64] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613,
	0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193,
	0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d,
	0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
	0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122,
	0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
	0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244,
	0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
	0xeb86d391
};

static void md5_block(uint64_t *state, const uint8_t *p)
{
	static const uint8_t shifts[4][4] = {
		{ 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 }
	};
	uint32_t a = (uint32_t)state[0], b = (uint32_t)state[1], c = (uint32_t)state[2],
		 d = (uint32_t)state[3];

#pragma clang loop unroll(full)
	for (unsigned i = 0; i < 64; i++) {
		uint32_t f = i < 16   ? d ^ (b & (c ^ d))
			     : i < 32 ? c ^ (d & (b ^ c))
			     : i < 48 ? b ^ c ^ d
				      : c ^ (b | ~d);
		unsigned g = i < 16   ? i
			     : i < 32 ? (5 * i + 1) % 16
			     : i < 48 ? (3 * i + 5) % 16
				      : 7 * i % 16;
		uint32_t next = b + rotl(a + f + md5_sines[i] + load_le32(p + g * 4),
					 shifts[i / 16][i % 4]);
		a = d;
		d = c;
		c = b;
		b = next;
	}
	state[0] = (uint32_t)(state[0] + a);
	state[1] = (uint32_t)(state[1] + b);
	state[2] = (uint32_t)(state[2] + c);
	state[3] = (uint32_t)(state[3] + d);
}

static void sha1_block(uint64_t *state, const uint8_t *p)
{
	uint32_t a = (uint32_t)state[0], b = (uint32_t)state[1], c = (uint32_t)state[2],
		 d = (uint32_t)state[3];
	uint32_t e = (uint32_t)state[4], w[16];

#pragma clang loop unroll(full)
	for (unsigned i = 0; i < 80; i++) {
		uint32_t x = i < 16 ? load_be32(p + i * 4)
				    : rotl(w[(i + 13) % 16] ^ w[(i + 8) % 16] ^ w[(i + 2) % 16] ^
						   w[i % 16],
					   1);
		w[i % 16] = x;
		uint32_t f = i < 20   ? (d ^ (b & (c ^ d))) + 0x5a827999
			     : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
			     : i < 60 ? ((b & c) | (d & (b | c))) + 0x8f1bbcdc
				      : (b ^ c ^ d) + 0xca62c1d6;
		uint32_t next = rotl(a, 5) + f + e + x;
		e = d;
		d = c;
		c = rotl(b, 30);
		b = a;
		a = next;
	}
	state[0] = (uint32_t)(state[0] + a);
	state[1] = (uint32_t)(state[1] + b);
	state[2] = (uint32_t)(state[2] + c);
	state[3] = (uint32_t)(state[3] + d);
	state[4] = (uint32_t)(state[4] + e);
}

/*
 * The first 64 bits of the fractional parts of the cube roots of the first 80 primes; SHA-256 uses
 * the upper halves of the first 64.
 */
static const uint64_t sha_roots[80] = {
	0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
	0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
	0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
	0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
	0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
	0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
	0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
	0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
	0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
	0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
	0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
	0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
	0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
	0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
	0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
	0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
	0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
	0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
	0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
	0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817
};

static void sha256_block(uint64_t *state, const uint8_t *p)
{
	uint32_t s[8], w[16];

	for (int i = 0; i < 8; i++)
		s[i] = (uint32_t)state[i];
	/* The eight variables turn by one each round: unrolled, no value moves. */
#pragma clang loop unroll(full)
	for (unsigned i = 0; i < 64; i++) {
		uint32_t x;
		if (i < 16) {
			x = load_be32(p + i * 4);
		} else {
			uint32_t a = w[(i + 1) % 16], b = w[(i + 14) % 16];
			x = w[i % 16] + (rotr(a, 7) ^ rotr(a, 18) ^ a >> 3) + w[(i + 9) % 16] +
			    (rotr(b, 17) ^ rotr(b, 19) ^ b >> 10);
		}
		w[i % 16] = x;
		uint32_t a = s[(64 - i) % 8], b = s[(65 - i) % 8], c = s[(66 - i) % 8];
		uint32_t e = s[(68 - i) % 8], f = s[(69 - i) % 8], g = s[(70 - i) % 8],
			 h = s[(71 - i) % 8];
		uint32_t t = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (g ^ (e & (f ^ g))) +
			     (uint32_t)(sha_roots[i] >> 32) + x;
		s[(67 - i) % 8] += t;
		s[(71 - i) % 8] =
			t + (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) | (c & (a | b)));
	}
	for (int i = 0; i < 8; i++)
		state[i] = (uint32_t)(state[i] + s[i]);
}

static void sha512_block(uint64_t *state, const uint8_t *p)
{
	uint64_t s[8], w[16];

	memcpy(s, state, sizeof s);
#pragma clang loop unroll(full)
	for (unsigned i = 0; i < 80; i++) {
		uint64_t x;
		if (i < 16) {
			x = load_be64(p + i * 8);
		} else {
			uint64_t a = w[(i + 1) % 16], b = w[(i + 14) % 16];
			x = w[i % 16] + (rotr64(a, 1) ^ rotr64(a, 8) ^ a >> 7) + w[(i + 9) % 16] +
			    (rotr64(b, 19) ^ rotr64(b, 61) ^ b >> 6);
		}
		w[i % 16] = x;
		uint64_t a = s[(80 - i) % 8], b = s[(81 - i) % 8], c = s[(82 - i) % 8];
		uint64_t e = s[(84 - i) % 8], f = s[(85 - i) % 8], g = s[(86 - i) % 8],
			 h = s[(87 - i) % 8];
		uint64_t t = h + (rotr64(e, 14) ^ rotr64(e, 18) ^ rotr64(e, 41)) +
			     (g ^ (e & (f ^ g))) + sha_roots[i] + x;
		s[(83 - i) % 8] += t;
		s[(87 - i) % 8] = t + (rotr64(a, 28) ^ rotr64(a, 34) ^ rotr64(a, 39)) +
				  ((a & b) | (c & (a | b)));
	}
	for (int i = 0; i < 8; i++)
		state[i] += s[i];
}

static const struct {
	size_t size, block, word;
	bool little;
	void (*add)(uint64_t *state, const uint8_t *p);
	uint64_t start[8];
} kinds[] = {
	[DIGEST_MD5] = { 16,
			 64,
			 4,
			 true,
			 md5_block,
			 { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 } },
	[DIGEST_SHA1] = { 20,
			  64,
			  4,
			  false,
			  sha1_block,
			  { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 } },
	[DIGEST_SHA224] = { 28,
			    64,
			    4,
			    false,
			    sha256_block,
			    { 0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31,
			      0x68581511, 0x64f98fa7, 0xbefa4fa4 } },
	[DIGEST_SHA256] = { 32,
			    64,
			    4,
			    false,
			    sha256_block,
			    { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
			      0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } },
	[DIGEST_SHA384] = { 48,
			    128,
			    8,
			    false,
			    sha512_block,
			    { 0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17,
			      0x152fecd8f70e5939, 0x67332667ffc00b31, 0x8eb44a8768581511,
			      0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4 } },
	[DIGEST_SHA512] = { 64,
			    128,
			    8,
			    false,
			    sha512_block,
			    { 0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
			      0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
			      0x1f83d9abfb41bd6b, 0x5be0cd19137e2179 } },
};

size_t digest_size(enum digest_kind kind)
{
	return kinds[kind].size;
}

void digest_init(struct digest *d, enum digest_kind kind)
{
	*d = (struct digest){ .kind = kind };
	memcpy(d->state, kinds[kind].start, sizeof d->state);
}

void digest_add(struct digest *d, const void *bytes, size_t n)
{
	size_t block = kinds[d->kind].block;
	const uint8_t *p = bytes;

	d->len += n;
	if (d->used != 0) {
		size_t part = block - d->used < n ? block - d->used : n;
		memcpy(d->block + d->used, p, part);
		d->used += part;
		p += part;
		n -= part;
		if (d->used < block)
			return;
		kinds[d->kind].add(d->state, d->block);
		d->used = 0;
	}
	for (; n >= block; n -= block, p += block)
		kinds[d->kind].add(d->state, p);
	memcpy(d->block, p, n);
	d->used = n;
}

void digest_end(struct digest *d, uint8_t result[static 64])
{
	size_t block = kinds[d->kind].block, word = kinds[d->kind].word;
	bool little = kinds[d->kind].little;
	uint64_t bits = d->len * 8;

	d->block[d->used++] = 0x80;
	if (d->used > block - 2 * word) {
		memset(d->block + d->used, 0, block - d->used);
		kinds[d->kind].add(d->state, d->block);
		d->used = 0;
	}
	memset(d->block + d->used, 0, block - d->used);
	for (int i = 0; i < 8; i++)
		d->block[block - 8 + (size_t)i] = (uint8_t)(bits >> (little ? i * 8 : 56 - i * 8));
	kinds[d->kind].add(d->state, d->block);
	for (size_t i = 0; i < kinds[d->kind].size; i++) {
		size_t shift = little ? i % word * 8 : (word - 1 - i % word) * 8;
		result[i] = (uint8_t)(d->state[i / word] >> shift);
	}
}

/* Eight tables: eight bytes a step ("slicing by 8"). Made on first use. */
static uint32_t crc_tables[8][256];

static void crc_tables_make(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;
		for (int k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
		crc_tables[0][i] = c;
	}
	for (uint32_t i = 0; i < 256; i++) {
		for (int t = 1; t < 8; t++)
			crc_tables[t][i] = crc_tables[t - 1][i] >> 8 ^
					   crc_tables[0][crc_tables[t - 1][i] & 0xff];
	}
}

uint32_t crc32_add(uint32_t crc, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	if (crc_tables[0][1] == 0)
		crc_tables_make();
	crc = ~crc;
	for (; n >= 8; n -= 8, p += 8) {
		uint32_t a = load_le32(p) ^ crc, b = load_le32(p + 4);
		crc = crc_tables[7][a & 0xff] ^ crc_tables[6][a >> 8 & 0xff] ^
		      crc_tables[5][a >> 16 & 0xff] ^ crc_tables[4][a >> 24] ^
		      crc_tables[3][b & 0xff] ^ crc_tables[2][b >> 8 & 0xff] ^
		      crc_tables[1][b >> 16 & 0xff] ^ crc_tables[0][b >> 24];
	}
	for (; n != 0; n--, p++)
		crc = crc >> 8 ^ crc_tables[0][(crc ^ *p) & 0xff];
	return ~crc;
}
